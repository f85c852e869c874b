"""EXIF: a bounded walk through a TIFF structure, and its texts in every encoding in use.

TIFF 6.0, section 2 (directories); EXIF 2.32 (JEITA CP-3451), 4.6.5 ``UserComment``. Directories
that point at themselves, counts of billions and values beyond the end are passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from tagsmith.tools.metadata.bounded import MAX_TEXT, MetadataError, ReadAt, decode

MAKE, MODEL, DESCRIPTION = 0x010F, 0x0110, 0x010E
XMP, IPTC, PHOTOSHOP = 0x02BC, 0x83BB, 0x8649
XP_COMMENT, XP_KEYWORDS, XP_SUBJECT = 0x9C9C, 0x9C9E, 0x9C9F
DATE, DATE_ORIGINAL, COMMENT = 0x0132, 0x9003, 0x9286
_EXIF_DIRECTORY = 0x8769
_WANTED = frozenset(
    {MAKE, MODEL, DESCRIPTION, XMP, IPTC, PHOTOSHOP, XP_COMMENT, XP_KEYWORDS, XP_SUBJECT}
    | {DATE, DATE_ORIGINAL, COMMENT}
)
# Bytes of a value by its type (TIFF 6.0, section 2; 13 is an offset to a directory).
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4, 13: 4}
_MAX_ENTRIES = 1024
_CODE_SIZE = 8


@dataclass(frozen=True, slots=True)
class Exif:
    """The values that matter, as bytes by their tag."""

    values: Mapping[int, bytes] = field(default_factory=dict)

    def text(self, tag: int) -> str:
        """Return an ASCII value; many programs write UTF-8 there."""
        return decode(self.values.get(tag, b"").split(b"\0")[0]).strip()

    def wide(self, tag: int) -> str:
        """Return one of Windows' texts (``XPKeywords`` and others): UTF-16, little-endian."""
        data = self.values.get(tag, b"")
        return data[: len(data) // 2 * 2].decode("utf-16-le", "replace").split("\0")[0].strip()

    @property
    def comment(self) -> str:
        """The ``UserComment``, whatever its character code says and whatever it really is."""
        return user_comment(self.values.get(COMMENT, b""))


def read_exif(read_at: ReadAt) -> Exif:
    """Walk the first directory and the Exif directory that it points at.

    Raises MetadataError where the structure is none.
    """
    head = read_at(0, 8)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(head[:4])
    if order is None:
        raise MetadataError("its EXIF is damaged")
    values: dict[int, bytes] = {}
    pending = [struct.unpack(f"{order}I", head[4:])[0]]
    seen: set[int] = set()
    while pending:
        offset = pending.pop()
        if offset not in seen:
            seen.add(offset)
            pending += _directory(read_at, order, offset, values)
    return Exif(values)


def _directory(read_at: ReadAt, order: str, offset: int, values: dict[int, bytes]) -> list[int]:
    """Collect the wanted values of a directory; returns where the Exif directory is."""
    (number,) = struct.unpack(f"{order}H", read_at(offset, 2))
    if number > _MAX_ENTRIES:
        raise MetadataError("its EXIF is damaged")
    entries = read_at(offset + 2, 12 * number)
    deeper = []
    room = MAX_TEXT
    for at in range(0, len(entries), 12):
        tag, kind, count = struct.unpack_from(f"{order}HHI", entries, at)
        size = _SIZES.get(kind, 0) * count
        if tag == _EXIF_DIRECTORY and size == 4:
            deeper.append(struct.unpack_from(f"{order}I", entries, at + 8)[0])
        elif tag in _WANTED and 0 < size <= room:
            room -= size
            values.setdefault(tag, _value(read_at, order, entries[at + 8 : at + 12], size))
    return deeper


def _value(read_at: ReadAt, order: str, field_bytes: bytes, size: int) -> bytes:
    if size <= 4:
        return field_bytes[:size]
    try:
        return read_at(struct.unpack(f"{order}I", field_bytes)[0], size)
    except MetadataError:
        return b""


def user_comment(data: bytes) -> str:
    """Decode a ``UserComment``: eight bytes of character code, then text.

    After ``UNICODE`` stands UTF-16 of either byte order, or UTF-8, whatever the program took the
    standard to mean. Programs that write no code at all are read too.
    """
    code, body = data[:_CODE_SIZE], data[_CODE_SIZE:]
    if code == b"UNICODE\0":
        text = _unicode(body)
    elif code in (b"ASCII\0\0\0", b"\0" * _CODE_SIZE):
        text = _unicode(body) if b"\0" in body.rstrip(b"\0") else decode(body)
    elif code[:3] == b"JIS":
        text = _japanese(body)
    else:
        text = _unicode(data) if b"\0" in data.rstrip(b"\0") else decode(data)
    return text.strip("\0 \t\r\n")


def _unicode(data: bytes) -> str:
    even = data[: len(data) // 2 * 2]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return even.decode("utf-16", "replace")
    high, low = data[::2].count(0), data[1::2].count(0)
    if not (high or low):
        try:
            return data.decode()
        except UnicodeDecodeError:
            pass
    # Most characters of a prompt are ASCII: their high byte is zero. piexif writes big-endian.
    return even.decode("utf-16-le" if low > high else "utf-16-be", "replace")


def _japanese(data: bytes) -> str:
    for encoding in ("iso2022_jp", "euc_jp", "shift_jis"):
        try:
            return data.rstrip(b"\0").decode(encoding)
        except UnicodeDecodeError:
            continue
    return decode(data)
