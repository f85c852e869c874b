"""A list of any length: only the rows in sight are ever asked for or drawn."""

from __future__ import annotations

from typing import ClassVar, Protocol

from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style

from tagsmith.tui.actions import Scope, bindings


class Rows(Protocol):
    """What a ``LineList`` shows. A row is Content of one line, marks included."""

    @property
    def count(self) -> int:
        """Number of rows."""
        ...

    def row(self, index: int, width: int) -> Content:
        """Return a row for a list of this many cells; it is cut or padded to fit."""
        ...


class NoRows:
    """An empty list."""

    count = 0

    def row(self, index: int, width: int) -> Content:
        """Never called: there is no row."""
        raise IndexError(index, width)


class LineList(ScrollView, can_focus=True):
    """Rows with a cursor, drawn line by line (Textual's line API).

    Opening takes the same time for ten rows and for 100,000: ``Rows.row`` is called for the visible
    ones alone, and moving the cursor redraws two of them.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"line-list--cursor"}
    BINDINGS = bindings(Scope.LIST)

    cursor: var[int] = var(0)

    class Highlighted(Message):
        """The cursor stands on another row."""

        def __init__(self, sender: LineList, index: int) -> None:
            super().__init__()
            self.sender = sender
            self.index = index

        @property
        def control(self) -> LineList:
            """The list, so that ``on`` can select by id."""
            return self.sender

    class Chosen(Highlighted):
        """A row was chosen with enter or a double click."""

    def __init__(self, rows: Rows | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Rows = rows or NoRows()

    def on_mount(self) -> None:
        """Learn the size of the list."""
        self._measure()

    def on_resize(self) -> None:
        """Rows are as wide as the list."""
        self._measure()

    def show(self, rows: Rows, cursor: int = 0) -> None:
        """Show other rows, with the cursor on one of them."""
        self._rows = rows
        self._measure()
        self.cursor = cursor
        self._scroll_to_cursor()
        self.refresh()
        self.post_message(self.Highlighted(self, self.cursor))

    def _measure(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, self._rows.count)

    def refresh_row(self, index: int) -> None:
        """Draw one row again because its content changed."""
        self.refresh_lines(index)

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor inside the list."""
        return max(0, min(cursor, self._rows.count - 1))

    def watch_cursor(self, before: int, after: int) -> None:
        """Redraw the two rows that changed, and tell."""
        self.refresh_lines(before)
        self.refresh_lines(after)
        self._scroll_to_cursor()
        self.post_message(self.Highlighted(self, after))

    def watch_has_focus(self, has_focus: bool) -> None:
        """Draw the cursor row as active or not."""
        super().watch_has_focus(has_focus)
        self.refresh_lines(self.cursor)

    def _scroll_to_cursor(self) -> None:
        height = self.scrollable_content_region.height
        if not height:
            return
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False)

    def render_line(self, y: int) -> Strip:
        """Draw a visible line."""
        width = self.scrollable_content_region.width
        index = self.scroll_offset.y + y
        style = self.visual_style
        if index >= self._rows.count:
            return Strip.blank(width, style.rich_style)
        content = self._rows.row(index, width)
        if index == self.cursor:
            style += self.get_visual_style("line-list--cursor")
        return self._strip(content, width, style)

    def _strip(self, content: Content, width: int, style: Style) -> Strip:
        fitted = content.truncate(width, ellipsis=True, pad=True)
        pieces = fitted.render(style, end="", parse_style=self.app.stylesheet.parse_style)
        return Strip([Segment(text, own.rich_style) for text, own in pieces], width)

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows."""
        self.cursor += rows

    def action_page(self, pages: int) -> None:
        """Move the cursor by screens."""
        self.cursor += pages * max(1, self.scrollable_content_region.height - 1)

    def action_go(self, end: bool) -> None:
        """Move the cursor to the first or the last row."""
        self.cursor = self._rows.count - 1 if end else 0

    def action_choose(self) -> None:
        """Tell that the row at the cursor was chosen."""
        if self._rows.count:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row; a double click chooses it."""
        place = event.get_content_offset(self)
        index = self._rows.count if place is None else self.scroll_offset.y + place.y
        if index < self._rows.count:
            self.cursor = index
            if event.chain == 2:
                self.action_choose()
