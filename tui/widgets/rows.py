"""Rows of text in one widget, wrapped behind what stands in front of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.segment import Segment
from textual.content import Content
from textual.geometry import Size
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

NARROWEST = 8  # cells that a row has for its text at least, however much stands in front of it


@dataclass(frozen=True, slots=True)
class Row:
    """A row to be wrapped: ``first`` stands in front of its first line, ``rest`` of the others.

    ``made`` draws it at a width instead of ``text``, for what is more than text.
    """

    first: Content = field(default_factory=Content)
    rest: Content = field(default_factory=Content)
    text: Content = field(default_factory=Content)
    made: Callable[[int], list[Content]] | None = field(default=None, compare=False)

    def lines(self, width: int) -> list[Content]:
        """Return the row as lines of at most so many cells."""
        room = max(NARROWEST, width - self.first.cell_length)
        found = self.text.wrap(room) if self.made is None else self.made(room)
        found = found or [Content()]
        return [self.first + found[0], *(self.rest + one for one in found[1:])]

    def behind(self, cells: int) -> Row:
        """Return the row further to the right."""
        space = Content(" " * cells)
        return Row(space + self.first, space + self.rest, self.text, self.made)


def laid_out(rows: Sequence[Row], width: int) -> list[Content]:
    """Return rows as the lines that they take."""
    return [one for row in rows for one in row.lines(width)]


class RowsView(Widget):
    """Shows rows, line by line (Textual's line API): only lines in sight are drawn.

    Each row is wrapped once for a width, however often others are added.
    """

    DEFAULT_CSS = "RowsView { height: auto; }"

    def __init__(self, rows: Sequence[Row] = (), *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._rows = list(rows)
        self._open: list[Row] = []
        self._lines: list[Content] = []
        self._open_lines: list[Content] = []
        self._wrapped = 0
        self._width = 0

    def show(self, rows: Sequence[Row], still_open: Sequence[Row] = ()) -> None:
        """Show rows; those that were shown before as ``rows`` stay as they were.

        ``still_open`` are wrapped anew each time.
        """
        before = len(self._lines) + len(self._open_lines)
        self._rows, self._open = list(rows), list(still_open)
        self._lay_out()
        self.refresh(layout=before != len(self._lines) + len(self._open_lines) or not self._width)

    @property
    def rows(self) -> list[Row]:
        """All rows."""
        return [*self._rows, *self._open]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - as the base class declares it
        """Return the number of lines at a width."""
        if width != self._width:
            self._lines, self._wrapped, self._width = [], 0, width
            self._lay_out()
        return max(1, len(self._lines) + len(self._open_lines))

    def _lay_out(self) -> None:
        if self._width:
            self._lines += laid_out(self._rows[self._wrapped :], self._width)
            self._wrapped = len(self._rows)
            self._open_lines = laid_out(self._open, self._width)

    def _line(self, y: int) -> Content:
        settled = len(self._lines)
        lines, place = (self._lines, y) if y < settled else (self._open_lines, y - settled)
        return lines[place] if place < len(lines) else Content()

    def render_line(self, y: int) -> Strip:
        """Draw a line, and what of it is selected."""
        content = self._line(y)
        selected = self.text_selection.get_span(y) if self.text_selection else None
        if selected is not None:
            start, end = selected
            style = self.screen.get_visual_style("screen--selection")
            content = content.stylize(style, start, None if end < 0 else end)
        style = self.visual_style
        pieces = content.render(style, end="", parse_style=self.app.stylesheet.parse_style)
        strip = Strip([Segment(text, own.rich_style) for text, own in pieces])
        return strip.extend_cell_length(self.size.width, style.rich_style).apply_offsets(0, y)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return what is selected, for the clipboard."""
        text = "\n".join(one.plain for one in [*self._lines, *self._open_lines])
        return selection.extract(text), "\n"

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002 - as the base class declares it
        """Draw what is selected now."""
        self.refresh()
