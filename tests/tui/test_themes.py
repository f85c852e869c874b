"""Colours that can be read, by whoever has few of them or none."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.color import Color
from textual.pilot import Pilot

import tagsmith.tui
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.themes import ANSI, CHOICES, DARK, LIGHT, THEMES, theme_for

READABLE = 4.5
SURFACES = ("background", "surface", "panel")
TEXTS = ("foreground", "muted", "accent", "text-success", "text-error", "text-warning")
MANY = {"TERM": "xterm-256color"}


def luminance(color: Color) -> float:
    """WCAG 2.1, relative luminance."""
    parts = [value / 255 for value in color.rgb]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(text: Color, surface: Color) -> float:
    dark, light = sorted((luminance(text), luminance(surface)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda one: str(one.name))
@pytest.mark.parametrize("text", TEXTS)
def test_text_can_be_read_on_every_surface(theme, text):
    colors = theme.to_color_system().generate() | theme.variables
    for surface in SURFACES:
        found = contrast(Color.parse(colors[text]), Color.parse(colors[surface]))
        assert found >= READABLE, f"{text} on {surface}: {found:.2f}"


def test_no_style_mutes_text_by_a_share_of_its_colour():
    """``$muted`` is what the contrast is computed of; a share of another colour may be any."""
    for path in Path(tagsmith.tui.__path__[0]).rglob("*.tcss"):
        assert not re.search(r"(?<!-)\bcolor: \$foreground \d", path.read_text()), path.name


@pytest.mark.parametrize(
    ("environ", "theme"),
    [
        (MANY, DARK),
        (MANY | {"COLORFGBG": "15;0"}, DARK),
        (MANY | {"COLORFGBG": "0;15"}, LIGHT),
        (MANY | {"COLORFGBG": "0;default;7"}, LIGHT),
        (MANY | {"COLORFGBG": "nonsense"}, DARK),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, DARK),
        ({"TERM": "linux"}, ANSI),
        ({"TERM": "vt100", "COLORFGBG": "0;15"}, ANSI),
        ({}, ANSI),
        (MANY | {"NO_COLOR": "1"}, ANSI),
        (MANY | {"NO_COLOR": ""}, DARK),
    ],
)
def test_auto_goes_by_what_the_terminal_says(environ, theme):
    assert theme_for("auto", environ) is theme


def test_a_choice_is_obeyed_but_not_against_no_color():
    for name, theme in THEMES.items():
        assert theme_for(name, {"TERM": "linux"}) is theme
        assert theme_for(name, MANY | {"NO_COLOR": "1"}) is ANSI
    assert set(CHOICES) == {"auto", *THEMES}


def colors(app: TagsmithApp) -> set[str]:
    """The kinds of colours on the screen: DEFAULT, STANDARD or TRUECOLOR."""
    found = set()
    for drawn in app.screen._compositor.render_strips():
        strip = drawn
        for one in app._filters:
            strip = strip.apply_filter(one, Color.parse("black")) if one.enabled else strip
        for segment in strip:
            for color in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                if color is not None:
                    found.add(color.type.name)
    return found


@pytest.mark.parametrize(
    ("theme", "environ", "expected"),
    [
        ("dark", {}, {"TRUECOLOR"}),
        ("light", {}, {"TRUECOLOR"}),
        ("ansi", {}, {"DEFAULT", "STANDARD"}),
        ("dark", {"NO_COLOR": "1"}, {"DEFAULT"}),
    ],
)
async def test_a_theme_sends_the_colours_that_it_says(
    make_app: Callable[..., TagsmithApp],
    idle: Callable[[Pilot[int]], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
    theme: str,
    environ: dict[str, str],
    expected: set[str],
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    app = make_app(theme=theme)
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert colors(app) == expected


async def test_the_theme_changes_on_a_command(
    make_app: Callable[..., TagsmithApp], idle: Callable[[Pilot[int]], Awaitable[None]]
) -> None:
    app = make_app(theme="dark")
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        for name, kinds in (("light", {"TRUECOLOR"}), ("ansi", {"DEFAULT", "STANDARD"})):
            app.screen.submit(f"/theme {name}")  # type: ignore[attr-defined]
            await pilot.pause()
            assert app.theme == THEMES[name].name
            assert colors(app) == kinds
        app.screen.submit("/theme pink")  # type: ignore[attr-defined]
        assert app.theme == ANSI.name
