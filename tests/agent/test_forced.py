"""The second attempt after a call in text that cannot be read: an answer held to a JSON Schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from engine_kit import Talk, talking
from hypothesis import given
from hypothesis import strategies as st
from model_replies import Cut, Reply, call, calls, chunk, refuse, stream, text
from model_server import ModelServer

from tagsmith.agent.forced import NO_TOOL, SAY, TOOL, interpret_forced, response_format
from tagsmith.agent.shown import shown_tools
from tagsmith.agent.toolcalls import interpret

SCHEMAS = {one.name: one.parameters for one in shown_tools(4096)}
PRUNE = ("prune_tags", {"tags": ["watermark"]})
UNREADABLE = '<tool_call>{"name": "prune_tags", "arguments": {"tags": ["watermark"</tool_call>'
GOOD = {"tool": "prune_tags", "tags": ["watermark"], "say": "I remove it."}


def answer(value: Any, finish: str = "stop", **more: Any) -> Reply:
    """An answer whose content is a value as JSON."""
    return stream(chunk({"content": json.dumps(value), **more}), chunk({}, finish))


def forced(talk: Talk) -> list[int]:
    """Which of the requests were held to a schema."""
    return [number for number, one in enumerate(talk.sent) if "response_format" in one]


# A conversation


def test_a_call_that_cannot_be_read_is_asked_for_in_a_schema(talk, model_server):
    model_server.script(text(UNREADABLE), answer(GOOD), text("Two files."))
    told = talk.say("quita watermark")
    assert told.started == [PRUNE]
    assert told.text == "I remove it.\nTwo files."
    assert told.state == "staged: 2 files; nothing written yet"
    assert forced(talk) == [1]
    request = talk.sent[1]
    assert "tools" not in request
    assert request["response_format"]["type"] == "json_schema"
    told_model = request["messages"][-1]["content"]
    assert "not from the user" in told_model
    assert "- prune_tags: tags, where (optional)" in told_model
    assert "tools" in talk.sent[2]
    assert talk.sent[2]["messages"][-2]["tool_calls"][0]["function"]["name"] == "prune_tags"
    assert not any("not from the user" in str(one) for one in talk.sent[2]["messages"])


def test_a_call_that_the_server_cannot_read_is_asked_for_in_a_schema(talk, model_server):
    crash = refuse(500, {"error": {"message": "error parsing tool call: raw='{'"}})
    model_server.script(crash, answer(GOOD), text("Two files."))
    assert talk.say("quita watermark").started == [PRUNE]
    assert forced(talk) == [1]


def test_it_may_say_that_no_tool_is_needed(talk, model_server):
    model_server.script(text(UNREADABLE), answer({"tool": "none", "say": "Which tag?"}))
    told = talk.say("quita eso")
    assert told.text == "Which tag?"
    assert told.started == []
    assert len(talk.sent) == 2


def test_it_is_never_the_first_attempt_and_one_a_turn(talk, model_server):
    model_server.script(text(UNREADABLE), answer({"tool": "rm"}), text(UNREADABLE), calls(PRUNE))
    assert talk.say("quita watermark").started == [PRUNE]
    assert forced(talk) == [1]
    model_server.script(text(UNREADABLE), answer(GOOD), text("Done."))
    talk.say("again")
    assert len(forced(talk)) == 2


def test_ordinary_answers_and_native_calls_need_none(talk, model_server):
    broken = {"tool_calls": [call(0, "prune_tags", '{"tags": ["watermark"', "a")]}
    model_server.script(
        stream(chunk(broken), chunk({}, "tool_calls")), calls(PRUNE), text("Two files.")
    )
    talk.say("quita watermark")
    talk.say("hello")
    assert forced(talk) == []


def test_a_server_that_refuses_a_schema_is_remembered(talk, model_server):
    refusal = refuse(400, {"error": "'response_format.type' must be 'text'"})
    model_server.script(text(UNREADABLE), refusal, calls(PRUNE), text("Two files."))
    told = talk.say("quita watermark")
    assert told.started == [PRUNE]
    assert told.failed is None
    assert "was not run" in talk.sent[2]["messages"][-1]["content"]
    assert "tools" in talk.sent[2]
    model_server.script(text(UNREADABLE), calls(("prune_tags", {"tags": ["hat"]})), text("Done."))
    assert talk.say("quita hat").started != []
    assert forced(talk) == [1]


WRITTEN = '<tool_call>{"name": "prune_tags", "arguments": {"tags": ["hat"]}}</tool_call>'
THOUGHT = stream(chunk({"reasoning_content": WRITTEN}), chunk({}, "stop"))
HALF = json.dumps(GOOD)[:40]
USELESS = {
    "empty": text(""),
    "nothing at all": stream(),
    "an empty page": Reply(()),
    "thinking ate it": stream(chunk({"reasoning_content": "hm " * 99}), chunk({}, "length")),
    "the call is in the thoughts": THOUGHT,
    "truncated": stream(chunk({"content": HALF}), chunk({}, "length")),
    "whole but cut": answer(GOOD, "length"),
    "cut off": Reply((stream(chunk({"content": HALF})).parts[0], Cut())),
    "no finish reason": stream(chunk({"content": json.dumps(GOOD)})),
    "prose": text("I would remove it."),
    "a list": answer([GOOD]),
    "no such tool": answer(GOOD | {"tool": "rm_rf"}),
    "no tool": answer({"say": "I remove it."}),
    "a tool and no arguments": answer({"tool": "prune_tags", "say": "I remove it."}),
    "wrong types": answer(GOOD | {"tags": {"a": 1}}),
    "a name twice": text('{"tool": "undo", "tool": "prune_tags", "tags": ["hat"], "say": ""}'),
    "a placeholder": answer(GOOD | {"tags": ["<tag>"]}),
    "nothing to say": answer({"tool": "none", "say": " "}),
    "crash": refuse(500, {"error": "grammar"}),
}


@pytest.mark.parametrize("name", USELESS)
def test_what_comes_of_it_otherwise_runs_nothing_and_the_correction_goes_on(
    name, talk, model_server
):
    repeated = [USELESS[name]] * (3 if name == "crash" else 1)
    model_server.script(text(UNREADABLE), *repeated, calls(PRUNE), text("Two files."))
    told = talk.say("quita watermark")
    assert told.started == [PRUNE]
    assert told.text == "Two files."
    assert told.failed is None
    assert told.asked is None
    assert not any("shortened" in note for note in told.notes)
    assert "response_format" not in talk.sent[-2]
    assert "was not run" in talk.sent[-2]["messages"][-1]["content"]


def test_the_user_is_still_asked_after_two_corrections(talk, model_server):
    model_server.default = text(UNREADABLE)
    told = talk.say("quita watermark")
    assert told.asked is not None
    assert told.started == []
    assert forced(talk) == [1]
    assert len(talk.sent) == 4


@pytest.mark.parametrize("personality", ["koboldcpp", "other"])
def test_servers_that_are_not_known_to_take_it_are_not_asked(personality, root):
    routes = {"/v1/models": {"data": [{"id": "m"}]}} if personality == "other" else {}
    with ModelServer(personality, routes=routes) as server, talking(root, server) as talk:
        server.script(text(UNREADABLE), calls(PRUNE), text("Two files."))
        assert talk.say("quita watermark").started == [PRUNE]
        assert forced(talk) == []


@pytest.mark.parametrize("personality", ["llamacpp", "vllm"])
def test_other_servers_take_it_too(personality, root):
    with ModelServer(personality) as server, talking(root, server) as talk:
        server.script(text(UNREADABLE), answer(GOOD), text("Two files."))
        assert talk.say("quita watermark").started == [PRUNE]
        assert forced(talk) == [1]


# The schema


@pytest.mark.parametrize("context", [4096, 16_384])
def test_the_schema_is_flat_and_holds_every_tool(context):
    schemas = {one.name: one.parameters for one in shown_tools(context)}
    shape = response_format(schemas)["json_schema"]["schema"]
    jsonschema.Draft202012Validator.check_schema(shape)
    assert shape["properties"][TOOL]["enum"] == [*schemas, NO_TOOL]
    arguments = {name for one in schemas.values() for name in one["properties"]}
    assert not arguments & {TOOL, SAY}
    assert NO_TOOL not in schemas
    assert shape["properties"].keys() == arguments | {TOOL, SAY}
    assert not any({"anyOf", "$ref", "oneOf"} & one.keys() for one in shape["properties"].values())
    jsonschema.validate(GOOD, shape)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from([*SCHEMAS]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["tool", "say", "tags", "old", "new", "where"]), inner)
    ),
    max_leaves=10,
)


@given(VALUES, st.sampled_from(["stop", "length", None]))
def test_what_runs_fits_the_tools_own_schema(value, finish):
    message = {"content": json.dumps(value), "finish_reason": finish}
    found, say = interpret_forced(message, SCHEMAS)
    assert isinstance(say, str)
    assert not (found.calls and finish != "stop")
    for one in found.calls:
        native = {"function": {"name": one.name, "arguments": one.arguments}}
        again = interpret({"tool_calls": [native], "finish_reason": "stop"}, SCHEMAS)
        assert [each.arguments for each in again.calls] == [one.arguments]
