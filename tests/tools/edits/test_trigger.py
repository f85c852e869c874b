"""add_trigger: a tag at its place, once, in every caption."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tagsmith.tools.toolbox import call


@pytest.mark.parametrize(
    ("before", "arguments", "after"),
    [
        ("dog, cat", {}, "sks, dog, cat"),
        ("dog,cat", {"position": "last"}, "dog,cat,sks"),
        ("dog, sks, cat", {}, "sks, dog, cat"),
        ("dog, SKS, cat", {"position": "last"}, "dog, cat, sks"),
        ("dog,sks", {}, "sks,dog"),
        ("dog, cat", {"after": "dog"}, "dog, sks, cat"),
        ("sks, dog, cat", {"after": "DOG"}, "dog, sks, cat"),
        ("cat", {"after": "dog"}, "cat"),
        ("", {}, "sks"),
        ("\n", {}, "sks\n"),
        ("dog ||| cat", {"position": "last"}, "dog ||| cat, sks"),
        ("dog\ncat", {}, "sks, dog\ncat"),
    ],
)
def test_add_trigger(folder: Any, before: str, arguments: dict[str, Any], after: str) -> None:
    workspace = folder.samples(a=before, b="dog").open()
    call(workspace, "add_trigger", {"trigger": "sks", "where": "name:a.png", **arguments})
    assert folder.planned(workspace)["a.txt"].decode() == after


def test_a_missing_caption_is_created_and_told(folder: Any) -> None:
    workspace = folder.samples(a="dog").write({"b.png": "", "s/c.JPG": ""}).open()
    outcome = call(workspace, "add_trigger", {"trigger": "sks"})
    assert outcome.text == "Put sks first in 3 captions\n2 captions would be created."
    after = folder.planned(workspace)
    assert (after["b.txt"], after["s/c.txt"]) == (b"sks", b"sks")
    assert workspace.plan().totals.created == 2


def test_a_created_caption_has_the_users_suffix(folder: Any) -> None:
    workspace = folder.write({"a.png": ""}).open((".caption", ".txt"))
    call(workspace, "add_trigger", {"trigger": "sks"})
    assert "a.caption" in folder.planned(workspace)


def test_two_images_of_one_stem_get_one_caption(folder: Any) -> None:
    workspace = folder.write({"a.png": "", "a.jpg": ""}).open()
    assert call(workspace, "add_trigger", {"trigger": "sks"}).files == 1
    assert [one.caption for one in workspace.samples] == ["a.txt", "a.txt"]


def test_after_a_tag_creates_no_caption(folder: Any) -> None:
    workspace = folder.samples(a="dog").write({"b.png": ""}).open()
    call(workspace, "add_trigger", {"trigger": "sks", "after": "dog"})
    assert "b.txt" not in folder.planned(workspace)


def test_after_a_tag_that_none_of_the_selected_has_is_told(folder: Any) -> None:
    workspace = folder.samples(a="dog", b="cat").open()
    outcome = call(workspace, "add_trigger", {"trigger": "x", "after": "dog", "where": "cat"})
    assert outcome.text == "Nothing to change: dog stands in 1 caption, in none of the 1 selected."


def test_the_second_time_there_is_nothing_to_change(folder: Any) -> None:
    workspace = folder.samples(a="dog").write({"b.png": ""}).open()
    call(workspace, "add_trigger", {"trigger": "sks"})
    outcome = call(workspace, "add_trigger", {"trigger": "sks"})
    assert outcome.text == "Nothing to change: sks stands first already."
    assert len(workspace.steps) == 1


@pytest.mark.parametrize(
    "make", [os.mkdir, os.mkfifo, lambda path: os.symlink("/etc/passwd", path)]
)
def test_a_caption_whose_place_is_taken_is_told_and_the_others_are_made(
    folder: Any, make: Any
) -> None:
    folder.write({"a.png": "", "b.png": "", "default.png": "", "default.txt": "of the trainer"})
    make(folder.path("a.txt"))
    workspace = folder.open()
    outcome = call(workspace, "add_trigger", {"trigger": "sks"})
    assert (
        "2 captions left alone: a.txt (its place is taken), default.txt (its place is taken)."
        in outcome.text
    )
    assert [one.path for one in workspace.plan().changes] == ["b.txt"]


def test_a_name_too_long_for_a_caption_is_told(folder: Any) -> None:
    stem = "a" * 251
    workspace = folder.write({f"{stem}.png": "", "b.png": ""}).open((".caption",))
    outcome = call(workspace, "add_trigger", {"trigger": "sks"})
    assert "(its name would be longer than 255 bytes)" in outcome.text
    assert [one.path for one in workspace.plan().changes] == ["b.caption"]


def test_a_caption_that_would_outgrow_the_limit_is_left_alone(folder: Any) -> None:
    workspace = folder.samples(a=b"x" * (1 << 20), b="dog").open()
    outcome = call(workspace, "add_trigger", {"trigger": "sks"})
    assert "a.txt (it would be larger than 1 MiB)" in outcome.text
    assert [one.path for one in workspace.plan().changes] == ["b.txt"]
