"""The parts of an image file that may hold metadata: taken out within bounds, not yet read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO

from tagsmith.tools.metadata.bounded import MAX_TEXT, MAX_TEXTS, MetadataError, ReadAt, printable
from tagsmith.tools.metadata.exif import Exif


@dataclass(slots=True)
class Chunks:
    """What a walk through a file collects.

    ``texts`` maps PNG's keywords, and ``comment`` of the other formats, to their texts; ``exif``
    is a TIFF structure and ``values`` what was read of it, ``xmp`` a packet of XML, ``iptc`` IIM
    records or Photoshop's blocks of them. ``notes`` say what was passed over and why.
    """

    format: str
    texts: dict[str, str] = field(default_factory=dict)
    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    values: Exif | None = None
    notes: list[str] = field(default_factory=list)
    room: int = MAX_TEXTS

    def take(self, size: int, name: str) -> bool:
        """Tell whether so many bytes more may be read; notes what is passed over."""
        if size > min(MAX_TEXT, self.room):
            self.notes.append(f"{printable(name)[:40]} is too large ({size:,} bytes)")
            return False
        self.room -= size
        return True

    def text(self, name: str, text: str) -> None:
        """Keep a text; the first of a name counts."""
        self.texts.setdefault(name, text)


def reader(file: BinaryIO) -> ReadAt:
    """Return how to read an open file at a place; less than asked for is a MetadataError."""

    def read_at(offset: int, size: int) -> bytes:
        file.seek(offset)
        data = file.read(size)
        if len(data) < size:
            raise MetadataError("it is cut short")
        return data

    return read_at
