"""Sessions with a model server: its model is told of the earlier turns, and its key is nowhere."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_kit import PATIENCE, Told
from fault_modes import HALF_CALL, SECRET
from model_replies import Cut, Reply, calls, chunk, refuse, stream, text
from model_server import ModelServer
from pydantic import SecretStr

from tagsmith.agent import session_files as files
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server_engine import ServerEngine
from tagsmith.agent.session import Session, session_for
from tagsmith.tools.workspace import Workspace

HALF = len(SECRET) // 2


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "tagsmith" / "sessions"


@pytest.fixture
def engines(model_server: ModelServer) -> Iterator[list[ServerEngine]]:
    endpoint = Endpoint(model_server.base_url, key=SecretStr(SECRET), limits=PATIENCE)
    made = [ServerEngine(endpoint), ServerEngine(endpoint)]
    yield made
    for engine in made:
        engine.close()


def begin(root: Path, engine: ServerEngine) -> Conversation:
    workspace = Workspace.open(root)
    session = session_for(workspace.root, [engine.endpoint.key])
    return Conversation(workspace, engine, session=session)


def go_on(place: Path, engine: ServerEngine) -> Conversation:
    (path,) = files.paths(place)
    saved = files.read(path)
    session = Session.resume(saved, [engine.endpoint.key])
    return Conversation(Workspace.open(saved.root), engine, session=session, earlier=saved)


def say(conversation: Conversation, words: str) -> Told:
    return Told(tuple(conversation.say(words)))


def test_the_model_is_told_of_the_earlier_turns(
    root: Path, place: Path, engines: list[ServerEngine], model_server: ModelServer
) -> None:
    model_server.script(
        calls(("prune_tags", {"tags": ["watermark"]})), text("Removed."), text("You are welcome.")
    )
    first = begin(root, engines[0])
    say(first, "quita watermark")
    say(first, "thanks")
    first.close()
    second = go_on(place, engines[1])
    assert second.bring_back() == []
    assert second.workspace.files == 2
    told = say(second, "and now?")
    assert told.state == "staged: 2 files; nothing written yet"
    sent = model_server.chats[-1].json["messages"]
    roles = [one["role"] for one in sent if one["role"] != "system"]
    assert roles[-7:] == ["user", "assistant", "tool", "assistant", "user", "assistant", "user"]
    assert "quita watermark" in json.dumps(sent)
    assert engines[1].turns[:2] == engines[0].turns
    second.close()
    (path,) = files.paths(place)
    assert [turn.words for turn in files.read(path).turns][-3:] == [
        turn.words for turn in engines[1].turns
    ]


ECHOES = (
    refuse(401, {"error": {"message": f"Incorrect API key provided: {SECRET}."}}),
    refuse(500, {"error": f"crashed with Authorization: Bearer {SECRET}"}),
    refuse(400, f"key={SECRET}"),
    Reply((*HALF_CALL, f"error: {SECRET}\n\n".encode())),
    Reply((*HALF_CALL, Cut("reset"))),
    stream(chunk({"content": f"Cut after {SECRET}"}), done=False),
    stream(
        *(chunk({"content": piece}) for piece in ("Your key: ", SECRET[:HALF], SECRET[HALF:], "!")),
        chunk({}, "stop"),
    ),
    stream(chunk({"reasoning": SECRET, "content": "Hm."}), chunk({}, "stop")),
    calls(("add_trigger", {"trigger": SECRET}), say=f"Adding {SECRET}"),
    text("done"),
    calls(("find_images", {"where": SECRET})),
    text(f"<tool_call>{SECRET}"),
    calls((SECRET, {SECRET: SECRET})),
    text("sorry"),
    text("the end"),
)


def test_a_key_that_the_server_echoes_is_nowhere(
    root: Path,
    place: Path,
    engines: list[ServerEngine],
    model_server: ModelServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    listing = {"data": [{"id": f"model-{SECRET}", "object": "model"}]}
    model_server.routes.update({"/api/v1/models": None, "/api/v0/models": None})
    model_server.routes["/v1/models"] = listing
    model_server.script(*ECHOES)
    conversation = begin(root, engines[0])
    seen = [repr(say(conversation, f"message {number}").events) for number in range(len(ECHOES))]
    assert len(model_server.chats) >= len(ECHOES)
    seen += [repr(turn) for turn in engines[0].turns]
    seen += [repr(conversation.everything())]
    conversation.close()
    second = go_on(place, engines[1])
    second.bring_back()
    seen += [repr(say(second, "once more").events), repr(second.everything())]
    second.close()
    (path,) = files.paths(place)
    kept = path.read_text()
    bodies = json.dumps([one.json for one in model_server.requests])
    assert any(SECRET in one.headers["authorization"] for one in model_server.chats)
    assert "[key]" in kept
    assert "Your key: [key]!" in kept
    for where in (*seen, kept, bodies, caplog.text):
        assert SECRET not in where
