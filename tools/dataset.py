"""A dataset: a folder of images, each with its sidecar files, found without opening an image."""

from __future__ import annotations

import os
import re
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from tagsmith.tools import content
from tagsmith.tools.caption import MAX_BYTES, why_not_editable
from tagsmith.tools.errors import DatasetError
from tagsmith.tools.paths import ISOLATED_FOLDER, display

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".avif", ".tif", ".tiff"}
)
CAPTION_SUFFIXES = (".txt", ".caption")
MAX_DEPTH = 64

# Folders and files of trainers and other editors, which are nobody's captions: kohya's and
# ai-toolkit's reserved names and caches, the backups of the common tag editors.
FOREIGN_FOLDERS = frozenset(
    {"text_backup", "trash", "_duplicate__files", "_quarantine", "_latent_cache", "_controls"}
)
RESERVED_FILES = frozenset({"default.txt", "metadata.jsonl", "metadata_cache.json"})
MASK_ENDINGS = ("-masklabel", "-condlabel")

_REPEATS = re.compile(r"(\d+)_")
_CACHE_ENDING = re.compile(r"_te_outputs\.npz|_\d+x\d+(_[^.]*)?\.npz", re.IGNORECASE)


class Issue(StrEnum):
    """Kinds of things that the scan lists."""

    SKIPPED = "skipped"
    ORPHAN = "orphan"
    SHARED = "shared"
    STRUCTURE = "structure"


@dataclass(frozen=True, slots=True)
class Problem:
    """A file or folder that is not what it seems, and why."""

    issue: Issue
    path: str
    reason: str

    def __str__(self) -> str:
        return f"{display(self.path)}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Sample:
    """An image and the caption beside it; ``caption`` is a file name, None where there is none.

    ``shared`` says that another image of the folder has the same stem and so the same caption.
    """

    folder: str
    name: str
    caption: str | None = None
    shared: bool = False

    @property
    def image(self) -> str:
        """Path of the image."""
        return join(self.folder, self.name)

    @property
    def stem(self) -> str:
        """Name of the image without its suffix."""
        return os.path.splitext(self.name)[0]

    @property
    def caption_path(self) -> str | None:
        """Path of the caption, None where there is none."""
        return None if self.caption is None else join(self.folder, self.caption)


@dataclass(slots=True)
class Dataset:
    """What a scan found. ``captions`` maps the paths of readable captions to their bytes.

    ``stamps`` maps them to ``content.stamp`` where it can be trusted; ``skipped`` maps captions
    that are never rewritten to the reason.
    """

    root: str
    suffixes: tuple[str, ...] = CAPTION_SUFFIXES
    samples: list[Sample] = field(default_factory=list)
    captions: dict[str, bytes] = field(default_factory=dict)
    stamps: dict[str, bytes] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    isolated: int = 0

    def note(self, issue: Issue, path: str, reason: str) -> None:
        """List a problem."""
        self.problems.append(Problem(issue, path, reason))


def join(folder: str, name: str) -> str:
    """Join a relative folder (empty for the root) and a name."""
    return f"{folder}/{name}" if folder else name


def repeats(folder: str) -> int | None:
    """Return kohya's repeats of a folder called ``N_name``, None for any other name."""
    match = _REPEATS.match(folder.rsplit("/", 1)[-1])
    return int(match[1]) if match else None


def resolve_root(root: str) -> str:
    """Return the real path of a dataset's folder. Raises DatasetError with the remedy."""
    if not os.path.lexists(root):
        raise DatasetError(f"There is no folder {display(root)}.", "Check the path.")
    if not os.path.isdir(root):
        raise DatasetError(
            f"{display(root)} is not a folder.", "Give the folder that holds the images."
        )
    if not os.access(root, os.R_OK | os.X_OK):
        raise DatasetError(f"The folder {display(root)} cannot be read.", "Check its permissions.")
    return os.path.realpath(root)


