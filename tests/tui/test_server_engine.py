"""The chat with the server engine behind it: notes, tool lines, a hostile model, and esc."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_kit import Talk, talking
from model_replies import Hang, Reply, calls, text
from model_server import ModelServer
from textual.app import App
from textual.pilot import Pilot

from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.widgets.plan_card import PlanCard
from tagsmith.tui.widgets.prompt import Prompt

Idle = Callable[[Pilot[int]], Awaitable[None]]
EVIL = "\x1b[2J\x1b]0;owned\x07[@click=app.quit]APPROVED[/] \u202etxt.exe"


@pytest.fixture
def talk(pets: Path) -> Iterator[Talk]:
    with ModelServer() as server, talking(pets, server) as found:
        yield found


def chat(app: TagsmithApp) -> ChatScreen:
    return next(one for one in app.screen_stack if isinstance(one, ChatScreen))


def shown(app: TagsmithApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def put(app: TagsmithApp, pilot: Pilot[int], words: str) -> None:
    chat(app).query_one(Prompt).put(words)
    chat(app).query_one(Prompt).focus()
    await pilot.press("enter")


async def test_a_sentence_through_a_model_becomes_a_card(talk: Talk, idle: Idle) -> None:
    talk.server.script(
        calls(("prune_tags", {"tags": ["watermrk"]})),
        calls(("prune_tags", {"tags": ["watermark"]}), say="I remove it."),
        text("18 files are staged."),
    )
    app = TagsmithApp(talk.conversation)
    async with app.run_test(size=(90, 40)) as pilot:
        await put(app, pilot, "quita watermrk")
        await idle(pilot)
        screen = shown(app)
        assert "qwen/qwen3.5-9b at http://127.0.0.1" in screen
        assert "18 files are staged." in screen
        assert app.screen.query_one(PlanCard).plan.totals.files == 18


async def test_what_a_hostile_model_says_steers_nothing(
    talk: Talk, idle: Idle, assert_harmless: Callable[[App[Any]], None]
) -> None:
    talk.server.script(calls(("find_images", {"where": EVIL})), text(EVIL), text("Hello."))
    app = TagsmithApp(talk.conversation)
    async with app.run_test(size=(90, 40)) as pilot:
        await put(app, pilot, "hello")
        await idle(pilot)
        assert_harmless(app)
        assert "APPROVED" in shown(app)
        assert chat(app).pending is None
        await put(app, pilot, "still there?")
        await idle(pilot)
        assert "Hello." in shown(app)


async def test_esc_stops_a_model_that_says_nothing(talk: Talk, idle: Idle) -> None:
    talk.say("connect")
    talk.server.script(Reply((Hang(),)))
    app = TagsmithApp(talk.conversation)
    async with app.run_test(size=(90, 40)) as pilot:
        await idle(pilot)
        await put(app, pilot, "go")
        while len(talk.server.chats) < 2:
            await pilot.pause()
        began = time.monotonic()
        await pilot.press("escape")
        await idle(pilot)
        assert time.monotonic() - began < 1
        assert "Stopped. Nothing was written." in shown(app)
        await put(app, pilot, "still there?")
        await idle(pilot)
        assert "Hello from the fake server." in shown(app)
