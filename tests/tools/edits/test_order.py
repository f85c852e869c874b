"""move_tags, sort_tags, dedupe_tags: the order of a caption's tags, and nothing else of it."""

from __future__ import annotations

from typing import Any

import pytest

from tagsmith.tools.toolbox import call


@pytest.mark.parametrize(
    ("before", "tool", "arguments", "after"),
    [
        ("a, b, c", "move_tags", {"tags": "c"}, "c, a, b"),
        ("a, b, c", "move_tags", {"tags": "c, b"}, "c, b, a"),
        ("a,b,c", "move_tags", {"tags": "a", "position": "last"}, "b,c,a"),
        ("a, b, c", "move_tags", {"tags": "b, a", "position": "last"}, "c, b, a"),
        ("b, a", "move_tags", {"tags": "a, b"}, "a, b"),
        ("b,a", "move_tags", {"tags": "a, b"}, "a,b"),
        (
            "x, red hair, long hair",
            "move_tags",
            {"tags": "long hair, *hair"},
            "long hair, red hair, x",
        ),
        ("dog, x, dog", "move_tags", {"tags": "dog"}, "dog, dog, x"),
        ("x, Long_Hair", "move_tags", {"tags": "long hair"}, "Long_Hair, x"),
        ("x\ny, z", "move_tags", {"tags": "z"}, "z, x\ny"),
        ("a, b\nb", "move_tags", {"tags": "b, a"}, "b, a\nb"),
        ("a, b, c, d", "move_tags", {"last": 1}, "d, a, b, c"),
        ("a, b, c, d", "move_tags", {"last": 2}, "c, d, a, b"),
        ("a,b", "move_tags", {"last": 9}, "a,b"),
        ("a, b,", "move_tags", {"last": 1}, "b, a,"),
        ("a, b\nc, d", "move_tags", {"last": 1}, "b, a\nd, c"),
        ("c, B,a", "sort_tags", {}, "a, B,c"),
        ("z, c, a", "sort_tags", {"keep": 1}, "z, a, c"),
        ("rare, common", "sort_tags", {"order": "frequency"}, "common, rare"),
        ("x, 2girls, solo, 1boy, a", "sort_tags", {"order": "people"}, "solo, 2girls, 1boy, x, a"),
        ("c, b ||| z, {x|y} ;;; d, a", "sort_tags", {}, "c, b ||| z, {x|y} ;;; a, d"),
        ("c, b ||| z, d, a ||| y, x", "sort_tags", {}, "c, b ||| a, d, z ||| y, x"),
        ("a, b,a, A, c", "dedupe_tags", {}, "a, b, c"),
        ("a_b, a b", "dedupe_tags", {}, "a_b"),
        ("a\na", "dedupe_tags", {}, "a\na"),
        ("{a|b}, {a|b}", "dedupe_tags", {}, "{a|b}"),
    ],
)
def test_order(folder: Any, before: str, tool: str, arguments: dict[str, Any], after: str) -> None:
    workspace = folder.samples(a=before, b="common", c="common").open()
    call(workspace, tool, {**arguments, "where": "name:a.png"})
    assert folder.planned(workspace)["a.txt"].decode() == after


def test_moving_the_last_tag_twice_moves_two(folder: Any) -> None:
    workspace = folder.samples(a="a, b, sks").open()
    for expected in (b"sks, a, b", b"b, sks, a"):
        call(workspace, "move_tags", {"last": 1})
        assert workspace.content("a.txt") == expected


@pytest.mark.parametrize(
    ("text", "tool", "arguments", "answer"),
    [
        (
            "a, b",
            "move_tags",
            {"tags": "a"},
            "Nothing to change: the tags are in that order already.",
        ),
        ("a, b", "sort_tags", {}, "Nothing to change: the tags are in that order already."),
        ("a, b", "dedupe_tags", {}, "Nothing to change: no caption repeats a tag."),
        ("b, a", "move_tags", {"tags": "a"}, "Move a to the front in 1 caption"),
        ("a, b", "move_tags", {"tags": "a", "position": "last"}, "Move a to the end in 1 caption"),
        ("a, b", "move_tags", {"last": 1}, "Move the last 1 tag to the front in 1 caption"),
        ("b, a", "sort_tags", {}, "Sort the tags by name in 1 caption"),
        ("a, a, a", "dedupe_tags", {}, "Remove 2 repeated tags in 1 caption"),
    ],
)
def test_the_answer(
    folder: Any, text: str, tool: str, arguments: dict[str, Any], answer: str
) -> None:
    assert call(folder.samples(text).open(), tool, arguments).text == answer


def test_moving_a_tag_that_none_of_the_selected_has_is_told(folder: Any) -> None:
    workspace = folder.samples(a="dog", b="cat").open()
    outcome = call(workspace, "move_tags", {"tags": "dog", "where": "cat"})
    assert outcome.text == "Nothing to change: dog stands in 1 caption, in none of the 1 selected."