def scan(root: str, suffixes: tuple[str, ...] = CAPTION_SUFFIXES, start: str = "") -> Dataset:
    """Scan a folder and read its captions. ``start`` is a relative folder to begin in.

    Raises DatasetError where the root cannot be read; everything else that is wrong is listed.
    """
    dataset = Dataset(resolve_root(root), tuple(one.lower() for one in suffixes))
    pending = [start]
    while pending:
        folder = pending.pop()
        names, folders = _list(dataset, folder)
        _pair(dataset, folder, names)
        pending += sorted((one for one in folders if _enter(dataset, one)), reverse=True)
    return dataset


def _list(dataset: Dataset, folder: str) -> tuple[list[str], list[str]]:
    """Return the names of the ordinary files of a folder, sorted, and the paths of its folders."""
    names: list[str] = []
    folders: list[str] = []
    try:
        with os.scandir(os.path.join(dataset.root, folder)) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    names.append(entry.name)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(join(folder, entry.name))
                elif not entry.name.startswith("."):
                    reason = "a symbolic link, not followed" if entry.is_symlink() else "not a file"
                    dataset.note(Issue.SKIPPED, join(folder, entry.name), reason)
    except OSError as error:
        dataset.note(Issue.SKIPPED, folder, f"folder cannot be read ({error.strerror})")
    names.sort()
    return names, folders


def _enter(dataset: Dataset, folder: str) -> bool:
    """Tell whether to scan a folder; what is passed over for a reason is listed."""
    name = folder.rsplit("/", 1)[-1]
    if folder == ISOLATED_FOLDER:
        dataset.isolated = _count_images(os.path.join(dataset.root, folder))
        return False
    suffix = os.path.splitext(name)[1].lower()
    if suffix in IMAGE_SUFFIXES or suffix in dataset.suffixes:
        dataset.note(Issue.SKIPPED, folder, "a folder with the name of a file")
    if folder.count("/") >= MAX_DEPTH:
        dataset.note(Issue.SKIPPED, folder, f"more than {MAX_DEPTH} folders deep")
        return False
    return not name.startswith(".") and name.lower() not in FOREIGN_FOLDERS


def _count_images(folder: str) -> int:
    return sum(
        os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES
        for _, _, names in os.walk(folder)
        for name in names
    )


def _pair(dataset: Dataset, folder: str, names: list[str]) -> None:
    """Make the samples of one folder and read their captions."""
    images: list[tuple[str, str]] = []
    captions: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if name.startswith("."):
            continue
        stem, suffix = os.path.splitext(name)
        lowered = suffix.lower()
        if lowered in IMAGE_SUFFIXES:
            images.append((stem, name))
        elif lowered in dataset.suffixes and name.lower() not in RESERVED_FILES:
            captions[stem].append(name)
    by_stem: dict[str, int] = defaultdict(int)
    for stem, _ in images:
        by_stem[stem] += 1
    images = [pair for pair in images if not _is_mask(dataset, folder, pair, by_stem)]
    chosen = _choose_captions(dataset, folder, by_stem, captions)
    for stem, name in images:
        shared = by_stem[stem] > 1
        caption = chosen.get(stem)
        dataset.samples.append(Sample(folder, name, caption, shared))
        if shared:
            reason = f"shares its caption with another image called {display(stem)}"
            dataset.note(Issue.SHARED, join(folder, name), reason)
    _read_captions(dataset, folder, chosen.values())


def _is_mask(dataset: Dataset, folder: str, image: tuple[str, str], stems: dict[str, int]) -> bool:
    """Tell whether an image is the mask of a sample (OneTrainer's naming)."""
    stem, name = image
    for ending in MASK_ENDINGS:
        if stem.endswith(ending):
            if stem.removesuffix(ending) not in stems:
                dataset.note(Issue.ORPHAN, join(folder, name), "a mask without its image")
            return True
    return False


