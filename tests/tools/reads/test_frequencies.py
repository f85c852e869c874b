"""list_tag_frequencies: in how many images each tag stands."""

from __future__ import annotations

from typing import Any

import pytest

from tagsmith.tools.toolbox import call

PROSE = "A dog is running on the beach with a ball in the late light of the sun."


def test_each_image_counts_a_tag_once(folder: Any) -> None:
    folder.samples("dog, Dog, long_hair", "long hair, dog", "cat", PROSE, b"\xff")
    outcome = call(folder.open(), "list_tag_frequencies", {})
    assert outcome.data["rows"] == [
        {"tag": "dog", "images": 2, "percent": 40.0},
        {"tag": "long_hair", "images": 2, "percent": 40.0},
        {"tag": "cat", "images": 1, "percent": 20.0},
    ]
    assert outcome.text.splitlines()[:2] == ["5 images, 3 tags, 5 uses", "      2   40.0%  dog"]


def test_a_shared_caption_counts_for_each_of_its_images(folder: Any) -> None:
    folder.write({"a.png": "", "a.jpg": "", "a.txt": "dog"})
    assert call(folder.open(), "list_tag_frequencies", {}).data["rows"][0]["images"] == 2


@pytest.mark.parametrize(
    ("sort", "tags"),
    [
        ("count", ["dog", "ant", "cat"]),
        ("rare", ["ant", "cat", "dog"]),
        ("name", ["ant", "cat", "dog"]),
    ],
)
def test_sort(folder: Any, sort: str, tags: list[str]) -> None:
    workspace = folder.samples("dog, cat", "dog, ant").open()
    rows = call(workspace, "list_tag_frequencies", {"sort": sort}).data["rows"]
    assert [row["tag"] for row in rows] == tags


def test_where_and_limit_narrow_the_rows_and_keep_the_totals(folder: Any) -> None:
    workspace = folder.samples("dog, cat", "dog, ant, bee", "owl").open()
    outcome = call(workspace, "list_tag_frequencies", {"where": "dog", "limit": 1})
    assert outcome.data == {
        "rows": [{"tag": "dog", "images": 2, "percent": 100.0}],
        "images": 2,
        "tags": 4,
        "uses": 5,
    }
    assert outcome.text.startswith("2 images, 4 tags, 5 uses, where dog\n")
    assert outcome.text.endswith("\nand 3 more tags")


def test_no_image_at_all_is_no_error(folder: Any) -> None:
    folder.samples("dog")
    outcome = call(folder.open(), "list_tag_frequencies", {"where": "name:none"})
    assert outcome.data == {"rows": [], "images": 0, "tags": 0, "uses": 0}
