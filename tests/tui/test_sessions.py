"""Sessions in the chat: quitting with a plan pending, and going on where one left off."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from textual.app import App
from textual.pilot import Pilot

from tagsmith.agent import session_files as files
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Engine
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server_engine import ServerEngine
from tagsmith.agent.session import Session, session_for
from tagsmith.tools import toolbox
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.watch import Step, Watch
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.review import ReviewScreen
from tagsmith.tui.widgets.plan_card import PlanCard
from tagsmith.tui.widgets.prompt import Prompt
from tagsmith.tui.widgets.state_line import StateLine
from tagsmith.tui.widgets.transcript import Earlier

Idle = Callable[[Pilot[int]], Awaitable[None]]
KEY = "sk-canary-4f1d8b6a2c"
ORDER = "quita watermark y pon el trigger coco en los perros"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "tagsmith" / "sessions"


@pytest.fixture
def begin(pets: Path, engine: Engine) -> Callable[[], Conversation]:
    def make() -> Conversation:
        workspace = Workspace.open(pets)
        return Conversation(workspace, engine, session=session_for(workspace.root))

    return make


@pytest.fixture
def go_on(place: Path, engine: Engine) -> Callable[[], Conversation]:
    def make() -> Conversation:
        saved = files.read(files.paths(place)[0])
        workspace = Workspace.open(saved.root)
        return Conversation(workspace, engine, session=Session.resume(saved), earlier=saved)

    return make


Make = Callable[[], Conversation]


def chat(app: TagsmithApp) -> ChatScreen:
    return next(one for one in app.screen_stack if isinstance(one, ChatScreen))


def shown(app: TagsmithApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def say(app: TagsmithApp, pilot: Pilot[int], text: str, idle: Idle) -> None:
    chat(app).query_one(Prompt).put(text)
    chat(app).query_one(Prompt).focus()
    await pilot.press("enter")
    await idle(pilot)


async def test_a_pending_plan_outlives_the_chat_and_can_be_applied(
    begin: Make, go_on: Make, idle: Idle, pets: Path, no_grace: None
) -> None:
    before = (pets / "img_0006.txt").read_text()
    first = begin()
    app = TagsmithApp(first)
    async with app.run_test(size=(80, 30)) as pilot:
        await say(app, pilot, "hello there", idle)
        await say(app, pilot, "small", idle)
        await pilot.press("ctrl+q")
    first.close()
    assert (pets / "img_0006.txt").read_text() == before
    second = go_on()
    app = TagsmithApp(second)
    async with app.run_test(size=(80, 30)) as pilot:
        await idle(pilot)
        screen = shown(app)
        assert "hello there" in screen
        assert "You said: hello there" in screen
        assert "Resumed the session of" in screen
        assert app.screen.query_one(PlanCard).plan.totals.files == 1
        await pilot.press("a", "a")
        await idle(pilot)
        assert (pets / "img_0006.txt").read_text() == "monkey, outdoors, watermark"
        await pilot.press("up")
        assert app.screen.query_one(Prompt).text == "small"
    second.close()
    third = go_on()
    app = TagsmithApp(third)
    async with app.run_test(size=(80, 30)) as pilot:
        await idle(pilot)
        assert "✓ applied 1 file" in shown(app)
        assert chat(app).pending is None
    third.close()


async def test_what_the_review_decided_is_kept_when_one_quits_from_it(
    begin: Make, go_on: Make, idle: Idle, no_grace: None
) -> None:
    first = begin()
    app = TagsmithApp(first)
    async with app.run_test(size=(80, 30)) as pilot:
        await say(app, pilot, ORDER, idle)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, ReviewScreen)
        await pilot.press("space", "space", "ctrl+q")
    first.close()
    second = go_on()
    app = TagsmithApp(second)
    async with app.run_test(size=(80, 30)) as pilot:
        await idle(pilot)
        assert app.screen.query_one(PlanCard).plan.totals.files == 34
    second.close()


async def test_what_the_review_decided_is_kept_at_once(
    begin: Make, idle: Idle, place: Path, no_grace: None
) -> None:
    app = TagsmithApp(begin())
    async with app.run_test(size=(80, 30)) as pilot:
        await say(app, pilot, ORDER, idle)
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("space", "escape")
        await idle(pilot)
        saved = files.read(files.paths(place)[0])
        assert saved.plan is not None
        assert saved.plan.dropped == ["img_0001.png"]
        assert saved.plan.files == 35


def test_a_stop_while_the_plan_is_brought_back_leaves_it_in_the_session(
    begin: Make, go_on: Make
) -> None:
    first = begin()
    list(first.say("small"))
    first.close()
    stopped = go_on()
    stopped.workspace.watch = Watch(stopped=lambda: True)
    (told,) = stopped.bring_back()
    assert "It is kept" in told
    assert not stopped.pending()
    list(stopped.say("hello there"))
    stopped.close()
    third = go_on()
    assert third.bring_back() == []
    assert third.workspace.files == 1
    third.close()


async def test_what_no_longer_applies_is_told(
    begin: Make, go_on: Make, idle: Idle, pets: Path
) -> None:
    first = begin()
    list(first.say("small"))
    first.close()
    (pets / "img_0006.txt").write_text("monkey")
    for other in pets.glob("*.txt"):
        other.write_text(other.read_text().replace("hat", "cap"))
    second = go_on()
    app = TagsmithApp(second)
    async with app.run_test(size=(80, 30)) as pilot:
        await idle(pilot)
        assert "Step 1, prune_tags, no longer applies" in shown(app)
        assert chat(app).pending is None
    second.close()


async def test_of_a_long_session_only_the_end_is_shown(
    begin: Make, go_on: Make, idle: Idle
) -> None:
    first = begin()
    for number in range(100):
        list(first.say(f"talk {number}"))
    first.close()
    second = go_on()
    app = TagsmithApp(second)
    async with app.run_test(size=(80, 30)) as pilot:
        await idle(pilot)
        earlier = app.screen.query_one(Earlier)
        assert "… 70 earlier turns" in str(earlier.render())
        assert "talk 99" in shown(app)
        assert len(chat(app).query(".message")) < 80
        await say(app, pilot, "talk 100", idle)
        assert "You said: talk 100" in shown(app)
    second.close()
    assert files.read(files.paths(files.folder())[0]).last_turn == 101


async def test_what_a_session_file_holds_steers_nothing(
    go_on: Make,
    idle: Idle,
    pets: Path,
    hostile_texts: tuple[str, ...],
    assert_harmless: Callable[[App[Any]], None],
) -> None:
    session = Session(str(pets))
    for text in hostile_texts[::3]:
        session.words(text)
        session.settled("applied", text)
    session.close()
    second = go_on()
    app = TagsmithApp(second)
    async with app.run_test(size=(80, 40)) as pilot:
        await idle(pilot)
        assert_harmless(app)
        for _ in range(6):
            await pilot.press("pageup")
            await pilot.pause()
            assert_harmless(app)
    second.close()


async def test_quitting_stops_the_work_and_keeps_what_it_staged(
    begin: Make, idle: Idle, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = threading.Event()

    def work(workspace: Workspace, name: str, arguments: dict[str, object]) -> Outcome:
        began.set()
        while True:
            workspace.watch.check()
            time.sleep(0.001)

    first = begin()
    list(first.say("small"))
    monkeypatch.setattr(toolbox, "call", work)
    app = TagsmithApp(first)
    async with app.run_test(size=(80, 30)) as pilot:
        await idle(pilot)
        chat(app).submit("/prune_tags dog")
        while not began.is_set():
            await pilot.pause()
        await pilot.press("ctrl+q")
    first.close()
    saved = files.read(files.paths(place)[0])
    assert saved.plan is not None
    assert saved.plan.files == 1


async def test_a_long_tool_tells_how_far_it_is_and_esc_ends_it(
    begin: Make, idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []

    def work(workspace: Workspace, name: str, arguments: dict[str, object]) -> Outcome:
        for number in range(1, 100_000):
            workspace.watch.tell(Step("Tagging", min(number, 120), 1000))
            told.append(number)
            workspace.watch.check("Stopped at 120 images; the scores are kept.")
            time.sleep(0.0005)
        return Outcome("done")

    monkeypatch.setattr(toolbox, "call", work)
    app = TagsmithApp(begin())
    async with app.run_test(size=(80, 30)) as pilot:
        await idle(pilot)
        drawn = []
        real = StateLine.change
        monkeypatch.setattr(
            StateLine, "change", lambda self, text: (drawn.append(text), real(self, text))[1]
        )
        chat(app).submit("/prune_tags dog")
        began = time.monotonic()
        while "Tagging 120 of 1,000 images" not in shown(app):
            await pilot.pause()
        seconds = time.monotonic() - began
        assert len(drawn) <= 2 + seconds * 10
        assert "esc stop" in shown(app)
        await pilot.press("escape")
        await idle(pilot)
        assert "Stopped at 120 images; the scores are kept." in shown(app)
        assert chat(app).busy == ""
        chat(app).conversation.workspace.watch.check()
    assert drawn[-1] == "stopping"
    assert len(told) < 99_000


def test_a_crash_tells_no_values_and_loses_no_plan(
    begin: Make,
    go_on: Make,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = begin()
    list(first.say("small"))
    first.engine = ServerEngine(Endpoint("http://127.0.0.1:9/v1", key=SecretStr(KEY)))

    def broken(self: ChatScreen, message: object) -> None:
        api_key, endpoint = KEY, first.engine.endpoint
        raise RuntimeError(f"a mistake of {len(api_key)} signs, {bool(endpoint)}")

    adopt = ChatScreen._adopt
    monkeypatch.setattr(ChatScreen, "_adopt", broken)
    app = TagsmithApp(first)
    app.run(headless=True)
    assert app.return_code == 1
    out, err = capfd.readouterr()
    assert "a mistake of 20 signs" in out + err
    assert KEY not in out + err
    assert "watermark" not in out + err
    first.close()
    monkeypatch.setattr(ChatScreen, "_adopt", adopt)
    second = go_on()
    assert second.bring_back() == []
    assert second.workspace.files == 1
    second.close()
    assert KEY not in files.paths(files.folder())[0].read_text()


async def test_a_mistake_in_a_job_is_told_without_the_key(
    pets: Path, engine: Engine, idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(workspace: Workspace, name: str, arguments: dict[str, object]) -> Outcome:
        raise RuntimeError(f"Illegal header value 'Bearer {KEY}'")

    monkeypatch.setattr(toolbox, "call", broken)
    session = session_for(str(pets), [SecretStr(KEY)])
    app = TagsmithApp(Conversation(Workspace.open(pets), engine, session=session))
    async with app.run_test(size=(80, 30)) as pilot:
        await idle(pilot)
        chat(app).submit("/prune_tags dog")
        await idle(pilot)
        assert "Illegal header value 'Bearer [key]'" in shown(app)
        assert chat(app).busy == ""
