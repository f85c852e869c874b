"""The two formulas of the tagging guide, over what a tagger says of captions. docs/labels.md.

The guide gives ``tagging level = K x (1 - error rate) x information`` and ``labelling error = sum
of p x log10(1/p)`` without saying where K, the error rate, the information and p come from. Here
they come from stored scores:

* p of a tag in a caption is 1 - its score: how likely the tagger thinks it wrong. A tag that the
  tagger does not know has no p and counts nowhere.
* The error rate of a caption is the mean p of its tags.
* The information of a tag is log2(1/f) bits, f the share of the images that have it (in the
  caption, or above the tagger's threshold): what all images have says nothing of any. That of a
  caption is its bits as a share of the bits it would have with every tag that the tagger finds.
* K is a scale that the guide leaves open: 1, so that the level lies in 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

# Less is the rounding of a logarithm.
_LEAST_BITS = 1e-9


class Labels(Protocol):
    """What a tagger says of one caption, by the keys of tags."""

    @property
    def image(self) -> str:
        """The image's name."""

    @property
    def scores(self) -> Mapping[str, float]:
        """Those of the caption's tags that it knows, 0 for less than the store keeps."""

    @property
    def missing(self) -> Collection[str]:
        """The tags that it finds and the caption lacks."""


@dataclass(frozen=True, slots=True)
class Level:
    """The formulas for one caption, with their inputs.

    ``tags`` were judged, ``missing`` were not in the caption; ``bits`` of ``possible`` ones is the
    information. A caption of which no tag can be judged has no error, and the information that
    its missing tags leave it.
    """

    image: str
    tags: int
    missing: int
    error_rate: float
    bits: float
    possible: float
    k: float
    labelling_error: float

    @property
    def information(self) -> float:
        """The share of the bits that the caption has; 1 where there are none to have."""
        return self.bits / self.possible if self.possible > 0 else 1.0

    @property
    def tagging_level(self) -> float:
        """K x (1 - error rate) x information."""
        return self.k * (1 - self.error_rate) * self.information


def entropy_term(p: float) -> float:
    """Return p x log10(1/p), 0 at 0 and at 1; the most, 0.16, at 1/e."""
    return p * math.log10(1 / p) if p > 0 else 0.0


@dataclass(slots=True)
class Shares:
    """In how many of the images each tag is, by its key: the f of the formulas."""

    images: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, labels: Labels) -> None:
        """Count an image."""
        self.images += 1
        for tag in (*labels.scores, *labels.missing):
            self.counts[tag] = self.counts.get(tag, 0) + 1

    def bits(self, tags: Iterable[str]) -> float:
        """Return what tags say of an image: the sum of log2(1/f)."""
        total = sum(math.log2(self.images / self.counts[tag]) for tag in tags)
        return total if total > _LEAST_BITS else 0.0


def level(labels: Labels, shares: Shares, k: float = 1.0) -> Level:
    """Return the formulas for one caption; ``shares`` has counted it."""
    wrong = [1 - score for score in labels.scores.values()]
    bits = shares.bits(labels.scores)
    return Level(
        labels.image,
        len(wrong),
        len(labels.missing),
        sum(wrong) / len(wrong) if wrong else 0.0,
        bits,
        bits + shares.bits(labels.missing),
        k,
        sum(map(entropy_term, wrong)),
    )


@dataclass(frozen=True, slots=True)
class Total:
    """The formulas for a set: means over its captions, and the sum of the labelling errors."""

    images: int
    tags: int
    missing: int
    error_rate: float
    information: float
    bits: float
    tagging_level: float
    labelling_error: float

    @classmethod
    def of(cls, levels: Sequence[Level]) -> Total:
        """Sum up some captions, at least one."""
        images = len(levels)
        return cls(
            images,
            sum(one.tags for one in levels),
            sum(one.missing for one in levels),
            sum(one.error_rate for one in levels) / images,
            sum(one.information for one in levels) / images,
            sum(one.bits for one in levels) / images,
            sum(one.tagging_level for one in levels) / images,
            sum(one.labelling_error for one in levels),
        )


def levels(labels: Callable[[], Iterable[Labels]], k: float = 1.0) -> list[Level]:
    """Return the formulas for every caption; ``labels`` is called twice, and gives the same."""
    shares = Shares()
    for one in labels():
        shares.add(one)
    return [level(one, shares, k) for one in labels()]
