"""What the staged steps make of the files of a dataset; the disk is not touched.

Files are known by their *origin*: the path on disk, or, for a file that does not exist yet, the
path where it was created. Content, moves and causes hang on origins, so that a file keeps its
history while its name changes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tagsmith.tools import content
from tagsmith.tools.dataset import IMAGE_SUFFIXES, Dataset, Sample, join
from tagsmith.tools.errors import DatasetError, UsageError
from tagsmith.tools.paths import ISOLATED_FOLDER, check_relative, collision_key, display
from tagsmith.tools.plan import Change, Kind

EMPTIED = "leaves the caption empty; kohya's sd-scripts stop on an empty caption"


@dataclass(slots=True)
class Overlay:
    """Staged content, moves and creations over a scanned dataset.

    ``moved`` maps an origin to where it goes, None for the trash; ``origins`` is its inverse.
    ``owners`` maps an origin to the image it belongs to, ``causes`` to the steps that touched it,
    ``given`` to a reverse from the journal that must be kept as it is.
    """

    dataset: Dataset
    content: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, str | None] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    created: set[str] = field(default_factory=set)
    owners: dict[str, str] = field(default_factory=dict)
    causes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    given: dict[str, Change] = field(default_factory=dict)
    undoes: tuple[str, ...] = ()
    touched: set[str] = field(default_factory=set)

    def copy(self) -> Overlay:
        """Return an independent copy; contents and causes themselves are immutable."""
        return Overlay(
            self.dataset,
            dict(self.content),
            dict(self.moved),
            dict(self.origins),
            set(self.created),
            dict(self.owners),
            dict(self.causes),
            dict(self.given),
            self.undoes,
        )

    def origin(self, path: str) -> str | None:
        """Return the origin of the caption that stands at this path now, None where none does."""
        if path in self.origins:
            return self.origins[path]
        if path in self.created:
            return path
        known = path in self.dataset.captions or path in self.content
        return path if known and path not in self.moved else None

    def read(self, path: str) -> bytes | None:
        """Return the bytes of the caption at this path now."""
        origin = self.origin(path)
        if origin is None:
            return None
        staged = self.content.get(origin)
        return self.dataset.captions.get(origin) if staged is None else staged

    def exists(self, path: str) -> bool:
        """Tell whether a file would stand at this path once everything staged were applied."""
        if path in self.origins or path in self.created:
            return True
        on_disk = os.path.lexists(os.path.join(self.dataset.root, path))
        return on_disk and path not in self.moved

    def names(self, folder: str) -> list[str]:
        """Return the names of the files that stand in a folder now, sorted.

        Raises DatasetError where it cannot be read.
        """
        try:
            on_disk = os.listdir(os.path.join(self.dataset.root, folder))
        except FileNotFoundError:
            on_disk = []
        except OSError as error:
            where = display(folder) or "the dataset"
            raise DatasetError(f"{where} cannot be read: {error.strerror}.") from error
        stayed = {name for name in on_disk if join(folder, name) not in self.moved}
        for path in self.origins.keys() | self.created:
            above, _, name = path.rpartition("/")
            if above == folder and path not in self.moved:
                stayed.add(name)
        return sorted(stayed)

    def write(self, path: str, data: bytes, sample: Sample | None) -> None:
        """Stage a caption's whole content, creating the file where there is none."""
        origin = self.origin(path)
        if origin is None:
            if self.exists(path):
                raise UsageError(f"{display(path)} cannot be edited: it is not a readable caption.")
            self.created.add(check_relative(path))
            origin = path
        elif data == self.read(path):
            return
        if origin not in self.created and data == self.dataset.captions.get(origin):
            self.content.pop(origin, None)
        else:
            self.content[origin] = data
        self.mark(origin, sample)

    def move(self, path: str, to: str, sample: Sample | None) -> None:
        """Stage a move. Raises UsageError where the target is taken or leaves the dataset."""
        if to != path and self.exists(check_relative(to)):
            same = collision_key(to) == collision_key(path)
            if not same or self.origin(to) is not None:
                raise UsageError(f"{display(to)} exists already; a move never overwrites.")
        self._relocate(path, to, sample)

    def trash(self, path: str, sample: Sample | None) -> None:
        """Stage a move into the journal's trash."""
        self._relocate(path, None, sample)

    def bring(self, change: Change) -> None:
        """Stage a reverse from the journal as it is given, with its digest and its old time."""
        origin = self.origin(change.path) or change.path
        self.given[origin] = change
        if change.after is not None:
            self.content[origin] = change.after
        if change.kind is Kind.CREATE:
            self.created.add(origin)
        elif change.kind is not Kind.EDIT:
            self._relocate(change.path, change.to, None)
        self.owners[origin] = change.sample
        self.touched.add(origin)

    def mark(self, origin: str, sample: Sample | None) -> None:
        """Remember that the running step touched a file, and whose it is."""
        self.touched.add(origin)
        if sample is not None:
            self.owners.setdefault(origin, sample.image)

    def _relocate(self, path: str, to: str | None, sample: Sample | None) -> None:
        origin = self.origins.pop(path, path)
        if to == origin:
            self.moved.pop(origin, None)
        else:
            self.moved[origin] = to
            if to is not None:
                self.origins[to] = origin
        self.mark(origin, sample)

    def samples(self) -> list[Sample]:
        """Return the dataset's samples where they are now, those brought back included."""
        current = (self._current(sample) for sample in self.dataset.samples)
        samples = [sample for sample in current if sample is not None]
        known = {sample.image for sample in samples}
        names = self.origins.keys() | self.created
        for path in sorted(self.origins):
            if is_image(path) and not is_isolated(path) and path not in known:
                folder, _, name = path.rpartition("/")
                samples.append(Sample(folder, name, self._beside(folder, name, names)))
        return samples

    def _current(self, sample: Sample) -> Sample | None:
        image = self.moved.get(sample.image, sample.image)
        if image is None or is_isolated(image):
            return None
        caption = sample.caption_path
        if caption is not None:
            caption = self.moved.get(caption, caption)
        folder, _, name = image.rpartition("/")
        if caption is None:
            shown = self._beside(folder, name, self.created)
        else:
            shown = caption.rpartition("/")[2]
        return replace(sample, folder=folder, name=name, caption=shown)

    def _beside(self, folder: str, name: str, paths: Iterable[str]) -> str | None:
        stem = os.path.splitext(name)[0]
        for suffix in self.dataset.suffixes:
            if join(folder, stem + suffix) in paths:
                return stem + suffix
        return None

    def pending(self, edited: Iterable[str]) -> Iterator[str]:
        """Yield the origins that differ from the disk; ``edited`` are those edited by hand."""
        yield from self.content.keys() | self.moved.keys() | set(edited)


