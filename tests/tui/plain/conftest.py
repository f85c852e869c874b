"""``tagsmith --plain`` on a terminal of its own, and what it writes there."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE = 30.0
CTRL_C, CTRL_D = "\x03", "\x04"
PROMPT = "> "
TRIES, SOON = 5, 3.0

Start = Callable[..., "Terminal"]


class Terminal:
    """A program on a pseudo-terminal; ``written`` are all bytes that came out of it."""

    def __init__(self, words: list[str], env: dict[str, str]) -> None:
        self.written = b""
        self._seen = 0
        self._pid, self._side = pty.fork()
        if self._pid == 0:
            os.execve(sys.executable, [sys.executable, "-m", "tagsmith", *words], env)

    @property
    def text(self) -> str:
        """Everything so far, with newlines as they are in files."""
        return self.written.decode("utf-8", "backslashreplace").replace("\r\n", "\n")

    def until(self, wanted: str) -> str:
        """Wait for a text behind what was waited for before; return what came up to it."""
        end = time.monotonic() + PATIENCE
        while (found := self.text.find(wanted, self._seen)) < 0:
            if time.monotonic() > end or not self._read():
                raise AssertionError(f"{wanted!r} did not come. On the terminal:\n{self.text}")
        start, self._seen = self._seen, found + len(wanted)
        return self.text[start : self._seen]

    def type(self, keys: str) -> None:
        os.write(self._side, keys.encode())

    def interrupt(self, until: str) -> None:
        """Press Ctrl-C until it is seen: CPython's readline misses one before it is ready."""
        for _ in range(TRIES):
            self.type(CTRL_C)
            if self._waits(until, SOON):
                return
        raise AssertionError(f"{until!r} did not come. On the terminal:\n{self.text}")

    def _waits(self, wanted: str, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while (found := self.text.find(wanted, self._seen)) < 0:
            left = end - time.monotonic()
            if left <= 0:
                return False
            if select.select([self._side], [], [], left)[0] and not self._read():
                return False
        self._seen = found + len(wanted)
        return True

    def ask(self, line: str, until: str = f"\n{PROMPT}") -> str:
        """Type a line and return what is written until the next prompt."""
        self.type(f"{line}\n")
        self.until(line[-60:])
        return self.until(until)

    def leave(self, keys: str = CTRL_D, again: str = "") -> int:
        """Type and wait for the end; return the exit status. ``again`` is typed if none comes."""
        self.type(keys)
        while again and select.select([self._side], [], [], SOON)[0]:
            if not self._read():
                break
        else:
            self.type(again)
        while self._read():
            pass
        self._pid, pid = 0, self._pid
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def close(self) -> None:
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._side)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._side], [], [], PATIENCE)
        try:
            data = os.read(self._side, 1 << 16) if ready else b""
        except OSError:  # Linux: the other side is closed
            return False
        self.written += data
        return bool(data)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment without the user's own folders, servers, editors and colours."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return kept | {
        "HOME": str(tmp_path / "home"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "TAGSMITH_ENGINE": "offline",
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    }


@pytest.fixture
def start(env: dict[str, str]) -> Iterator[Start]:
    started: list[Terminal] = []

    def run(*words: object, **more: str) -> Terminal:
        terminal = Terminal([str(word) for word in words], env | more)
        started.append(terminal)
        return terminal

    yield run
    for one in started:
        one.close()


@pytest.fixture
def plain(start: Start, pets: Path) -> Start:
    """The plain chat on the pets, at its first prompt."""

    def run(*words: object, **more: str) -> Terminal:
        terminal = start("--plain", *(words or (pets,)), **more)
        terminal.until(f"\n{PROMPT}")
        return terminal

    return run


@pytest.fixture
def captions(pets: Path) -> Callable[[], dict[str, str]]:
    """Read all captions."""

    def read() -> dict[str, str]:
        return {path.name: path.read_text() for path in sorted(pets.glob("*.txt"))}

    return read


@pytest.fixture
def assert_plain() -> Callable[[Terminal], None]:
    """Check every byte: nothing a terminal obeys but the end of a line, nothing that hides."""
    hostile = re.compile(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
        "\u3164\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
    )

    def check(terminal: Terminal) -> None:
        found = hostile.search(terminal.text)
        assert found is None, ascii(terminal.text[max(0, found.start() - 40) : found.end() + 40])

    return check


@pytest.fixture
def modules_of() -> Callable[[str], set[str]]:
    """Run code in a fresh interpreter; return the modules that it has loaded then."""

    def run(code: str) -> set[str]:
        code = f"{code}\nimport sys; print(*sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
        )
        return set(done.stdout.split())

    return run
