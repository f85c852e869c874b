"""How chat, review and history look.

After a change that is meant: ``pytest tests/tui/test_*snapshots.py --snapshot-update``, and look.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from textual.pilot import Pilot

from tagsmith.tools.journal import Entry
from tagsmith.tools.plan import Change, Kind, Totals
from tagsmith.tools.watch import Step, Watch
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.opening import Opened, Opening
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.history import HistoryScreen
from tagsmith.tui.widgets.prompt import Prompt
from tagsmith.tui.widgets.state_line import StateLine
from tagsmith.tui.widgets.transcript import Transcript

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
ORDER = "quita watermark y pon el trigger coco en los perros"
MARKDOWN = """\
The tag `long hair` stands in **12** captions, *dog* in 24:

- see [the guide](http://example.com/guide)
- or ask for more

| tag | images |
| --- | --- |
| dog | 24 |
"""
Compare = Callable[..., bool]
Idle = Callable[[Pilot[int]], Awaitable[None]]
Make = Callable[..., TagsmithApp]


class FixedJournal:
    """Four applied plans, one undone, at fixed times."""

    TITLES = (
        "Undo Remove hat from 6 captions: 6 files",
        "Remove hat from 6 captions",
        "Isolate 12 images in _isolated/monkeys",
        "Remove watermark from 18 captions; Put coco first in 24 captions",
    )

    def history(self) -> list[Entry]:
        return [
            Entry(
                id=f"000{4 - number}-ab12cd34",
                plan_id="ab12cd34ab12cd34",
                title=title,
                origin="chat",
                time=datetime(2026, 11, 21, 9, 30 - 4 * number, tzinfo=UTC),
                totals=Totals(files=(6, 6, 24, 36)[number]),
                undone="0004" if number == 1 else None,
            )
            for number, title in enumerate(self.TITLES)
        ]

    def changes(self, entry_id: str) -> Iterator[Change]:
        for number in range(1, 40):
            yield Change(
                Kind.EDIT,
                f"img_{number:04}.txt",
                b"dog, solo, watermark, grass",
                b"coco, dog, solo, grass",
                sample=f"img_{number:04}.png",
            )


def test_first_frame(make_app: Make, idle: Idle, snap_compare: Compare) -> None:
    assert snap_compare(make_app(suggestion=ORDER), run_before=idle)


def test_opening(snap_compare: Compare) -> None:
    def enter(watch: Watch) -> Opened:
        watch.tell(Step("reading", 12_000, 0, "captions"))
        while True:  # until the app ends
            watch.check()
            time.sleep(0.001)

    async def type_ahead(pilot: Pilot[int]) -> None:
        while not (isinstance(pilot.app.screen, ChatScreen) and "reading" in pilot.app.screen.busy):
            await pilot.pause()
        pilot.app.screen.query_one(Prompt).put(ORDER)
        await pilot.press("enter", *"and")
        foot: Any = pilot.app.screen.query_one(StateLine)
        foot._ticker.stop()  # the seconds that it took are not always the same
        foot.start(foot.doing)

    app = TagsmithApp(opening=Opening("pets", enter))
    assert snap_compare(app, run_before=type_ahead)


@SIZES
def test_chat_with_a_card(
    make_app: Make, idle: Idle, snap_compare: Compare, size: tuple[int, int]
) -> None:
    async def order(pilot: Pilot[int]) -> None:
        await idle(pilot)
        screen: Any = pilot.app.screen
        screen.submit(ORDER)
        await idle(pilot)

    assert snap_compare(make_app(), terminal_size=size, run_before=order)


@pytest.mark.parametrize("theme", ["light", "ansi"])
def test_chat_in_other_colours(
    make_app: Make, idle: Idle, snap_compare: Compare, theme: str
) -> None:
    async def order(pilot: Pilot[int]) -> None:
        await idle(pilot)
        screen: Any = pilot.app.screen
        screen.query_one(Transcript).markdown = True
        screen.query_one(Transcript).say(MARKDOWN)
        screen.submit(ORDER)
        await idle(pilot)
        await pilot.press("escape", "shift+tab", "enter")

    assert snap_compare(make_app(theme=theme), terminal_size=(100, 40), run_before=order)


def test_review(make_app: Make, idle: Idle, snap_compare: Compare) -> None:
    async def review(pilot: Pilot[int]) -> None:
        await _review(pilot, idle)
        await pilot.press("down", "space")

    assert snap_compare(make_app(), run_before=review)


def test_last_question(make_app: Make, idle: Idle, snap_compare: Compare) -> None:
    async def ask(pilot: Pilot[int]) -> None:
        await _review(pilot, idle, apply=True)

    assert snap_compare(make_app(), run_before=ask)


async def _review(pilot: Pilot[int], idle: Idle, *, apply: bool = False) -> None:
    await idle(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, ChatScreen)
    screen.submit(ORDER)
    await idle(pilot)
    screen.review(apply=apply)
    await idle(pilot)


@pytest.mark.parametrize(
    ("opened", "size"), [(False, (80, 24)), (True, (120, 40))], ids=["list", "entry"]
)
def test_history(
    make_app: Make, idle: Idle, snap_compare: Compare, opened: bool, size: tuple[int, int]
) -> None:
    async def history(pilot: Pilot[int]) -> None:
        await idle(pilot)
        await pilot.app.push_screen(HistoryScreen(FixedJournal()))  # type: ignore[arg-type]
        await idle(pilot)
        if opened:
            await pilot.press("enter")
            await idle(pilot)

    assert snap_compare(make_app(), terminal_size=size, run_before=history)
