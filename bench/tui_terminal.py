"""A program in a pseudo-terminal that knows synchronized output, so that frames have an end."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from pathlib import Path

ASKS_SYNC, HAS_SYNC = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
FRAME_END = b"\x1b[?2026l"
PATIENCE = 120.0
SETTLED = 0.06  # seconds of silence after which a key has had its effect
_ESCAPES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]")


class Terminal:
    """A running program. Raises TimeoutError where it does not draw what is waited for."""

    def __init__(
        self, command: list[str], environment: dict[str, str], size: tuple[int, int] = (120, 40)
    ) -> None:
        self.command = command
        self.start = time.perf_counter()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, {**environment, "TERM": "xterm-256color"})
        columns, rows = size
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.seen = b""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)

    def read(self, seconds: float) -> bytes:
        """Return what arrives next; nothing where nothing arrives in time."""
        if not select.select([self.terminal], [], [], seconds)[0]:
            return b""
        piece = os.read(self.terminal, 1 << 16)
        if ASKS_SYNC in piece:
            os.write(self.terminal, HAS_SYNC)
        self.seen += piece
        return piece

    def until(self, mark: str) -> float:
        """Wait for words that are drawn in one piece; return the seconds since the start.

        Only what was drawn since the last such call counts.
        """
        wanted = mark.encode()
        while wanted not in _ESCAPES.sub(b"", self.seen):
            if time.perf_counter() - self.start > PATIENCE:
                raise TimeoutError(f"{self.command} did not draw {mark!r}: {self.seen[-2000:]!r}")
            self.read(0.5)
        self.seen = b""
        return time.perf_counter() - self.start

    def quiet(self, seconds: float = SETTLED) -> None:
        """Wait until nothing has been drawn for some time."""
        while self.read(seconds):
            pass

    def quiet_for(self, seconds: float) -> None:
        """Read for some time whatever is drawn."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)

    def press(self, keys: bytes) -> tuple[float, float, float]:
        """Press a key: seconds to the end of its first and last frame, and of CPU in between."""
        cpu, start = self.cpu(), time.perf_counter()
        os.write(self.terminal, keys)
        first = last = 0.0
        tail = b""
        while piece := self.read(SETTLED if last else 2.0):
            if FRAME_END in tail + piece:
                last = time.perf_counter() - start
                first = first or last
            tail = piece[-len(FRAME_END) :]
        return first, last, self.cpu() - cpu

    def type(self, text: str) -> None:
        """Type without waiting."""
        os.write(self.terminal, text.encode())

    def cpu(self) -> float:
        """Return the CPU seconds of all threads of the program, to the nanosecond."""
        total = 0
        for one in Path(f"/proc/{self.pid}/task").iterdir():
            try:
                total += int((one / "schedstat").read_text().split()[0])
            except FileNotFoundError:  # the thread has just ended
                continue
        return total / 1e9

    def resident(self) -> float:
        """Return the resident memory of the program in MiB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
