"""AVIF: the Exif and XMP items of its boxes (ISO/IEC 14496-12, 8.11; 23008-12, annex A)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from tagsmith.tools.metadata.bounded import MAX_TEXT, MetadataError
from tagsmith.tools.metadata.chunks import Chunks, reader

_BRANDS = (b"avif", b"avis", b"mif1", b"heic", b"heix")
_MAX_BOXES = 4096
_MAX_ITEMS = 4096


def is_avif(head: bytes) -> bool:
    """Tell whether a file that begins like this is an AVIF, or one of its family."""
    return head[4:8] == b"ftyp" and head[8:12] in _BRANDS


def read_avif(file: BinaryIO) -> Chunks:
    """Collect the metadata of an AVIF that is open at its start."""
    chunks = Chunks("AVIF")
    read_at = reader(file)
    try:
        meta = _meta(file)
        boxes = dict(_boxes(meta, 4))
        kinds = _kinds(boxes.get(b"iinf", b""))
        for item, (offset, size) in _places(boxes.get(b"iloc", b"")).items():
            kind = kinds.get(item)
            if kind is None or not chunks.take(size, kind):
                continue
            data = read_at(offset, size)
            if kind == "EXIF":
                # Four bytes tell where the TIFF structure begins behind them.
                skip = int.from_bytes(data[:4], "big") + 4
                chunks.exif = chunks.exif or data[skip:].removeprefix(b"Exif\0\0")
            else:
                chunks.xmp = chunks.xmp or data
    except (MetadataError, struct.error, IndexError):
        chunks.notes.append("its boxes are damaged")
    return chunks


def _meta(file: BinaryIO) -> bytes:
    """Return the content of the ``meta`` box, empty where there is none."""
    at = 0
    for _ in range(_MAX_BOXES):
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            break
        size, kind = struct.unpack_from(">I4s", header)
        lead = 8
        if size == 1 and len(header) == 16:
            (size,) = struct.unpack_from(">Q", header, 8)
            lead = 16
        if kind == b"meta":
            if not lead <= size <= MAX_TEXT:
                raise MetadataError("its boxes are damaged")
            file.seek(at + lead)
            return file.read(size - lead)
        if size < lead:
            break
        at += size
    return b""


def _boxes(data: bytes, at: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the type and the content of the boxes within a box."""
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > len(data):
            return
        yield kind, data[at + 8 : at + size]
        at += size


def _kinds(iinf: bytes) -> dict[int, str]:
    """Return which items are EXIF and which are XMP."""
    found: dict[int, str] = {}
    if not iinf:
        return found
    for kind, entry in _boxes(iinf, 6 if iinf[0] == 0 else 8):
        if kind != b"infe" or entry[0] not in (2, 3):
            continue
        width = 2 if entry[0] == 2 else 4
        item = int.from_bytes(entry[4 : 4 + width], "big")
        item_type = entry[6 + width : 10 + width]
        if item_type == b"Exif":
            found[item] = "EXIF"
        elif item_type == b"mime" and b"application/rdf+xml\0" in entry[10 + width :] + b"\0":
            found[item] = "XMP"
    return found


def _places(iloc: bytes) -> dict[int, tuple[int, int]]:
    """Return the offset and the size of items that lie in one piece within the file."""
    found: dict[int, tuple[int, int]] = {}
    if not iloc:
        return found
    version = iloc[0]
    sizes = struct.unpack_from(">H", iloc, 4)[0]
    offset_size, length_size = sizes >> 12 & 15, sizes >> 8 & 15
    base_size, index_size = sizes >> 4 & 15, sizes & 15 if version else 0
    take = _Taker(iloc, 6)
    for _ in range(min(take(4 if version == 2 else 2), _MAX_ITEMS)):
        item = take(4 if version == 2 else 2)
        method = take(2) & 15 if version else 0
        take(2)
        base = take(base_size)
        extents = []
        for _ in range(min(take(2), _MAX_ITEMS)):
            take(index_size)
            extents.append((base + take(offset_size), take(length_size)))
        if method == 0 and len(extents) == 1:
            found[item] = extents[0]
    return found


class _Taker:
    """Takes big-endian numbers off some bytes, in turn. Raises IndexError at the end."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def __call__(self, size: int) -> int:
        if self._at + size > len(self._data):
            raise IndexError(size)
        self._at += size
        return int.from_bytes(self._data[self._at - size : self._at], "big")
