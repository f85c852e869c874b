"""The tag explorer: what it counts, how it is sorted and filtered, and what its keys stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from tagsmith.tools.tag_profile import Place, Profile
from tagsmith.tools.tags import Vocabulary
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.gallery import GalleryScreen
from tagsmith.tui.screens.review import ReviewScreen
from tagsmith.tui.screens.tags import TagsScreen
from tagsmith.tui.screens.tags_shown import Known, Sort, TagRows, filtered, heads, ordered, usual
from tagsmith.tui.widgets.edge import EdgeLine
from tagsmith.tui.widgets.lines import LineList
from tagsmith.tui.widgets.prompt import Prompt

Idle = Callable[[Pilot[int]], Awaitable[None]]
Make = Callable[..., TagsmithApp]

COUNTS = Counter({"solo": 9, "dog": 4, "shirt": 4, "white shirt": 3, "hat": 1})
VOCABULARY = Vocabulary(COUNTS, {"white shirt": "white_shirt"}, 12)
PLACES = {"solo": Place(5, 1), "dog": Place(0, 0), "shirt": Place(2, 0.5)}
KNOWN = Known(
    VOCABULARY,
    Profile(PLACES, {"shirt": "white shirt"}),
    {"solo": 0.97, "dog": 0.4},
    ("dog",),
    4,
    Counter({"dog": 4, "hat": 1}),
)


async def enter(app: TagsmithApp, pilot: Pilot[int], idle: Idle, command: str = "/tags") -> Any:
    await idle(pilot)
    chat: Any = app.screen
    chat.submit(command)
    await idle(pilot)
    return app.screen


def said(screen: Any, name: str = "note") -> str:
    one = screen.query_one(f"#{name}", EdgeLine)
    return f"{one.left.plain}  {one.right.plain}"


def rows(screen: Any, most: int = 3) -> list[list[str]]:
    lines = screen.query_one(LineList)
    return [lines.render_line(y).text.split() for y in range(min(most, screen._rows.count))]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (Sort.IMAGES, ["solo", "dog", "shirt", "white shirt", "hat"]),
        (Sort.RARE, ["hat", "white shirt", "dog", "shirt", "solo"]),
        (Sort.NAME, ["dog", "hat", "shirt", "solo", "white shirt"]),
        (Sort.PLACE, ["dog", "shirt", "solo", "white shirt", "hat"]),
        (Sort.WITH, ["dog", "hat", "solo", "shirt", "white shirt"]),
        (Sort.SCORE, ["dog", "solo", "shirt", "white shirt", "hat"]),
    ],
)
def test_every_column_sorts(sort: Sort, order: list[str]) -> None:
    assert ordered(KNOWN, usual(VOCABULARY), sort) == order
    assert "".join(part.plain for part in heads(KNOWN, sort)).count("↓") == (
        sort not in (Sort.NAME, Sort.RARE)
    )


def test_a_row_tells_all_there_is_and_fits() -> None:
    shown = TagRows(KNOWN, ["solo", "shirt", "white shirt"], {"solo": None})
    assert shown.row(0, 80).plain.split() == ["●", "solo", "9", "75.0", "last", "0", "0.97"]
    assert "shirt ⊂ white_shirt" in shown.row(1, 80).plain
    assert shown.row(2, 80).plain.split() == ["white_shirt", "3", "25.0", "0"]
    assert {shown.row(at, width).cell_length for at in range(3) for width in (80,)} == {80}
    counting = TagRows(Known(VOCABULARY, marked=("dog",)), ["solo"], {})
    assert counting.row(0, 60).plain.split() == ["solo", "9", "75.0", "…", "…"]


def test_the_filter_takes_a_text_or_a_wildcard() -> None:
    keys = usual(VOCABULARY)
    assert filtered(keys, "Shirt") == ["shirt", "white shirt"]
    assert filtered(keys, "white_s") == ["white shirt"]
    assert filtered(keys, "*o?") == ["dog"]
    assert filtered(keys, " ") == keys


async def test_marks_sort_filter_and_query(make_app: Make, idle: Idle, pets: Path) -> None:
    app = make_app(pets)
    async with app.run_test(size=(100, 24)) as pilot:
        await idle(pilot)
        await pilot.press("ctrl+t")
        await idle(pilot)
        screen: Any = app.screen
        assert isinstance(screen, TagsScreen)
        assert "48 images · 17 tags · 192 uses" in said(screen, "head")
        assert "counting" not in said(screen, "head")
        assert rows(screen, 2) == [
            ["dog", "24", "50.0", "1st"],
            ["outdoors", "24", "50.0", "3rd"],
        ]
        await pilot.press("space")
        await idle(pilot)
        assert "with: dog (24)" in said(screen, "head")
        assert rows(screen)[2] == ["solo", "24", "50.0", "3rd", "12"]
        await pilot.press("s", "s")
        assert rows(screen, 1)[0][0] == "1girl"
        await pilot.press("slash", *"w*", "enter")
        assert [row[0] for row in rows(screen)] == ["watermark", "white"]
        await pilot.press("slash", "escape", "x", "q", *"cta", "enter")
        await idle(pilot)
        assert "No caption has 'cta'" in said(screen)
        assert screen._rows.count == 17
        await pilot.press("q", *"cat", "enter")
        await idle(pilot)
        assert "12 images · 6 tags · 42 uses · cat" in said(screen, "head")


async def test_keys_stage_and_the_counts_follow(make_app: Make, idle: Idle, pets: Path) -> None:
    app = make_app(pets)
    async with app.run_test(size=(120, 24)) as pilot:
        screen = await enter(app, pilot, idle, "/tags outdoors or hat")
        assert "24 images" in said(screen, "head")
        workspace = screen.conversation.workspace

        async def at(tag: str, *keys: str) -> None:
            screen._list.cursor = screen._rows.keys.index(tag)
            await pilot.press(*keys)
            await idle(pilot)

        await at("monkey", "space", "d")
        assert "Remove monkey from 6 captions" in said(screen)
        assert "staged: 6 files; nothing written yet" in said(screen)
        assert "monkey" not in screen._rows.keys
        assert not screen.marks
        await at("dog", "r", *"wolf, ca", "tab", "enter")
        assert workspace.caption(workspace.samples[1]).tags == ["wolf", "cat", *CAPTION_2]
        assert workspace.caption(workspace.samples[0]).tags[0] == "dog"
        await at("long hair", "a", *"alert", "enter")
        assert workspace.caption(workspace.samples[6]).tags[-1] == "alert"
        assert "alert" not in workspace.caption(workspace.samples[7]).tags
        await at("blue eyes", "i", "enter")
        assert workspace.plan().totals.moved == 12
        await at("1girl", "d", "u")
        assert "Taken back" in said(screen)
        assert "1girl" in screen._rows.keys
        await at("hat", "space", "w")
        assert isinstance(app.screen, ReviewScreen)
        assert [one.tool for one in workspace.steps] == [
            "prune_tags",
            "replace_tags",
            "add_trigger",
            "isolate_images",
        ]


CAPTION_2 = ["running", "outdoors", "grass"]


async def test_tags_go_to_the_line_and_a_wildcard_is_not_taken_for_a_tag(
    make_app: Make, idle: Idle, pets: Path
) -> None:
    (pets / "img_0001.txt").write_text("what?, dog, whats")
    app = make_app(pets)
    async with app.run_test(size=(120, 24)) as pilot:
        screen = await enter(app, pilot, idle)
        screen._list.cursor = screen._rows.keys.index("what?")
        await pilot.press("d")
        await idle(pilot)
        assert "what? is a wildcard too: it means 2 tags" in said(screen)
        assert screen.conversation.workspace.steps == []
        await pilot.press("g", "space", "enter")
        await idle(pilot)
        assert isinstance(app.screen, GalleryScreen)
        assert len(app.screen.shelf.samples) == 24
        await pilot.press("escape")
        await idle(pilot)
        assert app.screen is screen
        await pilot.press("space", "c")
        await idle(pilot)
        assert isinstance(app.screen, ChatScreen)
        assert app.screen.query_one(Prompt).text == "dog, outdoors"


async def test_hostile_tags_are_harmless(
    make_app: Make,
    idle: Idle,
    tmp_path: Path,
    hostile_texts: tuple[str, ...],
    assert_harmless: Callable[[App[Any]], None],
) -> None:
    root = tmp_path / "evil"
    root.mkdir()
    for number, text in enumerate(hostile_texts):
        data = text.replace("\n", " ").encode("utf-8", "replace").replace(b"\0", b"")
        (root / f"{number}.png").write_bytes(b"x")
        (root / f"{number}.txt").write_bytes(data + b", dog")
    app = make_app(root)
    async with app.run_test(size=(120, 130)) as pilot:
        screen = await enter(app, pilot, idle)
        assert_harmless(app)
        await pilot.press("end", "space", "d")
        await idle(pilot)
        screen._list.cursor = 3
        await pilot.press("space", "r")
        await idle(pilot)
        assert_harmless(app)
