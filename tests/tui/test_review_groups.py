"""The review by step and by tag change, what deserves a look, and what no key may do too early."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.review import ReviewScreen
from tagsmith.tui.widgets.confirm import Confirm
from tagsmith.tui.widgets.edge import EdgeLine
from tagsmith.tui.widgets.lines import LineList
from tagsmith.tui.widgets.preview import Preview
from tagsmith.tui.widgets.prompt import Prompt

Idle = Callable[[Pilot[int]], Awaitable[None]]
MakeApp = Callable[..., TagsmithApp]
Open = Callable[..., AbstractAsyncContextManager[Pilot[int]]]
ORDER = "quita watermark y pon el trigger coco en los perros"
MINUS = "\N{MINUS SIGN}"


@pytest.fixture
def reviewing(make_app: MakeApp, idle: Idle) -> Open:
    """Open the review of what an order stages; the app's own keys follow."""

    @asynccontextmanager
    async def opened(
        order: str = ORDER, size: tuple[int, int] = (80, 24)
    ) -> AsyncIterator[Pilot[int]]:
        app = make_app()
        async with app.run_test(size=size) as pilot:
            await idle(pilot)
            chat = app.screen
            assert isinstance(chat, ChatScreen)
            chat.submit(order)
            await idle(pilot)
            chat.review()
            await idle(pilot)
            yield pilot

    return opened


@pytest.fixture
def press() -> Callable[..., Awaitable[None]]:
    """Press keys, and wait for what threads make of them."""

    async def press(pilot: Pilot[int], *keys: str) -> None:
        if keys:
            await pilot.press(*keys)
        for _ in range(2):
            await pilot.app.workers.wait_for_complete()
            await pilot.pause()

    return press


def rows(pilot: Pilot[int]) -> list[str]:
    files = pilot.app.screen.query_one("#files", LineList)
    return [files.render_line(index).text.rstrip() for index in range(files._rows.count)]


def shown(pilot: Pilot[int], selector: str = "#diff") -> str:
    return str(pilot.app.screen.query_one(selector, Static).content)


def edge(pilot: Pilot[int], selector: str) -> str:
    line = pilot.app.screen.query_one(selector, EdgeLine)
    return f"{line.left.plain} | {line.right.plain}"


async def test_the_head_counts_tags_and_categories_of_what_is_kept(
    reviewing: Open, press: Callable[..., Awaitable[None]]
) -> None:
    async with reviewing() as pilot:
        assert f"{MINUS}18 +18 · 36 edits · nothing written yet" in edge(pilot, "#head")
        await press(pilot, "space")
        assert f"36 files · 2 steps | {MINUS}18 +18" not in edge(pilot, "#head")
        assert f"{MINUS}17 +17 · 35 edits" in edge(pilot, "#head")
        await press(pilot, "R")
        assert "no changes" in edge(pilot, "#head")


async def test_groups_by_step_show_the_call_and_its_files(
    reviewing: Open, press: Callable[..., Awaitable[None]]
) -> None:
    async with reviewing() as pilot:
        await press(pilot, "g")
        first, second = rows(pilot)
        assert first.startswith(" [x] 1 Remove watermark")
        assert first.endswith(" 18")
        assert second.endswith(" 24")
        await press(pilot, "down")
        assert "add_trigger\n  trigger: coco\n" in shown(pilot)
        assert "  where: dog" in shown(pilot)
        await press(pilot, "enter")
        assert "step 2" in edge(pilot, "#foot")
        assert all(MINUS not in one or "+1" in one for one in rows(pilot)[:20])
        await press(pilot, "escape")
        assert rows(pilot)[1] == second
        await press(pilot, "space")
        assert rows(pilot)[1].startswith(" [ ] 2")
        assert "dropped: it runs no more" in shown(pilot)
        await press(pilot, "escape")
        assert len(rows(pilot)) == 18


async def test_a_tag_change_rejected_everywhere_is_not_written_and_can_be_taken_back(
    reviewing: Open, press: Callable[..., Awaitable[None]], pets: Path
) -> None:
    async with reviewing() as pilot:
        await press(pilot, "g", "g")
        told = rows(pilot)
        assert told[0].split() == ["[x]", "+coco", "»", "first", "18"]
        assert told[1].split() == ["[x]", f"{MINUS}watermark", "18"]
        await press(pilot, "down", "space")
        assert rows(pilot)[1].split()[2:] == [f"{MINUS}watermark", "rejected", "18"]
        assert "1 tag change rejected" in edge(pilot, "#head")
        assert "+18" in edge(pilot, "#head")
        assert "rejected in every file" in shown(pilot)
        await press(pilot, "space", "up", "space")
        assert rows(pilot)[0].startswith(" [ ] +coco")
        await press(pilot, "escape")
        assert len(rows(pilot)) == 24
        await press(pilot, "w")
        await press(pilot, *"24", "enter")
        assert isinstance(pilot.app.screen, ChatScreen)
    assert (pets / "img_0001.txt").read_text() == "dog, solo, brown fur, grass"
    assert (pets / "img_0002.txt").read_text() == "dog, running, outdoors, grass"


