"""The trigger buttons: every key, quick hands, quits, and captions that are not lists of tags."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from tagsmith.tools import trigger_sets
from tagsmith.tools.trigger_board import Show
from tagsmith.tools.trigger_sets import TriggerSets
from tagsmith.tools.triggers import TriggerSet
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.repeats import Repeats, Verdict
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.review import ReviewScreen
from tagsmith.tui.screens.triggers import TriggersScreen
from tagsmith.tui.screens.triggers_sets import SetsScreen
from tagsmith.tui.widgets.buttons import Buttons
from tagsmith.tui.widgets.chips import Chips, chips
from tagsmith.tui.widgets.edge import EdgeLine
from tagsmith.tui.widgets.preview import Preview

Idle = Callable[[Pilot[int]], Awaitable[None]]
Make = Callable[..., TagsmithApp]
PROSE = "A dog is running on the beach with a ball in the late light of the sun"


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Preview, "enabled", False)


@pytest.fixture
def family(tmp_path: Path) -> Path:
    root = tmp_path / "family"
    root.mkdir()
    for number, caption in enumerate(["solo", "dog, eevee", "cat", None, "blue, sea"]):
        (root / f"{number}.png").write_bytes(b"not a picture")
        if caption is not None:
            (root / f"{number}.txt").write_text(caption)
    one = TriggerSet("eevee family", ("eevee", "vaporeon", "jolteon"))
    trigger_sets.save(str(root), TriggerSets((one, TriggerSet("other", ("a",))), one.name))
    return root


async def enter(app: TagsmithApp, pilot: Pilot[int], idle: Idle, command: str = "/triggers") -> Any:
    await idle(pilot)
    chat: Any = app.screen
    chat.submit(command)
    await idle(pilot)
    return app.screen


def said(screen: Any, name: str = "note") -> str:
    one = screen.query_one(f"#{name}", EdgeLine)
    return f"{one.left.plain} {one.right.plain}"


def caption(screen: Any, number: int) -> bytes | None:
    return screen.desk.board.look(number).after


async def test_keys_go_through_the_images_and_one_step_is_reviewed(
    make_app: Make, idle: Idle, family: Path
) -> None:
    app = make_app(family)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await enter(app, pilot, idle)
        assert isinstance(screen, TriggersScreen)
        assert "1 of 5" in said(screen, "head")
        assert "0.png" in said(screen, "image")
        await pilot.press("1", "2")
        assert (caption(screen, 0), caption(screen, 1)) == (b"eevee, solo", b"vaporeon, dog, eevee")
        assert screen.at == 2
        assert "+vaporeon" in said(screen)
        await pilot.press("space")
        assert "1 skipped" in said(screen, "head")
        await pilot.press("3", "h", "v", "1")
        assert caption(screen, 3) == b"eevee, jolteon"
        assert screen.at == 3
        assert "caption created" in said(screen, "image")
        assert screen.query_one(Buttons).render().plain.count("●") == 2
        await pilot.press("p")
        await idle(pilot)
        assert caption(screen, 0) == b"solo, eevee"
        await pilot.press("w")
        await idle(pilot)
        assert isinstance(app.screen, ReviewScreen)
        workspace = app.screen._workspace
        assert [step.tool for step in workspace.steps] == ["set_triggers"]
        assert workspace.content("1.txt") == b"dog, eevee, vaporeon"
        assert workspace.files == 3


async def test_undo_show_and_the_ends(make_app: Make, idle: Idle, family: Path) -> None:
    app = make_app(family)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await enter(app, pilot, idle)
        await pilot.press("2", "space", "f")
        assert (screen.showing, screen.at) == (Show.UNASSIGNED, 2)
        await pilot.press("h")
        assert screen.at == 2
        await pilot.press("f")
        assert (screen.showing, screen.at) == (Show.ALL, 2)
        await pilot.press("u")
        assert (screen.at, caption(screen, 0)) == (0, b"solo")
        await pilot.press("G", "l")
        assert screen.at == 4
        assert "No more images this way. 4 are unassigned" in said(screen)
        await pilot.press("g", "9")
        assert "no such button" in said(screen)
        await pilot.press("3", "X", "X")
        await idle(pilot)
        assert screen.desk.board.assigned == 1
        await pilot.click(Buttons, offset=(3, 0))
        assert caption(screen, 0) == b"eevee, solo"


async def test_a_quit_keeps_every_press_and_leaving_stages_them(
    make_app: Make, idle: Idle, family: Path
) -> None:
    app = make_app(family)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(app, pilot, idle)
        await pilot.press("1", "l", "2")
    app = make_app(family)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await enter(app, pilot, idle)
        assert screen.at == 3
        assert caption(screen, 2) == b"vaporeon, cat"
        for left in range(2):
            await pilot.press("escape")
            await idle(pilot)
            assert isinstance(app.screen, ChatScreen)
            assert app.screen.pending is not None
            assert app.screen.pending.totals.files == 2 + left
            assert len(app.screen.pending.steps) == 1
            if not left:
                screen = await enter(app, pilot, idle, "/triggers eevee family")
                await pilot.press("3")
    assert (family / "0.txt").read_bytes() == b"solo"


def test_a_held_key_is_one_press_and_two_quick_ones_are_two() -> None:
    def judged(*times: float, key: str = "1") -> list[Verdict]:
        repeats = Repeats()
        return [repeats.judge(key, at) for at in times]

    press, repeat, back = Verdict.PRESS, Verdict.REPEAT, Verdict.TAKE_BACK
    assert judged(0, 0.03) == [press, press]
    assert judged(0, 0.09, 0.2, 0.26) == [press] * 4
    assert judged(0, 0.5, 1.4, 2.0) == [press] * 4
    assert judged(0, 0.5, 0.54, 0.58, 0.62) == [press, press, back, repeat, repeat]
    assert judged(0, 0.25, 0.34, 0.43, 1.5) == [press, press, back, repeat, press]
    mixed = Repeats()
    assert [mixed.judge(key, at / 50) for at, key in enumerate("1212")] == [press] * 4


@pytest.mark.parametrize("advancing", [True, False])
async def test_a_key_held_down_assigns_one_image(
    make_app: Make, idle: Idle, family: Path, advancing: bool
) -> None:
    app = make_app(family)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await enter(app, pilot, idle)
        screen.advancing = advancing
        for at in (9.0, 9.5, 9.54, 9.58, 9.62):
            screen._pressed_at = at
            screen.action_press(1)
        assert caption(screen, 0) == b"vaporeon, solo"
        assert screen.desk.board.counts == [1, 1, 0]
        assert "held down counts once" in said(screen)


async def test_captions_that_are_no_lists_of_tags_are_told_and_left_alone(
    make_app: Make, idle: Idle, family: Path
) -> None:
    (family / "0.txt").write_text(PROSE)
    (family / "1.txt").write_bytes(b"\xff\xfex\0")
    (family / "2.jpg").write_bytes(b"another picture")
    app = make_app(family)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await enter(app, pilot, idle)
        assert PROSE[:20] in screen.query_one(Chips).render().plain
        await pilot.press("1")
        assert "written in sentences" in said(screen)
        assert screen.at == 0
        await pilot.press("l")
        assert "UTF-16" in screen.query_one(Chips).render().plain
        await pilot.press("2")
        assert "cannot be edited" in said(screen)
        await pilot.press("l")
        assert "one caption with 2.png" in said(screen, "image")
        await pilot.press("g", "s")
        await idle(pilot)
        await pilot.press("1")
        assert caption(screen, 0) == f"eevee, {PROSE}".encode()
        await pilot.press("escape")
        await idle(pilot)
        assert app.screen.pending.totals.files == 1  # type: ignore[attr-defined]


async def test_a_damaged_set_is_told_and_stays(make_app: Make, idle: Idle, family: Path) -> None:
    path = family / ".tagsmith" / trigger_sets.FILE
    path.write_text("damaged")
    app = make_app(family)
    async with app.run_test(size=(120, 24)) as pilot:
        screen = await enter(app, pilot, idle)
        assert "triggers.toml cannot be used" in said(screen)
        await pilot.press("1", "space", "l", "u", "f", "p", "s", "b", "escape")
        await idle(pilot)
        assert isinstance(app.screen, ChatScreen)
    assert path.read_text() == "damaged"


# Sets


async def test_the_first_set_is_asked_for(make_app: Make, idle: Idle, pets: Path) -> None:
    app = make_app(pets)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await enter(app, pilot, idle, "/triggers pets")
        assert isinstance(screen, SetsScreen)
        await pilot.press("enter")
        await pilot.press(*"coco,do", "tab", "enter")
        assert screen.sets == TriggerSets((TriggerSet("pets", ("coco", "dog")),), "pets")
        await pilot.press("enter")
        await idle(pilot)
        assert isinstance(app.screen, TriggersScreen)
        assert "24 of 48" in said(app.screen, "head")
    assert trigger_sets.load(str(pets)).current == "pets"


async def test_sets_are_edited_and_switched(make_app: Make, idle: Idle, family: Path) -> None:
    app = make_app(family)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(app, pilot, idle)
        await pilot.press("3", "b")
        await pilot.pause()
        screen: Any = app.screen
        await pilot.press("tab", "J", "d", "r")
        screen._asked.field.put("espeon")
        await pilot.press("enter")
        assert screen.at_set.triggers == ("vaporeon", "espeon")
        await pilot.press("a", *"J", "enter")
        await pilot.press("a")
        screen._asked.field.put("ESPEON")
        await pilot.press("enter")
        assert "has a button for 'ESPEON' already" in said(screen)
        await pilot.press("tab", "r", *"!", "enter")
        assert screen.at_set.name == "eevee family!"
        await pilot.press("down", "d")
        assert "d again" in said(screen)
        await pilot.press("d")
        assert len(screen.sets.sets) == 1
        await pilot.press("escape")
        await idle(pilot)
        again: Any = app.screen
        assert again.desk.chosen == TriggerSet("eevee family!", ("vaporeon", "espeon", "J"))
        assert caption(again, 0) == b"espeon, solo"
    assert len(trigger_sets.load(str(family)).sets) == 1


async def test_another_set_stages_what_the_first_one_did(
    make_app: Make, idle: Idle, family: Path
) -> None:
    app = make_app(family)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await enter(app, pilot, idle)
        await pilot.press("1", "b")
        await pilot.pause()
        await pilot.press("down", "enter")
        await idle(pilot)
        assert screen.desk.chosen.name == "other"
        await pilot.press("g", "1", "escape")
        await idle(pilot)
        workspace = app.screen.conversation.workspace  # type: ignore[attr-defined]
        assert len(workspace.steps) == 2
        assert workspace.content("0.txt") == b"a, eevee, solo"


# What is shown


def test_chips_wrap_and_count_what_is_left_out() -> None:
    tags = [f"tag number {number}" for number in range(12)]
    shown = chips(tags, lambda tag: tag.endswith("3"), 40, 3).plain.split("\n")
    assert len(shown) == 3
    assert max(map(len, shown)) <= 40
    assert "● tag number 3" in shown[1]
    assert " ".join(shown).count("tag number") == 6
    assert shown[-1].endswith("… 6 more")
    assert chips(["x" * 99], lambda _: False, 10, 1).cell_length == 10


async def test_hostile_names_triggers_and_captions_are_harmless(
    make_app: Make,
    idle: Idle,
    tmp_path: Path,
    hostile_texts: tuple[str, ...],
    assert_harmless: Callable[[App[Any]], None],
) -> None:
    root = tmp_path / "evil"
    root.mkdir()
    (root / "[@click=app.quit]\x1b[31m\u202e.png").write_bytes(b"x")
    texts = [text.replace("\n", " ") for text in hostile_texts if "\ud800" not in ascii(text)]
    safe = [text for text in texts if not any("\ud800" <= char <= "\udfff" for char in text)]
    caption_ = ", ".join(text for text in safe if "\0" not in text)
    (root / "[@click=app.quit]\x1b[31m\u202e.txt").write_bytes(caption_.encode())
    marked = TriggerSet(
        "[b]\u2500x", ("[red]x[/blue]", "$accent", "zero\u200bwidth", "[@click=a]b")
    )
    trigger_sets.save(str(root), TriggerSets((marked,), marked.name))
    app = make_app(root)
    async with app.run_test(size=(120, 60)) as pilot:
        await enter(app, pilot, idle)
        await pilot.press("1", "2", "3", "s")
        await idle(pilot)
        assert_harmless(app)
        await pilot.press("b")
        await pilot.pause()
        assert isinstance(app.screen, SetsScreen)
        assert_harmless(app)
