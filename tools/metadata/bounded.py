"""Reading what strangers wrote: never more than a bound, never a crash, always a reason.

Metadata of downloaded pictures is hostile until read. Everything here fails with MetadataError,
whose ``reason`` goes into the list of what was passed over.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from typing import Any

# One text: the largest ComfyUI graphs with embedded masks reach some hundred KiB.
MAX_TEXT = 4 * 1024 * 1024
# All the texts of one file together.
MAX_TEXTS = 16 * 1024 * 1024
# What makes a whole number of 64 bits; longer ones are seeds of nobody.
_MAX_DIGITS = 20
_PIECE = 1 << 16

# C0 but the white space, DEL, C1, what turns the direction of writing, the byte-order mark, what
# cannot be encoded at all, and the invisible copy of ASCII in plane 14.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)

ReadAt = Callable[[int, int], bytes]


class MetadataError(Exception):
    """A part of a file's metadata that cannot be read; ``reason`` says why, in a few words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def inflate(data: bytes, limit: int = MAX_TEXT, *, gzip: bool = False) -> bytes:
    """Unpack zlib's (or gzip's) bytes. Raises MetadataError beyond ``limit`` or where damaged."""
    unpacker = zlib.decompressobj(31 if gzip else 15)
    try:
        unpacked = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise MetadataError("its packed text is damaged") from error
    if len(unpacked) > limit:
        raise MetadataError(f"its text unpacks to more than {limit >> 10} KiB")
    if not unpacker.eof:
        raise MetadataError("its packed text is cut short")
    return unpacked


def parse_json(text: str | bytes) -> Any:
    """Parse JSON as generators write it: NaN and Infinity are null, endless numbers are 0.

    Raises MetadataError for what is no JSON, is nested too deeply, or is not text.
    """
    try:
        return json.loads(text, parse_constant=lambda _: None, parse_int=_whole)
    except RecursionError as error:
        raise MetadataError("its JSON is nested too deeply") from error
    except ValueError as error:
        raise MetadataError("its JSON is damaged") from error


def json_object(text: str | bytes) -> dict[str, Any]:
    """Parse a JSON object. Raises MetadataError for anything else."""
    found = parse_json(text)
    if not isinstance(found, dict):
        raise MetadataError("its JSON is not an object")
    return found


def string(value: Any) -> str:
    """Return a value that should be text, empty where it is not."""
    return value if isinstance(value, str) else ""


def printable(text: str) -> str:
    """Return the text without control characters, hidden ones and halves of characters."""
    return _UNPRINTABLE.sub("", text)


def decode(data: bytes) -> str:
    """Decode text that should be UTF-8, or else is taken as Latin-1, which always is some text."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _whole(digits: str) -> int:
    return int(digits) if len(digits) <= _MAX_DIGITS else 0
