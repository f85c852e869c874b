"""Progress of long work on stderr: how much of it is done, how fast, and how long it will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tagsmith.tools.watch import Step
from tagsmith.tui import steps
from tagsmith.tui.commands.console import Console
from tagsmith.tui.language import say

SILENT_FOR = 1.0
EVERY_LIVE = 0.1
EVERY_LINE = 1.0


@dataclass(frozen=True, slots=True)
class _Phase:
    """Where one kind of work began: what it is, how much was done before, and when."""

    verb: str
    total: int
    done: int
    time: float


class Progress:
    """Told of each step; silent for the first second of the work.

    On a terminal one line is drawn over and over; elsewhere at most one line a second is added, or
    one in ``every`` seconds.
    The speed is that of the present work, without what was done before it began.
    """

    def __init__(
        self,
        console: Console,
        clock: Callable[[], float] = time.monotonic,
        every: float | None = None,
    ) -> None:
        self._console = console
        self._clock = clock
        self._every = EVERY_LINE if every is None else every
        self._phase: _Phase | None = None
        self._done = 0
        self._quiet_until = 0.0
        self._drawn = False

    def tell(self, step: Step) -> None:
        """Tell how far the work is, if it is time to."""
        now = self._clock()
        phase = self._phase
        if phase is None:
            self._quiet_until = now + SILENT_FOR
        if phase is None or self._begins(phase, step):
            phase = self._phase = _Phase(step.verb, step.total, step.done, now)
        self._done = step.done
        if now < self._quiet_until:
            return
        live = self._console.live
        self._quiet_until = now + (EVERY_LIVE if live else self._every)
        text = say(
            "{verb} {done:,} of {total:,} {unit}",
            verb=steps.verb(step),
            done=step.done,
            total=step.total,
            unit=steps.unit(step),
        )
        if pace := steps.pace(step) or _pace(phase, step, now):
            text = f"{text}, {pace}"
        self._console.tell(f"\r{text}\x1b[K" if live else f"{text}\n")
        self._drawn = live

    def end(self) -> None:
        """Wipe the line: something else is written, or the work is over. More may follow."""
        if self._drawn:
            self._console.tell("\r\x1b[K")
            self._drawn = False

    def _begins(self, phase: _Phase, step: Step) -> bool:
        return (step.verb, step.total) != (phase.verb, phase.total) or step.done < self._done


def _pace(phase: _Phase, step: Step, now: float) -> str:
    done, seconds = step.done - phase.done, now - phase.time
    if not done or not seconds:
        return ""
    rate = done / seconds
    unit = steps.unit(step)
    speed = f"{rate:,.0f} {unit}/s" if rate >= 1 else f"{rate * 60:,.0f} {unit}/min"
    left = say("{time} left", time=_duration((step.total - step.done) / rate))
    return f"{speed}, {left}"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
