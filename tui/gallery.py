"""What a gallery shows: images chosen by a query, at random, set apart, given, or alike.

A ``Shelf`` is read in a thread; nothing here knows a widget.
"""

from __future__ import annotations

import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from tagsmith.tools.caption import NEWLINE, Caption
from tagsmith.tools.dataset import Sample, scan
from tagsmith.tools.groups.isolate import isolated_names
from tagsmith.tools.paths import ISOLATED_FOLDER
from tagsmith.tools.query import exactly
from tagsmith.tools.reads.find import at_random
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.language import say

# So many that they fill a screen, and that a person looks at each.
SAMPLE = 24
EVERYTHING = "folder:."


class Kind(Enum):
    """Where the images of a shelf come from."""

    QUERY = "query"
    RANDOM = "random"
    GIVEN = "given"
    ISOLATED = "isolated"
    ALIKE = "alike"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Images that belong together: paths from the dataset's folder, the best of them, and why."""

    images: tuple[str, ...]
    best: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Images to look at.

    ``where`` is the query they come from, empty for all. ``name`` is that of isolated images,
    ``captions`` are theirs: the workspace does not know them. ``seed`` is that of a random sample
    out of ``among``. Of ``clusters`` one is shown at a time: the ``cluster``-th. ``marked`` are the
    images to mark when it is opened.
    """

    kind: Kind
    samples: Sequence[Sample]
    title: str = ""
    where: str = ""
    name: str = ""
    seed: int = 0
    among: int = 0
    captions: Mapping[str, bytes] = field(default_factory=dict)
    clusters: tuple[Cluster, ...] = ()
    cluster: int = 0
    marked: frozenset[str] = frozenset()

    @property
    def now(self) -> Cluster | None:
        """The cluster that is shown."""
        return self.clusters[self.cluster] if self.clusters else None


def by_query(workspace: Workspace, where: str = "") -> Shelf:
    """Return the images that a query matches. Raises QueryError, UnknownTagError."""
    return Shelf(Kind.QUERY, workspace.select(where), where=where)


def sampled(workspace: Workspace, where: str = "", seed: int | None = None) -> Shelf:
    """Return a random sample of what a query matches; the same seed gives the same images."""
    samples = workspace.select(where)
    chosen = random.SystemRandom().randrange(10_000) if seed is None else seed
    shown = at_random(samples, SAMPLE, chosen)
    return Shelf(Kind.RANDOM, shown, where=where, seed=chosen, among=len(samples))


def given(workspace: Workspace, images: Sequence[str], title: str = "") -> Shelf:
    """Return images by their paths; those that are not there (any more) are left out."""
    return Shelf(Kind.GIVEN, _samples(workspace, images), title)


def isolated(workspace: Workspace, name: str) -> Shelf:
    """Return the images that were set apart under a name, as they lie on disk."""
    found = scan(workspace.root, workspace.dataset.suffixes, f"{ISOLATED_FOLDER}/{name}")
    return Shelf(Kind.ISOLATED, found.samples, name=name, captions=found.captions)


def alike(
    workspace: Workspace, clusters: Sequence[Cluster], title: str = "", number: int = 0
) -> Shelf:
    """Return clusters of images, one of them shown; those with no two images left are left out."""
    known = {sample.image for sample in workspace.samples}
    left = tuple(one for one in clusters if sum(image in known for image in one.images) > 1)
    number = min(number, max(0, len(left) - 1))
    samples = _samples(workspace, left[number].images) if left else []
    return Shelf(Kind.ALIKE, samples, title, clusters=left, cluster=number)


def again(workspace: Workspace, shelf: Shelf) -> Shelf:
    """Return a shelf as it is after images went away, or came back."""
    if shelf.kind is Kind.QUERY:
        return by_query(workspace, shelf.where)
    if shelf.kind is Kind.ISOLATED:
        return isolated(workspace, shelf.name)
    if shelf.kind is Kind.ALIKE:
        return alike(workspace, shelf.clusters, shelf.title, shelf.cluster)
    return same(workspace, shelf)


def same(workspace: Workspace, shelf: Shelf) -> Shelf:
    """Return the same images as they are now, whether the query still matches them or not."""
    return replace(shelf, samples=_samples(workspace, [one.image for one in shelf.samples]))


def names(workspace: Workspace) -> list[str]:
    """Return the names under which images are set apart."""
    return isolated_names(os.path.join(workspace.root, ISOLATED_FOLDER))


def duplicates(workspace: Workspace, where: str = "", title: str = "") -> Shelf:
    """Return the groups of images that are there more than once; takes long the first time.

    Raises StoppedError once the workspace's watch says so.
    """
    from tagsmith.tools.vision.duplicates import find

    groups = find(workspace, workspace.select(where)).groups
    clusters = [Cluster(one.images, one.keep, f"{one.kind}, {one.reason}") for one in groups]
    return replace(alike(workspace, clusters, title), marked=worse(clusters))


def worse(clusters: Sequence[Cluster]) -> frozenset[str]:
    """Return the images that are not the best of their cluster."""
    return frozenset(
        image for one in clusters if one.best for image in one.images if image != one.best
    )


def queries(shelf: Shelf, marked: set[str]) -> list[str]:
    """Write queries that mean the marked images and no others, in the order of the shelf.

    All images of a query are that query, however many they are.
    """
    if shelf.kind is Kind.QUERY and len(marked) == len(shelf.samples):
        return [shelf.where or EVERYTHING]
    return list(exactly(sorted(marked)))


def caption(workspace: Workspace, shelf: Shelf, sample: Sample) -> Caption | str | None:
    """Return a sample's caption, why it cannot be read, or None where it has none."""
    path = sample.caption_path
    if path is None:
        return None
    data = shelf.captions.get(path) if shelf.kind is Kind.ISOLATED else workspace.content(path)
    if data is None:
        return workspace.dataset.skipped.get(path, say("it cannot be read"))
    return Caption.parse(data)


def editable(caption: Caption | None) -> str:
    """Return a caption's text for an editor: plain line ends, no final newline."""
    return "" if caption is None else NEWLINE.sub("\n", caption.text).rstrip("\n")


def file_of(workspace: Workspace, shelf: Shelf, sample: Sample) -> str:
    """Return the absolute path of a sample's image as it lies on disk."""
    here = sample.image if shelf.kind is Kind.ISOLATED else workspace.on_disk(sample)
    return os.path.join(workspace.root, here)


def _samples(workspace: Workspace, images: Sequence[str]) -> list[Sample]:
    by_path = {sample.image: sample for sample in workspace.samples}
    return [by_path[image] for image in images if image in by_path]
