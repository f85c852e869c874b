"""How a tool that takes long tells how far it is, and learns that nobody waits any more.

Whoever runs tools sets ``workspace.watch``: the chat draws a bar and stops on Esc, the command line
writes to stderr. A tool looks at it between two pieces of work, at least ten times a second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tagsmith.tools.errors import StoppedError


@dataclass(frozen=True, slots=True)
class Step:
    """So many of so many ``unit`` are done; ``verb`` says what is being done to them.

    ``total`` is 0 where nobody knows it yet. ``pace`` is how fast it goes and how long it will
    take, where the work knows that best.
    """

    verb: str
    done: int
    total: int
    unit: str = "images"
    pace: str = ""


def _tell_nobody(step: Step) -> None:
    del step


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Watch:
    """``tell`` takes a step of progress; ``stopped`` says whether to stop. Both return at once."""

    tell: Callable[[Step], None] = _tell_nobody
    stopped: Callable[[], bool] = _never

    def check(self, message: str = "Stopped; nothing was staged.", hint: str = "") -> None:
        """Raise StoppedError once nobody waits for the work any more."""
        if self.stopped():
            raise StoppedError(message, hint)
