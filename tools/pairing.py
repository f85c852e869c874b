"""Which names of a folder belong together: an image, its caption and its other sidecar files.

Pure functions of names; the rules are those that kohya's sd-scripts, OneTrainer and ai-toolkit
agree on (the same folder, the same stem, suffixes in any case).
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from tagsmith.tools.paths import display

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".avif", ".tif", ".tiff"}
)
CAPTION_SUFFIXES = (".txt", ".caption")

# Files of trainers that are nobody's caption (ai-toolkit, diffusers, kohya).
METADATA_FILE = "metadata.jsonl"
RESERVED_FILES = frozenset({"default.txt", METADATA_FILE, "metadata_cache.json"})

# OneTrainer's masks beside an image.
MASK_ENDINGS = ("-masklabel", "-condlabel")

# kohya's caches of an image: text encoder outputs (library/strategy_sdxl.py, strategy_flux.py,
# strategy_sd3.py, ...), latents by size.
_CACHE_ENDING = re.compile(
    r"_te_outputs\.npz|_[a-z0-9]+_te\.npz|_\d+x\d+(_[^.]*)?\.npz", re.IGNORECASE
)


class Issue(StrEnum):
    """Kinds of things that a scan lists."""

    SKIPPED = "skipped"
    ORPHAN = "orphan"
    SHARED = "shared"
    STRUCTURE = "structure"


@dataclass(slots=True)
class Pairing:
    """The images of a folder as (stem, name), the caption of each stem, and what to list.

    ``shared`` are the stems of more than one image; ``notes`` are (issue, name, reason).
    """

    images: list[tuple[str, str]] = field(default_factory=list)
    captions: dict[str, str] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    notes: list[tuple[Issue, str, str]] = field(default_factory=list)


class _Kinds(dict[str, str]):
    """What a file is by its suffix without the dot, as spelt; looked into once a spelling."""

    def __init__(self, captions: tuple[str, ...]) -> None:
        super().__init__()
        self._captions = captions

    def __missing__(self, suffix: str) -> str:
        lowered = f".{suffix.lower()}"
        if lowered in IMAGE_SUFFIXES:
            kind = "image"
        else:
            kind = "caption" if lowered in self._captions else "other"
        self[suffix] = kind
        return kind


def pair(names: Iterable[str], suffixes: tuple[str, ...] = CAPTION_SUFFIXES) -> Pairing:
    """Pair the names of one folder, given in order; ``suffixes`` are lower case, best first."""
    found = Pairing()
    images, captions = found.images, found.captions
    spare: dict[str, list[str]] = {}
    kinds = _Kinds(suffixes)
    for name in names:
        stem, _, suffix = name.rpartition(".")
        kind = kinds[suffix]
        if kind == "other" or not stem:
            continue
        if kind == "image":
            images.append((stem, name))
        elif name.lower() in RESERVED_FILES:
            continue
        elif stem in captions:
            spare.setdefault(stem, []).append(name)
        else:
            captions[stem] = name
    if any(stem.endswith(MASK_ENDINGS) for stem, _ in images):
        _set_masks_apart(found)
    stems = {stem for stem, _ in found.images}
    if len(stems) < len(found.images):
        _find_shared(found)
    for stem, names_of_stem in spare.items():
        _choose(found, stem, names_of_stem, suffixes)
    if captions.keys() - stems:
        _pair_by_form(found, stems)
    return found


def _find_shared(found: Pairing) -> None:
    counts = Counter(stem for stem, _ in found.images)
    for stem, name in found.images:
        if counts[stem] > 1:
            found.shared.add(stem)
            reason = f"shares its caption with another image called {display(stem)}"
            found.notes.append((Issue.SHARED, name, reason))


def _set_masks_apart(found: Pairing) -> None:
    """Take masks out of the images; list those whose image is missing."""
    masks = [one for one in found.images if one[0].endswith(MASK_ENDINGS)]
    found.images = [one for one in found.images if not one[0].endswith(MASK_ENDINGS)]
    stems = {stem for stem, _ in found.images}
    for stem, name in masks:
        if stem.rpartition("-")[0] not in stems:
            found.notes.append((Issue.ORPHAN, name, "a mask without its image"))


def _choose(found: Pairing, stem: str, spare: list[str], suffixes: tuple[str, ...]) -> None:
    """Of several captions of a stem use the one whose suffix comes first; list the others.

    Of ``a.TXT`` and ``a.txt`` it is the one in lower case, which trainers open.
    """

    def rank(name: str) -> tuple[int, bool, str]:
        return suffixes.index(_suffix(name)), not name.endswith(_suffix(name)), name

    ordered = sorted([found.captions[stem], *spare], key=rank)
    found.captions[stem] = ordered[0]
    for name in ordered[1:]:
        reason = f"a second caption; {display(ordered[0])} is the one that is used"
        found.notes.append((Issue.STRUCTURE, name, reason))


def _pair_by_form(found: Pairing, stems: set[str]) -> None:
    """Pair what is left by NFC, telling so; list the rest as captions without an image."""
    left = {_nfc(stem): stem for stem in found.captions if stem not in stems}
    for stem in sorted(stems):
        if stem not in found.captions and _nfc(stem) in left:
            name = found.captions.pop(left.pop(_nfc(stem)))
            found.captions[stem] = name
            reason = "its name and the image's differ in Unicode form; paired all the same"
            found.notes.append((Issue.STRUCTURE, name, reason))
    for stem in [stem for stem in found.captions if stem not in stems]:
        name = found.captions.pop(stem)
        found.notes.append((Issue.ORPHAN, name, _orphan_reason(name, stems)))


def _orphan_reason(name: str, stems: set[str]) -> str:
    inner, suffix = os.path.splitext(os.path.splitext(name)[0])
    if suffix.lower() in IMAGE_SUFFIXES and inner in stems:
        return f"named after the image file; trainers read {display(inner)}{_suffix(name)}"
    return "a caption without an image"


def is_mask(name: str) -> bool:
    """Tell whether an image is named as the mask of another."""
    return os.path.splitext(name)[0].endswith(MASK_ENDINGS)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def owner(name: str, stems: Container[str]) -> str | None:
    """Return the stem of the sample that a file belongs to: the longest that its name begins with.

    Behind the stem stands a suffix (``.txt``, ``.npz``, ``.ideogram.json``), a mask's ending or
    the ending of one of kohya's caches (``_te_outputs.npz``, ``_flux_te.npz``,
    ``_0512x0768_sdxl.npz``).
    """
    for at in range(len(name) - 1, 0, -1):
        stem, ending = name[:at], name[at:]
        if ending[0] == ".":
            belongs = True
        elif ending[0] == "-":
            belongs = os.path.splitext(ending)[0].lower() in MASK_ENDINGS
        else:
            belongs = ending[0] == "_" and _CACHE_ENDING.fullmatch(ending) is not None
        if belongs and stem in stems:
            return stem
    return None


def groups(names: Iterable[str], stems: set[str]) -> dict[str, list[str]]:
    """Return the names of every file of the samples with these stems, in the order of ``names``.

    ``names`` are all the names of the folder: a file belongs to the longest stem of any image,
    also where only the Unicode form of its name differs.
    """
    found: dict[str, list[str]] = {stem: [] for stem in stems}
    listed = list(names)
    images = {os.path.splitext(name)[0] for name in listed if _suffix(name) in IMAGE_SUFFIXES}
    everyone = {stem for stem in images if not stem.endswith(MASK_ENDINGS)} | stems
    forms = {_nfc(stem): stem for stem in everyone if not stem.isascii()}
    for name in listed:
        stem = owner(name, everyone)
        if stem is None and forms:
            stem = forms.get(owner(_nfc(name), forms) or "")
        if stem in found:
            found[stem].append(name)
    return found


def ending(name: str, stem: str) -> str:
    """Return what stands behind the stem in the name of a file that belongs to it."""
    if name.startswith(stem):
        return name.removeprefix(stem)
    return _nfc(name).removeprefix(_nfc(stem))
