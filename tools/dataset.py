"""A dataset: a folder of images, each with its sidecar files, found without opening an image."""

from __future__ import annotations

import gc
import os
import re
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tagsmith.tools import content
from tagsmith.tools.caption import MAX_BYTES, why_not_editable
from tagsmith.tools.errors import DatasetError
from tagsmith.tools.pairing import CAPTION_SUFFIXES, IMAGE_SUFFIXES, Issue, is_mask, pair
from tagsmith.tools.paths import ISOLATED_FOLDER, display
from tagsmith.tools.watch import Step, Watch

MAX_DEPTH = 64
LOOK_EVERY = 256  # captions between two looks at the watch: some milliseconds

# Folders of trainers (ai-toolkit's caches and control images) and the backups of tag editors.
FOREIGN_FOLDERS = frozenset(
    {"text_backup", "trash", "_duplicate__files", "_quarantine", "_latent_cache", "_controls"}
)

_CAREFULLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_REPEATS = re.compile(r"(\d+)_")


@dataclass(frozen=True, slots=True)
class Problem:
    """A file or folder that is not what it seems, and why."""

    issue: Issue
    path: str
    reason: str

    def __str__(self) -> str:
        return f"{display(self.path) or 'the folder'}: {self.reason}"


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


def scan(
    root: str,
    suffixes: tuple[str, ...] = CAPTION_SUFFIXES,
    start: str = "",
    watch: Watch | None = None,
) -> Dataset:
    """Scan a folder and read its captions. ``start`` is a relative folder to begin in.

    Raises DatasetError where the root cannot be read, StoppedError once ``watch`` says stop;
    everything else that is wrong is listed.
    """
    dataset = Dataset(resolve_root(root), tuple(one.lower() for one in suffixes))
    pending = [start]
    with uncollected():
        while pending:
            folder = pending.pop()
            names, folders = _list(dataset, folder)
            _pair(dataset, folder, names, watch or Watch())
            pending += sorted((one for one in folders if _enter(dataset, one)), reverse=True)
    return dataset


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the cycle collector: what a scan makes holds no cycle, and looking costs a fifth."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _list(dataset: Dataset, folder: str) -> tuple[list[str], list[str]]:
    """Return the names of the ordinary files of a folder, sorted, and the paths of its folders."""
    names: list[str] = []
    folders: list[str] = []
    try:
        with os.scandir(os.path.join(dataset.root, folder)) as entries:
            for entry in entries:
                name = entry.name
                if entry.is_file(follow_symlinks=False):
                    if name[0] != ".":
                        names.append(name)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(join(folder, name))
                elif name[0] != ".":
                    reason = "a symbolic link, not followed" if entry.is_symlink() else "not a file"
                    dataset.note(Issue.SKIPPED, join(folder, name), reason)
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
        os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES and not is_mask(name)
        for _, _, names in os.walk(folder)
        for name in names
    )


def _pair(dataset: Dataset, folder: str, names: list[str], watch: Watch) -> None:
    """Make the samples of one folder and read their captions."""
    found = pair(names, dataset.suffixes)
    captions, shared = found.captions, found.shared
    dataset.samples += [
        Sample(folder, name, captions.get(stem), stem in shared) for stem, name in found.images
    ]
    for issue, name, reason in found.notes:
        dataset.note(issue, join(folder, name), reason)
    _read_captions(dataset, folder, captions.values(), watch)


def _read_captions(dataset: Dataset, folder: str, names: Collection[str], watch: Watch) -> None:
    _look_up(dataset, watch)
    if not names:
        return
    now = time.time_ns()
    try:
        directory = os.open(os.path.join(dataset.root, folder), os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        dataset.note(Issue.SKIPPED, folder, f"folder cannot be read ({error.strerror})")
        return
    try:
        for number, name in enumerate(names, start=1):
            if not number % LOOK_EVERY:
                _look_up(dataset, watch)
            path = join(folder, name)
            found = read_file(directory, name)
            if isinstance(found, str):
                dataset.skipped[path] = found
                dataset.note(Issue.SKIPPED, path, found)
                continue
            data, status = found
            dataset.captions[path] = data
            if stamp := content.settled_stamp(status, now):
                dataset.stamps[path] = stamp
    finally:
        os.close(directory)


def _look_up(dataset: Dataset, watch: Watch) -> None:
    """Tell how many captions are read, and end the scan where nobody waits for it any more."""
    watch.tell(Step("reading", len(dataset.captions), 0, "captions"))
    watch.check("The folder was not read to its end.", "Nothing was changed.")


def read_file(directory: int, name: str) -> tuple[bytes, os.stat_result] | str:
    """Read a caption below an open folder; returns why where it is none that can be edited."""
    found = read_bytes(name, directory)
    return found if isinstance(found, str) else why_not_editable(found[0]) or found


def read_bytes(name: str, directory: int | None = None) -> tuple[bytes, os.stat_result] | str:
    """Read what may be a caption, whatever its encoding; returns why where it cannot be one.

    Never follows a link, never waits on a pipe, never reads more than a caption may hold.
    """
    try:
        descriptor = os.open(name, _CAREFULLY, dir_fd=directory)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    try:
        status = os.fstat(descriptor)
        if not content.is_regular(status):
            return "not a file"
        if status.st_size > MAX_BYTES:
            return f"larger than {MAX_BYTES >> 20} MiB"
        return content.read_all(descriptor, status.st_size), status
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    finally:
        os.close(descriptor)


def walk(samples: Iterable[Sample]) -> Iterator[tuple[str, list[Sample]]]:
    """Group samples by folder, in their order."""
    by_folder: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_folder[sample.folder].append(sample)
    yield from by_folder.items()
