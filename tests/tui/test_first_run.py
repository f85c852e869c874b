"""The first run: a folder or the demo, and errors that say what is wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tagsmith.agent.conversation import Conversation
from tagsmith.tools.watch import Watch
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.opening import Opened, Opening
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.first_run import FirstRunScreen, complete_folder
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.prompt import Prompt

Idle = Callable[[Pilot[int]], Awaitable[None]]


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
        app.screen.query_one(TextField).put(str(pets)[:-1])
        await pilot.press("tab")
        await pilot.press("enter")
        await idle(pilot)
        assert isinstance(app.screen, ChatScreen)


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
        app.screen.query_one(TextField).put(str(path))
        await pilot.press("enter")
        await idle(pilot)
        assert isinstance(app.screen, FirstRunScreen)
        told = str(app.screen.query_one("#trouble", Static).content)
        assert told.startswith("! ")
        assert made in told


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
