"""The trainers by name, and which of them a folder was made for, where that is evident."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tagsmith.tools.audit.trainers import ai_toolkit, diffusers, kohya, onetrainer
from tagsmith.tools.audit.trainers.reading import Files, Lint, Options
from tagsmith.tools.pairing import MASK_ENDINGS

Reader = Callable[[Files, Options], Lint]

TRAINERS: Mapping[str, Reader] = MappingProxyType(
    {
        kohya.NAME: kohya.read,
        onetrainer.NAME: onetrainer.read,
        ai_toolkit.NAME: ai_toolkit.read,
        diffusers.NAME: diffusers.read,
    }
)
# Those that read caption files beside the images.
SIDECAR_TRAINERS = (kohya.NAME, onetrainer.NAME, ai_toolkit.NAME)
TITLES = MappingProxyType(
    {
        kohya.NAME: "kohya's sd-scripts",
        onetrainer.NAME: "OneTrainer",
        ai_toolkit.NAME: "ai-toolkit",
        diffusers.NAME: "diffusers",
    }
)


@dataclass(frozen=True, slots=True)
class Guess:
    """The trainer that a folder was made for, and what says so; empty where nothing does."""

    trainer: str = ""
    why: str = ""


def infer(files: Files) -> Guess:
    """Tell for which trainer a folder was made, if all its signs speak of one."""
    signs: dict[str, str] = {}
    for folder, names in files.walk():
        if folder and "/" not in folder and kohya.repeats(folder) is not None and "_" in folder:
            signs.setdefault(kohya.NAME, f"the folder {folder}")
        if folder.rpartition("/")[2] in (ai_toolkit.LATENTS, ai_toolkit.TEXT_CACHE):
            signs.setdefault(ai_toolkit.NAME, f"the folder {folder}")
        for name in names:
            if trainer := _sign(name):
                signs.setdefault(trainer, f"the file {name}")
    if len(signs) != 1:
        return Guess()
    return Guess(*next(iter(signs.items())))


def _sign(name: str) -> str:
    if name in ("metadata.jsonl", "metadata.csv"):
        return diffusers.NAME
    if name == kohya.METADATA_CACHE or (name[-4:] == ".npz" and kohya.TEXT_CACHE.search(name)):
        return kohya.NAME
    if name == ".aitk_size.json":
        return ai_toolkit.NAME
    if "label." in name and name.rpartition(".")[0].endswith(MASK_ENDINGS):
        return onetrainer.NAME
    return ""
