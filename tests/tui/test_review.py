"""The review, driven by keys: files, steps, a caption by hand, the filter, the last question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Static

from tagsmith.tools.plan import Change, Kind, Plan, Totals
from tagsmith.tui import jobs
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.review import ReviewScreen
from tagsmith.tui.widgets.confirm import Confirm
from tagsmith.tui.widgets.edge import EdgeLine
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.lines import LineList
from tagsmith.tui.widgets.plan_rows import PlanRows

Idle = Callable[[Pilot[int]], Awaitable[None]]
MakeApp = Callable[..., TagsmithApp]
ORDER = "quita watermark y pon el trigger coco en los perros"


def text_of(app: TagsmithApp, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).content)


def accepted(app: TagsmithApp) -> str:
    return app.screen.query_one("#accepted", EdgeLine).left.plain


def foot(app: TagsmithApp) -> str:
    return app.screen.query_one("#foot", EdgeLine).left.plain


async def open_review(app: TagsmithApp, pilot: Pilot[int], idle: Idle, order: str = ORDER) -> None:
    await idle(pilot)
    chat = app.screen
    assert isinstance(chat, ChatScreen)
    chat.submit(order)
    await idle(pilot)
    chat.review()
    await idle(pilot)
    assert isinstance(app.screen, ReviewScreen)


async def confirm(app: TagsmithApp, pilot: Pilot[int], idle: Idle, *, counted: bool) -> None:
    """Answer the last question, which asks for the number of files only where much is at stake."""
    await pilot.press("w")
    await idle(pilot)
    bar = app.screen.query_one(Confirm)
    assert bar.display
    assert bar._plan is not None
    assert bar._counted is counted
    if counted:
        await pilot.press(*str(bar._plan.totals.files))
    await pilot.press("enter")
    await idle(pilot)


async def test_the_file_at_the_cursor_is_shown_with_signs(make_app: MakeApp, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await open_review(app, pilot, idle)
        shown = text_of(app, "#diff")
        assert "img_0001.txt" in shown
        assert "+coco, dog, solo, brown fur, −watermark, grass" in shown  # noqa: RUF001
        assert "before\ndog, solo, brown fur, watermark, grass" in shown
        assert "after\ncoco, dog, solo, brown fur, grass" in shown
        assert "step 1 · Remove watermark" in shown
        await pilot.press("down")
        assert "img_0002.txt" in text_of(app, "#diff")


async def test_a_dropped_file_is_not_written(make_app: MakeApp, idle: Idle, pets: Path) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_review(app, pilot, idle)
        assert accepted(app) == "36 of 36 accepted"
        await pilot.press("space")
        assert accepted(app) == "35 of 36 accepted"
        await pilot.press("up", "space", "up", "space")
        assert accepted(app) == "35 of 36 accepted"
        await confirm(app, pilot, idle, counted=True)
        assert isinstance(app.screen, ChatScreen)
    assert (pets / "img_0001.txt").read_text() == "dog, solo, brown fur, watermark, grass"
    assert (pets / "img_0003.txt").read_text() == "cat, indoors, solo"


async def test_dropping_a_step_leaves_the_other(make_app: MakeApp, idle: Idle, pets: Path) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_review(app, pilot, idle)
        await pilot.press("x")
        assert app.screen.query_one("#steps", LineList).has_focus
        await pilot.press("x")
        await idle(pilot)
        assert accepted(app) == "24 of 24 accepted"
        await pilot.press("x")
        await idle(pilot)
        assert accepted(app) == "36 of 36 accepted"
        await pilot.press("down", "space")
        await idle(pilot)
        assert accepted(app) == "18 of 18 accepted"
        await pilot.press("escape")
        await confirm(app, pilot, idle, counted=True)
    assert (pets / "img_0001.txt").read_text() == "dog, solo, brown fur, grass"


async def test_a_caption_edited_by_hand_is_written_and_marked(
    make_app: MakeApp, idle: Idle, pets: Path
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_review(app, pilot, idle)
        await pilot.press("e")
        editor = app.screen.query_one("#editor", TextField)
        assert editor.has_focus
        editor.put(f"{editor.text}, mine")
        await pilot.press("enter")
        await idle(pilot)
        assert "yours" in text_of(app, "#diff")
        row = app.screen.query_one("#files", LineList).render_line(0).text
        assert "[~]" in row
        assert "yours" in row
        await confirm(app, pilot, idle, counted=True)
    assert (pets / "img_0001.txt").read_text() == "coco, dog, solo, brown fur, grass, mine"


async def test_leaving_the_editor_changes_nothing(make_app: MakeApp, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_review(app, pilot, idle)
        await pilot.press("e", "z", "escape")
        await pilot.press("e", "enter")
        assert app.screen.query_one("#files", LineList).has_focus
        assert "yours" not in text_of(app, "#diff")


async def test_a_caption_that_the_editor_would_change_is_not_edited_here(
    make_app: MakeApp, idle: Idle, pets: Path
) -> None:
    (pets / "img_0001.txt").write_bytes("dog, watermark, a\x0bb\x1cc\u2028d".encode())
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_review(app, pilot, idle)
        await pilot.press("e")
        assert "characters that the line editor would change" in foot(app)
        assert app.screen.query_one("#files", LineList).has_focus


async def test_the_filter_limits_what_is_seen_and_what_all_means(
    make_app: MakeApp, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_review(app, pilot, idle)
        await pilot.press("slash", *"hat", "enter")
        await idle(pilot)
        assert app.screen.query_one("#files", LineList)._rows.count == 6
        await pilot.press("R")
        assert accepted(app) == "30 of 36 accepted"
        await pilot.press("slash", "ctrl+u", "enter")
        await idle(pilot)
        assert app.screen.query_one("#files", LineList)._rows.count == 36
        await pilot.press("A")
        assert accepted(app) == "36 of 36 accepted"


async def test_a_filter_finds_what_only_was_there_before_and_what_only_comes(
    make_app: MakeApp, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_review(app, pilot, idle)
        for query, files in (("watermark", 18), ("coco", 24)):
            await pilot.press("slash")
            app.screen.query_one("#filter", TextField).put(query)
            await pilot.press("enter")
            await idle(pilot)
            assert app.screen.query_one("#files", LineList)._rows.count == files


async def test_a_filter_that_does_not_work_says_why(make_app: MakeApp, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(200, 24)) as pilot:
        await open_review(app, pilot, idle)
        await pilot.press("slash")
        for query, told in (("dog and (", "Expected a tag"), ("wolfe", "wolfe")):
            app.screen.query_one("#filter", TextField).put(query)
            await pilot.press("enter")
            await idle(pilot)
            assert told in foot(app)
            assert app.screen.query_one("#files", LineList)._rows.count == 36


async def test_the_count_must_be_typed_right(make_app: MakeApp, idle: Idle, pets: Path) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_review(app, pilot, idle)
        await pilot.press("w")
        await idle(pilot)
        await pilot.press("3", "5", "enter")
        await idle(pilot)
        assert isinstance(app.screen, ReviewScreen)
        assert "not that" in text_of(app, "#ask")
        await pilot.press("escape")
        assert app.screen.query_one("#files", LineList).has_focus
        assert not app.screen.query_one(Confirm).display
    assert (pets / "img_0003.txt").read_text() == "cat, indoors, solo, watermark"


async def test_a_small_edit_is_not_counted(make_app: MakeApp, idle: Idle, pets: Path) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_review(app, pilot, idle, "small")
        await confirm(app, pilot, idle, counted=False)
    assert (pets / "img_0006.txt").read_text() == "monkey, outdoors, watermark"


async def test_a_deletion_says_so_and_goes_to_the_trash(
    make_app: MakeApp, idle: Idle, pets: Path
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_review(app, pilot, idle, "delete")
        assert "to trash; undo brings it back" in text_of(app, "#diff")
        assert "trash" in app.screen.query_one("#files", LineList).render_line(0).text
        await pilot.press("e")
        assert "no text to edit" in foot(app)
        await confirm(app, pilot, idle, counted=True)
    assert not (pets / "img_0006.png").exists()
    assert not (pets / "img_0006.txt").exists()


async def test_nothing_kept_is_nothing_to_apply(make_app: MakeApp, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_review(app, pilot, idle)
        await pilot.press("R", "w")
        await idle(pilot)
        assert "Nothing is kept" in foot(app)
        assert not app.screen.query_one(Confirm).display


async def test_leaving_keeps_the_plan_with_what_was_dropped(make_app: MakeApp, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_review(app, pilot, idle)
        await pilot.press("space", "escape")
        await idle(pilot)
        assert isinstance(app.screen, ChatScreen)
        assert app.screen.pending is not None
        assert app.screen.pending.totals.files == 35
        app.screen.review()
        await idle(pilot)
        assert accepted(app) == "35 of 36 accepted"


async def test_a_new_order_of_tags_is_marked(make_app: MakeApp, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_review(app, pilot, idle, "order")
        assert "»solo, dog, brown fur" in text_of(app, "#diff")
        assert "» order" in app.screen.query_one("#files", LineList).render_line(0).text


async def test_the_files_get_more_room_on_a_wide_screen(make_app: MakeApp, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_review(app, pilot, idle)
        left = app.screen.query_one("#left")
        assert left.size.width < 40
        await pilot.resize_terminal(120, 24)
        assert left.size.width >= 40


async def test_a_plan_of_a_hundred_thousand_files_draws_only_those_in_sight(
    make_app: MakeApp, idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = tuple(
        Change(Kind.EDIT, f"{number:06}.txt", b"dog, hat", b"dog") for number in range(100_000)
    )
    whole = Plan("ab12cd34ab12cd34", "", (), changes, Totals(files=100_000, tags_removed=100_000))
    drawn: set[int] = set()
    row = PlanRows.row

    def counted(rows: PlanRows, index: int, width: int) -> Content:
        drawn.add(index)
        return row(rows, index, width)

    monkeypatch.setattr(PlanRows, "row", counted)
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        chat = app.screen
        assert isinstance(chat, ChatScreen)
        conversation = chat.conversation
        known = replace(jobs.snapshot(conversation), plan=whole, whole=whole)
        await app.push_screen(ReviewScreen(conversation, known))
        await pilot.pause()
        assert accepted(app) == "100,000 of 100,000 accepted"
        await pilot.press("end", "space")
        assert accepted(app) == "99,999 of 100,000 accepted"
        assert len(drawn) <= 2 * 24
