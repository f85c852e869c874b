"""From process start to the first frame, in a pseudo-terminal, against a minimal Textual app.

    python bench/first_frame.py DATASET

Both run in turn in the same session; the medians are compared. POSIX only.
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


def first_frame(command: list[str], shown: bytes) -> float:
    """Return the seconds until a command has drawn ``shown``; the command is then killed."""
    start = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe(command[0], command, {**os.environ, "TERM": "xterm-256color"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    drawn = b""
    try:
        while shown not in drawn:
            if time.perf_counter() - start > PATIENCE:
                raise TimeoutError(f"{command} did not draw {shown!r}")
            if select.select([terminal], [], [], 0.5)[0]:
                drawn += os.read(terminal, 1 << 16)
        return time.perf_counter() - start
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
    floor, taken = [], []
    for _ in range(options.runs):
        floor.append(first_frame(minimal, b"minimal-first-frame"))
        taken.append(first_frame(ours, b"commands"))
    base, own = statistics.median(floor), statistics.median(taken)
    print(
        f"first frame: {own:.3f} s, minimal Textual app {base:.3f} s: {own / base:.2f} x (<= 1.2 x)"
    )


if __name__ == "__main__":
    main()
