"""find_images, show_sample, sample_images."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tagsmith.tools.errors import UsageError
from tagsmith.tools.toolbox import call


def test_images_are_shown_with_their_captions_or_why_there_is_none(folder: Any) -> None:
    folder.samples(a="dog, cat\nsecond line\n", b=b"\xff").write({"c.png": ""})
    outcome = call(folder.open(), "find_images", {})
    assert outcome.data["rows"] == [
        {"image": "a.png", "caption": "dog, cat\nsecond line"},
        {"image": "b.png", "caption": None, "skipped": "not UTF-8 (byte 0)"},
        {"image": "c.png", "caption": None},
    ]
    assert outcome.text.splitlines() == [
        "3 images of 3 (100.0%)",
        "  a.png  dog, cat / second line",
        "  b.png  (not UTF-8 (byte 0))",
        "  c.png  (no caption)",
    ]


def test_only_the_first_rows_are_shown_and_the_rest_counted(folder: Any) -> None:
    workspace = folder.samples(*["dog"] * 5).open()
    outcome = call(workspace, "find_images", {"where": "dog", "limit": "2"})
    assert (len(outcome.data["rows"]), outcome.data["images"]) == (2, 5)
    assert outcome.text.endswith("and 3 more images")


def test_a_long_caption_is_cut_with_its_length(folder: Any) -> None:
    workspace = folder.samples(", ".join(f"tag {number}" for number in range(10_000))).open()
    line = call(workspace, "find_images", {}).text.splitlines()[1]
    assert len(line) < 300
    assert line.endswith("... (98,888 characters)")


def test_the_same_seed_shows_the_same_images(folder: Any) -> None:
    workspace = folder.samples(*["dog"] * 50).open()
    first, again, other = (
        call(workspace, "sample_images", {"count": 5, "seed": seed}) for seed in (1, 1, 2)
    )
    assert first.data == again.data != other.data
    assert len({row["image"] for row in first.data["rows"]}) == 5
    assert first.text.startswith("5 images at random of 50 (seed 1)")


def test_a_sample_without_a_seed_tells_the_one_it_used(folder: Any) -> None:
    workspace = folder.samples(*["dog"] * 50).open()
    outcome = call(workspace, "sample_images", {"where": "dog"})
    again = call(workspace, "sample_images", {"where": "dog", "seed": outcome.data["seed"]})
    assert again.data == outcome.data


def test_a_sample_is_never_larger_than_what_there_is(folder: Any) -> None:
    workspace = folder.samples("dog", "cat").open()
    assert len(call(workspace, "sample_images", {"where": "dog"}).data["rows"]) == 1
    assert call(workspace, "sample_images", {"where": "name:none"}).data["rows"] == []


def test_show_sample_lists_every_file_of_the_group(folder: Any) -> None:
    names = [
        "a.txt", "a.npz", "a_te_outputs.npz", "a_flux_te.npz", "a_0512x0768_sdxl.npz",
        "a-masklabel.png", "a.json", "a.ideogram.json", "a.png.txt",
    ]  # fmt: skip
    folder.write(
        {f"3_x/{name}": "dog" for name in ["a.png", *names, "a b.txt", "ab.png", "a-x.png"]}
    )
    [row] = call(folder.open(), "show_sample", {"name": "a"}).data["rows"]
    assert row["files"] == sorted(f"3_x/{name}" for name in ["a.png", *names])
    assert (row["repeats"], row["shared"], row["tags"]) == (3, False, 1)


@pytest.mark.parametrize("name", ["a.png", "s/a.png", "a"])
def test_show_sample_takes_a_name_a_stem_or_a_path(folder: Any, name: str) -> None:
    workspace = folder.write({"s/a.png": "", "b.png": ""}).open()
    assert call(workspace, "show_sample", {"name": name}).data["rows"][0]["image"] == "s/a.png"


def test_show_sample_tells_of_a_shared_caption_and_of_all_images_of_the_name(folder: Any) -> None:
    folder.write({"a.png": "", "a.jpg": "", "a.txt": "dog", "s/a.png": ""})
    outcome = call(folder.open(), "show_sample", {"name": "a"})
    assert [row["shared"] for row in outcome.data["rows"]] == [True, True, False]
    assert "another image has the same stem and the same caption" in outcome.text


def test_show_sample_finds_a_name_as_it_is_displayed(folder: Any) -> None:
    name = os.fsdecode(b"a\xff\n.png")
    workspace = folder.write({name: ""}).open()
    outcome = call(workspace, "show_sample", {"name": "a\\xff\\n.png"})
    assert outcome.data["rows"][0]["image"] == "a\\xff\\n.png"


def test_an_unknown_image_names_those_like_it(folder: Any) -> None:
    workspace = folder.write({"IMG_01.png": "", "x.png": ""}).open()
    with pytest.raises(UsageError, match="no image called 'img_0'") as caught:
        call(workspace, "show_sample", {"name": "img_0"})
    assert caught.value.hint == "Nearest: IMG_01.png."
    with pytest.raises(UsageError) as caught:
        call(workspace, "show_sample", {"name": "zzz"})
    assert caught.value.hint == "See find_images."
