"""The first run: a folder or the demo, and errors that say what is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from model_server import ModelServer
from textual.pilot import Pilot
from textual.widgets import Static

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import ToolFinished
from tagsmith.agent.offline.engine import OfflineEngine
from tagsmith.tools.watch import Watch
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.opening import Opened, Opening
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.first_run import FIRST_WORDS, FirstRunScreen, complete_folder
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.prompt import Prompt

Idle = Callable[[Pilot[int]], Awaitable[None]]


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's settings: no server answers there."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    path = tmp_path / "settings" / "tagsmith" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text('base_url = "http://127.0.0.1:9/v1"\n')
    return path


def shown(app: TagsmithApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


@pytest.fixture
def app(pets: Path, engine: object) -> TagsmithApp:
    def open_folder(path: str, suggestion: str = "") -> Opening:
        def enter(watch: Watch) -> Opened:
            watch.check()
            return Opened(Conversation(Workspace.open(path), engine))  # type: ignore[arg-type]

        return Opening("a folder", enter, suggestion)

    return TagsmithApp(
        open_folder=open_folder, open_demo=lambda: open_folder(str(pets), "quita watermark")
    )


async def test_a_folder_is_opened(app: TagsmithApp, idle: Idle, pets: Path) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, FirstRunScreen)
        app.screen.query_one("#folder", TextField).put(str(pets)[:-1])
        await pilot.press("tab")
        await pilot.press("enter")
        await idle(pilot)
        assert isinstance(app.screen, ChatScreen)
        assert app.screen.query_one(Prompt).proposal == FIRST_WORDS


async def test_enter_alone_opens_the_demo(app: TagsmithApp, idle: Idle) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("enter")
        await idle(pilot)
        assert isinstance(app.screen, ChatScreen)
        assert app.screen.query_one(Prompt).proposal == "quita watermark"


@pytest.mark.parametrize("made", ["missing", "file", "empty"])
async def test_a_folder_that_does_not_open_is_explained(
    app: TagsmithApp, idle: Idle, tmp_path: Path, made: str
) -> None:
    path = tmp_path / f"[red {made}"
    if made == "file":
        path.write_text("")
    elif made == "empty":
        path.mkdir()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.screen.query_one("#folder", TextField).put(str(path))
        await pilot.press("enter")
        await idle(pilot)
        assert isinstance(app.screen, FirstRunScreen)
        told = str(app.screen.query_one("#trouble", Static).content)
        assert told.startswith("! ")
        assert made in told


async def test_the_server_is_looked_for_and_asked_for_where_it_is_another(
    app: TagsmithApp, idle: Idle, settings: Path
) -> None:
    with ModelServer() as server:
        async with app.run_test(size=(80, 24)) as pilot:
            await idle(pilot)
            assert "No server answers at http://127.0.0.1:9/v1" in shown(app)
            assert "The built-in engine answers" in shown(app)
            await pilot.press("up")
            field = app.screen.query_one("#address", TextField)
            assert field.text == "http://127.0.0.1:9/v1"
            field.put("ftp://nowhere")
            await pilot.press("enter")
            await idle(pilot)
            assert "! " in shown(app)
            field.put(server.base_url.removesuffix("/v1"))
            await pilot.press("enter")
            await idle(pilot)
            assert "LM Studio at" in shown(app)
            assert "qwen/qwen3.5-9b" in shown(app)
            assert settings.read_text() == f'base_url = "{server.base_url}"\n'
            assert app.screen.query_one("#folder", TextField).has_focus


async def test_setup_again_keeps_the_folder_or_opens_another(
    app: TagsmithApp, idle: Idle, pets: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(pets, other)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("enter")
        await idle(pilot)
        for path, root in (("", pets), (str(other), other)):
            chat = app.screen
            assert isinstance(chat, ChatScreen)
            chat.submit("/setup")
            await idle(pilot)
            assert isinstance(app.screen, FirstRunScreen)
            assert "enter alone stays" in shown(app)
            app.screen.query_one("#folder", TextField).put(path)
            await pilot.press("enter")
            await idle(pilot)
            assert app.screen is chat
            assert chat.conversation.workspace.root == str(root)
        assert app.conversation is chat.conversation
        assert "48 images" in shown(app)


def test_the_first_words_only_read(pets: Path) -> None:
    conversation = Conversation(Workspace.open(pets), OfflineEngine())
    told = [event for event in conversation.say(FIRST_WORDS) if isinstance(event, ToolFinished)]
    assert [one.call.tool for one in told] == ["list_tag_frequencies"]
    assert not conversation.pending()


def test_paths_complete_as_far_as_the_disk_decides(tmp_path: Path) -> None:
    for name in ("dogs_a", "dogs_b", "cats", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "dogs.txt").write_text("")
    base = str(tmp_path)
    assert complete_folder(f"{base}/d") == f"{base}/dogs_"
    assert complete_folder(f"{base}/c") == f"{base}/cats/"
    assert complete_folder(f"{base}/x") == f"{base}/x"
    assert complete_folder(f"{base}/.h") == f"{base}/.hidden/"
    assert complete_folder("/no/such/place/d") == "/no/such/place/d"


async def test_what_is_typed_replaces_the_address_that_stands_there(
    app: TagsmithApp, idle: Idle
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press("up")
        field = app.screen.query_one("#address", TextField)
        assert field.text == "http://127.0.0.1:9/v1"
        await pilot.press("x")
        assert field.text == "x"
