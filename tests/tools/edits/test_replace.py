"""replace_tags: whole tags, in place, every occurrence."""

from __future__ import annotations

from typing import Any

import pytest

from tagsmith.tools.errors import UsageError
from tagsmith.tools.toolbox import call

EVERY = "dog, cat, wolf, long hair, short hair, x"


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        ("dog, cat, x", "dog, cat", "wolf, feline", "wolf, feline, x"),
        ("cat, dog", "dog, cat", "cat, dog", "dog, cat"),
        ("x, cat, y, dog", "dog, cat", "pet", "x, pet, y"),
        ("a, dog, b", "dog", "wolf, tame", "a, wolf, tame, b"),
        ("dog, wolf, dog", "dog", "wolf", "wolf, wolf"),
        ("dog,x,Dog,DOG", "dog", "wolf", "wolf,x,wolf,wolf"),
        ("long_hair, x", "long hair", "hair", "hair, x"),
        ("hair, chair, long hair", "long hair", "hair", "hair, chair"),
        ("long hair, short hair", "*hair", "hair", "hair"),
        ("x, dog ||| dog ;;; {dog|cat}", "dog", "fox", "x, fox ||| fox ;;; {dog|cat}"),
        ("dog", "dog", "{a, b|c}", "{a, b|c}"),
        ("dog", "dog", r"x \(y\)", r"x \(y\)"),
        ("dog,", "dog", "fox", "fox,"),
        ("dog\r\ncat, dog", "dog", "fox", "fox\r\ncat, fox"),
    ],
)
def test_replace(folder: Any, before: str, old: str, new: str, after: str) -> None:
    workspace = folder.samples(a=before, b=EVERY).open()
    call(workspace, "replace_tags", {"old": old, "new": new, "where": "name:a.png"})
    assert folder.planned(workspace)["a.txt"].decode() == after


def test_a_tag_replaced_by_itself_is_nothing(folder: Any) -> None:
    workspace = folder.samples(a="dog, x,dog").open()
    outcome = call(workspace, "replace_tags", {"old": "dog", "new": "dog"})
    assert outcome.text == "Nothing to change: the tags are spelt like that already."
    assert not workspace.plan()


def test_a_spelling_can_be_replaced_by_another_of_the_same_tag(folder: Any) -> None:
    workspace = folder.samples(a="long_hair, Dog", b="long hair").open()
    call(workspace, "replace_tags", {"old": "long_hair, dog", "new": "long hair, dog"})
    assert [(one.path, one.after) for one in workspace.plan().changes] == [
        ("a.txt", b"long hair, dog")
    ]


def test_two_tags_swap_their_names_everywhere_at_once(folder: Any) -> None:
    workspace = folder.samples(a="dog, cat", b="dog", c="cat").open()
    call(workspace, "replace_tags", {"old": ["dog", "cat"], "new": ["cat", "dog"]})
    after = folder.planned(workspace)
    assert [after[f"{stem}.txt"] for stem in "abc"] == [b"cat, dog", b"cat", b"dog"]


@pytest.mark.parametrize(("old", "new"), [("dog, cat, x", "a, b"), ("dog, cat", "a, b, c")])
def test_lengths_that_do_not_pair_are_refused(folder: Any, old: str, new: str) -> None:
    with pytest.raises(UsageError, match="cannot be replaced by") as caught:
        call(folder.samples(a="dog, cat, x").open(), "replace_tags", {"old": old, "new": new})
    assert caught.value.hint == "Give as many new tags as old ones, or one of either."


def test_a_tag_that_stands_elsewhere_only_is_told_with_its_count(folder: Any) -> None:
    workspace = folder.samples("dog", "dog", "cat").open()
    outcome = call(workspace, "replace_tags", {"old": "dog", "new": "x", "where": "cat"})
    assert outcome.text == "Nothing to change: dog stands in 2 captions, in none of the 1 selected."
    assert outcome.data["changed"] == 0


def test_the_answer_counts_captions(folder: Any) -> None:
    workspace = folder.samples("dog", "dog, dog", "cat").open()
    outcome = call(workspace, "replace_tags", {"old": "dog", "new": "fox"})
    assert outcome.text == "Replace dog by fox in 2 captions"
    assert (outcome.files, outcome.data["changed"], outcome.data["selected"]) == (2, 2, 3)
