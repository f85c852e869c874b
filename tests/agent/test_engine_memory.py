"""What an engine remembers of a conversation, and what it has cost: whichever engine wraps it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from engine_kit import PATIENCE, Told, talking
from model_replies import calls, chunk, stream, text
from model_server import ModelServer

from tagsmith.agent.consent import Consents
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.engines import AutoEngine, GuardedEngine, Permission
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server_engine import ServerEngine
from tagsmith.tools.workspace import Workspace

PRUNE = ("prune_tags", {"tags": ["watermark"]})
USAGE = {"prompt_tokens": 900, "completion_tokens": 40}
Wrap = Callable[[ServerEngine, Path], ServerEngine | AutoEngine | GuardedEngine]


def _plain(engine: ServerEngine, _folder: Path) -> ServerEngine:
    return engine


def _auto(engine: ServerEngine, _folder: Path) -> AutoEngine:
    return AutoEngine(engine)


def _guarded(engine: ServerEngine, folder: Path) -> GuardedEngine:
    permission = Permission(Consents(folder), allowed=True)
    return GuardedEngine(AutoEngine(engine), engine.endpoint, permission)


@pytest.mark.parametrize("wrap", [_plain, _auto, _guarded])
def test_turns_and_tokens_are_those_of_the_server_and_can_be_gone_on_with(
    wrap: Wrap, root: Path, tmp_path: Path, model_server: ModelServer
) -> None:
    def engine() -> ServerEngine | AutoEngine | GuardedEngine:
        endpoint = Endpoint(model_server.base_url, limits=PATIENCE)
        return wrap(ServerEngine(endpoint), tmp_path)

    first, second = engine(), engine()
    assert (first.turns, first.tokens) == ((), 0)
    model_server.script(calls(PRUNE), text("Two files."))
    workspace = Workspace.open(str(root))
    told = Told(tuple(Conversation(workspace, first).say("quita watermark")))
    assert told.text == "Two files."
    (turn,) = first.turns
    assert turn.words == "quita watermark"
    assert first.tokens > 0
    second.restore(first.turns)
    assert second.turns == first.turns
    assert second.tokens == 0
    list(Conversation(workspace, second).say("and now?"))
    roles = [one["role"] for one in model_server.chats[-1].json["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]
    assert len(second.turns) == 2
    first.close()
    second.close()


def test_tokens_are_the_servers_count_of_every_request(
    root: Path, model_server: ModelServer
) -> None:
    counted = stream(chunk({"content": "Hello."}), chunk({}, "stop", usage=USAGE))
    with talking(root, model_server) as talk:
        model_server.script(counted, counted)
        talk.say("hello")
        talk.say("hello")
        assert talk.engine.tokens == 2 * (900 + 40)


def test_tokens_are_estimated_where_a_server_does_not_count(
    root: Path, model_server: ModelServer
) -> None:
    with talking(root, model_server) as talk:
        talk.say("hello")
        sent = model_server.chats[0].tokens
        assert 0.7 * sent < talk.engine.tokens < 1.5 * sent


def test_a_turn_that_fails_costs_what_was_answered_before(
    root: Path, model_server: ModelServer
) -> None:
    model_server.script(stream(chunk({"content": ""}), chunk({}, "stop", usage=USAGE)))
    model_server.default = stream()
    with talking(root, model_server) as talk:
        assert talk.say("hello").failed is not None
        assert talk.engine.tokens == 940
