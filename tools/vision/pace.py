"""How fast a long run goes and how long it will take, in the words that stand beside its bar."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

# Long enough to even out single images, short enough to follow a machine that becomes busy.
_WINDOW_SECONDS = 30.0
_MINUTE, _HOUR = 60, 3600


class Pace:
    """Counts what was worked on lately; ``clock`` returns seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()
        self._worked = 0

    def start(self) -> None:
        """Begin to count now: what came before (a model that loads) tells nothing of the rate."""
        self._marks.clear()
        self._marks.append((self._clock(), self._worked))

    def worked(self, count: int) -> None:
        """So many more were worked on; what was skipped does not count."""
        now = self._clock()
        self._worked += count
        self._marks.append((now, self._worked))
        while len(self._marks) > 2 and now - self._marks[1][0] > _WINDOW_SECONDS:
            self._marks.popleft()

    @property
    def rate(self) -> float | None:
        """Things a second, None before there is something to tell."""
        if len(self._marks) < 2:
            return None
        (start, before), (end, after) = self._marks[0], self._marks[-1]
        return (after - before) / (end - start) if end > start and after > before else None

    def told(self, left: int) -> str:
        """Return ``1.6 a second, 4 min left``; "" before there is something to tell."""
        rate = self.rate
        if rate is None:
            return ""
        speed = f"{rate:.1f} a second" if rate >= 0.95 else f"{1 / rate:.1f} s each"
        return f"{speed}, {duration(left / rate)} left" if left else speed


def duration(seconds: float) -> str:
    """Return ``40 s``, ``4 min``, ``2 h 05 min``: as exact as an estimate can be."""
    if seconds < _MINUTE:
        return f"{max(1, round(seconds))} s"
    if seconds < _HOUR:
        return f"{round(seconds / _MINUTE)} min"
    hours, rest = divmod(round(seconds / _MINUTE), 60)
    return f"{hours} h {rest:02} min"
