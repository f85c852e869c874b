"""co_occurrence: which tags stand together, in numbers."""

from __future__ import annotations

from typing import Any

from tagsmith.tools.toolbox import call

CAPTIONS = ("sks, red hair, hat", "sks, red_hair", "sks, dog", "dog, hat", "dog, dog")


def test_beside_a_trigger(folder: Any) -> None:
    outcome = call(folder.samples(*CAPTIONS).open(), "co_occurrence", {"tags": "sks"})
    assert outcome.data == {
        "images": 3,
        "tags": 3,
        "rows": [
            {"tag": "red hair", "images": 2, "percent": 66.7},
            {"tag": "dog", "images": 1, "percent": 33.3},
            {"tag": "hat", "images": 1, "percent": 33.3},
        ],
    }
    assert outcome.text.splitlines()[0] == "With sks (3 images):"


def test_beside_any_of_several_tags_or_patterns(folder: Any) -> None:
    workspace = folder.samples(*CAPTIONS).open()
    outcome = call(workspace, "co_occurrence", {"tags": "hat, *hair", "limit": 1})
    assert outcome.data["images"] == 3
    assert outcome.data["rows"] == [{"tag": "sks", "images": 2, "percent": 66.7}]


def test_pairs_have_the_share_of_each_side(folder: Any) -> None:
    outcome = call(folder.samples(*CAPTIONS).open(), "co_occurrence", {"limit": 2})
    assert outcome.data["pairs"] == 5
    assert outcome.data["rows"] == [
        {"tags": ["red hair", "sks"], "images": 2, "percent": [100.0, 66.7]},
        {"tags": ["dog", "hat"], "images": 1, "percent": [33.3, 50.0]},
    ]


def test_where_counts_within_the_selection(folder: Any) -> None:
    workspace = folder.samples(*CAPTIONS).open()
    outcome = call(workspace, "co_occurrence", {"where": "sks and not dog"})
    rows = {tuple(row["tags"]): row["percent"] for row in outcome.data["rows"]}
    assert rows[("hat", "sks")] == [100.0, 50.0]
    assert "of 3 tags" in outcome.text
    beside = call(workspace, "co_occurrence", {"tags": "sks", "where": "hat"})
    assert beside.data["images"] == 1


def test_a_tag_that_stands_alone(folder: Any) -> None:
    outcome = call(folder.samples("dog", "cat").open(), "co_occurrence", {"tags": "dog"})
    assert outcome.data == {"rows": [], "images": 1, "tags": 0}
