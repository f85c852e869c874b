"""prune_tags: every occurrence of whole tags goes."""

from __future__ import annotations

from typing import Any

import pytest

from tagsmith.tools.toolbox import call


@pytest.mark.parametrize(
    ("before", "tags", "after"),
    [
        ("hair, chair, long hair, hair", "hair", "chair, long hair"),
        ("1girl, long_hair,Long Hair, x", "long hair", "1girl, x"),
        ("a, b, c, d", "a, d", "b, c"),
        ("long hair, hairband, short hair", "* hair", "hairband"),
        ("a_(b), x", r"a \(b\)", "x"),
        ("a [b], x", "a [b]", "x"),
        ("dog ||| dog, x ;;; dog, y", "dog", " ||| x ;;; y"),
        ("dog, cat\ndog\ncat", "dog", "cat\ncat"),
        ("^_^, x", "^_^", "x"),
    ],
)
def test_prune(folder: Any, before: str, tags: str, after: str) -> None:
    workspace = folder.samples(a=before).open()
    call(workspace, "prune_tags", {"tags": tags})
    assert folder.planned(workspace)["a.txt"].decode() == after


def test_a_pattern_takes_only_what_it_matches_among_the_selected(folder: Any) -> None:
    workspace = folder.samples(a="red hair, dog", b="blue hair").open()
    outcome = call(workspace, "prune_tags", {"tags": "*hair, dog", "where": "dog"})
    assert outcome.data["removed"] == {"*hair": 1, "dog": 1}
    assert [one.path for one in workspace.plan().changes] == ["a.txt"]


def test_nothing_selected_has_the_tag(folder: Any) -> None:
    workspace = folder.samples(a="dog", b="cat").open()
    outcome = call(workspace, "prune_tags", {"tags": "dog", "where": "cat"})
    assert outcome.text == "Nothing to change: dog stands in 1 caption, in none of the 1 selected."


def test_images_and_other_files_stay(folder: Any) -> None:
    workspace = folder.samples(a="dog").write({"a.npz": "x"}).open()
    call(workspace, "prune_tags", {"tags": "dog"})
    assert set(folder.planned(workspace)) == {"a.png", "a.txt", "a.npz"}
    assert folder.planned(workspace)["a.txt"] == b""


def test_the_answer_names_the_tags_and_counts_captions(folder: Any) -> None:
    outcome = call(folder.samples("a, b", "a", "c").open(), "prune_tags", {"tags": "a, b"})
    assert outcome.text.startswith("Remove a, b from 2 captions\n2 captions would be left empty")
