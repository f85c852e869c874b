"""Image files made on the spot: those of the catalogue of bad images, each with what becomes of it.

``CATALOGUE`` names the reason of a file that is refused (a part of it), or None for one that opens.
"""

from __future__ import annotations

import functools
import io
import os
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import ExifTags, Image

from tagsmith.tools.images import FORMATS

NOT_ONE = "it is not one of PNG"
DAMAGED = "it is damaged"
SHORT = "it is cut short"
TOO_LARGE = "it has more than 89478485 pixels"
TOO_WIDE = "it is more than 65535 pixels wide or high"


def photo(size: tuple[int, int] = (60, 40), seed: int = 0) -> Image.Image:
    """Soft coloured noise: something that every codec has to work for."""
    rng = np.random.default_rng(seed)
    few = Image.fromarray(rng.integers(0, 256, (6, 9, 3), np.uint8))
    return few.resize(size, Image.Resampling.BICUBIC)


def half_clear(image: Image.Image) -> Image.Image:
    image.putalpha(128)
    return image


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def turned(kind: str, orientation: int, image: Image.Image | None = None) -> bytes:
    """A file with an EXIF orientation."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return encoded(photo() if image is None else image, kind, exif=exif)


def animated(kind: str, frames: int = 3, **options: Any) -> bytes:
    first, *rest = (photo(seed=number) for number in range(frames))
    return encoded(first, kind, save_all=True, append_images=rest, duration=100, **options)


def chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def png(
    width: int, height: int, *chunks: bytes, depth: int = 1, colour: int = 0, rows: bytes = b""
) -> bytes:
    """A PNG from its parts; without ``rows`` it is black."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    if not rows:
        squeezer, empty = zlib.compressobj(9), b"\0" * (1 + (width + 7) // 8)
        rows = b"".join(squeezer.compress(empty) for _ in range(height)) + squeezer.flush()
    end = chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", rows) + end


def with_chunks(*chunks: bytes) -> bytes:
    """A photograph as PNG, with chunks before its pixels."""
    data = encoded(photo(), "PNG")
    return data[:33] + b"".join(chunks) + data[33:]


def with_bad_checksum(kind: bytes) -> bytes:
    data = bytearray(encoded(photo(), "PNG"))
    at = data.index(kind)
    size = int.from_bytes(data[at - 4 : at])
    data[at + 4 + size] ^= 0xFF
    return bytes(data)


def cut(data: bytes, share: float = 0.5) -> bytes:
    return data[: int(len(data) * share)]


def claiming(data: bytes, at: int, layout: str, *numbers: int) -> bytes:
    """A file whose header claims other numbers."""
    changed = bytearray(data)
    struct.pack_into(layout, changed, at, *numbers)
    return bytes(changed)


def jpeg_claiming(width: int, height: int) -> bytes:
    data = encoded(photo(), "JPEG")
    return claiming(data, data.index(b"\xff\xc0") + 5, ">HH", height, width)


def tiff_in_a_circle() -> bytes:
    """A TIFF whose first page says that the next page is itself."""
    data = encoded(photo(), "TIFF")
    start = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[start : start + 2], "little")
    return claiming(data, start + 2 + 12 * count, "<I", start)


def deep(kind: str) -> bytes:
    """A grey ramp of 16-bit or floating samples."""
    ramp = np.linspace(0, 65535, 64).reshape(8, 8)
    if kind == "PNG":
        return encoded(Image.fromarray(ramp.astype(np.uint16)), "PNG")
    return encoded(Image.fromarray((ramp / 65535).astype(np.float32)), "TIFF")


def rgb16() -> bytes:
    rows = b"".join(b"\0" + b"\x12\x34\x56\x78\x9a\xbc" * 8 for _ in range(8))
    return png(8, 8, depth=16, colour=2, rows=zlib.compress(rows))


def clear_palette() -> bytes:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([1, 2, 3, 200, 100, 50])
    return encoded(image, "PNG", transparency=0)


def bomb_in(kind: bytes, size: int) -> bytes:
    """A chunk of compressed text, or a colour profile, that unpacks to ``size`` bytes."""
    return chunk(kind, b"name\0\0" + zlib.compress(b"x" * size, 9))


def pages(count: int) -> bytes:
    first, *rest = (photo(seed=number) for number in range(count))
    return encoded(first, "TIFF", save_all=True, append_images=rest)


def broken_exif() -> bytes:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12\0\x03\xff\xff\xff\xff"
    return encoded(photo(), "JPEG", exif=exif)


Maker = Callable[[], bytes]
OPENS: str | None = None

