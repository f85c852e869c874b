"""Hundreds of hostile names, tags and answers of servers on every screen over the chat."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hostile_shown import (
    NUMBERED,
    assert_all_shown,
    clean,
    every_row,
    make_hostile_set,
    numbers,
    screen,
    seen,
)
from hostile_texts import TEXTS
from textual.containers import VerticalScroll
from textual.pilot import Pilot

from tagsmith.agent.config import Origin, Source
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.offline.engine import OfflineEngine
from tagsmith.agent.server.listings import ModelInfo
from tagsmith.agent.server.servers import ServerInfo, ServerKind
from tagsmith.agent.server.trial import Trial
from tagsmith.tools import trigger_sets
from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.journal import Entry
from tagsmith.tools.plan import Change, Kind, Totals
from tagsmith.tools.tags import Vocabulary, key
from tagsmith.tools.trigger_sets import TriggerSets
from tagsmith.tools.triggers import TriggerSet
from tagsmith.tools.workspace import Workspace
from tagsmith.tui import settings_about, settings_work
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.commands.models import Listed
from tagsmith.tui.preview import Unseen
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.consent import ConsentScreen
from tagsmith.tui.screens.first_run import FirstRunScreen
from tagsmith.tui.screens.gallery import GalleryScreen
from tagsmith.tui.screens.history import HistoryScreen
from tagsmith.tui.screens.review import ReviewScreen
from tagsmith.tui.screens.settings import SettingsScreen
from tagsmith.tui.screens.settings_rows import Kind as RowKind
from tagsmith.tui.screens.settings_rows import Known, items
from tagsmith.tui.screens.tags import TagsScreen
from tagsmith.tui.screens.triggers import TriggersScreen
from tagsmith.tui.screens.triggers_sets import SetRows, SetsScreen, TriggerRows
from tagsmith.tui.text import line
from tagsmith.tui.widgets.buttons import Buttons
from tagsmith.tui.widgets.chips import Chips
from tagsmith.tui.widgets.confirm import Confirm
from tagsmith.tui.widgets.edge import EdgeLine
from tagsmith.tui.widgets.lines import LineList
from tagsmith.tui.widgets.plan_card import PlanCard
from tagsmith.tui.widgets.preview import Preview

Idle = Callable[[Pilot[int]], Awaitable[None]]
SIZE = (100, 32)
TRIGGER = "[/][@click=app.quit]\u202e[2J"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No pictures are decoded, and neither a server nor the user's settings are seen."""
    monkeypatch.setattr(Preview, "enabled", False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("TAGSMITH_BASE_URL", "http://127.0.0.1:9/v1")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = tmp_path / "set \x1b[31m[red"
    assert make_hostile_set(found) >= 200
    return found


@pytest.fixture
def app(root: Path) -> TagsmithApp:
    return TagsmithApp(Conversation(Workspace.open(root), OfflineEngine()))


async def chat_of(app: TagsmithApp, pilot: Pilot[int], idle: Idle) -> Any:
    await idle(pilot)
    assert isinstance(app.screen, ChatScreen)
    return app.screen


def line_of(app: TagsmithApp, name: str) -> str:
    return seen(app.screen.query_one(f"#{name}", EdgeLine))


async def test_the_card_and_the_review(app: TagsmithApp, idle: Idle) -> None:
    async with app.run_test(size=SIZE) as pilot:
        chat = await chat_of(app, pilot, idle)
        chat.call("add_trigger", {"trigger": TRIGGER})
        await idle(pilot)
        chat.call("prune_tags", {"tags": ["dog"]})
        await idle(pilot)
        assert "#0 " in seen(chat.query_one(PlanCard))
        screen(app)
        chat.review()
        await idle(pilot)
        review: Any = app.screen
        assert isinstance(review, ReviewScreen)
        files = len(review._groups)
        assert files >= 200
        screen(app)
        assert len(numbers(every_row(review._files))) >= 150
        review._files.show(review._rows(), 0)
        for index in range(files):
            review._files.set_reactive(LineList.cursor, index)
            assert numbers(clean(review._detail()))
            if index % 8 == 0:
                review.action_edit()
                seen(review._editor)
                review._close_editor()
        for _ in range(2):
            review.action_group()
            await idle(pilot)
            screen(app)
            assert "\\u202e" in every_row(review._files)
            for index in range(review._files._rows.count):
                review._files.set_reactive(LineList.cursor, index)
                clean(review._detail())
        review.action_group()
        for text in NUMBERED:
            review._state.where = text
            review._draw_keys()
            line_of(app, "foot")
            review._complain(text)
            assert numbers(line_of(app, "foot"))
        review.action_apply()
        await idle(pilot)
        assert "Apply" in seen(review.query_one(Confirm).query_one("#question"))


class FakeJournal:
    """Applied plans with hostile titles, origins, and changes."""

    def history(self) -> list[Entry]:
        moment = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
        return [
            Entry(str(number), "ab12", text, text, moment, Totals(files=2))
            for number, text in enumerate(NUMBERED)
        ]

    def changes(self, entry_id: str) -> Iterator[Change]:
        for number, text in enumerate(NUMBERED):
            data = text.encode("utf-8", "replace")
            yield Change(Kind.EDIT, text, b"dog", data, notes=(text,))
            yield Change(Kind.MOVE, f"#{number} {text}2", to=text)


async def test_the_history(app: TagsmithApp, idle: Idle) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await chat_of(app, pilot, idle)
        found: Any = HistoryScreen(FakeJournal())  # type: ignore[arg-type]
        await app.push_screen(found)
        await idle(pilot)
        screen(app)
        assert_all_shown(every_row(found.query_one("#entries", LineList)))
        await pilot.press("enter")
        await idle(pilot)
        screen(app)
        assert_all_shown(every_row(found.query_one("#left", LineList)))
        for text in NUMBERED:
            found.post_message(found.Trouble(text))
        await pilot.pause()
        assert numbers(line_of(app, "foot"))


async def test_the_tags(app: TagsmithApp, idle: Idle) -> None:
    counts = Counter({key(text): 3 for text in NUMBERED})
    spelt = {key(text): text for text in NUMBERED}
    async with app.run_test(size=SIZE) as pilot:
        chat = await chat_of(app, pilot, idle)
        chat.tags()
        await idle(pilot)
        tags: Any = app.screen
        assert isinstance(tags, TagsScreen)
        screen(app)
        assert len(numbers(every_row(tags._list))) >= 200
        tags.known = dataclasses.replace(tags.known, vocabulary=Vocabulary(counts, spelt, 3))
        tags.counted()
        await pilot.pause()
        assert_all_shown(every_row(tags._list))
        for index, text in enumerate(NUMBERED):
            tags._list.set_reactive(LineList.cursor, index)
            tags._ask("isolate", tags._named(), tags._named())
            tags.note(text, state=text)
            assert numbers(line_of(app, "note"))
            tags.where, tags.text = text, text
            tags._draw_head()
            line_of(app, "head")
            line_of(app, "columns")
        await pilot.pause()
        screen(app)


async def test_the_triggers(app: TagsmithApp, idle: Idle, root: Path) -> None:
    texts = [text for text in NUMBERED if text.isprintable() and "," not in text]
    sets = tuple(TriggerSet(one, (one, *texts[3:6])) for one in texts)
    trigger_sets.save(str(root), TriggerSets((TriggerSet("x", (TRIGGER, "a")),), "x"))
    async with app.run_test(size=SIZE) as pilot:
        chat = await chat_of(app, pilot, idle)
        chat.triggers()
        await idle(pilot)
        found: Any = app.screen
        assert isinstance(found, TriggersScreen)
        assert "\\u202e" in screen(app)
        buttons, chips = found.query_one(Buttons), found.query_one(Chips)
        names = ""
        for number in range(len(found.desk.board.names)):
            found.at = number
            found._draw()
            names += line_of(app, "image")
            if number % 4 == 0:
                seen(chips)
        assert len(numbers(names)) >= 200
        for text in NUMBERED:
            buttons.show((text, text), (1, 2), 1, [("x", text, text)])
            chips.show([text, text], lambda _: True)
            assert numbers(seen(buttons))
            assert numbers(seen(chips))
            found.note(text)
            assert numbers(line_of(app, "note"))
        vocabulary = found.snapshot.vocabulary
        for number, text in enumerate(NUMBERED):
            assert f"#{number}" in clean(TriggerRows((text,), vocabulary).row(0, 60))
            assert f"#{number}" in clean(SetRows(TriggerSets((TriggerSet(text, ()),))).row(0, 60))
        app.push_screen(SetsScreen(TriggerSets(sets, texts[0]), vocabulary, texts[1]))
        await pilot.pause()
        assert numbers(screen(app))


async def test_the_gallery_and_why_there_is_no_picture(app: TagsmithApp, idle: Idle) -> None:
    async with app.run_test(size=SIZE) as pilot:
        chat = await chat_of(app, pilot, idle)
        chat.gallery()
        await idle(pilot)
        found: Any = app.screen
        assert isinstance(found, GalleryScreen)
        screen(app)
        tiles = found.grid._tiles
        assert len(numbers("".join(clean(tiles.label(at)) for at in range(tiles.count)))) >= 200
        found.open_zoom()
        await pilot.pause()
        picture = found.query_one(Preview)
        picture.styles.height = 4
        await pilot.pause()
        names = ""
        for number in range(len(found.shelf.samples)):
            found.grid.set_reactive(type(found.grid).cursor, number)
            found.look()
            names += line_of(app, "image")
            seen(found.query_one(Chips))
        assert len(numbers(names)) >= 200
        for text in NUMBERED:
            picture.on_preview_drawn(
                Preview.Drawn(picture._wanted(picture._path), Unseen(text), [])
            )
            assert numbers(seen(picture))
            found.complain(text)
            assert numbers(line_of(app, "foot"))
            found.shelf = dataclasses.replace(found.shelf, where=text, title=text, name=text)
            found.draw_head()
            line_of(app, "head")
        found._offer(list(NUMBERED))
        await pilot.pause()
        screen(app)
        assert_all_shown(every_row(found.query_one("#shelves", LineList)))


def known() -> Known:
    """The settings where everything that others wrote is hostile."""
    models = tuple(ModelInfo(text, quantization=text) for text in NUMBERED)
    info = ServerInfo("http://x", ServerKind.OTHER, models, tuple(NUMBERED))
    listed = [
        Listed(text, text, "captioner", 1, text, False, True, text, text, text, problem=text)
        for text in NUMBERED
    ]
    read = settings_work.read()
    origins = {
        name: Origin(NUMBERED[number], Source.FILE, NUMBERED[number])
        if isinstance(origin.value, str)
        else origin
        for number, (name, origin) in enumerate(read.origins.items())
    }
    server = settings_work.Server("http://x", info, NUMBERED[3], tuple(NUMBERED))
    return Known(settings_work.Read(origins, NUMBERED[7]), server, listed, NUMBERED[9])


async def test_the_settings_and_a_question(app: TagsmithApp, idle: Idle) -> None:
    async with app.run_test(size=SIZE) as pilot:
        chat = await chat_of(app, pilot, idle)
        found: Any = SettingsScreen(chat.conversation, chat._snapshot, lambda _: None)
        await app.push_screen(found)
        await idle(pilot)
        found._learn(known())
        await pilot.pause()
        screen(app)
        assert_all_shown(every_row(found._list))
        rows = items(known())
        about: dict[RowKind, str] = dict.fromkeys(RowKind, "")
        for item in rows:
            about[item.kind] += "".join(map(clean, settings_about.about(item)))
        for kind in (RowKind.SERVER_MODEL, RowKind.VISION_MODEL, RowKind.NOTE):
            assert_all_shown(about[kind])
        told, ask = found.query_one("#told"), found.query_one("#ask")
        found._edit(rows[-1], "x")
        await pilot.pause()
        for index, text in enumerate(NUMBERED):
            found.refused(TagsmithError(text, text))
            seen(told)
            trial = Trial(text, 1.0, 2.0, index % 2 == 0, text)
            assert text[: text.index(" ")] in clean(line(settings_about.told(trial)))
            if index % 24 == 0:
                found._tried(trial)
            found._edit(dataclasses.replace(rows[-1], name=text), text)
            seen(ask)
            seen(found._field)
        await pilot.pause()
        screen(app)
        await app.push_screen(ConsentScreen(NUMBERED, NUMBERED[0]))
        await pilot.pause()
        assert "#0 " in screen(app)
        app.screen.query_one(VerticalScroll).styles.max_height = 2000
        await pilot.pause()
        assert_all_shown("".join(map(seen, app.screen.query("#consent-about Static"))))


async def test_the_first_run(idle: Idle, root: Path) -> None:
    app = TagsmithApp(open_folder=lambda _: None)  # type: ignore[arg-type, return-value]
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await app.workers.wait_for_complete()
        app.push_screen(FirstRunScreen(lambda _: None, None, root.name))  # type: ignore[arg-type, return-value]
        await idle(pilot)
        found: Any = app.screen
        assert "\\x1b[31m" in screen(app)
        server, trouble = found.query_one("#server"), found.query_one("#trouble")
        server.styles.height = trouble.styles.height = 4
        await pilot.pause()
        for text in NUMBERED:
            found._answered(found.Asked(None, text))
            assert numbers(seen(server))
            model = ModelInfo(text)
            info = ServerInfo(text, ServerKind.OTHER, (model,), (text,))
            for one in (
                settings_work.Server(text, None, "", (text,)),
                settings_work.Server(text, info, text),
            ):
                found._answered(found.Asked(one))
                assert numbers(seen(server))
            found._refused(found.Refused(text))
            assert numbers(seen(trouble))
            found._folder.put(text)
            seen(found._folder)
            seen(found._address)
    assert len(TEXTS) >= 200
