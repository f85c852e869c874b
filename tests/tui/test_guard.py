"""What native libraries print while the app has the screen: not on it, and not lost."""

from __future__ import annotations

import os
import pty
import select
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

APP = """
import os, sys
from textual.app import App
from textual.widgets import Static
from tagsmith.tui.guard import guarded

class Printing(App[None]):
    def compose(self):
        yield Static("drawn-by-the-app")
    def on_mount(self):
        os.write(2, b"native \\x1b[2Jnoise\\n")
        self.set_timer(0.2, END)

app = Printing()
CRASH = lambda: 1 / 0
try:
    with guarded() as caught:
        app.run()
finally:
    os.write(2, b"AFTER:" + repr(caught.lines).encode() + b":" + caught.path.encode() + b"\\n")
"""


def run(code: str, state: Path) -> bytes:
    """Run a program on a terminal of its own; returns all that it wrote there."""
    parent, child = pty.openpty()
    environ = os.environ | {"XDG_STATE_HOME": str(state), "TERM": "xterm-256color"}
    program = subprocess.Popen(
        [sys.executable, "-c", code], stdin=child, stdout=child, stderr=child, env=environ
    )
    os.close(child)
    written, end = b"", time.monotonic() + 20
    try:
        while time.monotonic() < end:
            if select.select([parent], [], [], 0.1)[0]:
                try:
                    piece = os.read(parent, 1 << 16)
                except OSError:  # Linux: the other side is closed
                    break
                if not piece:
                    break
                written += piece
    finally:
        program.kill()
        program.wait()
        os.close(parent)
    return written


@pytest.mark.parametrize("end", ["self.exit", "lambda: 1 / 0"], ids=["exit", "crash"])
def test_what_is_printed_to_the_descriptor_does_not_reach_the_screen(
    tmp_path: Path, end: str
) -> None:
    screen, mark, after = run(APP.replace("END", end), tmp_path).rpartition(b"AFTER:")
    assert b"drawn-by-the-app" in screen
    assert b"noise" not in screen
    assert mark, "descriptor 2 leads to the terminal again"
    log = tmp_path / "tagsmith" / "stderr.log"
    assert b"noise" in log.read_bytes()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert b"native" in after
    assert str(log).encode() in after
    if end != "self.exit":
        assert b"ZeroDivisionError" in screen


GUARDED = """
import os, sys
from tagsmith.tui import guard
before = sys.__stderr__
{body}
assert sys.__stderr__ is before
os.write(2, b"back")
"""


def result(body: str, state: Path) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", GUARDED.format(body=body)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"XDG_STATE_HOME": str(state)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_the_last_of_much_is_told_and_the_log_does_not_grow_for_ever(tmp_path: Path) -> None:
    body = """
with guard.guarded() as caught:
    for number in range(40):
        os.write(2, f"line {number}\\n".encode())
print(caught.lines[0], caught.lines[-1], caught.more)
guard.MOST_BYTES = 10
with guard.guarded() as caught:
    os.write(2, b"new\\n")
print(caught.lines, os.path.getsize(caught.path))
"""
    assert result(body, tmp_path) == ("line 28 line 39 28\n['new'] 4\n", "back")


def test_without_a_state_folder_it_is_kept_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "tagsmith").write_text("in the way")
    body = """
with guard.guarded() as caught:
    os.write(2, b"noise\\n")
print(caught.lines, repr(caught.path))
"""
    assert result(body, tmp_path) == ("['noise'] ''\n", "back")


def test_another_program_gets_the_terminal_while_it_runs(tmp_path: Path) -> None:
    body = """
with guard.guarded() as caught:
    with guard.lent(sys.__stderr__):
        os.write(2, b"editor ")
    os.write(2, b"noise\\n")
print(caught.lines)
"""
    assert result(body, tmp_path) == ("['noise']\n", "editor back")