CATALOGUE: dict[str, tuple[Maker, str | None]] = {
    # No images, whatever they are called
    "empty": (lambda: b"", NOT_ONE),
    "text": (lambda: b"1girl, solo, long hair\n", NOT_ONE),
    "html": (lambda: b"<!DOCTYPE html><html><body>404</body></html>", NOT_ONE),
    "svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", NOT_ONE),
    "eps": (lambda: encoded(photo(), "EPS"), NOT_ONE),
    "pdf": (lambda: encoded(photo(), "PDF"), NOT_ONE),
    "ppm": (lambda: encoded(photo(), "PPM"), NOT_ONE),
    "ico": (lambda: encoded(photo((32, 32)), "ICO"), NOT_ONE),
    "jpeg 2000": (lambda: encoded(photo(), "JPEG2000"), NOT_ONE),
    "heic": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + b"\0" * 64, NOT_ONE),
    "jpeg xl": (lambda: b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0" * 64, NOT_ONE),
    "psd": (lambda: b"8BPS\0\x01" + b"\0" * 64, NOT_ONE),
    "fits": (lambda: b"SIMPLE  =                    T" + b" " * 4000, NOT_ONE),
    "zeros": (lambda: bytes(5000), NOT_ONE),
    # Cut short or damaged
    **{
        f"half a {kind}": (
            functools.partial(lambda kind: cut(encoded(photo(), kind), 0.9), kind),
            why,
        )
        for kind, why in zip(
            FORMATS, (SHORT, SHORT, DAMAGED, SHORT, SHORT, DAMAGED, SHORT), strict=True
        )
    },
    "png header alone": (lambda: encoded(photo(), "PNG")[:40], NOT_ONE),
    "png without pixels": (lambda: png(9, 9, rows=zlib.compress(b"")), SHORT),
    "png, bad checksum of the header": (lambda: with_bad_checksum(b"IHDR"), NOT_ONE),
    "png, bad checksum of the pixels": (lambda: with_bad_checksum(b"IDAT"), DAMAGED),
    "png of no size": (lambda: png(0, 0), NOT_ONE),
    "png full of noise": (
        lambda: png(60, 40, rows=np.random.default_rng(1).bytes(900)),
        DAMAGED,
    ),
    "gif, cut after the first frame": (lambda: cut(animated("GIF"), 0.5), OPENS),
    # Bombs
    "png of 900 million pixels": (lambda: png(30_000, 30_000), TOO_LARGE),
    "png of 169 million pixels": (lambda: png(13_000, 13_000), TOO_LARGE),
    "gif claiming 4 billion pixels": (
        lambda: claiming(encoded(photo(), "GIF"), 6, "<HH", 65535, 65535),
        TOO_LARGE,
    ),
    "jpeg claiming 4 billion pixels": (lambda: jpeg_claiming(65500, 65500), TOO_LARGE),
    "bmp claiming 4 billion pixels": (
        lambda: claiming(encoded(photo(), "BMP"), 18, "<ii", 65535, 65535),
        TOO_LARGE,
    ),
    "png, one pixel too wide": (lambda: png(65_536, 1), TOO_WIDE),
    "png, text of 100 MB, packed": (lambda: with_chunks(bomb_in(b"zTXt", 100_000_000)), OPENS),
    "png, 80 texts of 900 kB": (lambda: with_chunks(*[bomb_in(b"zTXt", 900_000)] * 80), OPENS),
    "png, text of 65 MB": (lambda: with_chunks(chunk(b"tEXt", b"k\0" + b"x" * (65 << 20))), OPENS),
    "png, profile of 60 MB, packed": (lambda: with_chunks(bomb_in(b"iCCP", 60_000_000)), OPENS),
    "tiff, pages in a circle": (tiff_in_a_circle, OPENS),
    # Unusual, and right
    "jpeg with junk behind": (lambda: encoded(photo(), "JPEG") + b"trailing junk", OPENS),
    "jpeg, junk profile": (lambda: encoded(photo(), "JPEG", icc_profile=b"junk" * 50), OPENS),
    "cmyk, junk profile": (
        lambda: encoded(photo().convert("CMYK"), "JPEG", icc_profile=b"junk" * 50),
        OPENS,
    ),
    "cmyk": (lambda: encoded(photo().convert("CMYK"), "JPEG"), OPENS),
    "progressive jpeg": (lambda: encoded(photo(), "JPEG", progressive=True), OPENS),
    "16-bit grey": (lambda: deep("PNG"), OPENS),
    "16-bit colour": (rgb16, OPENS),
    "float": (lambda: deep("TIFF"), OPENS),
    "lab": (lambda: encoded(Image.new("LAB", (8, 8), (50, 0, 0)), "TIFF"), OPENS),
    "palette, one colour clear": (clear_palette, OPENS),
    "grey with alpha": (lambda: encoded(Image.new("LA", (8, 8), (0, 0)), "PNG"), OPENS),
    "alpha": (lambda: encoded(photo().convert("RGBA"), "PNG"), OPENS),
    "orientation 6": (lambda: turned("JPEG", 6), OPENS),
    "orientation 99": (lambda: turned("JPEG", 99), OPENS),
    "broken exif": (broken_exif, OPENS),
    "animated gif": (lambda: animated("GIF"), OPENS),
    "animated webp": (lambda: animated("WEBP"), OPENS),
    "animated png": (lambda: animated("PNG"), OPENS),
    "animated avif": (lambda: animated("AVIF"), OPENS),
    "tiff of 3 pages": (lambda: pages(3), OPENS),
    "one pixel": (lambda: png(1, 1), OPENS),
    "20,000 pixels in one row": (lambda: png(20_000, 1), OPENS),
    "escape sequences in text": (
        lambda: with_chunks(chunk(b"tEXt", b"Comment\0\x1b]52;c;ZXZpbA==\x07\x1b[2J")),
        OPENS,
    ),
}


@functools.cache
def bad_image(name: str) -> bytes:
    """The bytes of a case of the catalogue."""
    return CATALOGUE[name][0]()


def write_catalogue(folder: str | os.PathLike[str]) -> dict[str, str]:
    """Write every case into a folder; return the file name of each."""
    names = {name: f"{number:02}.png" for number, name in enumerate(CATALOGUE)}
    for name, file_name in names.items():
        with open(os.path.join(folder, file_name), "wb") as file:
            file.write(bad_image(name))
    return names
