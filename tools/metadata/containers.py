"""Which kind of file this is, by its first bytes, and the walk through it."""

from __future__ import annotations

from typing import BinaryIO

from tagsmith.tools.metadata import avif, exif, jpeg, png, webp
from tagsmith.tools.metadata.bounded import MetadataError, ReadAt
from tagsmith.tools.metadata.chunks import Chunks, reader

_TIFF = (b"II*\0", b"MM\0*")
# They hold pictures, and nothing that we would read.
_MUTE = (b"GIF87a", b"GIF89a", b"BM")


def read_chunks(file: BinaryIO) -> Chunks:
    """Collect the metadata of an image file, whatever its name says.

    Raises MetadataError for what is no image of a known kind, OSError where it cannot be read.
    """
    head = file.read(16)
    if head.startswith(png.SIGNATURE):
        return png.read_png(file)
    if head.startswith(jpeg.SIGNATURE):
        return jpeg.read_jpeg(file)
    if webp.is_webp(head):
        return webp.read_webp(file)
    if avif.is_avif(head):
        return avif.read_avif(file)
    if head.startswith(_TIFF):
        return _read_tiff(file)
    if head.startswith(_MUTE):
        return Chunks("other")
    raise MetadataError("it is no image that can be read")


def exif_of(chunks: Chunks) -> exif.Exif:
    """Return the EXIF values of a file, read once; none where it is damaged, which is noted."""
    if chunks.values is None:
        chunks.values = exif.Exif()
        if chunks.exif:
            try:
                chunks.values = exif.read_exif(_within(chunks.exif))
            except MetadataError as error:
                chunks.notes.append(error.reason)
    return chunks.values


def _within(data: bytes) -> ReadAt:
    def read_at(offset: int, size: int) -> bytes:
        if offset + size > len(data):
            raise MetadataError("its EXIF is damaged")
        return data[offset : offset + size]

    return read_at


def _read_tiff(file: BinaryIO) -> Chunks:
    """A TIFF is an EXIF structure with pixels in it."""
    chunks = Chunks("TIFF")
    try:
        chunks.values = exif.read_exif(reader(file))
    except MetadataError as error:
        chunks.values = exif.Exif()
        chunks.notes.append(error.reason)
    values = chunks.values.values
    chunks.xmp = values.get(exif.XMP, b"")
    chunks.iptc = values.get(exif.IPTC, b"") or values.get(exif.PHOTOSHOP, b"")
    return chunks
