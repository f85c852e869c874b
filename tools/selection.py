"""Which files of a plan belong to images that its queries do not select.

A step selects images with ``where``, and edits files: a caption that two images share, a group that
moves as one. So it may reach an image that its query does not match.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tagsmith.tools.dataset import Sample
from tagsmith.tools.overlay import Overlay, is_image
from tagsmith.tools.plan import Step


@dataclass(frozen=True, slots=True)
class Outside:
    """A step that changes a file of images which its query does not select, named as on disk."""

    step: int
    images: tuple[str, ...]


def outside(
    overlay: Overlay, samples: Iterable[Sample], steps: Sequence[Step]
) -> dict[str, tuple[Outside, ...]]:
    """Return what lies outside, by the image that the changed files belong to (``Change.sample``).

    ``samples`` are the workspace's, ``steps`` those that count.
    """
    counted = {step.number for step in steps} & overlay.selections.keys()
    if not counted:
        return {}
    sharing = _sharing(overlay, samples)
    found: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for origin in overlay.pending():
        images = _images(overlay, sharing, origin)
        for number in counted.intersection(overlay.causes.get(origin, ())):
            if missed := images - overlay.selections[number]:
                found[overlay.owner(origin)][number] |= missed
    return {
        owner: tuple(Outside(step, tuple(sorted(some))) for step, some in sorted(each.items()))
        for owner, each in found.items()
    }


def _sharing(overlay: Overlay, samples: Iterable[Sample]) -> dict[str, frozenset[str]]:
    """Return the images of each caption that several images share, by origins."""
    first: dict[str, str] = {}
    shared: dict[str, set[str]] = {}
    for caption, image in _pairs(overlay, samples):
        one = first.setdefault(caption, image)
        if one != image:
            shared.setdefault(caption, {one}).add(image)
    return {caption: frozenset(images) for caption, images in shared.items()}


def _pairs(overlay: Overlay, samples: Iterable[Sample]) -> Iterator[tuple[str, str]]:
    """Yield captions with their images: as they are now, and as they are on disk."""
    origins = overlay.origins
    for sample in samples:
        if path := sample.caption_path:
            yield origins.get(path, path), origins.get(sample.image, sample.image)
    if origins:
        for sample in overlay.dataset.samples:
            if path := sample.caption_path:
                yield path, sample.image


def _images(overlay: Overlay, sharing: dict[str, frozenset[str]], origin: str) -> frozenset[str]:
    if origin in sharing:
        return sharing[origin]
    return frozenset((origin if is_image(origin) else overlay.owner(origin),))
