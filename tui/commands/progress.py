"""Progress of long work on stderr: files, files a second, and how long it will take."""

from __future__ import annotations

import time
from collections.abc import Callable

from tagsmith.tui.commands.console import Console

SILENT_FOR = 1.0
EVERY_LIVE = 0.1
EVERY_LINE = 1.0


class Progress:
    """Called with files done and all files; silent for the first second.

    On a terminal one line is drawn over and over; elsewhere at most one line a second is added.
    """

    def __init__(
        self, console: Console, verb: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console
        self._verb = verb
        self._clock = clock
        self._start = clock()
        self._last = self._start + SILENT_FOR - EVERY_LINE
        self._drawn = False

    def __call__(self, done: int, total: int) -> None:
        """Tell how far the work is, if it is time to."""
        now = self._clock()
        live = self._console.live
        every = EVERY_LIVE if live else EVERY_LINE
        if now - self._start < SILENT_FOR or now - self._last < every:
            return
        self._last = now
        rate = done / (now - self._start)
        speed = f", {rate:,.0f} files/s, {_duration((total - done) / rate)} left" if rate else ""
        text = f"{self._verb} {done:,} of {total:,} files{speed}"
        self._console.tell(f"\r{text}\x1b[K" if live else f"{text}\n")
        self._drawn = live

    def end(self) -> None:
        """Wipe the line."""
        if self._drawn:
            self._console.tell("\r\x1b[K")
            self._drawn = False


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60} s"
