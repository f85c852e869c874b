"""caption_images by command and in a conversation: settings, and who agrees that images leave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import caption_graphs as tiny
import pytest
from engine_kit import Told
from model_replies import calls, text
from model_server import ModelServer
from PIL import Image
from seeing_model import SENTENCE, Seeing

from tagsmith.agent.captioning import equip
from tagsmith.agent.consent import Consents
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server_engine import ServerEngine
from tagsmith.tools.errors import UsageError
from tagsmith.tools.workspace import Workspace

SEEING = "google/gemma-4-12b"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """A vision model that the settings name."""
    with ModelServer() as server:
        server.default = Seeing()
        monkeypatch.setenv("TAGSMITH_BASE_URL", server.base_url)
        monkeypatch.setenv("TAGSMITH_CAPTION_MODEL", SEEING)
        yield server


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    root = tmp_path / "pictures"
    root.mkdir()
    for name, colour in {"a": (9, 90, 200), "b": (200, 90, 9)}.items():
        Image.new("RGB", (30, 20), colour).save(root / f"{name}.png")
    (root / "a.txt").write_text("dog")
    return root


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the server for one on another machine."""
    monkeypatch.setattr("tagsmith.agent.consent.is_local", lambda _: False)


def test_a_command_captions_and_applies(tagsmith, pictures, server):
    ran = tagsmith("do", pictures, "caption_images", "--trigger", "coco", "--apply")
    assert ran.status == 0
    assert f"Put 2 captions by {SEEING}" in ran.out
    assert (pictures / "a.txt").read_text() == f"dog\ncoco, {SENTENCE}"
    assert (pictures / "b.txt").read_text() == f"coco, {SENTENCE}"
    assert "Captioning" not in ran.out


def test_a_second_command_makes_no_request(tagsmith, pictures, server):
    tagsmith("do", pictures, "caption_images")
    requests = len(server.requests)
    ran = tagsmith("do", pictures, "caption_images", "--json")
    assert ran.json["plan"]["files"] == 2
    assert ran.json["steps"][0]["result"]["asked"] == 0
    assert len(server.requests) == requests


def test_no_server_is_exit_4_and_nothing_changed(tagsmith, pictures, contents):
    before = contents(pictures)
    ran = tagsmith("do", pictures, "caption_images", "--apply")
    assert ran.status == 4
    assert "refused" in ran.err
    assert contents(pictures) == before


@pytest.mark.usefixtures("far_away")
def test_a_script_agrees_with_an_option_and_for_one_run(tagsmith, pictures, server, tmp_path):
    refused = tagsmith("do", pictures, "caption_images")
    assert refused.status == 2
    assert "images go there" in refused.err
    assert "--allow-remote" in refused.err
    assert server.requests == []
    agreed = tagsmith("do", pictures, "caption_images", "--allow-remote", "--where", "name:a")
    assert agreed.status == 0
    assert server.chats
    assert tagsmith("do", pictures, "caption_images").status == 2


@pytest.mark.usefixtures("far_away")
def test_a_recipe_agrees_with_the_same_option(tagsmith, pictures, server, tmp_path):
    recipe = tmp_path / "captions.yaml"
    recipe.write_text("tagsmith-recipe: 1\nsteps:\n- tool: caption_images\n")
    words = ("run", pictures, "--script", recipe)
    refused = tagsmith(*words)
    assert "images go there" in refused.err + refused.out
    assert server.chats == []
    assert tagsmith(*words, "--allow-remote").status == 0
    assert server.chats


def test_only_the_tool_that_sends_images_has_the_option(tagsmith, pictures):
    assert tagsmith("do", pictures, "prune_tags", "--tags", "dog", "--allow-remote").status == 2


# In a conversation


@pytest.fixture
def talk(pictures: Path, server: ModelServer, tmp_path: Path) -> Iterator[Conversation]:
    """A chat whose model captions when it is told to."""

    def chat(request: dict) -> object:
        if isinstance(request["messages"][-1]["content"], list):
            return seeing(request)
        return text("Done.") if calling.pop() else calls(("caption_images", {}))

    seeing, calling = Seeing(), [True, False] * 9
    server.default = chat
    engine = ServerEngine(Endpoint(server.base_url, model=SEEING, context_length=16384))
    workspace = Workspace.open(pictures)
    images = equip(workspace, asks=True)
    yield Conversation(workspace, engine, images=images)
    engine.close()


def say(talk: Conversation, words: str) -> Told:
    return Told(tuple(talk.say(words)))


def sent_images(server: ModelServer) -> int:
    return sum(isinstance(one.json["messages"][-1]["content"], list) for one in server.chats)


def test_at_home_nobody_is_asked(talk, server):
    told = say(talk, "caption the images")
    assert told.asked is None
    assert told.state == "staged: 2 files; nothing written yet"


@pytest.mark.usefixtures("far_away")
def test_in_a_chat_the_user_is_asked_once_and_the_order_is_carried_out(talk, server, tmp_path):
    asked = say(talk, "caption the images").asked
    assert asked is not None
    assert "Your images would go there" in asked.question
    assert sent_images(server) == 0
    told = say(talk, "sí")
    assert any("images may go to" in note for note in told.notes)
    assert told.state == "staged: 2 files; nothing written yet"
    assert sent_images(server) == 3
    consents = Consents(tmp_path / "config" / "tagsmith")
    assert consents.given(server.base_url, "images")
    assert not consents.given(server.base_url, "captions")


@pytest.mark.usefixtures("far_away")
@pytest.mark.parametrize("answer", ["no", "yes, but only a", "caption the images"])
def test_anything_else_sends_nothing(answer, talk, server):
    say(talk, "caption the images")
    say(talk, answer)
    assert sent_images(server) == 0
    assert talk.workspace.state() == "nothing staged"


@pytest.mark.usefixtures("far_away")
def test_a_slash_command_asks_too(talk, server):
    with pytest.raises(UsageError, match="images go there") as raised:
        talk.call("caption_images", {})
    assert "yes" in raised.value.hint
    told = say(talk, "yes")
    assert any("images may go to" in note for note in told.notes)
    assert server.chats == []
    assert talk.call("caption_images", {}).files == 2


def test_yes_to_nothing_agrees_to_nothing(talk, tmp_path):
    say(talk, "yes")
    assert not (tmp_path / "config" / "tagsmith" / "consent.json").exists()


def test_a_captioner_on_this_machine_is_checked_as_it_would_be_used(
    tagsmith, tmp_path, monkeypatch
):
    folder = tmp_path / "models" / "florence-2-base-ft"
    monkeypatch.setenv("TAGSMITH_MODELS_FOLDER", str(folder.parent))
    tiny.make_florence(folder, ([0, 2],), size=768)
    right = tagsmith("models", "check", "florence-2")
    assert right.status == 0
    assert "runs on CPU" in right.out
    tiny.make_florence(folder, ([0, 2],), size=384)
    wrong = tagsmith("models", "check", "florence-2")
    assert wrong.status == 1
    assert "vision_encoder.onnx: 'pixel_values' is 1x3x384x384" in wrong.out
