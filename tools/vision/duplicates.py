"""Groups of images that are the same, or nearly, and which of each is best to keep.

Four layers, each over what the one before would keep, so that the groups do not overlap: the same
file, the same pixels, the same picture stored otherwise, and its mirror image. Only images that
may have the same pixels (alike, and of one size) are decoded at full size for that.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from tagsmith.tools.vision import hashes, likeness
from tagsmith.tools.vision.keeping import Candidate, best
from tagsmith.tools.vision.measured import measured_of
from tagsmith.tools.vision.measuring import Found, measure
from tagsmith.tools.vision.score_query import scores_of
from tagsmith.tools.watch import Step

if TYPE_CHECKING:
    from tagsmith.tools.dataset import Sample
    from tagsmith.tools.workspace import Workspace


class Kind(StrEnum):
    """How images of a group are the same, in the words that a user sees."""

    FILES = "identical files"
    PIXELS = "identical pixels"
    SIMILAR = "similar"
    FLIPPED = "flipped"


@dataclass(frozen=True, slots=True)
class Group:
    """Images (as they are named now) that are the same; ``keep`` is the best, for ``reason``."""

    kind: Kind
    keep: str
    reason: str
    images: tuple[str, ...]

    @property
    def others(self) -> tuple[str, ...]:
        """The images that would go."""
        return tuple(image for image in self.images if image != self.keep)


@dataclass(slots=True)
class Duplicates:
    """The groups, of how many images, and those that cannot be read as (image, reason)."""

    groups: list[Group] = field(default_factory=list)
    images: int = 0
    bad: list[tuple[str, str]] = field(default_factory=list)

    def of(self, kind: Kind) -> list[Group]:
        """The groups of one kind."""
        return [group for group in self.groups if group.kind is kind]


def find(
    workspace: Workspace, samples: Sequence[Sample], distance: int = likeness.DISTANCE
) -> Duplicates:
    """Find the duplicates among some samples; measures those that were never looked at.

    Raises StoppedError (what was measured is kept), DatasetError where the store fails.
    """
    paths = [workspace.on_disk(sample) for sample in samples]
    found = measure(
        hashes.PRINTED, paths, scores_of(workspace), measured_of(workspace), workspace.watch
    )
    finder = _Finder(workspace, samples, found)
    workspace.watch.tell(Step("Comparing", 0, len(samples)))
    finder.run(distance)
    bad = [
        (sample.image, found.bad[path])
        for sample, path in zip(samples, paths, strict=True)
        if path in found.bad
    ]
    return Duplicates(finder.groups, len(samples), bad)


class _Finder:
    """The layers, one after the other; ``_kept`` are the images that no layer would let go."""

    def __init__(self, workspace: Workspace, samples: Sequence[Sample], found: Found) -> None:
        self.groups: list[Group] = []
        self._workspace = workspace
        contents = list(found.rows)
        self._prints = hashes.unpack(list(found.rows.values()), hashes.PRINT)
        self._places = {content: place for place, content in enumerate(contents)}
        self._kept = list(self._images(samples, found))

    def _images(self, samples: Sequence[Sample], found: Found) -> Iterator[Candidate]:
        for sample in samples:
            path = self._workspace.on_disk(sample)
            content = found.contents.get(path)
            if path in found.bad or content is None or content not in self._places:
                continue
            place = self._places[content]
            one = self._prints[place]
            words = len(self._workspace.caption_bytes(sample) or b"")
            size = (int(one["width"]), int(one["height"]))
            yield Candidate(sample.image, path, place, size, words, float(one["loss"]))

    def run(self, distance: int) -> None:
        """Find the groups of every kind."""
        self._take(Kind.FILES, gathered(self._kept, lambda one: one.place))
        prints = self._kept_prints()
        alike = [[self._kept[at] for at in group] for group in likeness.similar(prints, distance)]
        empty = [self._kept[at] for at in np.flatnonzero(likeness.flat(prints)).tolist()]
        self._take(Kind.PIXELS, self._same_pixels([*alike, *gathered(empty, self._looks)]))
        kept = {one.name for one in self._kept}
        left = [[one for one in group if one.name in kept] for group in alike]
        self._take(Kind.SIMILAR, [group for group in left if len(group) > 1])
        pairs = likeness.flipped(self._kept_prints(), distance)
        self._take(Kind.FLIPPED, [[self._kept[at] for at in star] for star in stars(pairs)])

    def _kept_prints(self) -> hashes.Records:
        return self._prints[[one.place for one in self._kept]]

    def _looks(self, one: Candidate) -> bytes:
        """Return what two empty pictures share if their pixels are worth comparing."""
        found = self._prints[one.place]
        return bytes(found["grey"].tobytes() + found["colour"].tobytes())

    def _same_pixels(self, groups: Iterable[list[Candidate]]) -> list[list[Candidate]]:
        """Return which images of some groups have the same pixels."""
        sized = [same for group in groups for same in gathered(group, lambda one: one.size)]
        workspace = self._workspace
        found = measure(
            hashes.EXACTLY,
            [one.path for group in sized for one in group],
            scores_of(workspace),
            measured_of(workspace),
            workspace.watch,
        )
        same: list[list[Candidate]] = []
        for group in sized:
            for one in group:
                row = found.rows.get(found.contents.get(one.path, b""))
                if row is not None:
                    (exact,) = hashes.unpack([row], hashes.EXACT)
                    one.detail, one.digest = float(exact["detail"]), exact["digest"].tobytes()
            same += gathered([one for one in group if one.digest], lambda one: one.digest)
        return same

    def _take(self, kind: Kind, groups: Iterable[Sequence[Candidate]]) -> None:
        """Note the groups; of each only the best goes on to the next layer."""
        gone: set[str] = set()
        for images in groups:
            keep, reason = best(images)
            others = sorted(one.name for one in images if one is not keep)
            self.groups.append(Group(kind, keep.name, reason, (keep.name, *others)))
            gone.update(others)
        self._kept = [one for one in self._kept if one.name not in gone]


def gathered(
    images: Iterable[Candidate], alike: Callable[[Candidate], Hashable]
) -> list[list[Candidate]]:
    """Return the images that have something in common, where there are at least two."""
    found: dict[Hashable, list[Candidate]] = {}
    for one in images:
        found.setdefault(alike(one), []).append(one)
    return [group for group in found.values() if len(group) > 1]


def stars(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return groups of places from pairs: a place with all its partners that have no group yet."""
    centres: dict[int, list[int]] = {}
    taken: set[int] = set()
    for one, other in sorted(pairs):
        if other in taken or (one in taken and one not in centres):
            continue
        centres.setdefault(one, [one]).append(other)
        taken.update((one, other))
    return list(centres.values())
