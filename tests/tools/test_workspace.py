"""Staging: later steps see earlier ones, the plan is the net difference, the review may take out.

``folder.planned`` applies the plan to a model of the files and fails where it does not fit them.
"""

from __future__ import annotations

from typing import Any

import pytest

from tagsmith.tools.errors import UnknownTagError, UsageError
from tagsmith.tools.overlay import EMPTIED
from tagsmith.tools.plan import Change, Kind, Plan
from tagsmith.tools.toolbox import Outcome, call, find, validate
from tagsmith.tools.workspace import Workspace

# Steps


def test_later_steps_build_on_earlier_ones(folder: Any) -> None:
    workspace = folder.samples(a="dog, x", b="cat").open()
    call(workspace, "replace_tags", {"old": "dog", "new": "wolf"})
    assert call(workspace, "find_images", {"where": "wolf"}).data["images"] == 1
    with pytest.raises(UnknownTagError):
        call(workspace, "prune_tags", {"tags": "dog"})
    call(workspace, "add_trigger", {"trigger": "sks", "where": "wolf"})
    assert folder.planned(workspace)["a.txt"] == b"sks, wolf, x"
    [change] = workspace.plan().changes
    assert (change.steps, change.before, change.after) == ((1, 2), b"dog, x", b"sks, wolf, x")


def test_there_and_back_leaves_nothing_to_do(folder: Any) -> None:
    workspace = folder.samples(a="dog, x\r\n", b=" long_hair ,y").open()
    call(workspace, "replace_tags", {"old": "dog", "new": "wolf"})
    call(workspace, "replace_tags", {"old": "wolf", "new": "dog"})
    call(workspace, "replace_tags", {"old": "long hair", "new": "z"})
    call(workspace, "replace_tags", {"old": "z", "new": "long_hair"})
    assert not workspace.plan()
    assert workspace.state() == "nothing staged"
    assert len(workspace.steps) == 4


def test_a_created_sample_that_is_deleted_again_leaves_nothing_behind(folder: Any) -> None:
    workspace = folder.write({"a.png": ""}).open()
    call(workspace, "add_trigger", {"trigger": "sks"})
    call(workspace, "delete_images", {"where": "sks"})
    assert folder.planned(workspace) == {}
    assert [change.path for change in workspace.plan().changes] == ["a.png"]
    assert "1 file;" in workspace.state()


def test_a_tool_that_raises_leaves_nothing_staged(folder: Any) -> None:
    workspace = folder.samples(a="dog", b="cat").open()
    call(workspace, "prune_tags", {"tags": "dog"})
    before = workspace.plan()

    def broken(one: Workspace) -> Outcome:
        one.write("b.txt", b"gone")
        one.trash("a.png")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workspace.stage("broken", {}, broken)
    assert workspace.plan() == before
    assert workspace.content("b.txt") == b"cat"
    assert [one.image for one in workspace.samples] == ["a.png", "b.png"]


def test_a_read_is_no_step(folder: Any) -> None:
    workspace = folder.samples(a="dog").open()
    for tool in ("list_tag_frequencies", "find_images", "co_occurrence", "sample_images"):
        outcome = call(workspace, tool, {})
        assert (outcome.files, outcome.state) == (0, "nothing staged")
    assert workspace.staged == []


def test_every_edit_ends_with_the_true_state(folder: Any) -> None:
    workspace = folder.samples(a="dog", b="dog").open()
    outcome = call(workspace, "prune_tags", {"tags": "dog", "where": "name:a"})
    assert str(outcome).endswith("\nstaged: 1 file; nothing written yet")
    assert str(call(workspace, "prune_tags", {"tags": "dog"})).endswith(
        "staged: 2 files; nothing written yet"
    )
    workspace.drop("a.txt")
    assert workspace.state() == "staged: 1 file; nothing written yet"


