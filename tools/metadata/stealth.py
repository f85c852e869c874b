"""Text hidden in the lowest bits of a PNG's pixels: NovelAI's, and that of A1111's extension.

Column by column, the lowest bit of each pixel's alpha (or of its red, green and blue) spells a
signature, the length of the text in bits (32, big-endian) and the text, packed by gzip or plain
(novelai/novelai-image-metadata, nai_meta.py; ashen-sensored/sd_webui_stealth_pnginfo).

PNG's filters let the first columns be undone on their own: what a pixel is depends on the pixel
before it and those above these two. So a picture that hides nothing costs 16 unpacked rows, and
one row of memory. Interlaced pictures and 16-bit ones hold no such text.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from tagsmith.tools.metadata.bounded import MetadataError, decode, inflate
from tagsmith.tools.metadata.chunks import Chunks
from tagsmith.tools.metadata.png import walk

_SIGNATURES = {
    b"stealth_pnginfo": False,
    b"stealth_pngcomp": True,
    b"stealth_rgbinfo": False,
    b"stealth_rgbcomp": True,
}
_SIGNATURE_BITS = 15 * 8
_BEGINNING = b"st"
_LENGTH_BITS = 32
_MAX_BYTES = 1 << 18
# As many unpacked bytes as decoding a picture may cost (reliability: w x h x 4).
_MAX_PIXEL_BYTES = 400_000_000
_READ = 1 << 14
_MAX_ROW = 1 << 18


@dataclass(frozen=True, slots=True)
class _Image:
    """Where the pixels of a PNG are and how they lie."""

    file: BinaryIO
    data: tuple[tuple[int, int], ...]
    width: int
    height: int
    depth: int

    def rows(self) -> Iterator[bytes]:
        """Unpack the rows one by one, their filter in front; ends where they are damaged."""
        size = 1 + self.width * self.depth
        unpacker = zlib.decompressobj()
        buffer = bytearray()
        for packed in self._packed():
            left = packed
            while left:
                try:
                    buffer += unpacker.decompress(left, size)
                except zlib.error:
                    return
                left = unpacker.unconsumed_tail
                while len(buffer) >= size:
                    yield bytes(buffer[:size])
                    del buffer[:size]

    def _packed(self) -> Iterator[bytes]:
        for offset, size in self.data:
            for start in range(0, size, _READ):
                self.file.seek(offset + start)
                yield self.file.read(min(_READ, size - start))

    def bits(self, channels: tuple[int, ...], number: int) -> str:
        """Return the first bits of these channels, column by column, as a text of 0 and 1."""
        columns = -(-number // (self.height * len(channels)))
        if columns > self.width:
            return ""
        enough = -(-number // len(channels)) if columns == 1 else self.height
        above = [[0] * columns for _ in channels]
        found: list[list[list[int]]] = []
        for row in islice(self.rows(), min(enough, self.height)):
            end = 1 + columns * self.depth
            above = [
                _unfiltered(row[0], row[1 + channel : end : self.depth], before)
                for channel, before in zip(channels, above, strict=True)
            ]
            found.append([[value & 1 for value in values] for values in above])
        spelt = (
            str(values[column])
            for column in range(columns)
            for row_bits in found
            for values in row_bits
        )
        return "".join(islice(spelt, number))


def read_stealth(file: BinaryIO) -> str:
    """Return the hidden text of a PNG, empty where there is none.

    Raises MetadataError where there is one that is damaged or too large.
    """
    image = _image(file)
    if image is None:
        return ""
    for channels in ((3,), (0, 1, 2)) if image.depth == 4 else ((0, 1, 2),):
        # Two bytes tell nearly every picture that hides nothing: a few rows are enough.
        if _bytes(image.bits(channels, 8 * len(_BEGINNING))) != _BEGINNING:
            continue
        signature = _bytes(image.bits(channels, _SIGNATURE_BITS))
        if (signature[8:11] == b"rgb") == (len(channels) == 3) and signature in _SIGNATURES:
            data = _payload(image, channels)
            return decode(inflate(data, gzip=True) if _SIGNATURES[signature] else data)
    return ""


def _payload(image: _Image, channels: tuple[int, ...]) -> bytes:
    head = image.bits(channels, _SIGNATURE_BITS + _LENGTH_BITS)
    size = int(head[_SIGNATURE_BITS:] or "0", 2)
    if size > 8 * _MAX_BYTES:
        raise MetadataError(f"its hidden text is larger than {_MAX_BYTES >> 10} KiB")
    if image.height * image.width * image.depth > _MAX_PIXEL_BYTES:
        raise MetadataError("it hides a text in more pixels than may be unpacked")
    bits = image.bits(channels, len(head) + size)
    if len(bits) < len(head) + size:
        raise MetadataError("its hidden text is cut short")
    return _bytes(bits[len(head) :])


def _image(file: BinaryIO) -> _Image | None:
    """Find the pixels; None where they cannot hold a text."""
    header = b""
    data = []
    for kind, offset, size in walk(file, Chunks("PNG")):
        if kind == b"IHDR" and size == 13:
            file.seek(offset)
            header = file.read(size)
        elif kind == b"IDAT":
            data.append((offset, size))
    if len(header) < 13:
        return None
    width, height, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    depth = {6: 4, 2: 3}.get(colour)
    if depth is None or bits != 8 or interlaced or not 0 < width * depth <= _MAX_ROW or not height:
        return None
    return _Image(file, tuple(data), width, height, depth)


def _unfiltered(kind: int, row: bytes, above: list[int]) -> list[int]:
    """Undo the filter of one channel of a row's first pixels (PNG 3, 9.2)."""
    values: list[int] = []
    left = corner = 0
    for byte, up in zip(row, above, strict=True):
        guess = 0
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = up
        elif kind == 3:
            guess = (left + up) // 2
        elif kind == 4:
            guess = _paeth(left, up, corner)
        left, corner = (byte + guess) & 0xFF, up
        values.append(left)
    return values


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    near_left, near_up, near_corner = abs(guess - left), abs(guess - up), abs(guess - corner)
    if near_left <= near_up and near_left <= near_corner:
        return left
    return up if near_up <= near_corner else corner


def _bytes(bits: str) -> bytes:
    whole = len(bits) // 8
    return int(bits[: whole * 8] or "0", 2).to_bytes(whole, "big")
