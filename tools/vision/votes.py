"""Several taggers at once: what they agree on, and where they do not.

Labels of different models are one tag if their keys are. A model votes only on the tags it knows;
one that does not know a tag, or was not asked for its
category, neither agrees nor disagrees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tagsmith.tools.vision.select import Selector
from tagsmith.tools.vision.sparse import Sparse

Rule = Literal["union", "intersection", "at_least", "mean"]


class Proposal(NamedTuple):
    """A tag proposed for an image: its key, its score, and the first model that proposes it.

    ``place`` is that model's among the models, ``label`` the index of its label.
    """

    key: str
    score: float
    place: int
    label: int


@dataclass(slots=True)
class Disagreement:
    """How often the models disagreed about a tag, over all images."""

    tags: Counter[str] = field(default_factory=Counter)
    images: int = 0


@dataclass(frozen=True, slots=True)
class Vote:
    """One model's word on one tag of one image; ``cut`` is the least score that says yes."""

    score: float
    yes: bool
    cut: float


def combine(
    selectors: Sequence[Selector],
    rows: Sequence[Sparse | None],
    chosen: Sequence[dict[int, float]],
    rule: Rule = "union",
    least: int = 2,
    disagreement: Disagreement | None = None,
) -> list[Proposal]:
    """Return what the models propose together for one image, in the order of their labels.

    ``rows`` are their scores (None where a model could not read the image), ``chosen`` what each
    chose. ``least`` is how many must say yes by the rule ``at_least``. By ``mean``, the mean score
    of the models that know the tag must reach the mean of their thresholds.
    """
    proposals: dict[str, Proposal] = {}
    for place, (selector, labels) in enumerate(zip(selectors, chosen, strict=True)):
        keys = selector.model.keys
        for label, score in labels.items():
            proposals.setdefault(keys[label], Proposal(keys[label], score, place, label))
    if len(selectors) == 1:
        return list(proposals.values())
    lookups = [{} if row is None else dict(row.items()) for row in rows]
    if rule == "mean":
        _add_by_mean(proposals, selectors, lookups)
    passed = []
    split = False
    for tag_key, proposal in proposals.items():
        votes = _votes(tag_key, selectors, rows, lookups, chosen)
        if disagreement is not None and len({vote.yes for vote in votes}) > 1:
            disagreement.tags[tag_key] += 1
            split = True
        if accepted(votes, rule, least):
            mean = sum(vote.score for vote in votes) / len(votes)
            passed.append(proposal._replace(score=mean))
    if disagreement is not None:
        disagreement.images += split
    return passed


def accepted(votes: Sequence[Vote], rule: Rule, least: int) -> bool:
    """Tell whether a tag passes; ``votes`` are those of the models that know it, at least one."""
    yes = sum(vote.yes for vote in votes)
    match rule:
        case "union":
            return yes >= 1
        case "intersection":
            return yes == len(votes)
        case "at_least":
            return yes >= least
        case "mean":
            finite = [vote for vote in votes if vote.cut != float("inf")]
            if len(finite) < len(votes):
                return yes == len(votes)
            mean = sum(vote.score for vote in votes) / len(votes)
            return mean >= sum(vote.cut for vote in votes) / len(votes)


def _add_by_mean(
    proposals: dict[str, Proposal],
    selectors: Sequence[Selector],
    lookups: Sequence[dict[int, float]],
) -> None:
    """Propose also what no model chose alone but some model scored: no mean passes below that."""
    for place, (selector, scores) in enumerate(zip(selectors, lookups, strict=True)):
        for label, score in scores.items():
            tag_key = selector.model.keys[label]
            if selector.cut(label) != float("inf"):
                proposals.setdefault(tag_key, Proposal(tag_key, score, place, label))


def _votes(
    tag_key: str,
    selectors: Sequence[Selector],
    rows: Sequence[Sparse | None],
    lookups: Sequence[dict[int, float]],
    chosen: Sequence[dict[int, float]],
) -> list[Vote]:
    votes = []
    for selector, row, scores, yes in zip(selectors, rows, lookups, chosen, strict=True):
        label = selector.model.by_key.get(tag_key)
        if label is not None and row is not None and selector.minds(label):
            votes.append(Vote(scores.get(label, 0.0), label in yes, selector.cut(label)))
    return votes
