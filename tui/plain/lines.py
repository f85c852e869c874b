"""Lines from the keyboard: edited and remembered by readline where the system has it."""

from __future__ import annotations

import sys
from contextlib import suppress
from types import ModuleType

from tagsmith.tui import input_history


class Lines:
    """Asks for lines; what was said is remembered over sessions, answers to questions are not."""

    def __init__(self) -> None:
        self._readline = _readline()
        if sys.stdin is not None and hasattr(sys.stdin, "reconfigure"):
            sys.stdin.reconfigure(errors="replace")
        for line in input_history.read():
            self._recall(line)

    def ask(self, prompt: str, text: str = "") -> str:
        """Return a line; ``text`` stands on it already, to be edited, where that can be done.

        Raises EOFError on Ctrl-D, KeyboardInterrupt on Ctrl-C.
        """
        if self._readline is None or not text:
            return input(prompt)
        self._readline.set_pre_input_hook(lambda: self._put(text))
        try:
            return input(prompt)
        finally:
            self._readline.set_pre_input_hook(None)

    @property
    def edits(self) -> bool:
        """Whether a line can be given to be edited."""
        return self._readline is not None

    def decide(self, question: str) -> str:
        """Return the answer to a question that decides; what was typed before it does not count.

        Empty where the user leaves it with Ctrl-C or Ctrl-D.
        """
        _forget_typed_ahead()
        try:
            return self.ask(question).strip()
        except (EOFError, KeyboardInterrupt):
            print()
            return ""

    def remember(self, line: str) -> None:
        """Keep a line for this session and the next ones."""
        if line.strip():
            self._recall(line)
            input_history.add(line)

    def _recall(self, line: str) -> None:
        if self._readline is not None:
            self._readline.add_history(" ".join(line.splitlines()))

    def _put(self, text: str) -> None:
        if self._readline is not None:
            self._readline.insert_text(text)
            self._readline.redisplay()


def _readline() -> ModuleType | None:
    """Return readline, which then stands behind ``input``; None where the system has none."""
    try:
        import readline
    except ImportError:
        return None
    readline.set_auto_history(False)
    return readline


def _forget_typed_ahead() -> None:
    """Drop what was typed or pasted before a question was there to be read."""
    try:
        import termios
    except ImportError:
        return
    with suppress(OSError, ValueError, termios.error):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
