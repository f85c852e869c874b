"""A caption in the user's own editor."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile

from tagsmith.tools.errors import UsageError


def editor() -> list[str]:
    """Return the command of the user's editor: VISUAL, else EDITOR; empty where none is set."""
    dumb = os.environ.get("TERM") == "dumb"
    command = ("" if dumb else os.environ.get("VISUAL")) or os.environ.get("EDITOR") or ""
    try:
        return shlex.split(command)
    except ValueError as error:
        raise UsageError(f"The editor {command!r} cannot be run: {error}.") from error


def edit(text: str, command: list[str]) -> str:
    """Return the text as the user left it in an editor; it is given in a file of a
    private folder.

    The newline that editors put at the end is not taken over. Raises UsageError where the editor
    cannot be run, fails, or leaves no text.
    """
    with tempfile.TemporaryDirectory(prefix="tagsmith-") as folder:
        path = os.path.join(folder, "caption.txt")
        with open(path, "x", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
        _run([*command, path])
        try:
            with open(path, encoding="utf-8", newline="") as file:
                edited = file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"The editor left no text that can be read: {error}.") from error
    if not text.endswith("\n"):
        edited = edited.removesuffix("\n").removesuffix("\r")
    return edited


def _run(command: list[str]) -> None:
    """Run the editor on the terminal; Ctrl-C is its own affair meanwhile."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        status = subprocess.run(command, check=False).returncode
    except OSError as error:
        raise UsageError(
            f"The editor {command[0]!r} cannot be run: {error.strerror}.",
            "Set EDITOR to another one, or to nothing to edit on the line.",
        ) from error
    finally:
        signal.signal(signal.SIGINT, before)
    if status:
        raise UsageError(f"The editor ended with status {status}.", "The caption stays as it was.")
