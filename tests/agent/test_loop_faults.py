"""The server engine when servers fail, and when the user stops it: nothing hangs or changes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import langsmith
import langsmith.utils
from engine_kit import Talk, talking
from model_listings import v1_models
from model_replies import Hang, Pause, Reply, calls, chunk, refuse, stream, text
from model_server import ModelServer

from tagsmith.agent.events import Failed, Noted, Said, ToolFinished, ToolStarted
from tagsmith.tools.errors import Exit

PRUNE = ("prune_tags", {"tags": ["watermark"]})
AT_ONCE = 0.1


# The server's faults (docs/faults.md has them all, and test_fault_table.py plays them)


def test_no_server_is_exit_4_with_the_address_and_what_to_do(root):
    server = ModelServer()
    server._server.server_close()
    with talking(root, server) as talk:
        told = talk.say("hello")
    assert told.failed is not None
    assert told.failed.exit == Exit.SERVER
    assert server.base_url in told.failed.message
    assert "port 1234" in told.failed.hint


def test_an_overflow_is_answered_by_sending_less_once_and_told(root):
    """The server counts more tokens than its listing promises room for."""
    with ModelServer("lmstudio", context_length=2600) as server, talking(root, server) as talk:
        server.default = text("word " * 200)
        told = [talk.say(f"message {number}") for number in range(8)]
    assert all(one.failed is None for one in told)
    assert any("shortened" in note for one in told for note in one.notes)
    assert len(server.chats) <= 11
    lengths = [one.tokens for one in server.chats]
    assert max(lengths) > 2600
    assert sum(length > 2600 for length in lengths) <= 3


def test_an_overflow_that_does_not_end_is_told_after_one_retry(talk, model_server):
    full = refuse(400, {"error": "Context size has been exceeded"})
    talk.say("hello")
    model_server.script(full, full, full)
    before = len(talk.sent)
    told = talk.say("more")
    assert told.failed is not None
    assert "longer context" in told.failed.hint
    assert len(talk.sent) == before + 2


def test_waiting_for_a_busy_server_is_told(talk, model_server):
    busy = refuse(429, {"error": "Rate limit"}, retry_after="0.05")
    model_server.script(busy, text("Here."))
    told = talk.say("hello")
    assert told.text == "Here."
    assert any("Rate limit" in note for note in told.notes)


def test_a_missing_model_names_those_there_are(root, model_server):
    with talking(root, model_server, model="nothing-like-it") as talk:
        told = talk.say("hello")
    assert told.failed is not None
    assert "qwen/qwen3.5-9b" in told.failed.hint


def test_a_server_that_comes_back_is_found_again(root, model_server):
    listing = model_server.routes.copy()
    model_server.routes.clear()
    with talking(root, model_server) as talk:
        assert talk.say("hello").failed is not None
        model_server.routes.update(listing)
        assert talk.say("hello").text == "Hello from the fake server."


# Stopping


def stopped_after(talk: Talk, message: str, when: Callable[[Any], bool]) -> tuple[float, list[Any]]:
    """Say something, call ``cancel`` from another thread at an event; seconds until it is over."""
    seen: list[Any] = []
    began = 0.0
    for one in talk.conversation.say(message):
        seen.append(one)
        if not began and when(one):
            threading.Timer(0.02, talk.conversation.cancel).start()
            began = time.monotonic() + 0.02
    return time.monotonic() - began, seen


def test_a_turn_stops_at_once_while_words_come(talk, model_server):
    talk.say("connect")
    parts = text("one two three").parts[:2]
    model_server.script(Reply((*parts, Hang())))
    seconds, seen = stopped_after(talk, "go", lambda one: isinstance(one, Said))
    assert seconds < AT_ONCE
    assert not any(isinstance(one, Failed) for one in seen)
    assert model_server.chats[-1].left.wait(2)
    assert talk.say("still there?").text == "Hello from the fake server."


def test_a_turn_stops_at_once_while_nothing_comes(talk, model_server):
    talk.say("connect")
    model_server.script(Reply((Hang(),)))
    threading.Timer(0.05, talk.conversation.cancel).start()
    began = time.monotonic()
    list(talk.conversation.say("go"))
    assert time.monotonic() - began < 0.05 + AT_ONCE
    assert model_server.chats[-1].left.wait(2)


def test_a_turn_stops_at_once_while_the_server_is_looked_for(talk, model_server):
    model_server.routes["/v1/models"] = Reply((Hang(),))
    threading.Timer(0.05, talk.conversation.cancel).start()
    began = time.monotonic()
    list(talk.conversation.say("go"))
    assert time.monotonic() - began < 0.05 + 2 * AT_ONCE


def test_leaving_the_events_stops_the_turn_at_once(talk, model_server):
    talk.say("connect")
    parts = text("one two three").parts[:2]
    model_server.script(Reply((*parts, Hang())))
    events = talk.conversation.say("go")
    next(events)
    began = time.monotonic()
    events.close()
    assert time.monotonic() - began < AT_ONCE
    assert model_server.chats[-1].left.wait(2)


def test_a_stopped_turn_runs_no_further_tool_and_the_conversation_goes_on(talk, model_server):
    model_server.script(
        calls(PRUNE, ("prune_tags", {"tags": ["hat"]}), ("delete_images", {"where": "dog"}))
    )
    events = talk.conversation.say("go")
    for one in events:
        if isinstance(one, ToolFinished):
            break
    events.close()
    assert [step.tool for step in talk.conversation.workspace.steps] == ["prune_tags"]
    told = talk.say("and now?")
    assert told.text == "Hello from the fake server."
    messages = talk.sent[-1]["messages"]
    asked = [call["id"] for one in messages for call in one.get("tool_calls", ())]
    answered = [one["tool_call_id"] for one in messages if one["role"] == "tool"]
    assert sorted(asked) == sorted(answered)
    assert "stopped" in str(messages)
    assert [step.tool for step in talk.conversation.workspace.steps] == ["prune_tags"]


def test_leaving_before_a_tool_runs_does_not_run_it(talk, model_server):
    model_server.script(calls(PRUNE))
    events = talk.conversation.say("go")
    for one in events:
        if isinstance(one, ToolStarted):
            break
    events.close()
    assert talk.conversation.workspace.steps == []
    assert not [one for one in threading.enumerate() if one.name == "tagsmith-agent"]


def test_a_slow_stream_does_not_delay_what_is_shown(talk, model_server):
    talk.say("connect")
    first, *rest = text("one two").parts
    model_server.script(Reply((first, rest[0], Pause(0.3), *rest[1:])))
    began = time.monotonic()
    events = talk.conversation.say("go")
    assert next(one for one in events if isinstance(one, Said)).text == "one "
    assert time.monotonic() - began < 0.25
    list(events)


# Elsewhere


def test_a_change_of_the_model_is_told(root, model_server):
    model_server.routes["/v1/models"] = v1_models("a", owner="me")
    with talking(root, model_server) as talk:
        model_server.script(
            stream(chunk({"content": "hi"}, model="first"), chunk({}, "stop", model="first")),
            stream(chunk({"content": "hi"}, model="other"), chunk({}, "stop", model="other")),
        )
        talk.say("hello")
        assert any("other" in note for note in talk.say("hello").notes)


def test_no_trace_leaves_this_machine_whatever_the_environment_says(
    root, model_server, monkeypatch
):
    """LangChain's tracing sends whole conversations away where the environment asks for it."""
    traced: list[Any] = []
    monkeypatch.setattr(langsmith.Client, "create_run", lambda *_, **run: traced.append(run))
    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING_V2"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("LANGSMITH_API_KEY", "lsv2_canary")
    langsmith.utils.get_env_var.cache_clear()
    try:
        with talking(root, model_server) as talk:
            model_server.script(calls(PRUNE), text("Done."))
            assert talk.say("quita watermark").text == "Done."
    finally:
        monkeypatch.undo()
        langsmith.utils.get_env_var.cache_clear()
    assert traced == []


def test_a_note_is_told_to_people_and_not_to_the_model(talk, model_server):
    told = talk.say("hello")
    assert any(isinstance(one, Noted) for one in told.events)
    assert "context of 4096" not in json.dumps(talk.sent)
