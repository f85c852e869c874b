"""The app around the screens: what it needs to start, and what its head tells."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tagsmith.agent.conversation import Conversation
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.widgets.edge import EdgeLine

Idle = Callable[[Pilot[int]], Awaitable[None]]
MakeApp = Callable[..., TagsmithApp]


def test_an_app_needs_a_conversation_or_a_way_to_open_one(pets: Path, engine: object) -> None:
    conversation = Conversation(Workspace.open(pets), engine)  # type: ignore[arg-type]
    assert TagsmithApp(conversation).title == "Tagsmith"
    with pytest.raises(ValueError, match="needs a conversation"):
        TagsmithApp(None)


async def test_the_head_tells_the_dataset_and_the_engine(make_app: MakeApp, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        head = app.screen.query_one("#head", EdgeLine).render().plain
        assert head.startswith(" pets · 48 images · 48 captions")
        assert head.rstrip().endswith("offline engine")
