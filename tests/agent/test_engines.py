"""Which engine answers, what is said about it, and who may send captions where."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from engine_kit import Told
from model_replies import Hang, Reply, calls, refuse, text
from model_server import ModelServer

from tagsmith.agent import config
from tagsmith.agent.config import Settings
from tagsmith.agent.consent import Consents
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.engines import AutoEngine, GuardedEngine, Permission, is_listening, make_engine
from tagsmith.agent.events import Engine
from tagsmith.agent.middleware import TurnLimits
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server_engine import ServerEngine
from tagsmith.tools.errors import Exit
from tagsmith.tools.workspace import Workspace

NOBODY = "http://127.0.0.1:9/v1"
REMOTE = "http://models.example.org/v1"


@pytest.fixture(autouse=True)
def user_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(config, "folder", lambda: tmp_path / "config")
    return tmp_path / "config"


def say(engine: Engine, root: Path, words: str) -> Told:
    return Told(tuple(Conversation(Workspace.open(root), engine).say(words)))


def test_offline_is_offline():
    assert make_engine(Settings(engine="offline")).name == "offline"


def test_auto_takes_the_server_that_answers(root, model_server):
    engine = make_engine(Settings(base_url=model_server.base_url))
    assert engine.name == "auto"
    model_server.script(calls(("prune_tags", {"tags": ["hat"]})), text("Three files."))
    told = say(engine, root, "quita hat")
    assert engine.name == "server"
    assert told.text == "Three files."
    assert say(engine, root, "hello").text == "Hello from the fake server."
    assert isinstance(engine, AutoEngine)
    engine.close()


def test_auto_falls_back_visibly_where_nobody_answers(root):
    engine = make_engine(Settings(base_url=NOBODY))
    told = say(engine, root, "quita hat")
    assert told.notes == [f"No server answers at {NOBODY}. The built-in engine answers."]
    assert engine.name == "offline"
    assert told.started[0][0] == "prune_tags"
    assert say(engine, root, "quita dog").notes == []


def test_auto_falls_back_where_what_answers_is_no_model_server(root, model_server):
    model_server.routes.clear()
    engine = make_engine(Settings(base_url=model_server.base_url))
    told = say(engine, root, "quita hat")
    assert engine.name == "offline"
    assert "The built-in engine answers." in told.notes[0]
    assert model_server.base_url in told.notes[0]
    assert told.failed is None
    assert told.state.startswith("staged: 3 files")


def test_a_server_that_was_found_and_fails_later_is_not_replaced_in_silence(root, model_server):
    engine = make_engine(Settings(base_url=model_server.base_url))
    say(engine, root, "hello")
    model_server.routes.clear()
    model_server.default = Reply(status=404)
    told = say(engine, root, "quita hat")
    assert told.failed is not None
    assert told.failed.exit == Exit.SERVER
    assert engine.name == "server"


def test_work_that_has_begun_is_not_done_again_by_the_other_engine(root, model_server):
    model_server.script(
        calls(("prune_tags", {"tags": ["hat"]})), *[refuse(500, {"error": "crash"})] * 3
    )
    engine = make_engine(Settings(base_url=model_server.base_url))
    told = say(engine, root, "quita hat")
    assert told.failed is not None
    assert "crash" in told.failed.message
    assert len(told.started) == 1
    assert engine.name == "server"


def test_server_never_falls_back(root):
    told = say(make_engine(Settings(engine="server", base_url=NOBODY)), root, "quita hat")
    assert told.failed is not None
    assert told.failed.exit == Exit.SERVER
    assert told.started == []


def test_auto_can_be_stopped(root, model_server):
    engine = make_engine(Settings(base_url=model_server.base_url))
    say(engine, root, "hello")
    model_server.default = Reply((Hang(),))
    conversation = Conversation(Workspace.open(root), engine)
    threading.Timer(0.05, conversation.cancel).start()
    told = Told(tuple(conversation.say("go")))
    assert told.failed is None
    assert told.state == "nothing staged"


def test_knocking_is_cheap_and_only_at_home():
    assert not is_listening(Endpoint(NOBODY))
    assert is_listening(Endpoint(REMOTE))
    assert is_listening(Endpoint(NOBODY, proxy="http://127.0.0.1:9"))


def test_limits_reach_the_engine_of_the_server(root, model_server):
    numbers = iter(range(100))
    model_server.default = lambda _: calls(("list_tag_frequencies", {"limit": next(numbers) + 1}))
    limits = TurnLimits(calls=2)
    engine = make_engine(Settings(engine="server", base_url=model_server.base_url), limits=limits)
    told = say(engine, root, "go")
    assert len(told.finished) == 2
    assert told.failed is not None
    assert told.failed.exit == Exit.BUDGET


# Agreement


@pytest.mark.parametrize("kind", ["auto", "server"])
def test_nothing_is_sent_elsewhere_without_an_agreement(root, kind):
    told = say(make_engine(Settings(engine=kind, base_url=REMOTE)), root, "quita hat")
    assert told.failed is not None
    assert told.failed.exit == Exit.USAGE
    assert "not on this machine" in told.failed.message
    assert "--allow-remote" in told.failed.hint
    assert told.state == "nothing staged"


def guarded(server: ModelServer, *, asks: bool, allowed: bool = False, folder: Path) -> Engine:
    """An engine whose server is taken to be far away, though it is the fake one."""
    near = Endpoint(server.base_url)
    permission = Permission(Consents(folder), allowed, asks)
    return GuardedEngine(ServerEngine(near), Endpoint(REMOTE), permission)


def test_in_a_chat_the_user_is_asked_once(root, model_server, user_folder):
    engine = guarded(model_server, asks=True, folder=user_folder)
    asked = say(engine, root, "quita hat").asked
    assert asked is not None
    assert REMOTE in asked.question
    assert model_server.requests == []
    model_server.script(text("Hello."))
    assert say(engine, root, "Sí").text == "Hello."
    assert model_server.chats[0].json["messages"][1]["content"].startswith("quita hat")
    assert Consents(user_folder).given(REMOTE, "captions")
    assert not Consents(user_folder).given(REMOTE, "images")
    again = guarded(model_server, asks=False, folder=user_folder)
    assert say(again, root, "hello").text == "Hello from the fake server."


@pytest.mark.parametrize("answer", ["no", "quita dog", "yes please", ""])
def test_anything_but_yes_is_no_agreement(root, model_server, user_folder, answer):
    engine = guarded(model_server, asks=True, folder=user_folder)
    say(engine, root, "quita hat")
    assert say(engine, root, answer).asked is not None
    assert model_server.requests == []
    assert not Consents(user_folder).given(REMOTE, "captions")


def test_yes_without_a_question_agrees_to_nothing(root, model_server, user_folder):
    engine = guarded(model_server, asks=True, folder=user_folder)
    assert say(engine, root, "yes").asked is not None
    assert model_server.requests == []


def test_an_agreement_for_one_run_is_not_kept(root, model_server, user_folder):
    engine = guarded(model_server, asks=False, allowed=True, folder=user_folder)
    assert say(engine, root, "hello").text == "Hello from the fake server."
    assert not Consents(user_folder).given(REMOTE, "captions")
