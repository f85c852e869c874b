"""The size of an image as it is seen, from its header; no pixel is ever decoded here."""

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

_ORIENTATION = 0x0112
# EXIF 2.32, table 4.6.4: 5 to 8 show the rows of the file as columns.
_TURNED = (5, 6, 7, 8)
# What Pillow's readers were seen to raise on damaged files, beside their own bomb errors.
_DAMAGED = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
    RuntimeError,
    MemoryError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class Header:
    """``size`` is (width, height) in pixels as seen, or None; then ``reason`` says why."""

    size: tuple[int, int] | None
    reason: str = ""


def read_header(path: str | os.PathLike[str]) -> Header:
    """Read the size of an image; a file that cannot be read is an answer, not an error.

    The EXIF orientation is applied. Images above Pillow's limit (89 million pixels) are refused.
    """
    pillow = _pillow()
    try:
        # A named pipe would wait for a writer, so only regular files are opened.
        if not os.path.isfile(path):
            return Header(None, "there is no such file")
        with open(path, "rb") as file, pillow.open(_Bounded(file), formats=FORMATS) as image:
            return Header(_seen_size(pillow, image))
    except (pillow.DecompressionBombError, pillow.DecompressionBombWarning):
        return Header(None, f"it has more than {pillow.MAX_IMAGE_PIXELS} pixels")
    except pillow.UnidentifiedImageError:
        return Header(None, f"it is not one of {', '.join(FORMATS)}, or it is damaged")
    except _TooLargeError:
        return Header(None, f"its header is larger than {MAX_BYTES} bytes")
    except OSError as error:
        return Header(None, error.strerror or "it is damaged")
    except _DAMAGED:
        return Header(None, "it is damaged")


def _seen_size(pillow: Any, image: Any) -> tuple[int, int]:
    width, height = image.size
    if image.format == "TIFF":
        # Pillow turns the size of a TIFF itself.
        return width, height
    try:
        # The method of the base class: that of PNG decodes the pixels to look behind them.
        turned = pillow.Image.getexif(image).get(_ORIENTATION) in _TURNED
    except _DAMAGED:
        turned = False
    return (height, width) if turned else (width, height)


def _pillow() -> ModuleType:
    """Import Pillow; its bomb warnings are errors, its remarks on metadata are not for users."""
    from PIL import Image

    # For the whole process: warnings.catch_warnings is not safe in threads.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    return Image


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
