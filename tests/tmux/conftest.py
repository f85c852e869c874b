"""A shell in a real terminal, by way of tmux: type, press keys, wait for what appears."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

PATIENCE = 60.0  # seconds for one thing to appear; a loaded machine starts Python in ten
LOOK = 0.1  # seconds between two looks at the screen
GUARD = 0.6  # a new card, review or question takes no key that decides in its first half second


class Terminal:
    """A shell of its own in a tmux of its own; ``tagsmith`` there is the one under test."""

    def __init__(self, home: Path, size: str) -> None:
        self._tmux = ["tmux", "-S", str(home / "tmux"), "-f", "/dev/null"]
        self._commands = 0
        rc = home / "rc"
        python = shlex.quote(sys.executable)
        rc.write_text(f'tagsmith() {{ {python} -m tagsmith "$@"; }}\nPS1="[\\# \\$?] "\n')
        columns, rows = size.split("x")
        shell = ["bash", "--noprofile", "--rcfile", str(rc), "-i"]
        self._do("new-session", "-d", "-s", "it", "-x", columns, "-y", rows, *shell, env=_env(home))
        self.wait(r"^\[1 0\]")

    def _do(self, *words: str, env: Mapping[str, str] | None = None) -> str:
        ran = subprocess.run(
            [*self._tmux, *words], env=env, capture_output=True, text=True, check=True
        )
        return ran.stdout

    @property
    def screen(self) -> str:
        """What the terminal shows."""
        return self._do("capture-pane", "-p", "-t", "it")

    def type(self, text: str, *keys: str) -> None:
        """Type a text, then press keys by their tmux names."""
        self._do("send-keys", "-t", "it", "-l", "--", text)
        self.press(*keys)

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names."""
        if keys:
            self._do("send-keys", "-t", "it", *keys)

    def wait(self, *patterns: str) -> None:
        """Wait until the screen shows them all, each somewhere on its lines."""
        end = time.monotonic() + PATIENCE
        while not all(re.search(one, screen := self.screen, re.MULTILINE) for one in patterns):
            assert time.monotonic() < end, f"no {patterns} in:\n{screen}"
            time.sleep(LOOK)

    def read(self, *patterns: str) -> None:
        """Wait for what is to be read before it is answered: until then it takes no answer."""
        self.wait(*patterns)
        time.sleep(GUARD)

    def run(self, command: str) -> None:
        """Type a command into the shell."""
        self._commands += 1
        self.type(command, "Enter")

    def left(self, status: int = 0) -> None:
        """Wait until the command has ended with this exit status."""
        self.wait(rf"^\[{self._commands + 1} {status}\]")

    def apply(self, files: int) -> None:
        """In the review: ask to apply, and count the files, which so small a folder wants."""
        self.press("w")
        self.read(f"Apply {files} files?", f"type {files} and enter:")
        self.type(str(files), "Enter")

    def close(self) -> None:
        """End the shell and what runs in it."""
        self._do("kill-server")


def _env(home: Path) -> dict[str, str]:
    """Return an environment with no state but its own, English words, and no model server."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TAGSMITH_")}
    for name in ("ACCESSIBLE", "NO_COLOR", "TMUX", "EDITOR", "VISUAL"):
        env.pop(name, None)
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        env[f"XDG_{name}_HOME"] = str(home / name.lower())
    nobody = "http://127.0.0.1:9/v1"  # the discard service: nothing answers there
    own = {"TMPDIR": str(home), "TAGSMITH_BASE_URL": nobody}
    return env | own | {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "LANGUAGE": "", "SHELL": "bash"}


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[[str], Terminal]]:
    """Open a terminal of a size, ``80x24``; skipped where there is no tmux."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed, so no terminal can be driven")
    opened: list[Terminal] = []

    def open_terminal(size: str) -> Terminal:
        # The path of a socket holds some hundred bytes, so it stands right below the folder.
        home = tmp_path / "home"
        home.mkdir()
        opened.append(Terminal(home, size))
        return opened[-1]

    yield open_terminal
    for one in opened:
        one.close()


@pytest.fixture
def files_of() -> Callable[[Path], dict[str, bytes]]:
    """Return every file of a folder with its bytes, Tagsmith's own state left out."""

    def read(root: Path) -> dict[str, bytes]:
        paths = [path for path in root.rglob("*") if path.is_file()]
        names = {path.relative_to(root).as_posix(): path for path in paths}
        return {
            name: path.read_bytes()
            for name, path in names.items()
            if not name.startswith(".tagsmith/")
        }

    return read
