"""From scores to tags: thresholds, MCut, categories, lists, and what users decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools.vision.labels import Labels
from tagsmith.tools.vision.scores import StoredModel
from tagsmith.tools.vision.select import Selector, Wishes, mcut
from tagsmith.tools.vision.sparse import pack, unpack

CATEGORY = {"saber": "character", "general": "rating", "explicit": "rating", "artist_x": "artist"}


def selector(
    names: Sequence[str],
    wishes: Wishes | None = None,
    defaults: Mapping[str, float] | None = None,
) -> Selector:
    categories = tuple(CATEGORY.get(name, "general") for name in names)
    model = StoredModel(1, ("one", "", ""), 1, Labels(tuple(names), categories))
    given = {"general": 0.35, "character": 0.85} if defaults is None else defaults
    cuts = [given.get(category) for category in categories]
    return Selector(model, cuts, ("rating",), wishes or Wishes())


def chosen(
    row: Mapping[str, float],
    wishes: Wishes | None = None,
    answers: Mapping[str, bool] | None = None,
) -> list[str]:
    one = selector(list(row), wishes)
    sparse = unpack(pack(list(row.values())), len(row))
    return [one.model.labels.names[label] for label in one.choose(sparse, answers)]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.05, 1))
def test_over_the_threshold_is_in_and_under_it_is_out(values: list[float], at: float) -> None:
    row = {f"tag {index}": value for index, value in enumerate(values)}
    got = chosen(row, Wishes(threshold=at))
    assert {tag for tag in row if row[tag] > at + 1e-6} <= set(got)
    assert not {tag for tag in row if row[tag] < at - 1e-6} & set(got)


def test_a_score_of_exactly_the_threshold_is_in() -> None:
    assert chosen({"dog": 0.35}, Wishes(threshold=0.35)) == ["dog"]


def test_a_threshold_never_lowers_that_of_characters() -> None:
    row = {"dog": 0.3, "saber": 0.86}
    assert chosen(row, Wishes(threshold=0.2)) == ["dog", "saber"]
    assert chosen({**row, "saber": 0.84}, Wishes(threshold=0.2)) == ["dog"]
    assert chosen(row, Wishes(threshold=0.9)) == []
    assert chosen(row, Wishes(thresholds={"character": 0.9})) == []


def test_thresholds_that_a_model_ships_by_label_count_until_another_is_asked_for() -> None:
    model = StoredModel(1, ("one", "", ""), 1, Labels(("a", "b"), ("general",) * 2))
    row = unpack(pack([0.5, 0.5]), 2)
    shipped = [0.6, 0.4]
    assert list(Selector(model, shipped, (), Wishes()).choose(row)) == [1]
    assert list(Selector(model, shipped, (), Wishes(threshold=0.45)).choose(row)) == [0, 1]


def test_a_category_without_a_threshold_is_proposed_only_when_asked_for() -> None:
    row = {"dog": 0.9, "artist_x": 0.9}
    assert chosen(row) == ["dog"]
    assert chosen(row, Wishes(thresholds={"artist": 0.5})) == ["dog", "artist_x"]
    assert chosen(row, Wishes(categories={"artist": True})) == ["dog", "artist_x"]


def test_of_the_ratings_the_highest_counts_and_only_where_wanted() -> None:
    row = {"general": 0.2, "explicit": 0.3, "dog": 0.9}
    assert chosen(row) == ["dog"]
    assert chosen(row, Wishes(categories={"rating": True})) == ["explicit", "dog"]
    assert chosen({"general": 0.01, "explicit": 0.02}, Wishes(categories={"rating": True})) == []
    wishes = Wishes(categories={"rating": True}, exclude=("explicit",))
    assert chosen(row, wishes) == ["dog"]


def test_mcut_cuts_at_the_widest_gap() -> None:
    """The example of imgutils (tagging/wd14.py): sort, widest difference, its middle."""
    scores = np.array([0.9, 0.1, 0.85, 0.3, 0.8])
    assert mcut(scores, 5) == pytest.approx((0.8 + 0.3) / 2)
    row = {"a": 0.9, "b": 0.85, "c": 0.8, "d": 0.3, "e": 0.1}
    assert chosen(row, Wishes(mcut=True)) == ["a", "b", "c"]


def test_mcut_counts_the_gap_below_the_last_score_kept() -> None:
    row = {"a": 0.9, "b": 0.8, **{f"low {index}": 0.01 for index in range(9)}}
    assert chosen(row, Wishes(mcut=True)) == ["a", "b"]


def test_mcut_lets_no_character_in_below_its_floor() -> None:
    assert chosen({"saber": 0.14, "dog": 0.14}, Wishes(mcut=True)) == ["dog"]
    assert chosen({"saber": 0.16}, Wishes(mcut=True)) == ["saber"]


def test_exclude_beats_keep_and_keep_beats_the_rest() -> None:
    row = {"dog": 0.06, "hat": 0.9, "cat": 0.9}
    wishes = Wishes(keep=("dog", "hat"), exclude=("h*",), only=("dog",))
    assert chosen(row, wishes) == ["dog"]
    assert chosen(row, Wishes(keep=("dog",), always={"dog": False})) == ["dog", "hat", "cat"]


def test_always_keep_takes_what_is_in_doubt_and_no_more() -> None:
    row = {"dog": 0.3, "hat": 0.2, "cat": 0.9}
    wishes = Wishes(always={"dog": True, "hat": True, "cat": False})
    assert chosen(row, wishes) == ["dog"]


def test_an_answer_about_this_image_beats_the_threshold() -> None:
    row = {"dog": 0.2, "hat": 0.9}
    assert chosen(row, answers={"dog": True, "hat": False}) == ["dog"]
    assert chosen(row, Wishes(exclude=("dog",), keep=("hat",)), {"dog": True, "hat": False}) == [
        "hat"
    ]


def test_labels_are_named_in_any_spelling() -> None:
    assert chosen({"long_hair": 0.9, "saber_(x)": 0.9}, Wishes(exclude=("Long Hair",))) == [
        "saber_(x)"
    ]
    assert chosen({"saber_(x)": 0.9}, Wishes(exclude=(r"saber \(x\)",))) == []
