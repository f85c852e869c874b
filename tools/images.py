"""What may be read as an image, why a file is none, and its size from the header alone.

No pixel is decoded here; tools/vision/decode.py does that, with the same formats and faults.
"""

from __future__ import annotations

import os
import struct
import warnings
from dataclasses import dataclass
from types import ModuleType
from typing import Any, BinaryIO

# By content, whatever the suffix says. Everything else that Pillow reads (EPS would start
# Ghostscript; FITS and PSD had the advisories of 2026) stays closed.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "AVIF", "TIFF")
# WebP and AVIF are read whole by their libraries, PNG may carry megabytes of text before its
# pixels; this is also what Pillow allows for text.
MAX_BYTES = 64 * 1024 * 1024

# What Pillow's readers were seen to raise on damaged files, beside their own bomb errors.
DAMAGED: tuple[type[Exception], ...] = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
    RuntimeError,
    struct.error,
)

_ORIENTATION = 0x0112
# EXIF 2.32, table 4.6.4: 5 to 8 show the rows of the file as columns.
_TURNED = (5, 6, 7, 8)


@dataclass(frozen=True, slots=True)
class Header:
    """``size`` is (width, height) in pixels as seen, or None; then ``reason`` says why."""

    size: tuple[int, int] | None
    reason: str = ""


def read_header(path: str | os.PathLike[str]) -> Header:
    """Read the size of an image; a file that cannot be read is an answer, not an error.

    The EXIF orientation is applied. Images above Pillow's limit (89 million pixels) are refused.
    """
    image_module = pillow()
    try:
        # A named pipe would wait for a writer, so only regular files are opened.
        if not os.path.isfile(path):
            return Header(None, "there is no such file")
        with open(path, "rb") as file, image_module.open(_Bounded(file), formats=FORMATS) as image:
            return Header(_seen_size(image))
    except _TooLargeError:
        return Header(None, f"its header is larger than {MAX_BYTES} bytes")
    except faults() as error:
        return Header(None, reason(error))


def orientation(image: Any) -> int:
    """Return the EXIF orientation of an open image, 1 to 8; 1 where there is none to go by."""
    try:
        # The method of the base class: that of PNG decodes the pixels to look behind them.
        found = pillow().Image.getexif(image).get(_ORIENTATION)
    except DAMAGED:
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def reason(error: BaseException) -> str:
    """Say in a few words why an image cannot be read, from what Pillow raised."""
    image_module = pillow()
    if isinstance(error, _bombs()):
        return f"it has more than {image_module.MAX_IMAGE_PIXELS} pixels"
    if isinstance(error, image_module.UnidentifiedImageError):
        return f"it is not one of {', '.join(FORMATS)}, or it is damaged"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, MemoryError):
        return "it needs more memory than an image may take"
    return "it is cut short" if "truncated" in str(error) else "it is damaged"


def pillow() -> ModuleType:
    """Import Pillow; its bomb warnings are errors, its remarks on metadata are not for users."""
    from PIL import Image

    # For the whole process: warnings.catch_warnings is not safe in threads.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    return Image


def faults() -> tuple[type[Exception], ...]:
    """Return all that reading an image may raise; ``reason`` puts each into words."""
    return (*DAMAGED, MemoryError, *_bombs())


def _bombs() -> tuple[type[Exception], ...]:
    image_module = pillow()
    return image_module.DecompressionBombError, image_module.DecompressionBombWarning


def _seen_size(image: Any) -> tuple[int, int]:
    width, height = image.size
    # Pillow turns the size of a TIFF itself.
    turned = image.format != "TIFF" and orientation(image) in _TURNED
    return (height, width) if turned else (width, height)


class _TooLargeError(Exception):
    pass


class _Bounded:
    """A file of which at most ``MAX_BYTES`` are read, all reads together."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = MAX_BYTES
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int = -1) -> bytes:
        wanted = self._left + 1
        data = self._file.read(wanted if size < 0 else min(size, wanted))
        self._left -= len(data)
        if self._left < 0:
            raise _TooLargeError
        return data
