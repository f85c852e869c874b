"""``tagsmith run``: words without a terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Generator

import pytest
from model_replies import Hang, Reply, calls, text
from model_server import ModelServer

from tagsmith.agent.events import Call, Event, Said, ToolFinished, ToolStarted
from tagsmith.agent.offline import engine as offline
from tagsmith.tools import toolbox


def test_a_sentence_becomes_a_plan_and_nothing_is_written(tagsmith, data, contents):
    before = contents(data)
    ran = tagsmith("run", data, "remove watermark")
    assert ran.status == 0
    assert "  a.txt      -watermark" in ran.out
    assert "Nothing written yet" in ran.out
    assert ran.err == (
        "tagsmith: No server answers at http://127.0.0.1:9/v1. The built-in engine answers.\n"
    )
    assert contents(data) == before


def test_a_spanish_sentence_is_applied(tagsmith, data, contents):
    ran = tagsmith("run", data, "quita watermark", "--apply", "--engine", "offline", "--json")
    assert ran.status == 0
    assert ran.err == ""
    assert ran.json["status"] == "applied"
    assert ran.json["engine"] == "offline"
    assert ran.json["steps"][0]["tool"] == "prune_tags"
    assert contents(data)["a.txt"] == b"dog, grass"


def test_options_may_stand_between_the_messages(tagsmith, data):
    ran = tagsmith("run", data, "--json", "remove watermark", "--max-steps", "9", "remove sofa")
    assert ran.json["plan"]["tags_removed"] == 5
    assert len(ran.json["steps"]) == 2


def test_a_question_gets_an_answer_and_no_plan(tagsmith, data):
    ran = tagsmith("run", data, "how many images have watermark?", "--json")
    assert ran.status == 0
    assert ran.json["status"] == "report"
    assert ran.json["plan"] is None
    assert "3" in ran.json["message"]


def test_what_is_not_understood_exits_3_and_leaves_even_the_understood_part(
    tagsmith, data, contents
):
    before = contents(data)
    ran = tagsmith("run", data, "remove watermark", "xyzzy frobnicate", "--apply", "--json")
    assert ran.status == 3
    assert ran.json["status"] == "clarify"
    assert ran.json["plan"] is None
    assert ran.json["applied"] is None
    assert contents(data) == before
    assert tagsmith("run", data, "xyzzy frobnicate").out == ""


def test_a_script_has_one_message_a_line(tagsmith, data, tmp_path):
    script = tmp_path / "script.txt"
    script.write_bytes(b"\xef\xbb\xbf# weekly\nremove watermark\n\n  # and\r\nremove sofa\r\n")
    ran = tagsmith("run", data, "--script", script, "--json")
    assert ran.json["plan"]["tags_removed"] == 5


def test_a_script_may_come_from_stdin(tagsmith, data, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"remove sofa\n")))
    assert tagsmith("run", data, "--script", "-", "--json").json["plan"]["tags_removed"] == 2


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ([], 2, "There is nothing to say."),
        (["--script", "missing.txt"], 2, "missing.txt cannot be read: No such file"),
        (["hi", "--timeout", "0"], 2, "invalid seconds value: '0'"),
        (["hi", "--max-steps", "-1"], 2, "invalid positive value: '-1'"),
        (["hi", "--engine", "cloud"], 2, "invalid choice: 'cloud'"),
        (["hi", "--engine", "server"], 4, "No server answers at http://127.0.0.1:9/v1"),
    ],
)
def test_what_cannot_be_run_is_refused(tagsmith, data, words, status, message):
    ran = tagsmith("run", data, *words, "--json")
    assert ran.status == status
    assert message in ran.err
    assert ran.json["status"] == "error"


def test_a_script_that_is_not_utf8_is_refused(tagsmith, data, tmp_path):
    script = tmp_path / "script.txt"
    script.write_bytes(b"remove caf\xe9\n")
    ran = tagsmith("run", data, "--script", script)
    assert ran.status == 2
    assert "is not UTF-8 (byte 10)" in ran.err


def test_server_options_without_a_server_are_told_to_be_unused(tagsmith, data):
    ran = tagsmith("run", data, "remove sofa", "--engine", "offline", "--model", "x")
    assert ran.status == 0
    assert "--base-url and --model are not used" in ran.err


def test_a_server_answers_where_there_is_one(tagsmith, data, contents):
    before = contents(data)
    with ModelServer() as server:
        server.script(calls(("prune_tags", {"tags": ["watermark"]})), text("Three files."))
        words = ("quita watermark", "--engine", "server", "--base-url", server.base_url, "--json")
        ran = tagsmith("run", data, *words)
    assert ran.status == 0
    assert ran.json["engine"] == "server"
    assert ran.json["message"] == "Three files."
    assert ran.json["plan"]["tags_removed"] == 3
    assert "qwen/qwen3.5-9b" in ran.err
    assert contents(data) == before


def test_a_model_that_never_comes_to_an_end_exits_124(tagsmith, data):
    numbers = iter(range(1, 1000))
    with ModelServer() as server:
        server.default = lambda _: calls(("list_tag_frequencies", {"limit": next(numbers)}))
        options = ("--engine", "server", "--base-url", server.base_url)
        steps = tagsmith("run", data, "go", *options, "--max-steps", "3", "--json")
        assert steps.status == 124
        assert len(steps.json["steps"]) == 3
        server.default = Reply((Hang(),))
        timed = tagsmith("run", data, "go", *options, "--timeout", "0.5")
        assert timed.status == 124
        assert server.chats[-1].left.wait(2)


class Endless:
    """An engine that never comes to an end."""

    name = "offline"

    def respond(self, text: str, workspace: object) -> Generator[Event, None, None]:
        while True:
            call = Call("list_tag_frequencies", {})
            yield ToolStarted(call)
            yield ToolFinished(call, toolbox.call(workspace, call.tool, {}))
            yield Said(".")


def test_a_spent_budget_exits_124(tagsmith, data, monkeypatch):
    monkeypatch.setattr(offline, "OfflineEngine", Endless)
    steps = tagsmith("run", data, "go", "--max-steps", "3", "--json")
    assert steps.status == 124
    assert "more than 3 steps" in steps.json["message"]
    assert len(steps.json["steps"]) == 3
    timed = tagsmith("run", data, "go", "--timeout", "0.05", "--max-steps", "9999999")
    assert timed.status == 124
    assert "longer than 0.05 seconds" in timed.err
