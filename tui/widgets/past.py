"""Turns that are no longer shown one by one: pages of them, each in one widget when asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tagsmith.tui.language import many, say
from tagsmith.tui.widgets.palette import ACCENT, MUTED
from tagsmith.tui.widgets.rows import Row, RowsView

TURNS_A_PAGE = 20
MOST_PAGES = 30  # widgets with pages; beyond them, each holds twice as many as the one before


Source = Callable[[], list[Row]]


class Past:
    """The turns that are not on the screen, oldest first, as pages of what makes their rows.

    ``unread`` counts turns that only the session's file has.
    """

    def __init__(self) -> None:
        self.unread = 0
        self._pages: deque[tuple[int, list[Source]]] = deque()

    @property
    def turns(self) -> int:
        """Return the number of turns that can be shown."""
        return self.unread + sum(turns for turns, _ in self._pages)

    def add(self, turns: int, source: Source) -> None:
        """Add turns that were the last ones."""
        if self._pages and self._pages[-1][0] + turns <= TURNS_A_PAGE:
            before, sources = self._pages.pop()
            self._pages.append((before + turns, [*sources, source]))
        else:
            self._pages.append((turns, [source]))

    def prepend(self, pages: Sequence[tuple[int, Source]]) -> None:
        """Add pages that were read from the session's file; nothing there is unread then."""
        self._pages.extendleft((turns, [source]) for turns, source in reversed(pages))
        self.unread = 0

    def take(self, shown: int) -> Page | None:
        """Return the last page, to be shown above so many others; None where there is none."""
        if not self._pages:
            return None
        turns, sources = self._pages.pop()
        for _ in range(2 ** max(0, shown - MOST_PAGES) - 1):
            if self._pages:
                more, older = self._pages.pop()
                turns, sources = turns + more, [*older, *sources]
        return Page(turns, [row for source in sources for row in source()])

    def clear(self) -> None:
        """Forget all of it."""
        self.unread = 0
        self._pages.clear()


class Page(RowsView):
    """Some turns in one widget."""

    def __init__(self, turns: int, rows: Sequence[Row]) -> None:
        super().__init__(rows, classes="message -page")
        self.turns = turns


class Earlier(Static):
    """Says that there are earlier messages; a click, or scrolling up to it, brings them."""

    class Wanted(Message):
        """The user wants to see some."""

    def __init__(self, turns: int) -> None:
        super().__init__(markup=False, classes="message -earlier")
        self.tell(turns)

    def tell(self, turns: int) -> None:
        """Say how many turns there are."""
        told = many(turns, "… {n} earlier turn", "… {n} earlier turns")
        hint = say("scroll up, or click, for more")
        self.update(Content.assemble((told, MUTED), "   ", (hint, ACCENT)))

    def on_click(self) -> None:
        """Bring some."""
        self.post_message(self.Wanted())
