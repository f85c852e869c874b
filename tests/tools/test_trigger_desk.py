"""The buttons over sessions: what is kept, what is staged, and what a hand edit means."""

from __future__ import annotations

import pytest

from tagsmith.tools import trigger_sets
from tagsmith.tools.errors import UsageError
from tagsmith.tools.journal import Journal
from tagsmith.tools.toolbox import call
from tagsmith.tools.trigger_desk import TOOL, Desk, open_desk
from tagsmith.tools.trigger_sets import TriggerSets
from tagsmith.tools.triggers import TriggerSet


@pytest.fixture
def pets(folder):
    folder.samples("solo", "dog", "cat").write({"3.png": "x"})
    both = (TriggerSet("pets", ("coco", "rex")), TriggerSet("other", ("a",)))
    trigger_sets.save(str(folder.root), TriggerSets(both, "pets"))
    return folder


def desk_of(workspace, wanted: str = "") -> Desk:
    desk = open_desk(workspace, wanted)
    assert isinstance(desk, Desk)
    return desk


def stage(desk: Desk) -> None:
    arguments = desk.arguments()
    assert arguments is not None
    call(desk.workspace, TOOL, arguments)


def test_a_quit_loses_nothing_and_work_goes_on_where_it_was(pets) -> None:
    desk = desk_of(pets.open())
    desk.press(0, 0)
    desk.press(1, 1)
    desk.skip(2)
    desk.stop_at(3)
    again = desk_of(pets.open())
    assert again.place == 3
    assert (again.board.assigned, again.board.skips) == (2, 1)
    assert again.arguments() == desk.arguments()
    assert again.undo()[1] == 2
    assert again.undo()[1] == 1
    assert again.board.look(1).after == b"dog"
    stage(again)
    assert again.workspace.content("0.txt") == b"coco, solo"


def test_the_trigger_pressed_last_is_foremost_also_after_a_quit(pets) -> None:
    desk = desk_of(pets.open())
    for button in (0, 1, 0, 0):
        desk.press(0, button)
    assert desk.board.look(0).after == b"coco, rex, solo"
    assert desk_of(pets.open()).board.look(0).after == b"coco, rex, solo"


def test_coming_back_goes_on_with_the_same_step(pets) -> None:
    workspace = pets.open()
    desk = desk_of(workspace)
    desk.press(0, 0)
    stage(desk)
    desk = desk_of(workspace)
    assert workspace.steps == []
    desk.press(1, 0)
    stage(desk)
    assert [step.summary for step in workspace.steps] == ["Triggers of pets: 2 captions (coco 2)"]


def test_the_step_itself_remembers_where_the_progress_was_lost(pets) -> None:
    workspace = pets.open()
    desk = desk_of(workspace)
    desk.press(0, 0)
    stage(desk)
    (pets.root / ".tagsmith/triggers.progress").unlink()
    again = desk_of(workspace)
    assert again.board.held[0] == 1
    assert again.undo() is not None
    assert again.arguments() is None


def test_what_is_staged_behind_the_step_keeps_it_in_place(pets) -> None:
    workspace = pets.open()
    desk = desk_of(workspace)
    desk.press(0, 0)
    stage(desk)
    call(workspace, "prune_tags", {"tags": ["dog"]})
    desk = desk_of(workspace)
    assert [step.tool for step in workspace.steps] == [TOOL, "prune_tags"]
    desk.press(0, 0)
    stage(desk)
    assert len(workspace.steps) == 3
    assert pets.planned(workspace)["0.txt"] == b"solo"


def test_without_a_press_nothing_is_moved_that_another_step_placed(pets) -> None:
    workspace = pets.open()
    desk = desk_of(workspace)
    desk.press(0, 0)
    stage(desk)
    call(workspace, "add_trigger", {"trigger": "new"})
    again = desk_of(workspace)
    assert again.board.held[0] == 1
    assert again.arguments() is None


def test_a_trigger_taken_off_and_put_back_stays_where_it_was(pets) -> None:
    pets.samples("dog, coco, cat")
    desk = desk_of(pets.open())
    desk.press(0, 0)
    assert desk.board.look(0).after == b"dog, cat"
    desk.press(0, 0)
    assert desk.arguments() is None


def test_what_is_applied_is_done_and_not_staged_again(pets) -> None:
    workspace = pets.open()
    desk = desk_of(workspace)
    desk.press(0, 0)
    desk.press(3, 1)
    stage(desk)
    Journal.open(workspace.root).apply(workspace.plan(), origin="test")
    again = desk_of(pets.open())
    assert (again.overtaken, again.board.assigned, again.arguments()) == (0, 2, None)
    assert again.undo() is None


def test_a_hand_edit_between_sessions_stands(pets) -> None:
    desk = desk_of(pets.open())
    desk.press(0, 0)
    desk.press(1, 0)
    pets.write({"0.txt": "mine"})
    again = desk_of(pets.open())
    assert again.overtaken == 1
    assert again.board.look(0).after == b"mine"
    stage(again)
    assert pets.planned(again.workspace)["0.txt"] == b"mine"
    assert pets.planned(again.workspace)["1.txt"] == b"coco, dog"
    assert desk_of(pets.open()).overtaken == 0


def test_an_image_that_is_gone_is_passed_over(pets) -> None:
    desk = desk_of(pets.open())
    desk.press(0, 0)
    desk.press(1, 0)
    desk.stop_at(0)
    (pets.root / "0.png").unlink()
    again = desk_of(pets.open())
    assert again.place == 0
    stage(again)
    assert again.undo() is not None


def test_each_set_has_its_own_progress(pets) -> None:
    workspace = pets.open()
    desk_of(workspace).press(0, 0)
    other = desk_of(workspace, "OTHER")
    assert other.chosen.name == "other"
    assert other.board.assigned == 0
    assert desk_of(pets.open()).chosen.name == "other"
    assert desk_of(workspace, "pets").board.assigned == 1
    with pytest.raises(UsageError, match=r"no set of buttons called 'x'.*pets, other"):
        open_desk(workspace, "x")


def test_the_position_is_the_sets_and_holds_for_all_presses(pets) -> None:
    desk = desk_of(pets.open())
    desk.press(0, 0)
    desk.turn()
    assert desk.board.look(0).after == b"solo, coco"
    assert desk_of(pets.open()).board.look(0).after == b"solo, coco"


def test_starting_over_forgets_presses_and_skips(pets) -> None:
    desk = desk_of(pets.open())
    desk.press(0, 0)
    desk.skip(1)
    assert not desk.skip(0)
    desk.restart()
    assert (desk.board.assigned, desk.board.skips, desk.arguments()) == (0, 0, None)
    assert desk_of(pets.open()).undo() is None


def test_without_a_set_there_is_no_desk_yet(folder) -> None:
    assert open_desk(folder.samples("x").open(), "pets") == TriggerSets()
