"""What the taggers are unsure about: the questions of active labelling, most doubtful first.

Three kinds: a score near its threshold, models that disagree, and a tag that stands in a caption
though every model that knows it denies it. What a user decided or answered is not asked again, nor
is a score near the threshold of a tag that the user wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, zip_longest
from typing import NamedTuple

import numpy as np

from tagsmith.tools.vision.scores import Scores
from tagsmith.tools.vision.select import Selector
from tagsmith.tools.vision.sparse import Sparse
from tagsmith.tools.watch import Step, Watch

_AT_ONCE = 900

Judged = list[tuple[Selector, Sparse]]
# Of one tag by each model: (score, threshold).
Opinions = dict[str, tuple[float, float]]


class Kind(StrEnum):
    """Why something is asked."""

    NEAR = "near the threshold"
    SPLIT = "the taggers disagree"
    DENIED = "in the caption, but no tagger sees it"


@dataclass(frozen=True, slots=True)
class Seen:
    """An image to ask about: its path, its content, and its caption's keys."""

    image: str
    content: bytes
    keys: frozenset[str]


class Doubt(NamedTuple):
    """One question: is the tag with this key right for this image?

    ``distance`` sorts questions of one kind, the smallest first.
    """

    kind: Kind
    seen: Seen
    key: str
    distance: float

    @property
    def standing(self) -> bool:
        """Whether the caption has the tag."""
        return self.key in self.seen.keys


class Doubter:
    """Finds the doubts of some models about some images."""

    def __init__(self, scores: Scores, selectors: Sequence[Selector], watch: Watch) -> None:
        self._watch = watch
        self._scores = scores
        self._selectors = selectors

    def find(
        self, images: Sequence[Seen], margin: float, decided: Iterable[str] = ()
    ) -> list[Doubt]:
        """Return every doubt, the kinds in turn, the most doubtful of each kind first.

        ``decided`` are the keys about which nothing is asked. Raises StoppedError.
        """
        settled = frozenset(decided)
        by_kind: dict[Kind, list[Doubt]] = {kind: [] for kind in Kind}
        for start in range(0, len(images), _AT_ONCE):
            self._watch.check()
            self._watch.tell(Step("Looking for doubts", start, len(images)))
            for doubt in self._some(images[start : start + _AT_ONCE], margin, settled):
                by_kind[doubt.kind].append(doubt)
        for doubts in by_kind.values():
            doubts.sort(key=lambda one: one.distance)
        in_turn = chain.from_iterable(zip_longest(*by_kind.values()))
        return [doubt for doubt in in_turn if doubt is not None]

    def opinions(self, doubts: Sequence[Doubt]) -> list[Opinions]:
        """Return what the models say of each of these questions."""
        judged = self._judged([doubt.seen for doubt in doubts])
        return [_opinions(judged[doubt.seen.content], doubt.key) for doubt in doubts]

    def _judged(self, images: Sequence[Seen]) -> dict[bytes, Judged]:
        judged: dict[bytes, Judged] = {one.content: [] for one in images}
        for selector in self._selectors:
            for content, row in self._scores.rows(selector.model, set(judged)):
                judged[content].append((selector, row))
        return judged

    def _some(
        self, images: Sequence[Seen], margin: float, settled: frozenset[str]
    ) -> Iterator[Doubt]:
        judged = self._judged(images)
        answers = self._scores.notes.answers(judged)
        origins = self._scores.notes.origins(judged)
        for seen in images:
            silent = settled.union(answers.get(seen.content, ()))
            by_hand = seen.keys.difference(origins.get(seen.content, ()))
            for doubt in _doubts(seen, judged[seen.content], margin):
                mine = doubt.kind is Kind.NEAR and doubt.key in by_hand
                if doubt.key not in silent and not mine:
                    yield doubt


def _doubts(seen: Seen, judged: Judged, margin: float) -> Iterator[Doubt]:
    """Yield the doubts about one image, one a tag."""
    asked: set[str] = set()
    if len(judged) > 1:
        for doubt in _split(seen, judged):
            asked.add(doubt.key)
            yield doubt
    for selector, row in judged:
        keys = selector.model.keys
        distances = np.abs(row.scores - selector.cuts[row.labels])
        near = np.flatnonzero(distances <= margin)
        for label, distance in zip(
            row.labels[near].tolist(), distances[near].tolist(), strict=True
        ):
            if keys[label] not in asked:
                asked.add(keys[label])
                yield Doubt(Kind.NEAR, seen, keys[label], distance)
    for tag_key in sorted(seen.keys - asked):
        opinions = _opinions(judged, tag_key)
        if opinions and not any(score for score, _ in opinions.values()):
            yield Doubt(Kind.DENIED, seen, tag_key, 0.0)


def _split(seen: Seen, judged: Judged) -> Iterator[Doubt]:
    """Yield the tags that one model chooses and another, which knows it, does not."""
    chosen = {
        selector.model.keys[label] for selector, row in judged for label in selector.choose(row)
    }
    for tag_key in sorted(chosen):
        above = [score - cut for score, cut in _opinions(judged, tag_key).values()]
        if above and min(above) < 0 <= max(above):
            yield Doubt(Kind.SPLIT, seen, tag_key, min(above) - max(above))


def _opinions(judged: Judged, tag_key: str) -> Opinions:
    """Return the score and the threshold of a tag, by those models that judge it by one."""
    found = {}
    for selector, row in judged:
        label = selector.model.by_key.get(tag_key)
        if label is None or not np.isfinite(selector.cuts[label]):
            continue
        place = int(np.searchsorted(row.labels, label))
        here = place < len(row) and int(row.labels[place]) == label
        score = float(row.scores[place]) if here else 0.0
        found[selector.model.name] = (score, selector.cut(label))
    return found
