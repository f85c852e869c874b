"""set_triggers: each image its own triggers, one step, replayable and undoable as one."""

from __future__ import annotations

import json

import pytest

from tagsmith.tools.edits.set_triggers import arguments
from tagsmith.tools.errors import UsageError
from tagsmith.tools.journal import Journal
from tagsmith.tools.toolbox import call


def test_many_images_are_one_step_with_a_title(folder) -> None:
    folder.samples("solo", "grass, eevee", "dog").write({"3.png": "x"})
    workspace = folder.open()
    put = {"0.png": ["eevee"], "2.png": ["jolteon", "eevee"], "3.png": ["jolteon"]}
    outcome = call(
        workspace, "set_triggers", {"put": put, "remove": {"1.png": ["eevee"]}, "name": "family"}
    )
    assert outcome.text.startswith("Triggers of family: 4 captions (eevee 2, jolteon 2)")
    assert "1 caption would be created." in outcome.text
    assert [step.tool for step in workspace.steps] == ["set_triggers"]
    after = folder.planned(workspace)
    assert [after[f"{n}.txt"] for n in range(4)] == [
        b"eevee, solo",
        b"grass",
        b"eevee, jolteon, dog",
        b"jolteon",
    ]


def test_the_step_runs_again_when_another_is_dropped(folder) -> None:
    workspace = folder.samples("solo, grass", "dog").open()
    call(workspace, "prune_tags", {"tags": ["grass"]})
    call(workspace, "set_triggers", {"put": {"0.png": ["coco"]}, "position": "last"})
    workspace.drop_step(1)
    assert workspace.content("0.txt") == b"solo, grass, coco"


def test_history_takes_it_back_as_one(folder) -> None:
    workspace = folder.samples("solo", "dog").write({"2.png": "x"}).open()
    before = folder.files()
    put = {f"{number}.png": ["coco"] for number in range(3)}
    call(workspace, "set_triggers", {"put": put})
    journal = Journal.open(workspace.root)
    journal.apply(workspace.plan(), origin="test")
    assert folder.files() != before
    workspace.reload()
    call(workspace, "undo", {})
    journal.apply(workspace.plan(), origin="test")
    assert folder.files() == before


def test_twice_is_once_and_says_so(folder) -> None:
    workspace = folder.samples("solo").open()
    given = {"put": {"0.png": ["coco"]}}
    call(workspace, "set_triggers", given)
    assert call(workspace, "set_triggers", given).text.startswith("Nothing to change")
    assert len(workspace.steps) == 1


def test_it_reads_json_from_a_command_line(folder) -> None:
    workspace = folder.samples("solo").open()
    call(workspace, "set_triggers", {"put": json.dumps({"0.png": ["coco"]})})
    assert workspace.content("0.txt") == b"coco, solo"
    with pytest.raises(UsageError, match="a map in JSON"):
        call(workspace, "set_triggers", {"put": "coco"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "No image is named"),
        ({"put": {"gone.png": ["coco"]}}, "None of the images is there: gone.png"),
        ({"put": {"0.png": ["a, b"]}}, "not one tag"),
        ({"put": {"0.png": ["Coco"]}, "remove": {"0.png": ["coco"]}}, "both put on 0.png"),
    ],
)
def test_what_cannot_be_meant_is_refused(folder, given, said) -> None:
    workspace = folder.samples("solo").open()
    with pytest.raises(UsageError, match=said):
        call(workspace, "set_triggers", given)
    assert workspace.steps == []


def test_images_that_are_gone_and_captions_left_alone_are_told(folder) -> None:
    prose = "A dog is running on the beach with a ball in the late light of the sun"
    workspace = folder.samples("solo", prose, b"\xff\xfex\0").open()
    put = {name: ["coco"] for name in ("0.png", "1.png", "2.png", "gone.png")}
    outcome = call(workspace, "set_triggers", {"put": put})
    assert "1 image not there: gone.png." in outcome.text
    assert "1 caption in sentences left alone" in outcome.text
    assert "2.txt (UTF-16, not UTF-8)" in outcome.text
    assert outcome.files == 1


def test_names_of_any_bytes_find_their_images(folder) -> None:
    names = ["100%.png", "caf\udce9.png", "a,b [x] (1).png"]
    folder.write(dict.fromkeys(names, "x"))
    workspace = folder.open()
    marks = {name: {"coco": True} for name in names}
    outcome = call(workspace, "set_triggers", arguments(marks, "first", "s", prose=False))
    assert outcome.data["created"] == 3


def test_a_name_that_begins_with_a_space_is_not_that_without(folder) -> None:
    workspace = folder.write({" a.png": "", "a.png": ""}).open()
    call(workspace, "set_triggers", {"put": {" a.png": ["coco"]}})
    assert [change.path for change in workspace.plan().changes] == [" a.txt"]
