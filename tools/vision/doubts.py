"""What the taggers are unsure about: the questions of active labelling, most doubtful first.

Three kinds: a score near its threshold, models that disagree, and a tag that stands in a caption
though every model that knows it denies it. What a user decided or answered is not asked again, nor
is a score near the threshold of a tag that the user wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, zip_longest

import numpy as np

from tagsmith.tools.vision.scores import Scores
from tagsmith.tools.vision.select import Selector
from tagsmith.tools.vision.sparse import Sparse

_AT_ONCE = 900


class Kind(StrEnum):
    """Why something is asked."""

    NEAR = "near the threshold"
    SPLIT = "the taggers disagree"
    DENIED = "in the caption, but no tagger sees it"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One question: is this tag right for this image?

    ``scores`` maps models to (score, threshold); ``distance`` sorts questions of one kind, the
    smallest first.
    """

    kind: Kind
    image: str
    key: str
    label: str
    scores: Mapping[str, tuple[float, float]]
    standing: bool
    distance: float


@dataclass(frozen=True, slots=True)
class Seen:
    """An image to ask about: its path, its content, and its caption's keys."""

    image: str
    content: bytes
    keys: frozenset[str]


def find_doubts(
    scores: Scores,
    selectors: Sequence[Selector],
    images: Sequence[Seen],
    margin: float,
    decided: Iterable[str] = (),
) -> list[Doubt]:
    """Return every doubt about these images, the kinds in turn, the most doubtful of each first.

    ``decided`` are the keys about which nothing is asked.
    """
    settled = frozenset(decided)
    found: list[Doubt] = []
    for start in range(0, len(images), _AT_ONCE):
        part = images[start : start + _AT_ONCE]
        contents = [one.content for one in part]
        rows = [dict(scores.rows(one.model, set(contents))) for one in selectors]
        answers = scores.notes.answers(contents)
        origins = scores.notes.origins(contents)
        for seen in part:
            judged = [
                (selector, row)
                for selector, by_content in zip(selectors, rows, strict=True)
                if (row := by_content.get(seen.content)) is not None
            ]
            silent = settled.union(answers.get(seen.content, ()))
            by_hand = seen.keys.difference(origins.get(seen.content, ()))
            found += (
                doubt
                for doubt in _doubts(seen, judged, margin)
                if doubt.key not in silent
                and not (doubt.kind is Kind.NEAR and doubt.key in by_hand)
            )
    return _in_turn(found)


def _in_turn(doubts: list[Doubt]) -> list[Doubt]:
    kinds = [
        sorted((one for one in doubts if one.kind is kind), key=lambda one: one.distance)
        for kind in Kind
    ]
    return [one for one in chain.from_iterable(zip_longest(*kinds)) if one is not None]


def _doubts(
    seen: Seen, judged: Sequence[tuple[Selector, Sparse]], margin: float
) -> Iterator[Doubt]:
    """Yield the doubts about one image, one a tag."""
    asked: set[str] = set()
    if len(judged) > 1:
        for doubt in _split(seen, judged):
            asked.add(doubt.key)
            yield doubt
    for selector, row in judged:
        distances = np.abs(row.scores - selector.cuts[row.labels])
        for place in np.flatnonzero(distances <= margin).tolist():
            label = int(row.labels[place])
            tag_key = selector.model.keys[label]
            if tag_key not in asked:
                asked.add(tag_key)
                yield _doubt(Kind.NEAR, seen, judged, tag_key, float(distances[place]))
    for tag_key in sorted(seen.keys - asked):
        scores = _scores(judged, tag_key)
        if scores and all(score == 0 for score, _ in scores.values()):
            yield _doubt(Kind.DENIED, seen, judged, tag_key, 0.0)


def _split(seen: Seen, judged: Sequence[tuple[Selector, Sparse]]) -> Iterator[Doubt]:
    """Yield the tags that one model chooses and another, which knows it, does not."""
    chosen = {
        selector.model.keys[label] for selector, row in judged for label in selector.choose(row)
    }
    for tag_key in sorted(chosen):
        above = [score - cut for score, cut in _scores(judged, tag_key).values()]
        if above and min(above) < 0 <= max(above):
            yield _doubt(Kind.SPLIT, seen, judged, tag_key, min(above) - max(above))


def _scores(
    judged: Sequence[tuple[Selector, Sparse]], tag_key: str
) -> dict[str, tuple[float, float]]:
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


def _doubt(
    kind: Kind,
    seen: Seen,
    judged: Sequence[tuple[Selector, Sparse]],
    tag_key: str,
    distance: float,
) -> Doubt:
    known = next(one for one, _ in judged if tag_key in one.model.by_key)
    label = known.model.labels.names[known.model.by_key[tag_key]]
    scores = _scores(judged, tag_key)
    return Doubt(kind, seen.image, tag_key, label, scores, tag_key in seen.keys, distance)
