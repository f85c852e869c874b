"""The settings screen: what holds and from where, and changing it; models of both kinds."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from model_listings import v1_models
from model_replies import Hang, Reply, calls
from model_server import ModelServer
from textual.app import App
from textual.pilot import Pilot

from tagsmith.agent.server.trial import TOOL
from tagsmith.agent.settings import Settings
from tagsmith.tui import language, settings_about
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.consent import ConsentScreen
from tagsmith.tui.screens.settings import SettingsScreen
from tagsmith.tui.screens.settings_rows import Item, items
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.lines import LineList

Idle = Callable[[Pilot[int]], Awaitable[None]]
MakeApp = Callable[..., TagsmithApp]
SECRET = "sk-canary-0123456789"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The user's settings file, which is not there; nothing of the machine's is seen."""
    for name in [name for name in os.environ if name.startswith(("TAGSMITH_", "HF_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    path = tmp_path / "config" / "tagsmith" / "config.toml"
    path.parent.mkdir(parents=True)
    yield path
    language.use("en")


@pytest.fixture
def server(config: Path) -> Iterator[ModelServer]:
    with ModelServer() as found:
        config.write_text(f'# mine\nbase_url = "{found.base_url}" # here\n')
        yield found


def shown(app: App[Any]) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def opened(app: TagsmithApp, pilot: Pilot[int], idle: Idle) -> SettingsScreen:
    await idle(pilot)
    next(one for one in app.screen_stack if isinstance(one, ChatScreen)).submit("/settings")
    await idle(pilot)
    assert isinstance(app.screen, SettingsScreen)
    return app.screen


def rows_of(screen: SettingsScreen) -> list[Item]:
    assert screen._known is not None
    return items(screen._known)


def go_to(screen: SettingsScreen, name: str) -> None:
    names = [one.name for one in rows_of(screen)]
    screen.query_one(LineList).cursor = names.index(name)


async def test_every_setting_is_there_with_its_source(
    make_app: MakeApp, server: ModelServer, idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAGSMITH_TURN_TIMEOUT", "60")
    monkeypatch.setenv("TAGSMITH_API_KEY", SECRET)
    monkeypatch.setenv("TAGSMITH_PROXY", "http://me:hunter2@127.0.0.1:1")
    app = make_app()
    async with app.run_test(size=(120, 70)) as pilot:
        screen = await opened(app, pilot, idle)
        text = shown(app)
        for name in Settings.model_fields:
            assert f" {name} " in text
        assert any("turn_timeout" in row and "environment" in row for row in text.splitlines())
        assert "there is one; it is never shown" in text
        for item in rows_of(screen):
            told = "\n".join(one.plain for one in settings_about.about(item))
            assert SECRET not in text + told
            assert "hunter2" not in text + told
        go_to(screen, "base_url")
        await pilot.pause()
        assert "from: file (line 2)" in shown(app)


async def test_a_choice_is_changed_and_saved_at_once(
    make_app: MakeApp, config: Path, idle: Idle
) -> None:
    config.write_text('# mine\nlanguage = "en" # no other\n')
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, idle)
        go_to(screen, "language")
        await pilot.press("enter")
        await idle(pilot)
        assert config.read_text() == '# mine\nlanguage = "es" # no other\n'
        assert language.chosen() == "es"
        await pilot.press("d")
        await idle(pilot)
        assert config.read_text() == "# mine\n"


async def test_what_is_typed_is_judged_before_it_is_saved(
    make_app: MakeApp, config: Path, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, idle)
        go_to(screen, "context_length")
        await pilot.press("enter")
        field = screen.query_one("#value", TextField)
        for typed, says in (("10", "512"), ("many", "is a number")):
            field.put(typed)
            await pilot.press("enter")
            await idle(pilot)
            assert says in shown(app)
            assert not config.exists()
        field.put("16,384")
        await pilot.press("enter")
        await idle(pilot)
        assert config.read_text() == "context_length = 16384\n"
        assert "16384" in shown(app)
        assert "Saved." in shown(app)


async def test_a_broken_file_is_told_and_left_alone(
    make_app: MakeApp, config: Path, idle: Idle
) -> None:
    config.write_text("engine = \n")
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, idle)
        assert "not valid TOML" in shown(app)
        await pilot.press("enter", "d", "t", "x")
        await idle(pilot)
    assert config.read_text() == "engine = \n"


async def test_a_model_of_the_server_is_tried_and_chosen(
    make_app: MakeApp, server: ModelServer, config: Path, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 60)) as pilot:
        screen = await opened(app, pilot, idle)
        assert "4,096 of 262,144 · loaded · tools · 6.0 GB" in shown(app)
        server.script(calls((TOOL, {"number": 7})))
        await pilot.press("t")
        await idle(pilot)
        assert server.chats[-1].json["model"] == "qwen/qwen3.5-9b"
        assert "it calls tools" in shown(app)
        go_to(screen, "google/gemma-4-12b")
        await pilot.press("t")
        await idle(pilot)
        assert "it did not call the tool" in shown(app)
        await pilot.press("enter")
        await idle(pilot)
        assert 'model = "google/gemma-4-12b"\n' in config.read_text()
        list(screen.conversation.say("hello"))
        assert server.chats[-1].json["model"] == "google/gemma-4-12b"
        assert "hello" in str(server.chats[-1].json["messages"])


async def test_a_test_call_that_stalls_ends_with_the_screen(
    make_app: MakeApp, server: ModelServer, config: Path, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, idle)
        server.script(Reply((Hang(),)))
        await pilot.press("t")
        while not server.chats:
            await pilot.pause(0.01)
        await pilot.press("escape")
        began = time.monotonic()
        await idle(pilot)
        assert time.monotonic() - began < 5
        assert isinstance(app.screen, ChatScreen)


async def test_why_no_server_answers(make_app: MakeApp, config: Path, idle: Idle) -> None:
    config.write_text('base_url = "http://127.0.0.1:9/v1"\n')
    app = make_app()
    async with app.run_test(size=(120, 60)) as pilot:
        await opened(app, pilot, idle)
        text = shown(app)
        assert "Tried: http://127.0.0.1:9/v1/models" in text
        assert "The usual causes:" in text
        assert text.count("   - it ") == 3


async def test_names_of_models_are_harmless(
    make_app: MakeApp, config: Path, idle: Idle, assert_harmless: Callable[[App[Any]], None]
) -> None:
    hostile = "evil\x1b[2J\n* gpt-99  yes\u202e[@click=app.quit]x[/]"
    with ModelServer("other", routes={"/v1/models": v1_models(hostile, owner="me")}) as server:
        config.write_text(f'base_url = "{server.base_url}"\n')
        app = make_app()
        async with app.run_test(size=(120, 60)) as pilot:
            screen = await opened(app, pilot, idle)
            go_to(screen, hostile)
            await pilot.pause()
            assert "evil" in shown(app)
            assert_harmless(app)


async def test_thresholds_of_a_tagger_are_typed_on_its_row(
    make_app: MakeApp, config: Path, idle: Idle
) -> None:
    config.write_text('thresholds = ["other=0.5"]\n')
    app = make_app()
    async with app.run_test(size=(120, 60)) as pilot:
        screen = await opened(app, pilot, idle)
        go_to(screen, "joytag")
        await pilot.press("enter")
        field = screen.query_one("#value", TextField)
        field.put("0.3, character=2")
        await pilot.press("enter")
        await idle(pilot)
        assert "character=2" in shown(app)
        assert "joytag" not in config.read_text()
        field.put("0.3, character = 0.9")
        await pilot.press("enter")
        await idle(pilot)
        written = config.read_text()
        assert written == 'thresholds = ["other=0.5", "joytag=0.3", "joytag:character=0.9"]\n'
        assert screen.item is not None
        assert screen.item.cuts == "0.3, character=0.9"
        await pilot.press("d")
        await idle(pilot)
        assert config.read_text() == 'thresholds = ["other=0.5"]\n'


async def test_sections_by_tab_and_back_by_esc(make_app: MakeApp, config: Path, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, idle)
        names = []
        for key in ("tab", "tab", "shift+tab"):
            await pilot.press(key)
            assert screen.item is not None
            names.append(screen.item.name)
        assert names == ["engine", "models_folder", "engine"]
        await pilot.press("escape")
        await idle(pilot)
        assert isinstance(app.screen, ChatScreen)


async def test_a_question_is_answered_with_a_key(make_app: MakeApp, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        answers: list[bool | None] = []
        for key in ("y", "n", "escape"):
            app.push_screen(ConsentScreen(["a [red] model"], "Download it?"), answers.append)
            await pilot.pause()
            assert "a [red] model" in shown(app)
            await pilot.press(key)
        assert answers == [True, False, False]


def test_every_setting_can_be_typed_as_it_stands() -> None:
    settings = Settings(context_length=9000, thresholds=["a=0.5"])
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if name == "proxy" or isinstance(value, bool):
            continue
        again = settings_about.value(name, settings_about.typed(name, value))
        assert getattr(Settings(**{} if again is None else {name: again}), name) == value
