"""The gallery on a screen: how a test opens it, presses its keys, and reads what it shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tagsmith.agent.conversation import Conversation
from tagsmith.tools.workspace import Workspace
from tagsmith.tui import jobs
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.gallery import GalleryScreen
from tagsmith.tui.widgets.edge import EdgeLine

Idle = Callable[[Pilot[int]], Awaitable[None]]


class Silent:
    """An engine with nothing to say."""

    name = "offline"

    def respond(self, *_: object) -> Any:
        yield from ()


def make(root: Path) -> TagsmithApp:
    return TagsmithApp(Conversation(Workspace.open(root), Silent()))


async def opened(
    pilot: Pilot[int], idle: Idle, *, command: str = "/gallery", **given: Any
) -> GalleryScreen:
    """Open the gallery, by its command or with what another screen gives it."""
    await idle(pilot)
    chat = pilot.app.screen
    assert isinstance(chat, ChatScreen)
    if given:
        screen = GalleryScreen(chat.conversation, jobs.snapshot(chat.conversation), **given)
        pilot.app.push_screen(screen, chat.came_back)
    else:
        chat.submit(command)
    await idle(pilot)
    found = pilot.app.screen
    assert isinstance(found, GalleryScreen)
    return found


def shown(screen: GalleryScreen) -> str:
    grid = screen.grid
    return "\n".join(grid.render_line(y).text for y in range(grid.size.height))


def head(screen: GalleryScreen) -> str:
    line = screen.query_one("#head", EdgeLine)
    return f"{line.left.plain} | {line.right.plain}"


def foot(screen: GalleryScreen) -> str:
    return screen.query_one("#foot", EdgeLine).left.plain


async def press(pilot: Pilot[int], idle: Idle, *keys: str) -> None:
    await pilot.press(*keys)
    await idle(pilot)


def planned(screen: GalleryScreen) -> dict[str, str]:
    """What happens to which file, and where it goes."""
    return {
        change.path: f"{change.kind} {change.to or ''}".strip()
        for change in screen.workspace.plan().changes
    }
