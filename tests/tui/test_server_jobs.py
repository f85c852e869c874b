"""``/models``, ``/model`` and ``/server`` in the chat: what the server is and has, or why not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_kit import PATIENCE
from model_listings import v1_models
from model_replies import page, refuse, text
from model_server import ModelServer
from textual.app import App
from textual.message import Message
from textual.pilot import Pilot

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.engines import AutoEngine
from tagsmith.agent.events import Failed, Noted
from tagsmith.agent.offline.engine import OfflineEngine
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server_engine import ServerEngine
from tagsmith.tools.workspace import Workspace
from tagsmith.tui import server_jobs
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.jobs import Ended, Happened
from tagsmith.tui.screens.chat import SERVER_COMMANDS, ChatScreen
from tagsmith.tui.widgets.prompt import Prompt

Idle = Callable[[Pilot[int]], Awaitable[None]]
NOBODY = "http://127.0.0.1:9/v1"
HOSTILE = "evil\x1b[2J\n* gpt-99  yes\u202e[@click=app.quit]x[/]"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as found:
        yield found


def conversation(pets: Path, base_url: str) -> Conversation:
    engine = AutoEngine(ServerEngine(Endpoint(base_url, limits=PATIENCE)))
    return Conversation(Workspace.open(str(pets)), engine)


def told(conversation: Conversation, name: str, words: str = "") -> str:
    """What a command shows; the last message always says that the job is over."""
    posted: list[Message] = []
    server_jobs.run(conversation, name, words, posted.append)
    assert isinstance(posted[-1], Ended)
    (shown,) = posted[:-1]
    assert isinstance(shown, Happened)
    event = shown.event
    if isinstance(event, Failed):
        return f"FAILED {event.message} {event.hint}"
    assert isinstance(event, Noted)
    return event.text


def test_models_lists_what_the_server_has(pets, server):
    lines = told(conversation(pets, server.base_url), "models").splitlines()
    assert lines[0] == f"LM Studio at {server.base_url}:"
    assert lines[1].split() == ["model", "loaded", "context", "tools", "pictures", "size"]
    assert lines[2].split() == [
        "*", "qwen/qwen3.5-9b", "yes", "4,096", "of", "262,144", "yes", "no", "6.0", "GB", "Q4_K_M",
    ]  # fmt: skip
    assert lines[3].split()[:5] == ["google/gemma-4-12b", "no", "up", "to", "262,144"]
    assert "/model NAME" in lines[4]
    assert {one.method for one in server.requests} == {"GET"}


def test_what_a_server_does_not_tell_is_unknown(pets):
    with ModelServer("other") as server:
        shown = told(conversation(pets, server.base_url), "models")
    assert "unknown" in shown
    assert "gpt-oss-20b" in shown
    assert "*" not in shown


def test_model_picks_one_for_this_session_and_tells_how_to_keep_it(pets, server, tmp_path):
    talk = conversation(pets, server.base_url)
    list(talk.say("hello"))
    assert server.chats[-1].json["model"] == "qwen/qwen3.5-9b"
    shown = told(talk, "model", "gemma-4-12b")
    assert "google/gemma-4-12b answers" in shown
    assert "not trained to call tools" in shown
    assert 'model = "google/gemma-4-12b"' in shown
    assert "config.toml" in shown
    server.script(text("I am Gemma."))
    list(talk.say("who are you?"))
    assert server.chats[-1].json["model"] == "google/gemma-4-12b"
    assert "hello" in str(server.chats[-1].json["messages"])
    assert "*" in told(talk, "models").splitlines()[3]
    assert not list(tmp_path.rglob("config.toml"))


def test_a_model_that_is_not_there_is_not_picked(pets, server):
    talk = conversation(pets, server.base_url)
    shown = told(talk, "model", "mistral")
    assert shown.startswith("FAILED")
    assert "google/gemma-4-12b" in shown
    list(talk.say("hello"))
    assert server.chats[-1].json["model"] == "qwen/qwen3.5-9b"


def test_picking_a_model_turns_back_to_the_server(pets, server):
    talk = conversation(pets, server.base_url)
    routes = server.routes.copy()
    server.routes.clear()
    list(talk.say("hello"))
    assert talk.engine.name == "offline"
    assert "built-in engine answers for now" in told(talk, "server")
    server.routes.update(routes)
    told(talk, "model", "qwen3.5-9b")
    list(talk.say("hello"))
    assert talk.engine.name == "server"


def test_server_tells_what_it_is_and_what_was_asked(pets, server):
    shown = told(conversation(pets, server.base_url), "server")
    assert f"LM Studio at {server.base_url} answers." in shown
    assert f"Asked: {server.origin}/v1/models, {server.origin}/api/v1/models" in shown
    assert "2 models, 1 loaded" in shown
    assert "Model in use: qwen/qwen3.5-9b" in shown


def test_server_tells_why_none_answers_with_the_address_and_the_causes(pets):
    shown = told(conversation(pets, NOBODY), "server")
    assert "the connection was refused" in shown
    assert f"Tried: {NOBODY}/models" in shown
    assert "Start Server" in shown
    assert "Ollama 11434" in shown
    assert told(conversation(pets, NOBODY), "models").startswith("FAILED No server answers")


@pytest.mark.parametrize(
    ("listing", "says"),
    [
        (page("<html><title>Router</title></html>"), "Router"),
        (refuse(401, {"error": "Unauthorized"}), "TAGSMITH_API_KEY"),
        (None, "usually ends in /v1"),
    ],
)
def test_server_tells_what_else_is_wrong(pets, listing, says):
    with ModelServer("other", routes={"/v1/models": listing}) as server:
        shown = told(conversation(pets, server.base_url), "server")
    assert says in shown
    assert f"Tried: {server.base_url}/models" in shown
    assert "Ollama 11434" not in shown


def test_the_built_in_engine_has_no_server(pets):
    talk = Conversation(Workspace.open(str(pets)), OfflineEngine())
    for name in SERVER_COMMANDS:
        assert "No model server is used" in told(talk, name)


async def test_in_the_chat_and_whatever_a_model_is_called(
    pets: Path, idle: Idle, assert_harmless: Callable[[App[Any]], None]
) -> None:
    routes = {"/v1/models": v1_models(HOSTILE, owner="me")}
    with ModelServer("other", routes=routes) as server:
        app = TagsmithApp(conversation(pets, server.base_url))
        async with app.run_test(size=(100, 40)) as pilot:
            await idle(pilot)
            chat = next(one for one in app.screen_stack if isinstance(one, ChatScreen))
            for command in ("/models", "/server", "/model"):
                chat.query_one(Prompt).put(command)
                chat.query_one(Prompt).focus()
                await pilot.press("enter")
                await idle(pilot)
                assert_harmless(app)
            strips = app.screen._compositor.render_strips()
            shown = "\n".join("".join(segment.text for segment in strip) for strip in strips)
            assert "A server of an unknown kind at" in shown
            assert "evil" in shown
            assert not any(line.strip().startswith("* gpt-99") for line in shown.splitlines())
