"""Names of files: relative, ``/``-separated, byte-exact.

Inside Tagsmith a path is a ``str`` as ``os.fsdecode`` gives it: bytes that are not UTF-8 are
surrogate escapes, so that ``os.fsencode`` returns the very bytes of the disk. This module turns
such paths into text that JSON can carry, and refuses those that leave the dataset.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator

from tagsmith.tools.errors import UsageError

STATE_FOLDER = ".tagsmith"
ISOLATED_FOLDER = "_isolated"

_SURROGATE = re.compile(r"[\udc80-\udcff]")


def is_utf8(path: str) -> bool:
    """Tell whether the name on disk is UTF-8."""
    return _SURROGATE.search(path) is None


def escape(path: str) -> str:
    """Percent-escape ``%`` and the bytes that are not UTF-8; ``unescape`` undoes it exactly."""
    return "".join(
        f"%{ord(char) & 0xFF:02X}" if char == "%" or "\udc80" <= char <= "\udcff" else char
        for char in path
    )


def unescape(text: str) -> str:
    """Undo ``escape``. Raises UsageError on a ``%`` that starts no escape."""
    parts = re.split("%([0-9A-Fa-f]{2})", text)
    if any("%" in part for part in parts[::2]):
        raise UsageError(f"The path {text!r} has a % that starts no escape.")
    for index in range(1, len(parts), 2):
        byte = int(parts[index], 16)
        parts[index] = chr(0xDC00 | byte) if byte >= 0x80 else chr(byte)
    return "".join(parts)


def display(path: str) -> str:
    """Return the name as a person can read it on one line: undecodable bytes become ``\\xNN``."""
    readable = _SURROGATE.sub(lambda match: f"\\x{ord(match[0]) & 0xFF:02x}", path)
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in readable
    )


def collision_key(path: str) -> str:
    """Return what two names share on a file system that ignores case and Unicode form."""
    return unicodedata.normalize("NFC", path).casefold()


def check_relative(path: str) -> str:
    """Return ``path`` if it names something inside the dataset, else raise UsageError.

    Accepted: relative, ``/``-separated, no empty, ``.`` or ``..`` part, no NUL.
    """
    parts = path.split("/")
    if not path or "\0" in path or any(part in ("", ".", "..") for part in parts):
        raise UsageError(
            f"The path {display(path)!r} does not stay inside the dataset.",
            "Paths are relative to the dataset folder and contain no '..'.",
        )
    if os.path.isabs(path) or (os.name == "nt" and re.search(r'[\\:*?"<>|]', path)):
        raise UsageError(f"The path {display(path)!r} cannot be used on this system.")
    return path


def files_beneath(root: str) -> Iterator[str]:
    """Yield the relative path of every file of a folder, Tagsmith's own state left out."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != STATE_FOLDER]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
