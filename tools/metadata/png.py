"""PNG: the text, EXIF and XMP chunks, and where the pixels lie (PNG 3, chapter 11).

Chunks are walked by their headers; only those that may hold metadata are read, so a picture of
300 MB costs a few KiB. Checksums are left alone: a text with a wrong one is still what was written.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

from tagsmith.tools.metadata.bounded import MAX_TEXT, MetadataError, decode, inflate
from tagsmith.tools.metadata.chunks import Chunks

SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP_KEYWORD = "XML:com.adobe.xmp"
# ImageMagick's name for hex-encoded blocks.
_RAW_PROFILE = "Raw profile type "
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
# A picture of 100 million pixels in chunks of 8 KiB has 37,000.
_MAX_CHUNKS = 200_000
_HEADER = struct.Struct(">I4s")


def read_png(file: BinaryIO) -> Chunks:
    """Collect the metadata of a PNG that is open at its start."""
    chunks = Chunks("PNG")
    for kind, offset, size in walk(file, chunks):
        if kind not in _TEXTS and kind != b"eXIf":
            continue
        name = "EXIF" if kind == b"eXIf" else "a text chunk"
        if not chunks.take(size, name):
            continue
        file.seek(offset)
        data = file.read(size)
        try:
            if kind == b"eXIf":
                chunks.exif = chunks.exif or data
            else:
                name, text = _text(kind, data, chunks.room)
                chunks.room -= len(text)
                _keep(chunks, name, text)
        except MetadataError as error:
            chunks.notes.append(error.reason)
    return chunks


def walk(file: BinaryIO, chunks: Chunks) -> Iterator[tuple[bytes, int, int]]:
    """Yield the type, the offset and the size of the data of every whole chunk."""
    end = file.seek(0, os.SEEK_END)
    at = len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        file.seek(at)
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            if at != end:
                chunks.notes.append("it is cut short")
            return
        size, kind = _HEADER.unpack(header)
        if at + size + 12 > end:
            chunks.notes.append("it is cut short")
            return
        yield kind, at + _HEADER.size, size
        if kind == b"IEND":
            return
        at += size + 12
    chunks.notes.append(f"it has more than {_MAX_CHUNKS:,} chunks")


def _text(kind: bytes, data: bytes, room: int) -> tuple[str, str]:
    """Return the keyword and the text of a text chunk; a packed one of at most ``room``."""
    limit = min(MAX_TEXT, room)
    keyword, _, rest = data.partition(b"\0")
    name = keyword.decode("latin-1")
    if kind == b"tEXt":
        # Latin-1 by the standard; generators write UTF-8.
        return name, decode(rest)
    if kind == b"zTXt":
        return name, decode(inflate(rest[1:], limit))
    packed, rest = rest[:1] == b"\1", rest[2:]
    _, _, rest = rest.partition(b"\0")
    _, _, body = rest.partition(b"\0")
    return name, decode(inflate(body, limit) if packed else body)


def _keep(chunks: Chunks, name: str, text: str) -> None:
    if name == XMP_KEYWORD:
        chunks.xmp = chunks.xmp or text.encode("utf-8", "replace")
    elif name.startswith(_RAW_PROFILE):
        _keep_profile(chunks, name.removeprefix(_RAW_PROFILE), text)
    else:
        chunks.text(name, text)


def _keep_profile(chunks: Chunks, name: str, text: str) -> None:
    """Keep a block that ImageMagick wrote: its name, its size and its bytes in hex, in lines."""
    parts = text.split(None, 2)
    try:
        data = bytes.fromhex(parts[2]) if len(parts) == 3 else b""
    except ValueError as error:
        raise MetadataError("a raw profile is damaged") from error
    if name in ("exif", "APP1"):
        chunks.exif = chunks.exif or data.removeprefix(b"Exif\0\0")
    elif name == "iptc":
        chunks.iptc = chunks.iptc or data
    elif name == "xmp":
        chunks.xmp = chunks.xmp or data
