"""What the staged steps make of the files of a dataset; the disk is not touched.

Files are known by their *origin*: the path on disk, or, for a file that does not exist yet, the
path where it was created (with a NUL behind it where another file had that name before). Content,
moves and causes hang on origins, so that a file keeps its history while its name changes.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Container, Iterable, Set
from dataclasses import dataclass, field, replace
from typing import Any

from tagsmith.tools import content
from tagsmith.tools.caption import BOM
from tagsmith.tools.dataset import Dataset, Sample, join
from tagsmith.tools.errors import DatasetError, UsageError
from tagsmith.tools.pairing import IMAGE_SUFFIXES, is_mask
from tagsmith.tools.paths import ISOLATED_FOLDER, check_relative, display
from tagsmith.tools.plan import Change, Kind
from tagsmith.tools.refusals import TagChange, without

EMPTIED = "leaves the caption empty; kohya's sd-scripts stop on an empty caption"


@dataclass(slots=True)
class Overlay:
    """Staged content, moves and creations over a scanned dataset.

    ``moved`` maps an origin to where it goes, None for the trash; ``origins`` is its inverse.
    ``owners`` maps an origin to the image it belongs to (that image's own origin), ``causes`` to
    the steps that touched it, ``given`` to a reverse from the journal that must be kept as it is.
    ``selections`` maps a step to the images that its queries selected; one without queries is not
    there. ``touched``, ``homes`` and ``selected`` are of the running step: its files, the owners of
    its samples, the images that its queries selected.
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
    partial: bool = False
    selections: dict[int, frozenset[str]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    homes: dict[str, str] = field(default_factory=dict)
    selected: set[str] = field(default_factory=set)

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
            self.partial,
            dict(self.selections),
        )

    def origin(self, path: str) -> str | None:
        """Return the origin of the caption that stands at this path now, None where none does."""
        if path in self.origins:
            return self.origins[path]
        known = path in self.dataset.captions or path in self.content
        return path if known and path not in self.moved else None

    def read(self, path: str) -> bytes | None:
        """Return the bytes of the caption at this path now."""
        if not (self.content or self.moved):
            return self.dataset.captions.get(path)
        origin = self.origin(path)
        if origin is None:
            return None
        staged = self.content.get(origin)
        return self.dataset.captions.get(origin) if staged is None else staged

    def exists(self, path: str) -> bool:
        """Tell whether a file would stand at this path once everything staged were applied."""
        if path in self.origins:
            return True
        if path in self.moved:
            return False
        return path in self.created or os.path.lexists(os.path.join(self.dataset.root, path))

    def names(self, folder: str) -> list[str]:
        """Return the names of what stands in a folder now and is no folder itself, sorted.

        Raises DatasetError where it cannot be read.
        """
        on_disk: list[str] = []
        try:
            with os.scandir(os.path.join(self.dataset.root, folder)) as found:
                on_disk += (one.name for one in found if not one.is_dir(follow_symlinks=False))
        except FileNotFoundError:
            pass
        except OSError as error:
            where = display(folder) or "the dataset"
            raise DatasetError(f"{where} cannot be read: {error.strerror}.") from error
        stayed = {name for name in on_disk if join(folder, name) not in self.moved}
        for path in self._arrived():
            above, _, name = path.rpartition("/")
            if above == folder:
                stayed.add(name)
        return sorted(stayed)

    def _arrived(self) -> set[str]:
        """Return the paths where files stand now that do not stand there on disk."""
        return self.origins.keys() | (self.created - self.moved.keys())

    def write(self, path: str, data: bytes, sample: Sample | None) -> None:
        """Stage a caption's whole content, creating the file where there is none."""
        origin = self.origin(path)
        if origin is None:
            if self.exists(check_relative(path)):
                raise UsageError(f"{display(path)} cannot be edited: it is not a readable caption.")
            origin = self._new(path)
        elif data == self.read(path):
            return
        if origin not in self.created and data == self.dataset.captions.get(origin):
            self.content.pop(origin, None)
        else:
            self.content[origin] = data
        self.mark(origin, sample)

    def edit(self, origin: str, data: bytes) -> None:
        """Put what the user wrote by hand; nothing where no such caption comes to be any more."""
        if origin not in self.dataset.captions and origin not in self.content:
            return
        if origin not in self.created and data == self.dataset.captions.get(origin):
            self.content.pop(origin, None)
        else:
            self.content[origin] = data

    def _new(self, path: str) -> str:
        origin = path
        while origin in self.moved:
            origin += "\0"
        self.created.add(origin)
        if origin != path:
            self.moved[origin] = path
            self.origins[path] = origin
        return origin

    def move(self, path: str, to: str, sample: Sample | None) -> None:
        """Stage a move. Raises UsageError where the target is taken or leaves the dataset."""
        if to != path and self.exists(check_relative(to)):
            raise UsageError(f"{display(to)} exists already; a move never overwrites.")
        self._relocate(path, to, sample)

    def trash(self, path: str, sample: Sample | None) -> None:
        """Stage a move into the journal's trash."""
        self._relocate(path, None, sample)

    def bring(self, change: Change) -> None:
        """Stage a reverse from the journal as it is given, with its digest and its old time.

        Its path is that on disk, whatever moves are staged.
        """
        origin = change.path
        self.given[origin] = change
        if change.after is not None:
            self.content[origin] = change.after
        if change.kind is Kind.CREATE:
            self.created.add(origin)
        elif change.kind is not Kind.EDIT:
            self._send(origin, change.to)
        self.owners[origin] = change.sample
        self.touched.add(origin)

    def mark(self, origin: str, sample: Sample | None) -> None:
        """Remember that the running step touched a file, and whose it is."""
        self.touched.add(origin)
        if sample is not None and origin not in self.owners:
            self.owners[origin] = self._home(sample)

    def _home(self, sample: Sample) -> str:
        if sample.image not in self.homes:
            image = self.origins.get(sample.image, sample.image)
            self.homes[sample.image] = self.owners.get(image, image)
        return self.homes[sample.image]

    def _relocate(self, path: str, to: str | None, sample: Sample | None) -> None:
        home = "" if sample is None else self._home(sample)
        origin = self.origins.pop(path, path)
        if home:
            # A group goes as one, so all its files belong to one image from now on.
            self.owners[origin] = home
        self._send(origin, to)

    def _send(self, origin: str, to: str | None) -> None:
        """Let the file of an origin, which stands nowhere now, go to a place or the trash."""
        if to is None and origin in self.created:
            self.created.discard(origin)
            self.content.pop(origin, None)
            self.moved.pop(origin, None)
        elif to == origin:
            self.moved.pop(origin, None)
        else:
            self.moved[origin] = to
            if to is not None:
                self.origins[to] = origin
        self.touched.add(origin)

    def samples(self) -> list[Sample]:
        """Return the dataset's samples where they are now, those brought back included."""
        arrived = self._arrived()
        current = (self._current(sample, arrived) for sample in self.dataset.samples)
        samples = [sample for sample in current if sample is not None]
        known = {sample.image for sample in samples}
        for path in sorted(self.origins):
            if is_image(path) and not is_isolated(path) and path not in known:
                folder, _, name = path.rpartition("/")
                samples.append(Sample(folder, name, self._beside(folder, name, arrived)))
        return samples

    def _current(self, sample: Sample, arrived: Container[str]) -> Sample | None:
        image = self.moved.get(sample.image, sample.image)
        if image is None or is_isolated(image):
            return None
        folder, _, name = image.rpartition("/")
        path = sample.caption_path
        caption = None if path is None else self.moved.get(path, path)
        above, _, shown = (caption or "").rpartition("/")
        if caption is None or above != folder:
            return replace(
                sample, folder=folder, name=name, caption=self._beside(folder, name, arrived)
            )
        return replace(sample, folder=folder, name=name, caption=shown)

    def _beside(self, folder: str, name: str, paths: Container[str]) -> str | None:
        stem = os.path.splitext(name)[0]
        for suffix in self.dataset.suffixes:
            if join(folder, stem + suffix) in paths:
                return stem + suffix
        return None

    def pending(self) -> set[str]:
        """Return the origins of the files that differ from the disk."""
        return self.content.keys() | self.moved.keys()

    def left_out(self, dropped: Iterable[str]) -> set[str]:
        """Return the samples that were dropped, and those that would take the place of one."""
        left_out = set(dropped)
        while left_out:
            stay = {origin for origin in self.moved if self.owner(origin) in left_out}
            more = {self.owner(origin) for origin, to in self.moved.items() if to in stay}
            if more <= left_out:
                break
            left_out |= more
        return left_out

    def owner(self, origin: str) -> str:
        """Return the image that a file belongs to, or the file itself where it has none."""
        return self.owners.get(origin, origin)

    def choose(self, samples: Iterable[Sample]) -> None:
        """Remember that a query of the running step selected these samples."""
        self.selected |= {self.origins.get(one.image, one.image) for one in samples}

    def settle(self, step: int) -> int:
        """Set down what a step touched and selected; return the number of its files."""
        for origin in self.touched:
            self.causes[origin] = (*self.causes.get(origin, ()), step)
        if self.touched and self.selected:
            self.selections[step] = frozenset(self.selected)
        return len(self.touched)


class Differ:
    """Turns an overlay into changes; keeps the digests of files that are moved as they are."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._digests: dict[str, bytes] = {}

    def texts(self, overlay: Overlay, origin: str) -> tuple[bytes | None, bytes | None]:
        """Return a caption's bytes before and after; None after where they do not change."""
        given = overlay.given.get(origin)
        before = self._dataset.captions.get(origin)
        if before is None and given is not None:
            before = given.before
        after = overlay.content.get(origin)
        return before, None if after == before else after

    def change(
        self, overlay: Overlay, origin: str, *, yours: bool, refused: Set[TagChange] = frozenset()
    ) -> Change | None:
        """Return what happens to one file; None where nothing does after all.

        What the user wrote by hand (``yours``) stays as it was written.
        """
        given = overlay.given.get(origin)
        before, after = self.texts(overlay, origin)
        if refused and after is not None and not yours:
            after = without(before, after, refused)
            after = None if after == before else after
        common: dict[str, Any] = {
            "sample": overlay.owners.get(origin, origin),
            "steps": overlay.causes.get(origin, ()),
            "yours": yours,
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
        return self.digest(origin)

    def digest(self, path: str) -> bytes:
        """Return the digest of a file on disk, read once.

        Raises DatasetError where it is gone, cannot be read, or is no ordinary file.
        """
        if path not in self._digests:
            known = self._dataset.captions.get(path)
            self._digests[path] = self._hash(path) if known is None else content.digest(known)
        return self._digests[path]

    def _hash(self, path: str) -> bytes:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(os.path.join(self._dataset.root, path), flags)
            try:
                if content.is_regular(os.fstat(descriptor)):
                    return content.digest_descriptor(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            why = "a symbolic link" if error.errno == errno.ELOOP else str(error.strerror)
            raise DatasetError(f"{display(path)} cannot be read ({why}).") from error
        raise DatasetError(f"{display(path)} is not an ordinary file.")


def notes(before: bytes | None, after: bytes) -> tuple[str, ...]:
    """Return what a person must know of a change besides the change itself."""
    return (EMPTIED,) if empties(before, after) else ()


def empties(before: bytes | None, after: bytes) -> bool:
    """Tell whether a change leaves nothing of a caption, byte-order mark and commas apart."""
    return not _body(after) and bool(_body(before or b""))


def _body(data: bytes) -> bytes:
    return data.removeprefix(BOM).strip(b", \t\r\n")


def is_image(path: str) -> bool:
    """Tell by its name whether a path is an image that can be a sample, so no mask."""
    return os.path.splitext(path)[1].lower() in IMAGE_SUFFIXES and not is_mask(path)


def is_isolated(path: str) -> bool:
    """Tell whether a path lies among the isolated samples."""
    return path.startswith(ISOLATED_FOLDER + "/")
