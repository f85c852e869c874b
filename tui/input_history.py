"""What the user sent in earlier sessions: one private file for the chat and for the plain one.

Each line of the file is one message; the newlines and backslashes in it are escaped.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

FILE = "input-history"
KEPT = 1_000
LONGEST = 20_000  # characters: what is longer was pasted and is not worth typing again
_ESCAPED = re.compile(r"\\([\\nr])")
_PLAIN = {"n": "\n", "r": "\r", "\\": "\\"}


def path() -> Path:
    """Return where the file is, or will be."""
    from platformdirs import user_state_dir

    return Path(user_state_dir("tagsmith", appauthor=False)) / FILE


def read() -> list[str]:
    """Return what was sent, oldest first; a file that has grown long is cut to the newest."""
    try:
        lines = path().read_text("utf-8", errors="replace").replace("\0", "").split("\n")[:-1]
    except OSError:
        return []
    if len(lines) > 2 * KEPT:
        from tagsmith.agent.private_files import write_private
        from tagsmith.tools.errors import UsageError

        with suppress(UsageError):
            write_private(path(), "".join(f"{line}\n" for line in lines[-KEPT:]))
    return [_unescaped(line) for line in lines[-KEPT:]]


def add(text: str) -> None:
    """Write down what was sent; a state folder that cannot be written must not stop the chat."""
    if not text.strip() or len(text) > LONGEST:
        return
    line = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    with suppress(OSError):
        file = path()
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, flags, 0o600)
        try:
            os.chmod(file, 0o600)
            os.write(descriptor, f"{line}\n".encode("utf-8", "replace"))
        finally:
            os.close(descriptor)


def _unescaped(line: str) -> str:
    return _ESCAPED.sub(lambda match: _PLAIN[match[1]], line)
