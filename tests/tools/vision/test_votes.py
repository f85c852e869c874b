"""Voting: the table of rules, and who has a vote."""

from __future__ import annotations

import pytest

from tagsmith.tools.vision.labels import Labels
from tagsmith.tools.vision.scores import StoredModel
from tagsmith.tools.vision.select import Selector, Wishes
from tagsmith.tools.vision.sparse import pack, unpack
from tagsmith.tools.vision.votes import Disagreement, Proposal, combine

# Of three models: who scored the tag how (None: does not know it), and which rules let it pass.
TABLE = {
    "all sure": ((0.9, 0.8, 0.7), {"union", "intersection", "at_least", "mean"}),
    "two of three": ((0.9, 0.8, 0.1), {"union", "at_least", "mean"}),
    "one of three": ((0.6, 0.1, 0.1), {"union"}),
    "one, but very": ((1.0, 0.1, 0.1), {"union", "mean"}),
    "none, all near": ((0.34, 0.34, 0.34), set()),
    "one knows it": ((0.9, None, None), {"union", "intersection", "mean"}),
    "two know it": ((0.9, 0.2, None), {"union", "mean"}),
    "nobody saw it": ((0.0, 0.0, None), set()),
    "sure together": ((0.9, 0.9, None), {"union", "intersection", "at_least", "mean"}),
}


def vote(scores: tuple[float | None, ...], rule: str, told: Disagreement | None = None):
    selectors, rows = [], []
    for number, score in enumerate(scores):
        names = ("other", "the_tag") if score is not None else ("other",)
        values = [0.0] if score is None else [0.0, score]
        model = StoredModel(
            number,
            (f"m{number}", "", ""),
            1,
            Labels(names, ("general",) * 2) if score is not None else Labels(names, ("general",)),
        )
        selectors.append(Selector(model, [0.35] * len(names), (), Wishes()))
        rows.append(unpack(pack(values), len(names)))
    chosen = [one.choose(row) for one, row in zip(selectors, rows, strict=True)]
    return combine(selectors, rows, chosen, rule, 2, told)


@pytest.mark.parametrize("rule", ["union", "intersection", "at_least", "mean"])
@pytest.mark.parametrize("case", TABLE)
def test_the_table_of_rules(case: str, rule: str) -> None:
    scores, passes = TABLE[case]
    assert [one.key for one in vote(scores, rule)] == (["the tag"] if rule in passes else [])


@pytest.mark.parametrize(
    ("scores", "told"),
    [((0.9, 0.8, 0.7), 0), ((0.9, 0.8, 0.1), 1), ((0.9, None, None), 0), ((0.1, 0.1, 0.1), 0)],
)
def test_disagreement_is_counted_among_those_who_know_the_tag(scores, told) -> None:
    found = Disagreement()
    vote(scores, "union", found)
    assert (found.images, found.tags["the tag"]) == (told, told)


def test_the_score_of_a_vote_is_the_mean_and_the_first_model_names_the_tag() -> None:
    (one,) = vote((0.9, 0.5, None), "union")
    assert isinstance(one, Proposal)
    assert one.score == pytest.approx(0.7)
    assert (one.place, one.label) == (0, 1)


def test_a_model_that_could_not_read_the_image_has_no_vote() -> None:
    model = StoredModel(1, ("a", "", ""), 1, Labels(("dog",), ("general",)))
    selector = Selector(model, [0.35], (), Wishes())
    row = unpack(pack([0.9]), 1)
    chosen = [selector.choose(row), {}]
    assert [one.key for one in combine([selector] * 2, [row, None], chosen, "intersection")] == [
        "dog"
    ]


def test_a_category_that_is_off_has_no_vote() -> None:
    labels = Labels(("safe", "explicit"), ("rating",) * 2)
    model = StoredModel(1, ("a", "", ""), 1, labels)
    on = Selector(model, [None] * 2, ("rating",), Wishes(categories={"rating": True}))
    off = Selector(model, [None] * 2, ("rating",), Wishes())
    safe, explicit = unpack(pack([0.9, 0.2]), 2), unpack(pack([0.2, 0.9]), 2)

    def keys(selectors, rows, rule):
        chosen = [one.choose(row) for one, row in zip(selectors, rows, strict=True)]
        return [one.key for one in combine(selectors, rows, chosen, rule)]

    assert keys([on, off], [safe, safe], "intersection") == ["safe"]
    assert keys([on, on], [safe, explicit], "intersection") == []