async def test_a_plan_of_which_everything_is_rejected_can_be_opened_again(
    reviewing: Open, press: Callable[..., Awaitable[None]]
) -> None:
    async with reviewing("small") as pilot:
        await press(pilot, "g", "g")
        await press(pilot, "space")
        await press(pilot, "escape")
        assert "g shows what was rejected" in shown(pilot)
        await press(pilot, "escape")
        chat = pilot.app.screen
        assert isinstance(chat, ChatScreen)
        assert chat.pending is None
        chat.review()
        await press(pilot)
        await press(pilot, "g", "g")
        await press(pilot, "space")
        await press(pilot, "escape")
        assert len(rows(pilot)) == 1


async def test_files_without_a_tag_change_have_a_group_of_their_own(
    reviewing: Open, press: Callable[..., Awaitable[None]]
) -> None:
    async with reviewing("order") as pilot:
        await press(pilot, "g", "g")
        assert rows(pilot)[0].split() == ["other", "changes", "1"]
        await press(pilot, "space")
        assert "no tag change to reject" in edge(pilot, "#foot")
        await press(pilot, "enter")
        assert len(rows(pilot)) == 1


async def test_files_that_deserve_a_look_are_marked_and_found(
    make_app: MakeApp, reviewing: Open, press: Callable[..., Awaitable[None]], pets: Path
) -> None:
    (pets / "img_0006.txt").write_text("monkey, ha\u202et\U000e0041, watermark")
    async with reviewing(size=(120, 30)) as pilot:
        assert "?" in rows(pilot)[4]
        assert "marked" in edge(pilot, "#accepted")
        await press(pilot, "n")
        assert "? 2 hidden characters in the new text" in shown(pilot)
        assert "○" not in shown(pilot)


async def test_next_goes_between_the_last_matches_once_the_filter_is_off(
    reviewing: Open, press: Callable[..., Awaitable[None]]
) -> None:
    async with reviewing() as pilot:
        await press(pilot, "slash", *"hat", "enter")
        assert len(rows(pilot)) == 6
        await press(pilot, "n")
        assert pilot.app.screen.query_one("#files", LineList).cursor == 1
        await press(pilot, "slash", "ctrl+u", "enter")
        await press(pilot, "n")
        assert "img_0006" in shown(pilot)
        await press(pilot, "N")
        assert "img_0046" in shown(pilot)


async def test_no_and_here_is_why_goes_to_the_model(
    reviewing: Open, press: Callable[..., Awaitable[None]], pets: Path
) -> None:
    async with reviewing() as pilot:
        await press(pilot, "t")
        chat = pilot.app.screen
        assert isinstance(chat, ChatScreen)
        assert chat.query_one(Prompt).has_focus
        assert chat.pending is not None
        await press(pilot, *"no", "enter")
        assert chat.pending is None
        assert chat.conversation.words == ["no"]
    assert (pets / "img_0001.txt").read_text().endswith("watermark, grass")


async def test_keys_typed_ahead_decide_nothing(with_grace: None, reviewing: Open) -> None:
    async with reviewing() as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ReviewScreen)
        screen._opened += 1000
        await pilot.press("space", "R", "x", "e", "t", "w", "enter")
        assert screen.is_current
        assert edge(pilot, "#accepted").startswith("36 of 36 accepted")
        assert not screen.query_one(Confirm).display
        await pilot.press("down")
        assert "img_0002" in shown(pilot)
        screen._opened = 0.0
        await pilot.press("space")
        assert edge(pilot, "#accepted").startswith("35 of 36 accepted")


async def test_the_last_question_takes_no_answer_that_was_typed_before_it(
    with_grace: None, reviewing: Open, press: Callable[..., Awaitable[None]]
) -> None:
    async with reviewing("small") as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ReviewScreen)
        screen._opened = 0.0
        await press(pilot, "w")
        bar = screen.query_one(Confirm)
        bar._asked += 1000
        await press(pilot, "enter", "A", "1", "enter")
        assert screen.is_current
        assert bar.display
        bar._asked = 0.0
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ChatScreen)


async def test_a_long_question_takes_two_lines_and_keeps_its_field(
    reviewing: Open, press: Callable[..., Awaitable[None]]
) -> None:
    async with reviewing(size=(60, 20)) as pilot:
        await press(pilot, "w")
        bar = pilot.app.screen.query_one(Confirm)
        assert bar.size.height == 2
        field = bar.query_one("#count")
        assert field.region.right <= 60
        assert field.size.width >= 8
        assert field.has_focus


async def test_the_picture_can_be_shown_and_hidden(
    reviewing: Open, press: Callable[..., Awaitable[None]], pets: Path
) -> None:
    async with reviewing() as pilot:
        picture = pilot.app.screen.query_one(Preview)
        assert not picture.display
        await press(pilot, "p", "down")
        assert picture.display
        assert picture._path == str(pets / "img_0002.png")
        await press(pilot, "g")
        assert not picture.display
    async with reviewing(size=(120, 40)) as pilot:
        assert pilot.app.screen.query_one(Preview).display
        await press(pilot, "p")
        assert not pilot.app.screen.query_one(Preview).display
