"""While the app has the screen, what native libraries print does not land on it.

Textual draws through ``sys.__stderr__``; onnxruntime and others write to file descriptor 2 from C.
The app gets a copy of the descriptor for itself, and 2 itself leads to a private file meanwhile.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TextIO

FILE = "stderr.log"
STDERR = 2
MOST_BYTES = 1 << 20  # a longer file begins anew
TOLD_BYTES, TOLD_LINES = 16_384, 12


class Caught:
    """What was printed: ``lines`` are the last of it, to be told once the screen is gone."""

    def __init__(self) -> None:
        self.path = ""
        self.lines: list[str] = []
        self.more = 0


@contextmanager
def guarded() -> Iterator[Caught]:
    """Keep file descriptor 2 away from the terminal; put everything back whatever happens.

    Where that cannot be done, because there is no such descriptor or no file, nothing is changed.
    """
    caught = Caught()
    original = sys.__stderr__
    screen = _copy(original)
    if screen is None:
        yield caught
        return
    with screen:
        log = _open_log(caught)
        if log is None:
            yield caught
            return
        with log:
            began = log.seek(0, os.SEEK_END)
            os.dup2(log.fileno(), STDERR)
            # Textual's driver writes to the one, its report of a crash to the other.
            said, sys.__stderr__ = sys.stderr, screen  # type: ignore[assignment,misc]
            if said is original:
                sys.stderr = screen
            try:
                yield caught
            finally:
                sys.stderr, sys.__stderr__ = said, original  # type: ignore[misc]
                with suppress(OSError, ValueError):
                    screen.flush()
                os.dup2(screen.fileno(), STDERR)
                _read(log, began, caught)


@contextmanager
def lent(screen: TextIO | None) -> Iterator[None]:
    """Lead file descriptor 2 back to the terminal for a while: another program has the screen."""
    if screen is None or screen.fileno() == STDERR:
        yield
        return
    kept = os.dup(STDERR)
    os.dup2(screen.fileno(), STDERR)
    try:
        yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)


def _copy(original: TextIO | None) -> TextIO | None:
    """Return a file on a copy of the descriptor, which programs started meanwhile do not get."""
    try:
        if original is None or original.fileno() != STDERR:
            return None
        original.flush()
        return open(
            os.dup(STDERR), "w", encoding=original.encoding, errors=original.errors, newline=""
        )
    except (OSError, ValueError):
        return None


def _open_log(caught: Caught) -> IO[bytes] | None:
    """Return the private file, else one without a name, else None."""
    from platformdirs import user_state_dir

    folder = user_state_dir("tagsmith", appauthor=False)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        caught.path = os.path.join(folder, FILE)
        log = open(os.open(caught.path, flags, 0o600), "r+b", buffering=0)  # noqa: SIM115
        os.chmod(caught.path, 0o600)
        if log.seek(0, os.SEEK_END) > MOST_BYTES:
            log.truncate(0)
        return log
    except OSError:
        caught.path = ""
    import tempfile

    with suppress(OSError):
        return tempfile.TemporaryFile(buffering=0)
    return None


def _read(log: IO[bytes], began: int, caught: Caught) -> None:
    with suppress(OSError):
        ended = log.seek(0, os.SEEK_END)
        log.seek(max(began, ended - TOLD_BYTES))
        found = log.read(TOLD_BYTES).decode("utf-8", "replace").split("\n")
        lines = [line for line in found if line.strip()]
        caught.more = max(0, len(lines) - TOLD_LINES)
        caught.lines = lines[-TOLD_LINES:]
