"""From scores to tags: thresholds, MCut, categories, and the lists of tags to keep or leave out.

Rules and defaults: docs/tagging.md. Where two rules speak of one tag the first of these wins:
``exclude``, ``keep``, what the user answered about this image, what the user always drops or keeps,
``only``, the threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from tagsmith.tools.tags import matcher
from tagsmith.tools.vision.labels import Labels
from tagsmith.tools.vision.scores import StoredModel
from tagsmith.tools.vision.sparse import FLOOR, Sparse

# A score this near the threshold is in doubt; "always keep" lowers the threshold by as much.
UNSURE = 0.1
# The general threshold of all WD tools, for a category that the model's spec leaves out.
USUAL = 0.35
# imgutils 0.19, tagging/wd14.py: MCut never lets a character in below this.
MCUT_CHARACTER_FLOOR = 0.15
_MCUT = ("general", "character")
# What trainers leave out of LoRA captions (models.md, sections 1.4 and 8.4).
UNWANTED = frozenset({"rating", "meta", "year", "model", "quality", "invalid", "lore"})

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Order = Literal["score", "label"]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a user asks of a selection; the defaults ask for what the model's spec says.

    ``threshold`` is for every category but characters, whose own is only ever raised to it;
    ``thresholds`` are by category and switch it on, above 1 off. ``categories`` switches a
    category on or off. ``keep``, ``exclude`` and ``only`` are tags or wildcards. ``always`` are
    the decisions of reviews: key -> keep it.
    """

    threshold: float | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    categories: Mapping[str, bool] = field(default_factory=dict)
    mcut: bool = False
    keep: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    always: Mapping[str, bool] = field(default_factory=dict)


class Selector:
    """Chooses the tags of one image after another from one model's scores.

    ``cuts`` holds the least score with which each label is chosen: infinity where it never is.
    """

    def __init__(
        self,
        model: StoredModel,
        defaults: Sequence[float | None],
        argmax: Sequence[str],
        wishes: Wishes,
        unwanted: frozenset[str] = UNWANTED,
    ) -> None:
        self.model = model
        labels = model.labels
        on = {one for one in set(labels.categories) if _wanted(one, wishes, unwanted)}
        categories = np.array(labels.categories)
        self._best = [
            np.flatnonzero(categories == one)
            for one in argmax
            if one in on and one not in wishes.thresholds
        ]
        self.cuts = _cuts(labels, defaults, [one for one in argmax if one in on], wishes, on)
        self._mcut = [
            (categories == one, MCUT_CHARACTER_FLOOR if one == "character" else 0.0)
            for one in _MCUT
            if wishes.mcut and one in on
        ]
        self._out = _matching(model.keys, wishes.exclude)
        self._kept = _matching(model.keys, wishes.keep) & ~self._out
        self._eased = np.zeros(len(labels.names))
        self._apply_always(wishes)
        if wishes.only:
            self._out |= ~_matching(model.keys, wishes.only) & ~self._kept
        self.cuts[self._kept] = FLOOR
        self.cuts[self._out] = np.inf

    def _apply_always(self, wishes: Wishes) -> None:
        for tag_key, keep in wishes.always.items():
            label = self.model.by_key.get(tag_key)
            if label is None or self._kept[label]:
                continue
            if keep:
                self._eased[label] = UNSURE
                self.cuts[label] = max(self.cuts[label] - UNSURE, FLOOR)
            else:
                self._out[label] = True

    def choose(self, row: Sparse, answers: Mapping[str, bool] | None = None) -> dict[int, float]:
        """Return the labels chosen for one image, with their scores, in the order of the labels.

        ``answers`` are what the user said about this very image: key -> keep it.
        """
        cuts = self.cuts[row.labels]
        for members, floor in self._mcut:
            inside = members[row.labels]
            if inside.any():
                cut = max(mcut(row.scores[inside], int(members.sum())), floor)
                adjustable = inside & np.isfinite(cuts) & ~self._kept[row.labels]
                cuts[adjustable] = np.maximum(cut - self._eased[row.labels[adjustable]], FLOOR)
        chosen = row.scores >= cuts
        for group in self._best:
            self._choose_best(row, group, chosen)
        for tag_key, keep in (answers or {}).items():
            label = self.model.by_key.get(tag_key)
            if label is not None and not self._out[label] and not self._kept[label]:
                chosen |= (row.labels == label) & keep
                chosen &= (row.labels != label) | keep
        return dict(zip(row.labels[chosen].tolist(), row.scores[chosen].tolist(), strict=True))

    def _choose_best(self, row: Sparse, group: npt.NDArray[np.intp], chosen: Bools) -> None:
        places = np.flatnonzero(np.isin(row.labels, group))
        if len(places):
            best = places[np.argmax(row.scores[places])]
            chosen[best] = not self._out[row.labels[best]]

    def minds(self, label: int) -> bool:
        """Tell whether this label was to be judged at all: its category is on, it is not out."""
        judged = np.isfinite(self.cuts[label]) or any(label in group for group in self._best)
        return bool(judged)

    def knows(self, patterns: Sequence[str]) -> bool:
        """Tell whether some label is named by one of these tags or wildcards."""
        return bool(_matching(self.model.keys, patterns).any())

    def cut(self, label: int) -> float:
        """Return the threshold of a label."""
        return float(self.cuts[label])


def mcut(scores: Floats, labels: int) -> float:
    """Return the middle of the widest gap between neighbouring scores of one category.

    Maximum Cut (Largeron et al. 2012), as imgutils has it. What is not stored lies just below the
    floor, so the floor stands for the next lower score wherever there are more ``labels``.
    """
    ordered = np.sort(scores)[::-1]
    if len(ordered) < labels:
        ordered = np.append(ordered, FLOOR)
    if len(ordered) < 2:
        return float(ordered[0])
    gaps = ordered[:-1] - ordered[1:]
    widest = int(np.argmax(gaps))
    return float((ordered[widest] + ordered[widest + 1]) / 2)


def _wanted(category: str, wishes: Wishes, unwanted: frozenset[str]) -> bool:
    if category in wishes.categories:
        return wishes.categories[category]
    return category in wishes.thresholds or category not in unwanted


def _cuts(
    labels: Labels,
    defaults: Sequence[float | None],
    argmax: Sequence[str],
    wishes: Wishes,
    on: set[str],
) -> Floats:
    """Return the threshold of every label, before the lists of tags."""
    cuts = np.full(len(labels.names), np.inf)
    for index, (category, default) in enumerate(zip(labels.categories, defaults, strict=True)):
        if category not in on:
            continue
        if category in wishes.thresholds:
            cuts[index] = wishes.thresholds[category]
        elif category not in argmax:
            cuts[index] = _cut(category, default, wishes)
    return cuts


def _cut(category: str, default: float | None, wishes: Wishes) -> float:
    asked_for = wishes.categories.get(category, False)
    if default is None and not asked_for:
        return float("inf")
    usual = USUAL if default is None else default
    if wishes.threshold is None:
        return usual
    return max(usual, wishes.threshold) if category == "character" else wishes.threshold


def _matching(keys: Sequence[str], patterns: Sequence[str]) -> Bools:
    """Tell for each key whether some tag or wildcard names it."""
    tests: list[Callable[[str], bool]] = [matcher(pattern) for pattern in patterns]
    if not tests:
        return np.zeros(len(keys), dtype=np.bool_)
    return np.fromiter((any(test(one) for test in tests) for one in keys), np.bool_, len(keys))