def test_a_step_that_needs_a_dropped_one_says_so_and_does_nothing(folder: Any) -> None:
    workspace = folder.samples(a="dog", b="cat").open()
    call(workspace, "add_trigger", {"trigger": "sks", "where": "dog"})
    call(workspace, "replace_tags", {"old": "sks", "new": "coco"})
    workspace.drop_step(1)
    assert workspace.staged[1].failure == "No caption has 'sks'."
    assert not workspace.plan()
    assert workspace.steps == []
    workspace.drop_step(1, dropped=False)
    assert workspace.staged[1].failure == ""
    assert folder.planned(workspace)["a.txt"] == b"coco, dog"


def test_a_steps_summary_is_true_after_another_was_dropped(folder: Any) -> None:
    workspace = folder.samples(a="dog", b="cat").open()
    call(workspace, "replace_tags", {"old": "cat", "new": "dog"})
    call(workspace, "replace_tags", {"old": "dog", "new": "wolf"})
    assert workspace.steps[1].summary == "Replace dog by wolf in 2 captions"
    workspace.drop_step(1)
    assert workspace.plan().title == "Replace dog by wolf in 1 caption"


def test_a_forgotten_step_is_gone_for_good(folder: Any) -> None:
    workspace = folder.samples(a="dog, cat").open()
    for tag in ("dog", "cat"):
        call(workspace, "prune_tags", {"tags": tag})
    workspace.forget_step(1)
    assert [one.step.number for one in workspace.staged] == [2]
    assert folder.planned(workspace)["a.txt"] == b"dog"
    with pytest.raises(UsageError, match="no step 1"):
        workspace.drop_step(1)


def test_clearing_and_reloading_forget_everything_staged(folder: Any) -> None:
    workspace = folder.samples(a="dog").open()
    call(workspace, "prune_tags", {"tags": "dog"})
    workspace.clear()
    assert not workspace.plan()
    call(workspace, "prune_tags", {"tags": "dog"})
    folder.write({"a.txt": "cat"})
    workspace.reload()
    assert (workspace.staged, workspace.content("a.txt")) == ([], b"cat")


# By hand


def test_a_caption_edited_by_hand_is_what_the_plan_writes(folder: Any) -> None:
    workspace = folder.samples(a="\ufeffdog, cat", b="dog").open()
    call(workspace, "prune_tags", {"tags": "dog"})
    workspace.edit("a.txt", "my own words")
    changes = {change.path: change for change in workspace.plan().changes}
    assert changes["a.txt"].after == b"\xef\xbb\xbfmy own words"
    assert [changes[name].yours for name in ("a.txt", "b.txt")] == [True, False]
    assert call(workspace, "find_images", {"where": '"my own words"'}).data["images"] == 1


def test_what_was_written_by_hand_stays_when_an_earlier_step_is_dropped(folder: Any) -> None:
    workspace = folder.samples(a="dog, cat").open()
    call(workspace, "prune_tags", {"tags": "dog"})
    workspace.edit("a.txt", "mine")
    workspace.drop_step(1)
    assert folder.planned(workspace)["a.txt"] == b"mine"
    workspace.drop_step(1, dropped=False)
    assert folder.planned(workspace)["a.txt"] == b"mine"


def test_a_later_step_builds_on_what_was_written_by_hand(folder: Any) -> None:
    workspace = folder.samples(a="dog, cat").open()
    call(workspace, "prune_tags", {"tags": "dog"})
    workspace.edit("a.txt", "mine, yours")
    call(workspace, "prune_tags", {"tags": "yours"})
    assert folder.planned(workspace)["a.txt"] == b"mine"
    workspace.drop_step(1)
    assert folder.planned(workspace)["a.txt"] == b"mine"
    workspace.drop_step(2)
    assert folder.planned(workspace)["a.txt"] == b"mine, yours"
    workspace.forget_step(1)
    workspace.forget_step(2)
    call(workspace, "add_trigger", {"trigger": "sks"})
    assert folder.planned(workspace)["a.txt"] == b"sks, mine, yours"


def test_writing_the_old_text_by_hand_leaves_nothing_to_do(folder: Any) -> None:
    workspace = folder.samples(a="dog, cat").open()
    call(workspace, "prune_tags", {"tags": "dog"})
    workspace.edit("a.txt", "dog, cat")
    assert not workspace.plan()
    assert workspace.state() == "nothing staged"


