"""Keys that reach the plan's card while the line was meant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual import events
from textual.pilot import Pilot

from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.widgets.plan_card import PlanCard
from tagsmith.tui.widgets.prompt import Prompt

Idle = Callable[[Pilot[int]], Awaitable[None]]


async def test_a_message_typed_in_one_burst_is_sent_and_reviews_nothing(
    make_app: Callable[..., TagsmithApp], idle: Idle, no_grace: None
) -> None:
    """A terminal hands on what is typed ahead, or by a program, faster than the focus moves."""
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await idle(pilot)
        app.screen.query_one(Prompt).put("small")
        await pilot.press("enter")
        await idle(pilot)
        assert app.screen.query_one(PlanCard).has_focus
        for key in [*"take hat", "enter"]:
            app.post_message(events.Key(key, key if len(key) == 1 else "\r"))
        await idle(pilot)
        assert isinstance(app.screen, ChatScreen)
        assert app.screen.conversation is not None
        assert app.screen.conversation.words[-1] == "take hat"
