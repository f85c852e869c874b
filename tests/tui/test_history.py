"""The history screen: what was applied, what it changed, and the way back and forth."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Static

from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.history import HistoryScreen
from tagsmith.tui.screens.review import ReviewScreen
from tagsmith.tui.widgets.edge import EdgeLine
from tagsmith.tui.widgets.lines import LineList

Idle = Callable[[Pilot[int]], Awaitable[None]]


async def apply_small(app: TagsmithApp, pilot: Pilot[int], idle: Idle) -> ChatScreen:
    await idle(pilot)
    chat = app.screen
    assert isinstance(chat, ChatScreen)
    chat.submit("small")
    await idle(pilot)
    chat.submit("/apply")
    await idle(pilot)
    return chat


def row(app: TagsmithApp, index: int) -> str:
    return app.screen.query_one("#entries", LineList).render_line(index).text


async def test_an_applied_plan_is_listed_shown_undone_and_redone(
    make_app: Callable[..., TagsmithApp], idle: Idle, pets: Path
) -> None:
    caption = pets / "img_0006.txt"
    before = caption.read_bytes()
    app = make_app()
    async with app.run_test(size=(100, 24)) as pilot:
        chat = await apply_small(app, pilot, idle)
        chat.submit("/history")
        await idle(pilot)
        assert "Remove hat from 1 caption" in row(app, 0)
        assert "1 file" in row(app, 0)
        assert "applied" in row(app, 0)
        await pilot.press("enter")
        await idle(pilot)
        assert "−hat" in str(app.screen.query_one("#diff", Static).content)  # noqa: RUF001
        await pilot.press("escape")
        await pilot.press("u")
        await idle(pilot)
        assert isinstance(app.screen, ReviewScreen)
        await pilot.press("w")
        await idle(pilot)
        await pilot.press("enter")
        await idle(pilot)
        assert caption.read_bytes() == before
        chat.submit("/history")
        await idle(pilot)
        assert "undone" in row(app, 1)
        await pilot.press("r")
        await idle(pilot)
        assert isinstance(app.screen, ReviewScreen)
        await pilot.press("w")
        await idle(pilot)
        await pilot.press("enter")
        await idle(pilot)
    assert b"hat" not in caption.read_bytes()


async def test_an_empty_history_says_so(make_app: Callable[..., TagsmithApp], idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        chat = app.screen
        assert isinstance(chat, ChatScreen)
        chat.submit("/history")
        await idle(pilot)
        assert isinstance(app.screen, HistoryScreen)
        assert "nothing applied yet" in app.screen.query_one("#head", EdgeLine).left.plain
        await pilot.press("u", "enter", "escape")
        assert isinstance(app.screen, ChatScreen)
