"""undo and redo: the reverse of what was applied, staged like any other edit."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tagsmith.tools.errors import UsageError
from tagsmith.tools.journal import Journal
from tagsmith.tools.plan import Kind
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace


def applied(workspace: Workspace) -> None:
    """Apply the plan and read the folder again."""
    plan = workspace.plan()
    Journal.open(workspace.root).apply(plan, origin="do")
    workspace.reload()


def edited(folder: Any, *calls: tuple[str, dict[str, Any]]) -> Workspace:
    """Apply each call as a plan of its own."""
    workspace: Workspace = folder.open()
    for tool, arguments in calls:
        call(workspace, tool, arguments)
        applied(workspace)
    return workspace


EVERY = [
    ("replace_tags", {"old": "dog", "new": "wolf"}),
    ("add_trigger", {"trigger": "sks"}),
    ("isolate_images", {"where": "dog", "name": "x"}),
    ("isolate_images", {"where": "dog", "name": "x", "mode": "rename"}),
    ("delete_images", {"where": "dog"}),
]


@pytest.mark.parametrize("one", EVERY)
def test_undo_takes_back_and_redo_brings_back(folder: Any, one: tuple[str, dict[str, Any]]) -> None:
    folder.samples(a="dog, x\r\n", b="cat").write({"a.npz": "N", "s/c.png": ""})
    before = folder.files()
    workspace = edited(folder, one)
    after = folder.files()
    assert after != before
    outcome = call(workspace, "undo", {})
    assert outcome.state.startswith("staged: ")
    assert folder.files() == after
    applied(workspace)
    assert folder.files() == before
    call(workspace, "redo", {})
    applied(workspace)
    assert folder.files() == after


STEPS = [
    # One file goes to the trash, another is created in its place.
    [("fix_trainer", {"trainer": "diffusers", "fixes": "metadata"})],
    # One file is moved away, another is moved to its place.
    [
        ("isolate_images", {"where": "one", "name": "out"}),
        ("isolate_images", {"where": "two", "name": "x", "mode": "rename"}),
    ],
]


@pytest.mark.parametrize("steps", STEPS)
def test_a_file_whose_place_another_one_took_comes_back(
    folder: Any, steps: list[tuple[str, dict[str, Any]]]
) -> None:
    folder.write({"x 1.png": "1", "x 1.txt": "one", "b.png": "2", "b.txt": "two"})
    before = folder.write({"metadata.jsonl": '{"file_name": "b.png", "text": "old"}'}).files()
    workspace = folder.open()
    for tool, arguments in steps:
        call(workspace, tool, arguments)
    applied(workspace)
    after = folder.files()
    call(workspace, "undo", {})
    applied(workspace)
    assert folder.files() == before
    call(workspace, "redo", {})
    applied(workspace)
    assert folder.files() == after


def test_plans_that_wrote_a_file_anew_are_taken_back_together(folder: Any) -> None:
    before = folder.samples(a="dog").write({"metadata.jsonl": "{}"}).files()
    anew = ("fix_trainer", {"trainer": "diffusers", "fixes": "metadata"})
    rest = ("replace_tags", {"old": "dog", "new": "cat"})
    workspace = edited(folder, anew, rest, anew)
    call(workspace, "undo", {"steps": 3})
    applied(workspace)
    assert folder.files() == before


def test_a_place_that_a_staged_move_takes_is_told_before_anything_is_applied(folder: Any) -> None:
    folder.write({"x 1.png": "1", "b.png": "2"})
    workspace = edited(folder, ("delete_images", {"where": "name:x*"}))
    call(workspace, "isolate_images", {"where": "name:b*", "name": "x", "mode": "rename"})
    with pytest.raises(UsageError, match=r"1 file of it would change already: x 1\.png"):
        call(workspace, "undo", {})


def test_undo_names_what_it_takes_back(folder: Any) -> None:
    workspace = edited(folder.samples("dog", "dog"), ("prune_tags", {"tags": "dog"}))
    outcome = call(workspace, "undo", {})
    assert outcome.text == "Undo Remove dog from 2 captions: 2 files"
    assert outcome.data == {"files": 2, "left_alone": 0}


def test_with_nothing_applied_there_is_nothing_to_undo(folder: Any) -> None:
    workspace = folder.samples("dog").open()
    for verb in ("undo", "redo"):
        with pytest.raises(UsageError, match=f"There is nothing to {verb}"):
            call(workspace, verb, {})


def test_a_file_edited_since_is_left_and_listed(folder: Any) -> None:
    workspace = edited(folder.samples(a="dog, x", b="dog, x"), ("prune_tags", {"tags": "dog"}))
    folder.write({"a.txt": "by hand"})
    workspace.reload()
    outcome = call(workspace, "undo", {})
    assert "Left alone: a.txt (it was changed since by somebody else)." in outcome.text
    applied(workspace)
    assert (folder.files()["a.txt"], folder.files()["b.txt"]) == (b"by hand", b"dog, x")


def test_undo_sets_the_old_time_again(folder: Any) -> None:
    folder.samples(a="dog, x")
    os.utime(folder.path("a.txt"), ns=(10**18, 10**18))
    workspace = edited(folder, ("prune_tags", {"tags": "dog"}))
    call(workspace, "undo", {})
    applied(workspace)
    assert os.stat(folder.path("a.txt")).st_mtime_ns == 10**18


def test_undo_of_one_plan_by_its_id(folder: Any) -> None:
    workspace = edited(
        folder.samples(a="dog, x", b="cat, x"),
        ("prune_tags", {"tags": "dog"}),
        ("prune_tags", {"tags": "cat"}),
    )
    first = Journal.open(workspace.root).history()[-1]
    call(workspace, "undo", {"plan": first.plan_id})
    assert [(one.path, one.after) for one in workspace.plan().changes] == [("a.txt", b"dog, x")]
    with pytest.raises(UsageError, match="no plan 'zzzz'"):
        call(workspace, "undo", {"plan": "zzzz"})


def test_undo_only_for_some_images(folder: Any) -> None:
    workspace = edited(folder.samples(a="dog, x", b="dog, x"), ("prune_tags", {"tags": "dog"}))
    call(workspace, "undo", {"only": "name:b"})
    assert [one.path for one in workspace.plan().changes] == ["b.txt"]


def test_undo_of_several_plans_on_files_of_their_own(folder: Any) -> None:
    workspace = edited(
        folder.samples(a="dog, x", b="cat, x", c="owl, x"),
        ("prune_tags", {"tags": "dog"}),
        ("prune_tags", {"tags": "cat"}),
        ("prune_tags", {"tags": "owl"}),
    )
    call(workspace, "undo", {"steps": "2"})
    assert [one.path for one in workspace.plan().changes] == ["b.txt", "c.txt"]


def test_undo_of_several_plans_that_changed_the_same_files(folder: Any) -> None:
    folder.samples(a="dog, x", b="cat").write({"c.png": ""})
    before = folder.files()
    workspace = edited(
        folder,
        ("prune_tags", {"tags": "dog"}),
        ("add_trigger", {"trigger": "sks"}),
        ("isolate_images", {"where": "x", "name": "y", "mode": "rename"}),
        ("replace_tags", {"old": "sks", "new": "coco"}),
        ("delete_images", {"where": "coco"}),
    )
    assert folder.files() == {}
    call(workspace, "undo", {"steps": 5})
    applied(workspace)
    assert folder.files() == before
    call(workspace, "redo", {})
    applied(workspace)
    assert folder.files() == {}


def test_an_undone_creation_goes_to_the_trash_and_its_image_stays(folder: Any) -> None:
    workspace = edited(folder.write({"a.png": ""}), ("add_trigger", {"trigger": "sks"}))
    call(workspace, "undo", {})
    assert [one.kind for one in workspace.plan().changes] == [Kind.TRASH]
    assert [(one.image, one.caption) for one in workspace.samples] == [("a.png", None)]


def test_undo_can_be_dropped_like_any_step(folder: Any) -> None:
    workspace = edited(folder.samples(a="dog, x"), ("prune_tags", {"tags": "dog"}))
    call(workspace, "undo", {})
    call(workspace, "prune_tags", {"tags": "dog"})
    assert not workspace.plan()
    workspace.drop_step(2)
    assert folder.planned(workspace)["a.txt"] == b"dog, x"
    workspace.drop_step(1)
    assert not workspace.plan()
    assert workspace.plan().undoes == ()


def test_undo_refuses_what_would_change_already(folder: Any) -> None:
    """It would silently take the place of what is pending there."""
    workspace = edited(folder.samples(a="dog, x"), ("prune_tags", {"tags": "dog"}))
    call(workspace, "add_trigger", {"trigger": "sks"})
    with pytest.raises(UsageError, match=r"1 file of it would change already: a\.txt"):
        call(workspace, "undo", {})
    assert folder.planned(workspace)["a.txt"] == b"sks, x"
