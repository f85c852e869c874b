"""What was sent while something ran: it is answered in its turn, and can be taken back."""

from __future__ import annotations

from collections import deque

from textual.content import Content
from textual.widgets import Static

from tagsmith.tui.language import many
from tagsmith.tui.text import line
from tagsmith.tui.widgets.palette import MUTED, SAYS

MOST_SHOWN = 3


class Waiting(Static):
    """The messages that wait, above the line; takes no room while there are none."""

    DEFAULT_CSS = "Waiting { height: auto; display: none; padding: 0 1; }"

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.texts: deque[str] = deque()

    def add(self, text: str) -> None:
        """Put a message behind the others."""
        self.texts.append(text)
        self._draw()

    def take(self) -> str:
        """Return the message whose turn it is, which waits no longer. Raises IndexError."""
        text = self.texts.popleft()
        self._draw()
        return text

    def take_back(self) -> str:
        """Return the message that was sent last, which is not sent after all. Raises IndexError."""
        text = self.texts.pop()
        self._draw()
        return text

    def clear(self) -> None:
        """Forget all of them."""
        self.texts.clear()
        self._draw()

    def _draw(self) -> None:
        rows = [line(f"{SAYS} {text}", MUTED, limit=200) for text in list(self.texts)[:MOST_SHOWN]]
        more = len(self.texts) - MOST_SHOWN
        if more > 0:
            rows.append(line("  " + many(more, "and {n} more", "and {n} more"), MUTED))
        self.display = bool(rows)
        self.update(Content("\n").join(rows))
