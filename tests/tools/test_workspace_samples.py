"""Staging whole samples: what belongs together stays together, whatever its names.

``folder.planned`` applies the plan to a model of the files and fails where it does not fit them.
"""

from __future__ import annotations

from typing import Any

from tagsmith.tools.toolbox import call


def test_dropping_a_file_drops_all_of_its_sample(folder: Any) -> None:
    workspace = folder.samples(a="dog", b="dog").write({"a.npz": "", "a-masklabel.png": ""}).open()
    call(workspace, "isolate_images", {"where": "dog", "name": "x"})
    workspace.drop("a-masklabel.png")
    assert {change.path for change in workspace.plan().changes} == {"b.png", "b.txt"}


def test_dropping_follows_the_sample_through_its_names(folder: Any) -> None:
    workspace = folder.write({"a.png": ""}).open()
    call(workspace, "isolate_images", {"where": "captioned:no", "name": "x", "mode": "rename"})
    call(workspace, "add_trigger", {"trigger": "sks"})
    assert set(folder.planned(workspace)) == {"x 1.png", "x 1.txt"}
    workspace.drop("a.png")
    assert not workspace.plan()


def test_a_shared_caption_goes_with_the_group_that_moves_it(folder: Any) -> None:
    workspace = folder.write({"a.jpg": "", "a.png": "", "a.txt": "dog"}).open()
    call(workspace, "add_trigger", {"trigger": "sks", "where": "name:a.png"})
    call(workspace, "isolate_images", {"where": "dog", "name": "x"})
    workspace.drop("a.jpg")
    assert not workspace.plan()


def test_a_sample_that_would_take_a_dropped_ones_place_is_left_out_too(folder: Any) -> None:
    workspace = folder.samples(**{"x 1": "dog"}).samples(b="cat").open()
    call(workspace, "isolate_images", {"where": "dog", "name": "y", "mode": "rename"})
    call(workspace, "isolate_images", {"where": "cat", "name": "x", "mode": "rename"})
    after = folder.planned(workspace)
    assert {name: after[name] for name in ("y 1.txt", "x 1.txt")} == {
        "y 1.txt": b"dog",
        "x 1.txt": b"cat",
    }
    workspace.drop("x 1.png")
    assert not workspace.plan()
    workspace.keep("x 1.png")
    workspace.drop("b.png")
    assert {change.path for change in workspace.plan().changes} == {"x 1.png", "x 1.txt"}


def test_a_caption_created_under_a_vacated_name_is_another_file(folder: Any) -> None:
    workspace = folder.samples(**{"x 1": "dog"}).write({"b.png": "B"}).open()
    call(workspace, "isolate_images", {"where": "dog", "name": "y", "mode": "rename"})
    call(workspace, "isolate_images", {"where": "captioned:no", "name": "x", "mode": "rename"})
    call(workspace, "add_trigger", {"trigger": "sks", "where": "captioned:no"})
    assert folder.planned(workspace) == {
        "y 1.png": b"image x 1",
        "y 1.txt": b"dog",
        "x 1.png": b"B",
        "x 1.txt": b"sks",
    }
    workspace.edit("x 1.txt", "sks, mine")
    assert folder.planned(workspace)["x 1.txt"] == b"sks, mine"
    assert folder.planned(workspace)["y 1.txt"] == b"dog"


def test_a_created_caption_is_seen_and_moves_with_its_image(folder: Any) -> None:
    workspace = folder.write({"a.png": "A"}).open()
    call(workspace, "add_trigger", {"trigger": "sks"})
    call(workspace, "isolate_images", {"where": "sks", "name": "x", "mode": "rename"})
    call(workspace, "add_trigger", {"trigger": "coco"})
    assert folder.planned(workspace) == {"x 1.png": b"A", "x 1.txt": b"coco, sks"}
    call(workspace, "isolate_images", {"where": "sks", "name": "y"})
    assert workspace.samples == []
    assert folder.planned(workspace)["_isolated/y/x 1.txt"] == b"coco, sks"


def test_a_renamed_mask_is_still_no_sample(folder: Any) -> None:
    workspace = folder.samples(a="dog").write({"a-masklabel.png": "M"}).open()
    call(workspace, "isolate_images", {"where": "dog", "name": "x", "mode": "rename"})
    assert [one.image for one in workspace.samples] == ["x 1.png"]
    assert folder.planned(workspace)["x 1-masklabel.png"] == b"M"
