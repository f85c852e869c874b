"""The offer to load the model with a longer context: asked once, and only the user's yes loads."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from engine_kit import PATIENCE, Talk, Told
from model_listings import LM_STUDIO
from model_replies import calls, text
from model_server import ModelServer

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.engines import AutoEngine
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server_engine import ServerEngine
from tagsmith.tools.workspace import Workspace

LOAD = "/api/v1/models/load"
PRUNE = ("prune_tags", {"tags": ["watermark"]})


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    """A fake LM Studio whose listing tells what was loaded last."""
    listing = deepcopy(LM_STUDIO["/api/v1/models"])

    def load(wish: dict[str, Any]) -> dict[str, Any]:
        config = listing["models"][0]["loaded_instances"][0]["config"]
        config["context_length"] = wish["context_length"]
        answer = LM_STUDIO[f"POST {LOAD}"](wish)
        assert isinstance(answer, dict)
        return answer

    routes = {"/api/v1/models": listing, f"POST {LOAD}": load}
    with ModelServer(routes=routes) as server:
        yield server


def talk(root: Path, server: ModelServer, *, asks: bool = True, longer: int | None = None) -> Talk:
    endpoint = Endpoint(server.base_url, limits=PATIENCE, context_length=longer)
    engine = ServerEngine(endpoint, asks=asks)
    return Talk(server, Conversation(Workspace.open(str(root)), engine), engine)


@pytest.fixture
def asked(root: Path, model_server: ModelServer) -> Iterator[tuple[Talk, Told]]:
    """A chat whose first message was answered with the question."""
    found = talk(root, model_server)
    yield found, found.say("quita watermark")
    found.engine.close()


def loads(server: ModelServer) -> list[int]:
    return [one.json["context_length"] for one in server.requests if one.path == LOAD]


def test_the_user_is_asked_before_anything_is_loaded_or_sent(asked, model_server):
    _, told = asked
    assert told.asked is not None
    assert "4,096" in told.asked.question
    assert "262,144" in told.asked.question
    assert "16,384?" in told.asked.question
    assert told.asked.suggestions == ("yes", "no")
    assert loads(model_server) == []
    assert model_server.chats == []


def test_yes_loads_it_and_answers_the_message_that_waited(asked, model_server):
    talk, _ = asked
    model_server.script(calls(PRUNE), text("Two files."))
    told = talk.say("Sí")
    assert loads(model_server) == [16_384]
    assert "Loading qwen/qwen3.5-9b with 16,384 tokens" in told.notes[0]
    assert "context of 16384 tokens" in told.notes[1]
    assert told.started == [PRUNE]
    assert told.state == "staged: 2 files; nothing written yet"
    assert talk.sent[0]["messages"][-1]["content"].startswith("quita watermark")
    assert len(talk.sent[0]["tools"]) > 8
    assert talk.say("hello").asked is None


def test_no_is_remembered_and_the_message_that_waited_is_answered(asked, model_server):
    talk, _ = asked
    model_server.script(calls(PRUNE), text("Two files."))
    assert talk.say("no").started == [PRUNE]
    assert talk.say("hello").asked is None
    talk.engine.close()
    assert talk.say("hello").asked is None
    assert loads(model_server) == []


def test_anything_else_is_no_yes_and_nothing_that_was_said_is_lost(asked, model_server):
    talk, _ = asked
    model_server.script(text("First."), text("Second."))
    told = talk.say("yes please, and remove hat")
    assert told.text == "First.\nSecond."
    assert [one["messages"][-1]["content"].partition("\n")[0] for one in talk.sent] == [
        "quita watermark",
        "yes please, and remove hat",
    ]
    assert loads(model_server) == []
    assert talk.say("yes").asked is None
    assert loads(model_server) == []


def test_a_model_that_says_yes_loads_nothing(root, model_server):
    model_server.default = text("yes")
    found = talk(root, model_server)
    assert found.say("hello").asked is not None
    assert found.say("no").text == "yes"
    found.say("hello")
    assert loads(model_server) == []
    found.engine.close()


def test_a_load_that_fails_is_told_and_the_turn_goes_on(asked, model_server):
    talk, _ = asked
    words = "insufficient system resources"
    model_server.routes[f"POST {LOAD}"] = lambda _: {"error": words}
    model_server.script(calls(PRUNE), text("Two files."))
    told = talk.say("yes")
    assert any("not loaded with 16,384" in note and words in note for note in told.notes)
    assert any("context of 4096 tokens" in note for note in told.notes)
    assert told.started == [PRUNE]
    assert talk.say("hello").asked is None


def test_where_nobody_can_be_asked_it_is_only_noted(root, model_server):
    found = talk(root, model_server, asks=False)
    told = found.say("hello")
    assert told.asked is None
    assert told.text == "Hello from the fake server."
    assert any("could have 262,144" in note for note in told.notes)
    assert not any("could have" in note for note in found.say("yes").notes)
    assert loads(model_server) == []
    found.engine.close()


def test_the_users_own_figure_is_what_is_offered(root, model_server):
    found = talk(root, model_server, longer=32_768)
    told = found.say("hello")
    assert told.asked is not None
    assert "32,768?" in told.asked.question
    found.engine.close()


def test_a_context_that_is_long_enough_is_left_alone(root, model_server):
    listing = model_server.routes["/api/v1/models"]
    listing["models"][0]["loaded_instances"][0]["config"]["context_length"] = 8192
    found = talk(root, model_server)
    told = found.say("hello")
    assert told.asked is None
    assert not any("could have" in note for note in told.notes)
    found.engine.close()


@pytest.mark.parametrize("personality", ["lmstudio-old", "llamacpp", "ollama", "vllm", "other"])
def test_servers_that_cannot_load_are_not_offered(personality, root):
    with ModelServer(personality) as server:
        found = talk(root, server)
        told = found.say("hello")
        assert told.asked is None or "Load it again" not in told.asked.question
        found.engine.close()


def test_the_question_comes_through_the_engine_that_chooses(root, model_server):
    engine = AutoEngine(ServerEngine(Endpoint(model_server.base_url, limits=PATIENCE), asks=True))
    conversation = Conversation(Workspace.open(str(root)), engine)
    assert Told(tuple(conversation.say("hello"))).asked is not None
    assert Told(tuple(conversation.say("no"))).text == "Hello from the fake server."
    engine.close()
