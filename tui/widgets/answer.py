"""An engine's answer while it arrives and after, in one widget.

Textual's own Markdown widget, fed through ``get_stream``, mounts a widget for each paragraph, item
and cell: 2,000 tokens at 100 a second made 390 widgets and took 21 CPU seconds. This takes one
widget, draws at most twenty times a second, and parses and wraps the last block alone anew.
"""

from __future__ import annotations

import time

from textual.timer import Timer

from tagsmith.tui.language import say
from tagsmith.tui.markdown import Document
from tagsmith.tui.text import block
from tagsmith.tui.widgets.messages import INDENT
from tagsmith.tui.widgets.rows import Row, RowsView

FRAME = 1 / 20
SHARE = 10  # drawing takes a tenth of the time at most, however long the answer gets
LONGEST = 100_000  # characters; of what comes behind them only the number is shown


class Answer(RowsView):
    """Streamed text: Markdown where a model writes it, else the text as it is."""

    def __init__(self, *, markdown: bool = False) -> None:
        super().__init__(classes="message -answer")
        self.text = ""
        self._document = Document() if markdown else None
        self._drawn = 0
        self._timer: Timer | None = None
        self._cost = 0.0

    def append(self, piece: str) -> None:
        """Add a piece of text."""
        self.text = (self.text + piece) if self.text else piece.lstrip("\n")
        if self._timer is None and self.is_attached:
            self._timer = self.set_timer(max(FRAME, SHARE * self._cost), self.flush)

    def flush(self) -> None:
        """Draw what has arrived."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        began = time.perf_counter()
        if self._document is None:
            self.show((), _as_it_is(self.text))
        else:
            self._document.feed(self.text[self._drawn : LONGEST])
            self._drawn = min(len(self.text), LONGEST)
            self.show(self._document.settled, [*self._document.open, *self._left_out()])
        self._cost = time.perf_counter() - began

    def past(self) -> list[Row]:
        """Return the answer as rows."""
        return [row.behind(len(INDENT)) for row in self.rows]

    def _left_out(self) -> list[Row]:
        more = len(self.text) - LONGEST
        told = say("… {n:,} more characters", n=more)
        return [Row(text=block(told, "reverse"))] if more > 0 else []


def _as_it_is(text: str) -> list[Row]:
    return [Row(text=block(text.rstrip()))]
