"""Hostile captions, names, answers and errors in every widget that shows them."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Asked, Call, Event, Failed, Said, ToolFinished, ToolStarted
from tagsmith.tools import toolbox
from tagsmith.tools.journal import Entry
from tagsmith.tools.plan import Change, Kind, Totals
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.changes import Group
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.history import HistoryScreen
from tagsmith.tui.screens.review import ReviewScreen
from tagsmith.tui.text import plain
from tagsmith.tui.widgets.diff import detail, signs
from tagsmith.tui.widgets.plan_card import PlanCard
from tagsmith.tui.widgets.plan_rows import sample_row
from tagsmith.tui.widgets.prompt import Prompt
from tagsmith.tui.widgets.transcript import Transcript

Idle = Callable[[Pilot[int]], Awaitable[None]]
Check = Callable[[App[Any]], None]
TALL = (120, 130)


class HostileEngine:
    """Says, asks and fails with hostile texts, and stages a tag into every caption."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self.name = "evil \x1b[31m[/] engine"
        self.texts = texts

    def respond(self, text: str, workspace: Workspace) -> Generator[Event, None, None]:
        if text == "stage":
            call = Call("add_trigger", {"trigger": "[/][bold]\u202e[2J"})
            yield ToolStarted(call)
            yield ToolFinished(call, toolbox.call(workspace, call.tool, call.arguments))
            return
        for one in self.texts:
            yield Said(one)
            yield Asked(one, (one,))
            yield Failed(one, one)
            call = Call(one, {one: [one], "where": one})
            yield ToolStarted(call)
            yield ToolFinished(call, Outcome(one, {}, 3, one))


@pytest.fixture
def dataset(tmp_path: Path, hostile_texts: tuple[str, ...]) -> Path:
    """Samples whose names and tags are hostile, as far as a file system and UTF-8 take them."""
    root = tmp_path / "pets \x1b[31m[red"
    root.mkdir()
    for number, text in enumerate(hostile_texts):
        name = text.replace("/", "_").replace("\0", "_")
        try:
            stem = os.fsencode(f"{number:03} {name}")[:120]
            path = os.path.join(os.fsencode(root), stem)
        except UnicodeEncodeError:
            continue
        with open(path + b".png", "wb") as image, open(path + b".txt", "wb") as caption:
            image.write(b"")
            caption.write(f"{text}, dog".encode("utf-8", "replace"))
    return root


@pytest.fixture
def app(dataset: Path, hostile_texts: tuple[str, ...]) -> TagsmithApp:
    return TagsmithApp(
        Conversation(Workspace.open(dataset), HostileEngine(hostile_texts)), "[/]\x1b"
    )


async def test_what_an_engine_says_is_harmless(
    app: TagsmithApp, idle: Idle, assert_harmless: Check
) -> None:
    async with app.run_test(size=TALL) as pilot:
        await idle(pilot)
        assert isinstance(app.screen, ChatScreen)
        assert_harmless(app)
        app.screen.submit("talk")
        await idle(pilot)
        app.screen.action_details()
        for _ in range(12):
            await pilot.pause()
            assert_harmless(app)
            app.screen.action_scroll_transcript(-1)


async def test_what_a_user_pastes_or_sends_is_harmless(
    app: TagsmithApp, idle: Idle, hostile_texts: tuple[str, ...], assert_harmless: Check
) -> None:
    async with app.run_test(size=TALL) as pilot:
        await idle(pilot)
        chat = app.screen
        assert isinstance(chat, ChatScreen)
        prompt = chat.query_one(Prompt)
        for one in hostile_texts:
            prompt.post_message(events.Paste(one))
        await pilot.pause()
        assert_harmless(app)
        prompt.clear()
        for number, one in enumerate(hostile_texts):
            chat.query_one(Transcript).user(one)
            prompt.propose(one)
            if number % 10 == 0:
                await pilot.pause()
                assert_harmless(app)


async def test_hostile_files_are_harmless_in_card_review_and_editor(
    app: TagsmithApp, idle: Idle, assert_harmless: Check
) -> None:
    async with app.run_test(size=TALL) as pilot:
        await idle(pilot)
        chat = app.screen
        assert isinstance(chat, ChatScreen)
        chat.submit("stage")
        await idle(pilot)
        assert chat.query_one(PlanCard)
        assert_harmless(app)
        chat.review()
        await idle(pilot)
        review = app.screen
        assert isinstance(review, ReviewScreen)
        files = review.query_one("#files")
        for index in range(0, len(review._groups), 8):
            files.cursor = index  # type: ignore[attr-defined]
            await pilot.pause()
            assert_harmless(app)
            review.action_edit()
            await pilot.pause()
            assert_harmless(app)
            if review._editor.display:
                review.action_back()


class FakeJournal:
    def __init__(self, texts: tuple[str, ...]) -> None:
        self.texts = texts

    def history(self) -> list[Entry]:
        moment = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
        return [
            Entry(str(number), "ab12", text, text, moment, Totals(files=2))
            for number, text in enumerate(self.texts)
        ]

    def changes(self, entry_id: str) -> Iterator[Change]:
        text = self.texts[int(entry_id)]
        data = text.encode("utf-8", "surrogateescape") if text < "\ud800" else b"\xff\x1b[2J"
        yield Change(Kind.EDIT, text, b"dog", data, notes=(text,))
        yield Change(Kind.MOVE, f"{text}2", to=text)


async def test_a_hostile_history_is_harmless(
    app: TagsmithApp, idle: Idle, hostile_texts: tuple[str, ...], assert_harmless: Check
) -> None:
    encodable = tuple(
        one for one in hostile_texts if not any(0xD800 <= ord(char) < 0xDC80 for char in one)
    )
    async with app.run_test(size=TALL) as pilot:
        await idle(pilot)
        screen = HistoryScreen(FakeJournal(encodable))  # type: ignore[arg-type]
        await app.push_screen(screen)
        await idle(pilot)
        assert_harmless(app)
        for index in range(0, len(encodable), 16):
            screen.query_one("#entries").cursor = index  # type: ignore[attr-defined]
            await pilot.press("enter")
            await idle(pilot)
            assert_harmless(app)
            screen.action_back()


async def test_help_and_errors_are_harmless(
    app: TagsmithApp, idle: Idle, hostile_texts: tuple[str, ...], assert_harmless: Check
) -> None:
    async with app.run_test(size=TALL) as pilot:
        await idle(pilot)
        chat = app.screen
        assert isinstance(chat, ChatScreen)
        for one in hostile_texts:
            chat.submit(f"/{one}")
            if chat.busy:
                await idle(pilot)
        await idle(pilot)
        assert_harmless(app)
        app.action_help()
        await pilot.pause()
        assert_harmless(app)


def test_a_change_of_hostile_files_is_drawn_harmless(hostile: str) -> None:
    data = hostile.encode("utf-8", "replace")
    for change in (
        Change(Kind.EDIT, hostile, b"dog", data + b", dog", notes=(hostile,), yours=True),
        Change(Kind.EDIT, hostile, data, None, seen=b"x"),
        Change(Kind.CREATE, hostile, None, data),
        Change(Kind.MOVE, hostile, to=hostile),
        Change(Kind.TRASH, hostile),
        Change(Kind.EDIT, hostile, b"\xff\xfe" + data, data),
    ):
        whole = detail(change)
        row = sample_row(Group(hostile, (change,)), 80)
        for content in (whole, row, signs([change])):
            assert plain(content.plain) == content.plain
            assert "@click" not in str([span.style for span in content.spans])
        assert "\n" not in row.plain
        assert row.cell_length <= 80
