"""JPEG: the segments before the pixels (ITU-T T.81, B.1.1; JEITA CP-3451; XMP part 3, 1.1.3)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from tagsmith.tools.metadata.bounded import decode
from tagsmith.tools.metadata.chunks import Chunks

SIGNATURE = b"\xff\xd8\xff"
_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_APP1, _APP13, _COMMENT = 0xE1, 0xED, 0xFE
_PIXELS = (0xDA, 0xD9)
_MAX_SEGMENTS = 10_000


def read_jpeg(file: BinaryIO) -> Chunks:
    """Collect the metadata of a JPEG that is open at its start."""
    chunks = Chunks("JPEG")
    photoshop = bytearray()
    for marker, data in _segments(file, chunks):
        if marker == _APP1 and data.startswith(_EXIF):
            chunks.exif = chunks.exif or data.removeprefix(_EXIF)
        elif marker == _APP1 and data.startswith(_XMP):
            chunks.xmp = chunks.xmp or data.removeprefix(_XMP)
        elif marker == _APP13 and data.startswith(_PHOTOSHOP):
            photoshop += data.removeprefix(_PHOTOSHOP)
        elif marker == _COMMENT:
            chunks.text("comment", decode(data).rstrip("\0"))
    chunks.iptc = bytes(photoshop)
    return chunks


def _segments(file: BinaryIO, chunks: Chunks) -> Iterator[tuple[int, bytes]]:
    """Yield the marker and the data of the segments that may hold metadata."""
    file.seek(2)
    for _ in range(_MAX_SEGMENTS):
        mark = file.read(1)
        while mark == b"\xff":
            mark = file.read(1)
        if mark and mark[0] in _PIXELS:
            return
        head = file.read(2)
        if not mark or len(head) < 2:
            break
        size = struct.unpack(">H", head)[0] - 2
        wanted = mark[0] in (_APP1, _APP13, _COMMENT)
        if size < 0:
            break
        if not wanted or not chunks.take(size, "a segment"):
            file.seek(size, 1)
            continue
        data = file.read(size)
        if len(data) < size:
            break
        yield mark[0], data
    chunks.notes.append("it is cut short")