def _choose_captions(
    dataset: Dataset, folder: str, stems: dict[str, int], captions: dict[str, list[str]]
) -> dict[str, str]:
    """Choose one caption a stem: the first configured suffix; list the others and the orphans."""
    chosen: dict[str, str] = {}
    left: dict[str, str] = {}
    for stem, names in captions.items():
        names.sort(key=lambda name: (dataset.suffixes.index(_suffix(name)), name))
        if stem in stems:
            chosen[stem] = names[0]
        else:
            left[unicodedata.normalize("NFC", stem)] = names[0]
        for name in names[1:]:
            reason = f"a second caption; {display(names[0])} is the one that is used"
            dataset.note(Issue.STRUCTURE, join(folder, name), reason)
    for stem in stems if left else ():
        form = unicodedata.normalize("NFC", stem)
        if stem not in chosen and form in left:
            chosen[stem] = left.pop(form)
            reason = "its name and the image's differ in Unicode form; paired all the same"
            dataset.note(Issue.STRUCTURE, join(folder, chosen[stem]), reason)
    for name in left.values():
        dataset.note(Issue.ORPHAN, join(folder, name), _orphan_reason(name, stems))
    return chosen


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _orphan_reason(name: str, stems: dict[str, int]) -> str:
    inner, suffix = os.path.splitext(os.path.splitext(name)[0])
    if suffix.lower() in IMAGE_SUFFIXES and inner in stems:
        return f"named after the image file; trainers read {display(inner)}{_suffix(name)}"
    return "a caption without an image"


def _read_captions(dataset: Dataset, folder: str, names: Iterable[str]) -> None:
    if not names:
        return
    now = time.time_ns()
    try:
        directory = os.open(os.path.join(dataset.root, folder), os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        dataset.note(Issue.SKIPPED, folder, f"folder cannot be read ({error.strerror})")
        return
    try:
        for name in names:
            path = join(folder, name)
            data, status, reason = read_file(directory, name)
            reason = reason or why_not_editable(data)
            if reason:
                dataset.skipped[path] = reason
                dataset.note(Issue.SKIPPED, path, reason)
                continue
            dataset.captions[path] = data
            if status is not None and content.settled(status, now):
                dataset.stamps[path] = content.stamp(status)
    finally:
        os.close(directory)


def read_file(directory: int, name: str) -> tuple[bytes, os.stat_result | None, str | None]:
    """Read a small regular file below an open folder: (bytes, status, why it was not read).

    Never follows a link, never waits on a pipe, never reads more than a caption may hold.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=directory)
    except OSError as error:
        return b"", None, f"cannot be read ({error.strerror})"
    try:
        status = os.fstat(descriptor)
        if not content.is_regular(status):
            return b"", status, "not a file"
        if status.st_size > MAX_BYTES:
            return b"", status, f"larger than {MAX_BYTES >> 20} MiB"
        return content.read_all(descriptor, status.st_size), status, None
    except OSError as error:
        return b"", None, f"cannot be read ({error.strerror})"
    finally:
        os.close(descriptor)


def owner(name: str, stems: set[str]) -> str | None:
    """Return the stem of the sample that a file belongs to: the longest that its name begins with.

    Behind the stem stands a suffix (``.txt``, ``.npz``, ``.ideogram.json``), a mask's ending or
    the ending of one of kohya's caches (``_te_outputs.npz``, ``_0512x0768_sdxl.npz``).
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


def groups(folder: str, names: Iterable[str], stems: set[str]) -> dict[str, list[str]]:
    """Return the paths of every file of the samples with these stems, in the order of ``names``.

    ``names`` are all the names of the folder: a file belongs to the longest stem of any image.
    """
    found: dict[str, list[str]] = {stem: [] for stem in stems}
    listed = list(names)
    images = {os.path.splitext(name)[0] for name in listed if _suffix(name) in IMAGE_SUFFIXES}
    everyone = {stem for stem in images if not stem.endswith(MASK_ENDINGS)} | stems
    for name in listed:
        stem = owner(name, everyone)
        if stem in found:
            found[stem].append(join(folder, name))
    return found


def walk(samples: Iterable[Sample]) -> Iterator[tuple[str, list[Sample]]]:
    """Group samples by folder, in their order."""
    by_folder: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_folder[sample.folder].append(sample)
    yield from by_folder.items()
