"""How the app is coloured: dark, light, or with the terminal's own sixteen colours and none else.

Muted text has a contrast of 4.5 : 1 at least on every surface (WCAG 2.1, 1.4.3); where only the
terminal knows its colours, it is dim instead. No state is told by a colour alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from textual.theme import Theme

AUTO = "auto"
DARK = Theme(
    name="tagsmith-dark",
    primary="#e0a458",
    accent="#e0a458",
    foreground="#d8dbe2",
    background="#14161a",
    surface="#1a1d23",
    panel="#22262e",
    success="#8fc06a",
    error="#e8746a",
    warning="#d9b65c",
    dark=True,
    variables={"muted": "#9a9ea8", "muted-style": "not dim"},
)
LIGHT = Theme(
    name="tagsmith-light",
    primary="#8a4b00",
    accent="#8a4b00",
    foreground="#23262d",
    background="#fcfbf8",
    surface="#f4f2ed",
    panel="#e9e6df",
    success="#2f6b16",
    error="#b0251b",
    warning="#7d5600",
    dark=False,
    variables={"muted": "#595e69", "muted-style": "not dim"},
)
# Sixteen colours, of which the terminal's user has chosen what they look like. Magenta, green and
# red are readable on most dark and light backgrounds; yellow, blue and cyan are not.
ANSI = Theme(
    name="tagsmith-ansi",
    primary="ansi_magenta",
    accent="ansi_magenta",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    success="ansi_green",
    error="ansi_red",
    warning="ansi_red",
    ansi=True,
    variables={
        "muted": "ansi_default",
        "muted-style": "dim",
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-text-style": "reverse",
        "input-selection-background": "ansi_magenta",
        "screen-selection-background": "ansi_magenta",
    },
)
THEMES: Mapping[str, Theme] = {"dark": DARK, "light": LIGHT, "ansi": ANSI}
CHOICES = (AUTO, *THEMES)

_LIGHT_BACKGROUNDS = ("7", "9", "10", "11", "12", "13", "14", "15")
_MORE_COLORS = ("256color", "direct", "truecolor", "kitty", "ghostty", "alacritty", "wezterm")


def theme_for(wanted: str, environ: Mapping[str, str] = os.environ) -> Theme:
    """Return the theme of a choice; ``auto``, and what is no choice, goes by the terminal.

    NO_COLOR is obeyed whatever is chosen: the terminal's own colours, of which none is then sent.
    """
    if environ.get("NO_COLOR"):
        return ANSI
    return THEMES.get(wanted) or _of_terminal(environ)


def _of_terminal(environ: Mapping[str, str]) -> Theme:
    """Go by what a terminal says without being asked: a question could be answered as a key."""
    if os.name == "posix" and not _has_many_colors(environ):
        return ANSI
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT if background in _LIGHT_BACKGROUNDS else DARK


def _has_many_colors(environ: Mapping[str, str]) -> bool:
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return True
    term = environ.get("TERM", "").lower()
    return any(word in term for word in _MORE_COLORS)
