"""Hostile texts in a dataset, and what must hold of whatever shows them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hostile_texts import FORBIDDEN, TEXTS
from textual.app import App
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget

from tagsmith.tui.widgets.lines import LineList

# What Textual's own scroll bars do when they are pressed.
SCROLLBAR = ("grab", "scroll_up", "scroll_down")
# With a number in front it can be told of each text that it was shown.
NUMBERED = tuple(f"#{number} {text}" for number, text in enumerate(TEXTS))


def chunks(texts: Sequence[str], size: int = 24) -> list[str]:
    """Return texts one below the other, so many at a time."""
    return ["\n".join(texts[start : start + size]) for start in range(0, len(texts), size)]


def make_hostile_set(root: Path, texts: Sequence[str] = NUMBERED) -> int:
    """Write samples with hostile names and tags, as far as a file system and UTF-8 take them."""
    root.mkdir(parents=True)
    written = 0
    for number, text in enumerate(texts):
        name = text.replace("/", "_").replace("\0", "_")
        try:
            stem = os.fsencode(f"{number:03} {name}")[:120]
        except UnicodeEncodeError:
            continue
        written += 1
        path = os.path.join(os.fsencode(root), stem)
        with open(path + b".png", "wb") as image, open(path + b".txt", "wb") as caption:
            image.write(b"")
            caption.write(f"{text}, dog".encode("utf-8", "replace"))
    return written


def assert_harmless(strips: Iterable[Strip]) -> str:
    """Check that strips hold nothing that a terminal obeys and nothing to click; return them."""
    rows = []
    for strip in strips:
        for segment in strip:
            assert not FORBIDDEN.search(segment.text), ascii(segment.text)
            assert not segment.control
            if segment.style is not None:
                for name, action in segment.style.meta.items():
                    assert not name.startswith("@") or action in SCROLLBAR, action
                assert segment.style.link is None
        rows.append(strip.text)
    return "\n".join(rows)


def seen(widget: Widget) -> str:
    """Draw a widget as large as it is; return what it shows, which must be harmless."""
    return assert_harmless(widget.render_lines(widget.size.region))


def screen(app: App[Any]) -> str:
    """Return what is on the screen, which must be harmless."""
    return assert_harmless(app.screen._compositor.render_strips())


def every_row(lines: LineList) -> str:
    """Draw every row of a list, also those out of sight; return them."""
    rows, width = lines._rows, lines.size.width
    drawn = (
        lines._strip(rows.row(index, width), width, lines.visual_style)
        for index in range(rows.count)
    )
    return assert_harmless(drawn)


def clean(content: Content) -> str:
    """Return the text of content, which must be harmless."""
    text = content.plain
    assert not FORBIDDEN.search(text.replace("\n", "")), ascii(text)
    for span in content.spans:
        assert "@" not in str(span.style)
        assert "link" not in str(span.style)
    return text


def numbers(shown: str) -> set[int]:
    """Return of which numbered texts something is there."""
    return set(map(int, re.findall(r"#(\d+)", shown)))


def assert_all_shown(shown: str) -> None:
    """Check that something of every numbered text is there."""
    missing = set(range(len(NUMBERED))) - numbers(shown)
    assert not missing, sorted(missing)