class Differ:
    """Turns an overlay into changes; keeps the digests of files that are moved as they are."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._digests: dict[str, bytes] = {}

    def change(self, overlay: Overlay, origin: str, by_hand: bytes | None) -> Change | None:
        """Return what happens to one file; None where nothing does after all."""
        given = overlay.given.get(origin)
        before = self._dataset.captions.get(origin)
        if before is None and given is not None:
            before = given.before
        after = overlay.content.get(origin) if by_hand is None else by_hand
        if after == before:
            after = None
        common: dict[str, Any] = {
            "sample": overlay.owners.get(origin, origin),
            "steps": overlay.causes.get(origin, ()),
            "yours": by_hand is not None,
            "mtime_ns": given.mtime_ns if given else None,
            "stamp": self._dataset.stamps.get(origin),
            "notes": () if after is None else notes(before, after),
        }
        to = overlay.moved.get(origin, origin)
        if origin in overlay.created:
            return (
                None
                if to is None or after is None
                else Change(Kind.CREATE, to, None, after, **common)
            )
        if origin not in overlay.moved:
            return None if after is None else Change(Kind.EDIT, origin, before, after, **common)
        seen = self._seen(origin, given)
        if to is None:
            return Change(Kind.TRASH, origin, seen=seen, **common)
        edited = before if after is not None else None
        return Change(Kind.MOVE, origin, edited, after, to=to, seen=seen, **common)

    def _seen(self, origin: str, given: Change | None) -> bytes:
        if given is not None and given.digest is not None:
            return given.digest
        if origin not in self._digests:
            known = self._dataset.captions.get(origin)
            self._digests[origin] = self._hash(origin) if known is None else content.digest(known)
        return self._digests[origin]

    def _hash(self, path: str) -> bytes:
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(os.path.join(self._dataset.root, path), flags)
        except OSError as error:
            raise DatasetError(f"{display(path)} cannot be read: {error.strerror}.") from error
        try:
            return content.digest_descriptor(descriptor)
        finally:
            os.close(descriptor)


def notes(before: bytes | None, after: bytes) -> tuple[str, ...]:
    """Return what a person must know of a change besides the change itself."""
    if not after.strip() and (before or b"").strip():
        return (EMPTIED,)
    return ()


def is_image(path: str) -> bool:
    """Tell by its suffix whether a path names an image."""
    return os.path.splitext(path)[1].lower() in IMAGE_SUFFIXES


def is_isolated(path: str) -> bool:
    """Tell whether a path lies among the isolated samples."""
    return path.startswith(ISOLATED_FOLDER + "/")
