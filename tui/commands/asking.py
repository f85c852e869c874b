"""Asking the person before something large or final is done; only ever at a terminal."""

from __future__ import annotations

import sys

from tagsmith.tools.errors import NotUnderstoodError
from tagsmith.tui.commands.console import Console
from tagsmith.tui.text import one_line


def agreed(console: Console, question: str, otherwise: NotUnderstoodError) -> bool:
    """Ask on stderr and read a line; only ``y`` and ``yes`` agree.

    Raises ``otherwise`` where nobody is there to answer.
    """
    if not (console.live and sys.stdin is not None and sys.stdin.isatty()):
        raise otherwise
    console.tell(f"{one_line(question)} [y/N] ")
    return sys.stdin.readline().strip().casefold() in ("y", "yes")
