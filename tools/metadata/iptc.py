"""IPTC: the records of IIM 4.2 (section 1.5), bare or in the blocks of Photoshop (8BIM 0x0404)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tagsmith.tools.metadata.bounded import decode

KEYWORDS, CAPTION, CITY, STATE, COUNTRY, PLACE, DATE = 25, 120, 90, 95, 101, 92, 55
_APPLICATION_RECORD = 2
_CHARACTER_SET = (1, 90)
_UTF8 = b"\x1b%G"
_BLOCK = 0x0404
_MAX_RECORDS = 10_000


def read_iptc(data: bytes) -> dict[int, list[str]]:
    """Return the texts of the application record by data set; what is damaged ends the walk."""
    found: dict[int, list[str]] = {}
    strict = False
    for record, number, value in _records(_bare(data)):
        if (record, number) == _CHARACTER_SET:
            strict = value == _UTF8
        elif record == _APPLICATION_RECORD:
            text = value.decode("utf-8", "replace") if strict else decode(value)
            found.setdefault(number, []).append(text.strip("\0 \t\r\n"))
    return found


def _bare(data: bytes) -> bytes:
    """Take the records out of Photoshop's blocks, where they lie in such."""
    at = 0
    while data[at : at + 4] == b"8BIM" and at + 12 <= len(data):
        (kind,) = struct.unpack_from(">H", data, at + 4)
        # A Pascal string, padded to an even length.
        start = at + 6 + (data[at + 6] // 2 + 1) * 2
        if start + 4 > len(data):
            break
        (size,) = struct.unpack_from(">I", data, start)
        if kind == _BLOCK:
            return data[start + 4 : start + 4 + size]
        at = start + 4 + size + size % 2
    return b"" if data.startswith(b"8BIM") else data


def _records(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield the record, the number and the value of every whole data set."""
    at = 0
    for _ in range(_MAX_RECORDS):
        if at + 5 > len(data) or data[at] != 0x1C:
            return
        record, number, size = struct.unpack_from(">BBH", data, at + 1)
        at += 5
        if size & 0x8000 or at + size > len(data):
            return
        yield record, number, data[at : at + size]
        at += size
