"""The chat before its dataset is open: what is seen, typed, stopped, and told when it fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Engine
from tagsmith.tools.errors import DatasetError
from tagsmith.tools.watch import Step, Watch
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.opening import Opened, Opening
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.first_run import FirstRunScreen
from tagsmith.tui.widgets.palette import SAYS
from tagsmith.tui.widgets.prompt import Prompt
from tagsmith.tui.widgets.waiting import Waiting

Idle = Callable[[Pilot[int]], Awaitable[None]]
PATIENCE = 60.0


class Door:
    """Opens a dataset when it is told to."""

    def __init__(self, root: Path, engine: Engine) -> None:
        self.root, self.engine = root, engine
        self.notes: tuple[str, ...] = ()
        self.refusal: Exception | None = None
        self.reached, self.free = threading.Event(), threading.Event()

    def opening(self, name: str = "pets") -> Opening:
        return Opening(name, self.enter, "remove hat")

    def enter(self, watch: Watch) -> Opened:
        watch.tell(Step("reading", 12_000, 0, "captions"))
        self.reached.set()
        began = time.monotonic()
        while not self.free.wait(0.002) and time.monotonic() - began < PATIENCE:
            watch.check("Not read to its end.")
        if self.refusal is not None:
            raise self.refusal
        return Opened(Conversation(Workspace.open(self.root), self.engine), self.notes)


@pytest.fixture
def door(pets: Path, engine: Engine) -> Door:
    return Door(pets, engine)


def shown(app: TagsmithApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def at_the_door(pilot: Pilot[int], door: Door) -> None:
    """Wait until the dataset is being opened and what that tells is drawn."""
    while not door.reached.is_set():
        await pilot.pause()
    await pilot.pause()


async def say(pilot: Pilot[int], text: str) -> None:
    pilot.app.screen.query_one(Prompt).put(text)
    await pilot.press("enter")


async def test_the_name_stands_there_before_anything_is_read(door: Door, idle: Idle) -> None:
    app = TagsmithApp(opening=door.opening("[/]\x1b pets"))
    async with app.run_test(size=(80, 24)) as pilot:
        await at_the_door(pilot, door)
        screen = shown(app).splitlines()
        assert screen[0].strip() == "[/]\\x1b pets"
        assert "Opening [/]\\x1b pets …" in screen[2]
        assert "reading 12,000 captions" in screen[-1]
        assert app.screen.query_one(Prompt).has_focus
        door.free.set()
        await idle(pilot)
        assert "Opening" not in shown(app)
        assert "48 images" in shown(app).splitlines()[0]
        assert app.conversation is not None


async def test_what_is_sent_meanwhile_waits_in_sight_and_is_answered(
    door: Door, idle: Idle
) -> None:
    app = TagsmithApp(opening=door.opening())
    async with app.run_test(size=(80, 30)) as pilot:
        await at_the_door(pilot, door)
        await pilot.press("tab")
        assert app.screen.query_one(Prompt).text == "remove hat"
        for text in ("one", "/history", "two", "three", "four"):
            await say(pilot, text)
        await pilot.press(*"half")
        rows = [row.strip() for row in shown(app).splitlines()]
        first = rows.index(f"{SAYS} one")
        assert rows[first : first + 4] == [
            f"{SAYS} one",
            f"{SAYS} /history",
            f"{SAYS} two",
            "and 2 more",
        ]
        assert "5 waiting" in rows[-1]
        door.free.set()
        await idle(pilot)
        await idle(pilot)
        await pilot.press("escape")
        screen = shown(app)
        said = [screen.index(f"You said: {text}") for text in ("one", "two", "three", "four")]
        assert said == sorted(said)
        assert app.screen.query_one(Prompt).text == "half"
        assert "waiting" not in screen


async def test_words_typed_at_once_behind_others_are_words_of_their_own(
    door: Door, idle: Idle
) -> None:
    app = TagsmithApp(opening=door.opening())
    async with app.run_test(size=(80, 30)) as pilot:
        await at_the_door(pilot, door)
        for key in ("o", "n", "e", "enter", "t", "w", "o", "enter", "h"):
            event = events.Key(key, "\r" if key == "enter" else key)
            app.screen.query_one(Prompt).post_message(event)
        await pilot.pause()
        assert list(app.screen.query_one(Waiting).texts) == ["one", "two"]
        assert app.screen.query_one(Prompt).text == "h"
        door.free.set()
        await idle(pilot)
        assert "You said: two" in shown(app)


async def test_what_waits_can_be_taken_back(door: Door, idle: Idle) -> None:
    app = TagsmithApp(opening=door.opening())
    async with app.run_test(size=(80, 30)) as pilot:
        await at_the_door(pilot, door)
        await say(pilot, "one")
        await say(pilot, "two")
        await pilot.press("ctrl+c")
        assert app.screen.query_one(Prompt).text == "two"
        assert "1 waiting" in shown(app)
        door.free.set()
        await idle(pilot)
        assert "You said: one" in shown(app)
        assert "You said: two" not in shown(app)


async def test_commands_complete_and_help_opens_before_the_dataset_does(door: Door) -> None:
    app = TagsmithApp(opening=door.opening())
    async with app.run_test(size=(80, 24)) as pilot:
        await at_the_door(pilot, door)
        app.screen.query_one(Prompt).put("/hi")
        await pilot.press("tab")
        assert app.screen.query_one(Prompt).text == "/history "
        await pilot.press("ctrl+c", "question_mark")
        assert "Say what you want in English or Spanish" in shown(app)
        door.free.set()


async def test_esc_stops_it_and_asks_for_another_folder(door: Door, idle: Idle) -> None:
    app = TagsmithApp(opening=door.opening(), open_folder=lambda _: door.opening())
    async with app.run_test(size=(80, 24)) as pilot:
        await at_the_door(pilot, door)
        await pilot.press("escape")
        await idle(pilot)
        assert isinstance(app.screen, FirstRunScreen)
        door.free.set()
        await pilot.press("x", "enter")
        await idle(pilot)
        assert isinstance(app.screen, ChatScreen)


async def test_esc_stops_what_the_first_screen_opens(door: Door, idle: Idle) -> None:
    app = TagsmithApp(open_folder=lambda _: door.opening())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("x", "enter")
        await at_the_door(pilot, door)
        assert "reading 12,000 captions … esc stops it" in shown(app)
        await pilot.press("escape")
        await idle(pilot)
        assert "Not read to its end." in shown(app)
        door.free.set()
        await pilot.press("enter")
        await idle(pilot)
        assert isinstance(app.screen, ChatScreen)


@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+d"])
async def test_quitting_does_not_wait_for_it(door: Door, idle: Idle, key: str) -> None:
    app = TagsmithApp(opening=door.opening(), open_folder=lambda _: door.opening())
    async with app.run_test(size=(80, 24)) as pilot:
        await at_the_door(pilot, door)
        await pilot.press(key)
        await idle(pilot)
        assert app._exit
    assert app.refusal is None
    assert not app.return_code


async def test_a_dataset_that_does_not_open_ends_the_app(door: Door, idle: Idle) -> None:
    door.refusal = DatasetError("There are no images.", "Check.")
    door.free.set()
    app = TagsmithApp(opening=door.opening(), open_folder=lambda _: door.opening())
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert app._exit
    assert app.refusal is door.refusal
    assert app.return_code == 1


def test_a_mistake_while_opening_ends_the_app(
    door: Door, capfd: pytest.CaptureFixture[str]
) -> None:
    door.refusal = RuntimeError("a mistake")
    door.free.set()
    app = TagsmithApp(opening=door.opening(), open_folder=lambda _: door.opening())
    app.run(headless=True)
    assert app.return_code == 1
    out, err = capfd.readouterr()
    assert "a mistake" in out + err


async def test_what_recovery_did_is_shown_in_the_chat(door: Door, idle: Idle) -> None:
    door.notes = ("A plan was cut short: [/] 3 files are as before.",)
    door.free.set()
    app = TagsmithApp(opening=door.opening())
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert "! A plan was cut short: [/] 3 files are as before." in shown(app)
        assert "Say what to change." in shown(app)
    assert app.notes == door.notes
