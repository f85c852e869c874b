"""The last line of the chat: what the app is doing, what is pending, and the keys that help now."""

from __future__ import annotations

import time

from textual.content import Content
from textual.timer import Timer

from tagsmith.tui.language import many, say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.edge import GAP, EdgeLine, keys, spread
from tagsmith.tui.widgets.palette import ACCENT, MUTED

Legend = list[tuple[str, str]]


class StateLine(EdgeLine):
    """Redraws itself once a second while something runs; its height never changes."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._doing = ""
        self._since = 0.0
        self._ticker: Timer | None = None
        self._legend: Legend = []
        self.waiting = 0
        self.pending = 0

    @property
    def doing(self) -> str:
        """What runs now; empty when nothing does."""
        return self._doing

    def start(self, doing: str) -> None:
        """Show that something runs."""
        self._doing, self._since = doing, time.monotonic()
        if self._ticker is None:
            self._ticker = self.set_interval(1.0, self._draw)
        self._draw()

    def change(self, doing: str) -> None:
        """Say otherwise what runs; its time goes on."""
        self._doing = doing
        self._draw()

    def rest(self) -> None:
        """Show that nothing runs."""
        self._doing = ""
        if self._ticker is not None:
            self._ticker.stop()
            self._ticker = None
        self._draw()

    def show_keys(self, legend: Legend) -> None:
        """Show the keys that help now."""
        self._legend = legend
        self._draw()
        self.right = keys(legend) + " "

    def offer(self, completions: Content) -> None:
        """Show completions in place of the state."""
        self._legend = []
        self.left, self.right = Content(" ") + completions, keys([("tab", say("next"))]) + " "

    def render(self) -> Content:
        """Draw the line; keys are left out before a word of the state is, the last one never."""
        width, legend, right = self.content_size.width, list(self._legend), self.right
        while len(legend) > 1 and self.left.cell_length + GAP + right.cell_length > width:
            del legend[-2]
            right = keys(legend) + " "
        return spread(self.left, right, width)

    def _draw(self) -> None:
        if self._doing:
            minutes, seconds = divmod(int(time.monotonic() - self._since), 60)
            queued = f" · {say('{n} waiting', n=self.waiting)}" if self.waiting else ""
            self.left = line(f" {say(self._doing)} {minutes}:{seconds:02}{queued}", ACCENT)
        elif self.pending:
            files = many(self.pending, "{n} file pending", "{n} files pending")
            self.left = Content(f" {files} · {say('nothing written yet')}")
        else:
            self.left = Content.styled(f" {say('ready')}", MUTED)
