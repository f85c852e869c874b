"""WebP: the EXIF and XMP chunks of its RIFF container (RFC 9649, section 2)."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from tagsmith.tools.metadata.chunks import Chunks

_HEADER = struct.Struct("<4sI")
_MAX_CHUNKS = 100_000


def is_webp(head: bytes) -> bool:
    """Tell whether a file that begins like this is a WebP."""
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def read_webp(file: BinaryIO) -> Chunks:
    """Collect the metadata of a WebP that is open at its start."""
    chunks = Chunks("WEBP")
    end = file.seek(0, os.SEEK_END)
    at = 12
    for _ in range(_MAX_CHUNKS):
        file.seek(at)
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            break
        kind, size = _HEADER.unpack(header)
        if at + _HEADER.size + size > end:
            chunks.notes.append("it is cut short")
            break
        if kind == b"EXIF" and chunks.take(size, "EXIF"):
            chunks.exif = chunks.exif or file.read(size).removeprefix(b"Exif\0\0")
        elif kind == b"XMP " and chunks.take(size, "XMP"):
            chunks.xmp = chunks.xmp or file.read(size)
        at += _HEADER.size + size + size % 2
    return chunks
