"""What the user is told of calls that were not run as written, and of answers without effect."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_kit import Talk, make_dataset, talking
from model_replies import calls, text
from model_server import ModelServer

PRUNE = ("prune_tags", {"tags": ["watermark"]})
LIST = ("list_tag_frequencies", {"limit": 3})


@pytest.fixture
def talk(tmp_path: Path, model_server: ModelServer) -> Iterator[Talk]:
    with talking(make_dataset(tmp_path / "pets"), model_server) as found:
        found.say("connect")
        yield found


def test_an_argument_that_is_left_out_is_told_to_both(talk, model_server):
    odd = ("prune_tags", {"tags": ["watermark"], "recursive": True, "force\x1b[2J": 1})
    model_server.script(calls(odd), text("Two files."))
    told = talk.say("quita watermark")
    assert told.started == [PRUNE]
    (note,) = told.notes
    assert note.startswith('Left out of the call of prune_tags, which has no such: "recursive", ')
    assert "\x1b" not in note
    assert (
        'Left out: prune_tags has no argument "recursive"'
        in talk.sent[-1]["messages"][-1]["content"]
    )


def test_a_call_that_is_not_run_beside_others_is_told_in_one_line(talk, model_server):
    model_server.script(calls(PRUNE, ("rm_rf", {"path": "/"})), text("Two files."))
    (note,) = talk.say("quita watermark").notes
    assert note == 'Not run: rm_rf({"path": "/"}): There is no tool \'rm_rf\'.'


def test_a_call_that_is_asked_for_again_is_told(talk, model_server):
    model_server.script(calls(("prune_tags", {"tag": ["hat"]})), calls(PRUNE), text("Two files."))
    (note,) = talk.say("quita watermark").notes
    assert note.startswith("Not run: prune_tags(")
    assert note.endswith("The argument 'tags' is missing.")


def test_a_flood_of_them_is_four_lines(talk, model_server):
    wrong = [(f"tool_{number}", {}) for number in range(40)]
    many = [(f"tool_{number}", {"at": number}) for number in range(40)]
    assert len(wrong) == 40
    model_server.script(calls(*many, PRUNE), text("Two files."))
    notes = talk.say("quita watermark").notes
    assert len(notes) == 4
    assert notes[-1] == "Not run either: 37 more calls."


def test_a_question_that_only_looked_needs_no_remark(talk, model_server):
    model_server.script(calls(LIST), text("dog, hat and grass."))
    told = talk.say("which tags are there?")
    assert told.notes == []
    assert told.state == "nothing staged"


def test_an_answer_without_any_tool_is_followed_by_the_truth(talk, model_server):
    model_server.script(text("I removed it from all files."))
    assert talk.say("quita watermark").notes == ["This answer changed nothing; nothing is staged."]


def test_an_edit_that_found_nothing_to_do_is_told(talk, model_server):
    idle = ("replace_tags", {"old": ["hat"], "new": ["hat"]})
    model_server.script(calls(LIST, idle, idle), text("I replaced hat everywhere."))
    assert talk.say("cambia hat").notes == ["replace_tags changed nothing; nothing is staged."]


def test_an_edit_that_was_refused_and_given_up_is_told(talk, model_server):
    model_server.script(calls(("prune_tags", {"tags": ["zebra"]})), text("Done!"))
    assert talk.say("quita zebra").notes == ["prune_tags changed nothing; nothing is staged."]


def test_what_was_staged_before_is_named(talk, model_server):
    model_server.script(calls(PRUNE), text("Two files."), text("Hello."))
    assert talk.say("quita watermark").notes == []
    (note,) = talk.say("thanks").notes
    assert note == ("This answer changed nothing; still staged: 2 files; nothing written yet.")
    assert talk.say("thanks").state == "staged: 2 files; nothing written yet"
