"""The program itself on a dataset of hostile names and tags: every byte that a terminal gets."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_shown import make_hostile_set, numbers
from hostile_texts import FORBIDDEN

PATIENCE = 30.0
ESC, CTRL_B, CTRL_P, CTRL_Q, CTRL_T = "\x1b", "\x02", "\x10", "\x11", "\x14"
# All that Textual sends: styles and cursor moves; its modes; keyboard, mouse and frame protocols.
KNOWN = re.compile(
    rb"\x1b\[[0-9;]*m"
    rb"|\x1b\[[0-9]+;[0-9]+H"
    rb"|\x1b\[\?(?:7|25|1000|1003|1004|1006|1015|1049|2004|2026|2048)[hl]"
    rb"|\x1b\[\?(?:2026|2048)\$p"
    rb"|\x1b\[>[0-9]+u|\x1b\[<u"
    rb"|\x1b\]22;[a-z-]*\x07"
)


class Program:
    """The program in a pseudo-terminal; ``written`` is all that it wrote there."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.written = b""
        self._looked = 0
        self.pid, self._side = pty.fork()
        if self.pid == 0:
            os.execve(sys.executable, [sys.executable, "-m", "tagsmith", str(folder)], environment)
        fcntl.ioctl(self._side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def read(self, seconds: float) -> bool:
        """Read what comes next; whether anything came."""
        if not select.select([self._side], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self._side, 1 << 16)
        except OSError:  # Linux: the other side is closed
            piece = b""
        self.written += piece
        return bool(piece)

    def shows(self, mark: str) -> bool:
        """Tell whether words were drawn since the last keys."""
        return mark.encode() in KNOWN.sub(b"", self.written[self._looked :])

    def press(self, keys: str, mark: str, *, every: float = PATIENCE) -> None:
        """Send keys, again every so many seconds, until words are drawn."""
        end = time.monotonic() + PATIENCE
        self._looked = len(self.written)
        while not self.shows(mark):
            os.write(self._side, keys.encode())
            again = time.monotonic() + every
            while not self.shows(mark) and time.monotonic() < again:
                self.read(0.05)
                assert time.monotonic() < end, (mark, self.written[-2000:])

    def end(self) -> int:
        """Wait for the end of the program; return its exit status."""
        while self.read(PATIENCE):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    root = tmp_path / "set \x1b]0;title\x07[red"
    make_hostile_set(root)
    homes = {f"XDG_{name}_HOME": str(tmp_path / "home") for name in ("STATE", "CONFIG", "DATA")}
    own = {"TAGSMITH_ENGINE": "offline", "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    known = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    found = Program(root, known | homes | own)
    yield found
    try:
        os.kill(found.pid, signal.SIGKILL)
        os.waitpid(found.pid, 0)
    except (ProcessLookupError, ChildProcessError):  # it has ended
        return


def test_no_byte_of_theirs_steers_the_terminal(program: Program) -> None:
    program.press("", "Say what to change.")
    program.press("what is \u009b31m [@click=app.quit]x[/] \u202e?\r", "? help")
    program.press("/add_trigger sks\r", "would change")
    program.press("\r", "keep/drop", every=2)  # a new card takes no keys at first
    program.press("g", "by step")
    program.press("g", "by tag")
    program.press("\x1b[B\x1b[B", "[")
    program.press(ESC + ESC, "? help", every=0.5)
    program.press(CTRL_T, "prune", every=0.5)
    program.press(" \x1b[B a", "Add to images")
    program.press(ESC, "prune", every=0.5)
    program.press(ESC, "? help", every=0.5)
    for command, mark in (
        ("/gallery", "zoom"),
        ("/history", "nothing applied yet"),
        ("/triggers", "Sets of trigger buttons"),
        ("/settings", "Settings"),
    ):
        program.press(f"{command}\r", mark)
        program.press(ESC, "? help", every=0.5)
    program.press(CTRL_B, "nothing runs")
    program.press(ESC, "? help", every=0.5)
    program.press(CTRL_P, "Trigger buttons")
    program.press(ESC, "? help", every=0.5)
    program.press(CTRL_Q, "--resume")
    assert program.end() == 0

    left = KNOWN.sub(b"", program.written).decode()
    # How much of each screen was drawn before the next key depends on the machine.
    assert len(numbers(left)) >= 20
    steering = FORBIDDEN.findall(re.sub("[\r\n]", "", left))
    assert steering == []
    titles = re.findall(rb"\x1b\][^\x07]*", program.written)
    assert set(titles) <= {b"\x1b]22;default", b"\x1b]22;text", b"\x1b]22;pointer"}
