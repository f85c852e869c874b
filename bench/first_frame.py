"""From process start to the first frame, in a pseudo-terminal, against a minimal Textual app.

    python bench/first_frame.py DATASET

They run in turn in the same session, and the medians are compared. Told as well is when the
dataset, which is opened behind the first frame, is ready. POSIX only.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import termios
import time

MINIMAL = """
from textual.app import App
from textual.widgets import Input, Static
class Minimal(App):
    def compose(self):
        yield Static("minimal-first-frame")
        yield Input()
Minimal().run()
"""
PATIENCE = 20.0


def drawn(command: list[str], *marks: bytes) -> list[float]:
    """Return the seconds until a command has drawn each of the marks, one after the other.

    The command is then killed. Raises TimeoutError where it does not draw them.
    """
    start = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe(command[0], command, {**os.environ, "TERM": "xterm-256color"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    screen, times = b"", []
    try:
        for mark in marks:
            while mark not in screen:
                if time.perf_counter() - start > PATIENCE:
                    raise TimeoutError(f"{command} did not draw {mark!r}")
                if select.select([terminal], [], [], 0.5)[0]:
                    screen += os.read(terminal, 1 << 16)
            times.append(time.perf_counter() - start)
        return times
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


def main() -> None:
    parser = argparse.ArgumentParser(description="time to the first frame, in a pty")
    parser.add_argument("dataset")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    minimal = [sys.executable, "-c", MINIMAL]
    ours = [sys.executable, "-m", "tagsmith", options.dataset]
    runs = [
        (*drawn(minimal, b"minimal-first-frame"), *drawn(ours, b"Opening", b" ready"))
        for _ in range(options.runs)
    ]
    base, own, ready = (statistics.median(column) for column in zip(*runs, strict=True))
    print(
        f"first frame: {own:.3f} s, minimal Textual app {base:.3f} s: {own / base:.2f} x (<= 1.2 x)"
    )
    print(f"the dataset is ready: {ready:.3f} s")


if __name__ == "__main__":
    main()
