"""The preview widget: a picture as large as its place, or a line that says why there is none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pictures
import pytest
from PIL import Image
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tagsmith.tui.preview import Picture, Remembered, Unseen
from tagsmith.tui.themes import ANSI, DARK, LIGHT
from tagsmith.tui.widgets import preview as module
from tagsmith.tui.widgets.preview import Preview

Idle = Callable[[Pilot[Any]], Awaitable[None]]
RED, BLUE = (255, 0, 0), (0, 0, 255)


class Bench(App[None]):
    """A preview and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[str, Picture | Unseen]] = []
        for theme in (DARK, LIGHT, ANSI):
            self.register_theme(theme)
        self.theme = DARK.name

    def compose(self) -> ComposeResult:
        yield Preview()

    def on_preview_shown(self, message: Preview.Shown) -> None:
        self.shown.append((message.path, message.seen))

    @property
    def preview(self) -> Preview:
        return self.query_one(Preview)


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Preview, "remembered", Remembered())


@pytest.fixture
def images(tmp_path: Path) -> dict[str, str]:
    """A red square, a blue one twice as wide as high, and what is no image."""
    files = {
        "red": pictures.encoded(Image.new("RGB", (64, 64), RED), "PNG"),
        "blue": pictures.encoded(Image.new("RGB", (128, 64), BLUE), "PNG"),
        "bad": b"not an image",
    }
    for name, data in files.items():
        (tmp_path / f"{name}.png").write_bytes(data)
    return {name: str(tmp_path.resolve() / f"{name}.png") for name in files}


def lines(app: Bench) -> list[str]:
    return [app.preview.render_line(y).text for y in range(app.preview.size.height)]


def backgrounds(app: Bench, y: int) -> set[object]:
    strip = app.preview.render_line(y)
    return {style.bgcolor.triplet for _, style, _ in strip if style and style.bgcolor}


async def test_a_picture_stands_in_the_middle_and_follows_the_size(
    images: dict[str, str], idle: Idle
) -> None:
    app = Bench()
    async with app.run_test(size=(20, 6)) as pilot:
        app.preview.show(images["red"])
        await idle(pilot)
        assert lines(app) == [" " * 4 + "▀" * 12 + " " * 4] * 6
        assert RED in backgrounds(app, 0)
        await pilot.resize_terminal(40, 4)
        await idle(pilot)
        assert lines(app) == [" " * 16 + "▀" * 8 + " " * 16] * 4
        [first, again] = [seen for _, seen in app.shown]
        assert isinstance(first, Picture)
        assert isinstance(again, Picture)
        assert (first.size, first.cells, again.cells) == ((64, 64), (12, 6), (8, 4))
        app.preview.styles.content_align = ("right", "top")
        app.preview.show(images["blue"])
        await idle(pilot)
        assert lines(app) == [" " * 24 + "▀" * 16] * 4


async def test_what_cannot_be_read_says_why_and_nothing_is_nothing(
    images: dict[str, str], idle: Idle, assert_harmless: Callable[[App[Any]], None]
) -> None:
    app = Bench()
    async with app.run_test(size=(80, 5)) as pilot:
        app.preview.show(images["bad"])
        await idle(pilot)
        assert lines(app)[1].strip().startswith("No picture: it is not one of PNG, JPEG")
        assert lines(app)[2].strip() == "damaged."
        app.preview.show(f"{images['bad']}\x1b[2J\u202e[/]")
        await idle(pilot)
        assert "No picture: No such file" in lines(app)[2]
        assert_harmless(app)
        app.preview.show(None)
        await idle(pilot)
        assert set(lines(app)) == {" " * 80}
        await pilot.resize_terminal(12, 3)
        app.preview.show(images["bad"])
        await idle(pilot)
        assert "No picture:" in lines(app)[0]


async def test_pictures_can_be_off(
    images: dict[str, str], idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Preview, "enabled", False)
    app = Bench()
    async with app.run_test(size=(40, 3)) as pilot:
        app.preview.show(images["red"])
        await idle(pilot)
        assert lines(app)[1].strip() == "Pictures are off."
        assert not len(Preview.remembered)


async def test_neighbours_are_decoded_behind_the_picture(
    images: dict[str, str], idle: Idle
) -> None:
    app = Bench()
    async with app.run_test(size=(20, 6)) as pilot:
        app.preview.show(images["red"])
        app.preview.prefetch([images["blue"], images["bad"]])
        await idle(pilot)
        assert len(Preview.remembered) == 3
        assert [Path(path).stem for path, _ in app.shown] == ["red"]


async def test_without_colours_the_picture_is_dots(images: dict[str, str], idle: Idle) -> None:
    app = Bench()
    async with app.run_test(size=(20, 6)) as pilot:
        app.theme = ANSI.name
        app.preview.show(images["red"])
        await idle(pilot)
        [(_, seen)] = app.shown
        assert isinstance(seen, Picture)
        assert (seen.width, seen.height) == (24, 24)
        assert {len(line) for line in lines(app)} == {20}
        assert "▀" not in "".join(lines(app))
        assert backgrounds(app, 3) == {None}


async def test_the_picture_before_does_not_stay_for_long(
    images: dict[str, str], idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STALE_AFTER", 0.01)
    app = Bench()
    async with app.run_test(size=(20, 6)) as pilot:
        app.preview.show(images["red"])
        await idle(pilot)
        monkeypatch.setattr(app.preview._decoder, "want", lambda _: False)
        app.preview.show(images["blue"])
        assert "▀" in lines(app)[0]
        until = time.monotonic() + 5
        while "▀" in lines(app)[0] and time.monotonic() < until:
            await asyncio.sleep(0.01)
        assert set(lines(app)) == {" " * 20}


async def test_a_mistake_of_ours_is_told_and_ends_nothing(
    images: dict[str, str], monkeypatch: pytest.MonkeyPatch, idle: Idle
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    app = Bench()
    async with app.run_test(size=(60, 3)) as pilot:
        genuine = Remembered.see
        monkeypatch.setattr(Remembered, "see", fail)
        app.preview.show(images["red"])
        for _ in range(20):
            await pilot.pause()
            if "mistake" in lines(app)[1]:
                break
        assert lines(app)[1].strip() == "No picture: Tagsmith made a mistake (ZeroDivisionError)."
        monkeypatch.setattr(Remembered, "see", genuine)
        app.preview.show(images["red"])
        await idle(pilot)
        assert "▀" in lines(app)[0]
