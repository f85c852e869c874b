"""Where commands write: results to stdout, everything else to stderr, all of it made harmless."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO

from tagsmith.tools.errors import Exit, TagsmithError
from tagsmith.tui.text import one_line, plain

# SGR parameters (ECMA-48): green, red, faint, bold.
STYLES = {"add": "32", "remove": "31", "dim": "2", "bold": "1"}

Segment = tuple[str, str]


class Console:
    """The standard streams of one command.

    When the reader of stdout goes away, what is left is dropped in silence and the command ends
    as it would have: its exit status tells what happened to the dataset, not to the pipe. Where
    stdout cannot be written otherwise (a full disk), the rest is dropped and ``close`` says so.
    ``acted`` is set by a command that has changed something by then.
    """

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._open = self._out is not None
        self._lost: OSError | None = None
        self.acted = False
        for stream in (self._out, self._err):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        self.colour = self._open and wants_colour(self._out)
        self.live = self._err is not None and self._err.isatty()

    def say(self, text: str = "") -> None:
        """Write text of any length to stdout, made harmless line by line."""
        self.write(plain(text, limit=max(len(text), 1)) + "\n")

    def row(self, segments: Iterable[Segment]) -> None:
        """Write one line to stdout from pieces of (text, style); "" is no style."""
        self.write("".join(self._paint(one_line(text), style) for text, style in segments) + "\n")

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if style and self.colour else text

    def write(self, text: str) -> None:
        """Write to stdout what is harmless already."""
        if not self._open:
            return
        try:
            self._out.write(text)
        except OSError as error:
            self._drop(error)

    def note(self, text: str) -> None:
        """Write a line for the person to stderr."""
        self.tell(f"tagsmith: {plain(text)}\n")

    def fail(self, error: TagsmithError) -> None:
        """Write an error to stderr."""
        self.note(str(error))

    def tell(self, text: str) -> None:
        """Write to stderr at once what is harmless already; a closed stderr changes nothing."""
        with suppress(OSError, ValueError, AttributeError):
            self._err.write(text)
            self._err.flush()

    def close(self, status: int) -> int:
        """Flush stdout and return the exit status: not 0 where what was written got lost.

        A change stays changed when its report is lost, so that is status 6 and never 1.
        """
        if self._open:
            try:
                self._out.flush()
            except OSError as error:
                self._drop(error)
        if self._lost is None:
            return status
        told = f"The output cannot be written: {self._lost.strerror or self._lost}."
        acted = " What was to be changed is changed; `tagsmith history` lists it."
        self.note(told + (acted if self.acted else ""))
        return status or (Exit.UNKNOWN if self.acted else Exit.FAILED)

    def _drop(self, error: OSError) -> None:
        """Point stdout at nothing, so that Python's own flush at the end is quiet as well."""
        self._open = False
        if not isinstance(error, BrokenPipeError):
            self._lost = error
        with suppress(OSError, ValueError):
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self._out.fileno())
            os.close(nothing)


def wants_colour(stream: TextIO) -> bool:
    """Tell whether to colour: on a terminal, unless NO_COLOR (no-color.org) is set."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()
