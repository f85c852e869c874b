"""The labelled datasets of tests/tools/audit/labelled: their files on disk, and their labels.

A dataset is data: ``captions`` by image (``.png`` is added), ``files`` besides (``text`` in an
``encoding``, or an ``image``; ``old`` ones were changed an hour ago), ``pictures`` to draw,
``scores`` of taggers, the audit's ``settings``, and ``checks`` where not all are to be run.

A label says what a careful curator would: ``expect`` a problem, ``innocent`` what only looks like
one, ``open`` what may be told or not (it counts neither way). It names a check, and the ``tags``,
``images`` and words (``says``) by which the problem is known; ``each`` stands for one label a tag.
"""

from __future__ import annotations

import functools
import os
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from copied_pictures import jpeg, lit, scaled
from picture_families import FAMILIES
from pictures import cut, encoded
from PIL import Image, ImageFilter, ImageOps

from tagsmith.tools import content
from tagsmith.tools.audit.evidence import Evidence, Settings
from tagsmith.tools.vision.labels import Labels
from tagsmith.tools.vision.score_query import scores_of
from tagsmith.tools.vision.spec import find_spec
from tagsmith.tools.workspace import Workspace

FOLDER = Path(__file__).parents[1] / "tools" / "audit" / "labelled"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
AN_HOUR = 3600
SCALE = 0.62  # of the families' sizes: small pictures are drawn and opened faster


@dataclass(frozen=True)
class Label:
    """What a curator says of one thing; ``kind`` is expect, innocent or open."""

    kind: str
    check: str
    tags: frozenset[str]
    images: frozenset[str]
    says: tuple[str, ...]
    why: str

    def __str__(self) -> str:
        parts = [", ".join(sorted(self.tags)), ", ".join(sorted(self.images)), *self.says]
        return ": ".join(part for part in parts if part)


@dataclass(frozen=True)
class LabelledSet:
    """One dataset, as its file tells it."""

    name: str
    data: Mapping[str, Any]
    labels: tuple[Label, ...]

    @classmethod
    def of(cls, name: str, data: Mapping[str, Any]) -> LabelledSet:
        """Return a dataset with the labels that its data tell."""
        kinds = ("expect", "innocent", "open")
        labels = [one for kind in kinds for told in data.get(kind, ()) for one in _read(kind, told)]
        return cls(name, data, tuple(labels))

    @property
    def captions(self) -> int:
        """How many captions there are, those that are files of their own included."""
        suffixes = (".txt", ".caption")
        files = [name for name in self.data.get("files", ()) if name.lower().endswith(suffixes)]
        return len(self.data.get("captions", ())) + len(files)

    def labelled(self, kind: str, check: str) -> list[Label]:
        return [one for one in self.labels if (one.kind, one.check) == (kind, check)]

    def evidence(self, root: Path) -> Evidence:
        """Write the dataset below a folder, and open it for an audit."""
        _write(self.data, root)
        told: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in self.data.get("settings", {}).items()
        }
        workspace = Workspace.open(str(root))
        if "scores" in self.data:
            _score(self.data["labels"]["known"], self.data["scores"], workspace)
        return Evidence(workspace, Settings(**told))


def read(name: str) -> LabelledSet:
    """Read a dataset by its name."""
    data = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    kinds = ("expect", "innocent", "open")
    labels = tuple(
        one for kind in kinds for told in data.get(kind, ()) for one in _read(kind, told)
    )
    return LabelledSet(name, data, labels)


def _read(kind: str, told: Mapping[str, Any]) -> Iterator[Label]:
    for tags in [[one] for one in told.get("each", ())] or [told.get("tags", [])]:
        yield Label(
            kind,
            told["check"],
            frozenset(tags),
            frozenset(told.get("images", ())),
            tuple(told.get("says", ())),
            told["why"],
        )


def _write(data: Mapping[str, Any], root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for name, caption in data.get("captions", {}).items():
        _put(root, f"{name}.png", f"image {name}".encode())
        _put(root, f"{name}.txt", caption.encode())
    for name, told in data.get("files", {}).items():
        text = told.get("text", f"image {told.get('image')}")
        path = _put(root, name, text.encode(told.get("encoding", "utf-8")))
        if told.get("old"):
            then = time.time() - AN_HOUR
            os.utime(path, (then, then))
    for name, told in data.get("pictures", {}).items():
        _put(root, name, drawn(told["family"], told["seed"], told.get("then", [])))


def _put(root: Path, name: str, data: bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _score(known: list[str], told: Mapping[str, Mapping[str, Any]], workspace: Workspace) -> None:
    scores = scores_of(workspace)
    labels = Labels(tuple(known), ("general",) * len(known))
    for tagger, images in told.items():
        model = scores.register(find_spec(tagger).id, labels)
        rows = []
        for name, said in images.items():
            path = Path(workspace.root, name)
            of = content.digest(path.read_bytes())
            scores.remember([(name, path.stat(), of)])
            rows.append((of, [said.get(tag, 0.0) for tag in known]))
        scores.put(model, rows)


def drawn(family: str, seed: int, then: list[str]) -> bytes:
    """Draw a picture of a family, and do to it what a list of words says."""
    data = _saved(_changed(_original(family, seed), then), then)
    if "text" in then:
        return b"<html>not found</html>"
    return cut(data, 0.5) if "cut" in then else data


@functools.cache
def _original(family: str, seed: int) -> Image.Image:
    draw = next(one for one in FAMILIES if one.__name__ == family)
    return scaled(draw(np.random.default_rng(seed))[0].convert("RGB"), SCALE)


def _changed(image: Image.Image, then: list[str]) -> Image.Image:
    width, height = image.size
    for word in then:
        match word:
            case "smaller" | "larger":
                image = scaled(image, 0.7 if word == "smaller" else 1.5)
            case "mirror":
                image = ImageOps.mirror(image)
            case "darker" | "dark" | "blown":
                by = {"darker": (0.92, 0), "dark": (0.2, 0), "blown": (1.2, 215)}[word]
                image = lit(image, *by)
            case "blur":
                image = image.filter(ImageFilter.GaussianBlur(min(width, height) * 0.02))
            case "tiny":
                image = image.resize((48, 40))
            case "blank":
                image = Image.new("RGB", image.size, (90, 120, 90))
            case "strip":
                image = image.crop((0, 0, width, width // 12))
    return image


def _saved(image: Image.Image, then: list[str]) -> bytes:
    for word in then:
        if word.startswith("jpeg "):
            return jpeg(image, int(word[5:]))
        if word.startswith("webp "):
            return encoded(image, "WEBP", quality=int(word[5:]), method=0)
    return encoded(image, "PNG", compress_level=1 if "packed" in then else 0)