def test_a_created_caption_edited_by_hand_goes_with_its_step(folder: Any) -> None:
    workspace = folder.samples(b="dog").write({"a.png": ""}).open()
    call(workspace, "add_trigger", {"trigger": "sks"})
    workspace.edit("a.txt", "sks, mine")
    assert folder.planned(workspace)["a.txt"] == b"sks, mine"
    workspace.drop_step(1)
    assert not workspace.plan()
    workspace.drop_step(1, dropped=False)
    assert folder.planned(workspace)["a.txt"] == b"sks, mine"


def test_a_moved_caption_can_be_edited_by_hand(folder: Any) -> None:
    workspace = folder.samples(a="dog").open()
    call(workspace, "isolate_images", {"where": "dog", "name": "x"})
    for path in ("a.txt", "_isolated/x/a.txt"):
        workspace.edit(path, f"{path}, mine")
        assert folder.planned(workspace)["_isolated/x/a.txt"] == f"{path}, mine".encode()


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("a.png", "dog", "a.png is not a caption that can be edited"),
        ("b.txt", "dog", "b.txt is not a caption that can be edited"),
        ("none.txt", "dog", "none.txt is not a caption"),
        ("a.txt", "a\0b", "cannot be a caption: binary"),
        ("a.txt", "\ud800", "cannot be a caption: not UTF-8"),
        ("a.txt", "x" * ((1 << 20) + 1), "larger than 1 MiB"),
    ],
)
def test_nothing_but_a_caption_can_be_written_by_hand(
    folder: Any, path: str, text: str, message: str
) -> None:
    workspace = folder.samples(a="dog", b=b"\xff").open()
    with pytest.raises(UsageError, match=message):
        workspace.edit(path, text)
    assert not workspace.plan()


# The plan


def test_a_caption_that_would_be_left_empty_is_told(folder: Any) -> None:
    workspace = folder.samples(a="dog", b="\ufeffdog\r\n", c=" ,dog,", d="dog, cat", e="").open()
    outcome = call(workspace, "prune_tags", {"tags": "dog"})
    assert "3 captions would be left empty; some trainers stop there." in outcome.text
    noted = {change.path for change in workspace.plan().changes if change.notes == (EMPTIED,)}
    assert noted == {"a.txt", "b.txt", "c.txt"}


def test_a_plan_counts_tags_and_kinds(folder: Any) -> None:
    workspace = folder.samples(a="dog, cat", b="owl", c="emu").write({"d.png": ""}).open()
    call(workspace, "replace_tags", {"old": "dog", "new": "wolf, fox"})
    call(workspace, "isolate_images", {"where": "owl", "name": "x"})
    call(workspace, "delete_images", {"where": "emu"})
    call(workspace, "add_trigger", {"trigger": "sks", "where": "captioned:no"})
    totals = workspace.plan().totals
    assert (totals.files, totals.edited, totals.created, totals.moved, totals.trashed) == (
        6,
        1,
        1,
        2,
        2,
    )
    assert (totals.tags_added, totals.tags_removed) == (3, 1)


def test_the_id_does_not_hang_on_the_order_in_which_changes_are_found() -> None:
    changes = [
        Change(Kind.CREATE, "a.txt", after=b"new"),
        Change(Kind.TRASH, "a.txt", seen=b"\1" * 16),
        Change(Kind.EDIT, "b.txt", b"x", b"y"),
    ]
    plans = [Plan.of("", (), order) for order in (changes, changes[::-1])]
    assert plans[0] == plans[1]
    assert [one.kind for one in plans[0].changes] == [Kind.TRASH, Kind.CREATE, Kind.EDIT]


def test_validated_arguments_are_what_a_step_remembers(folder: Any) -> None:
    workspace = folder.samples(a="dog").open()
    call(workspace, "prune_tags", {"tags": "dog", "where": None, "prose": False})
    assert workspace.steps[0].arguments == {"tags": ["dog"]}
    assert validate(find("prune_tags"), workspace.steps[0].arguments)
