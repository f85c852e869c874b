"""A caption in the user's own editor."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable

from tagsmith.tools.errors import UsageError
from tagsmith.tui.language import say


def editor() -> list[str]:
    """Return the command of the user's editor: VISUAL, else EDITOR; empty where none is set."""
    dumb = os.environ.get("TERM") == "dumb"
    command = ("" if dumb else os.environ.get("VISUAL")) or os.environ.get("EDITOR") or ""
    try:
        return shlex.split(command)
    except ValueError as error:
        raise UsageError(_cannot_run(command, error)) from error


def _cannot_run(command: str, why: object) -> str:
    return say("The editor {name} cannot be run: {why}.", name=repr(command), why=why)


def _any_text(_: str) -> None:
    return


def edit(text: str, command: list[str], check: Callable[[str], None] = _any_text) -> str:
    """Return the text as the user left it in an editor; it is given in a private file.

    The newline that editors put at the end is not taken over. Raises UsageError where the editor
    cannot be run, fails, or leaves no text, and whatever ``check`` raises of that text. Then a file
    that the editor changed is kept, and the error says where.
    """
    folder = tempfile.mkdtemp(prefix="tagsmith-")
    path = os.path.join(folder, "caption.txt")
    data = text.encode("utf-8", "surrogateescape")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    keep = False
    try:
        _run([*command, path])
        edited = _left(path)
        if not text.endswith("\n"):
            edited = edited.removesuffix("\n").removesuffix("\r")
        check(edited)
    except UsageError as error:
        keep = _differs(path, data)
        hint = say("What the editor left is in {path}.", path=path) if keep else error.hint
        raise UsageError(error.message, hint) from error
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    return edited


def _left(path: str) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError as error:
        told = say("The editor left no UTF-8 text (byte {place}).", place=error.start)
        raise UsageError(told) from error
    except OSError as error:
        told = say("The editor left no file: {why}.", why=error.strerror)
        raise UsageError(told) from error


def _differs(path: str, data: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read() not in (data, b"")
    except OSError:
        return False


def _run(command: list[str]) -> None:
    """Run the editor on the terminal; Ctrl-C is its own affair meanwhile."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        status = subprocess.run(command, check=False).returncode
    except OSError as error:
        raise UsageError(
            _cannot_run(command[0], error.strerror),
            say("Set EDITOR to another one, or to nothing to edit on the line."),
        ) from error
    finally:
        signal.signal(signal.SIGINT, before)
    if status:
        raise UsageError(
            say("The editor ended with status {status}.", status=status),
            say("The caption stays as it was."),
        )
