"""The one way from an image file to pixels: upright, 8-bit RGB, first frame, alpha composited.

Every model, preview and rule looks at a picture through here. A file that cannot be read is a
``BadImageError``, whatever Pillow made of it; hostile files are still best decoded in a process of
their own (workers.py). Rules that follow from a format, not from a taste:

* The EXIF orientation is applied (EXIF 2.32, table 4.6.4).
* Transparency is composited as Pillow's ``alpha_composite`` does, the reference of the WD taggers;
  palettes and single transparent colours (``tRNS``) count.
* 16-bit samples are scaled by 255/65535; floats and 32-bit ones by the range they use (``_range``).
* CMYK goes through its own profile where that can be read, else by Pillow's formula. Pillow reads
  the inverted CMYK of Adobe's JPEGs.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.images import DAMAGED, FORMATS, faults, orientation, pillow, reason

if TYPE_CHECKING:
    from PIL.Image import Image

    Box = tuple[int, int, int, int]

# Of the whole file: 89 million 8-bit RGB pixels, uncompressed, with something to spare.
MAX_FILE_BYTES = 320 * 1024 * 1024
# JPEG's own limit (ITU-T T.81, B.2.2).
MAX_SIDE = 65_535
WHITE = (255, 255, 255)

_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")
# Counting walks through these files, and may fall over damage behind the first picture.
_WALKED = ("GIF", "TIFF")
_DEEP = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_METADATA = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")
# Rows are worked on in bands of about this many pixels, so that memory stays near that of the
# picture itself.
_BAND_PIXELS = 1 << 20


class BadImageError(TagsmithError):
    """A file that is no picture that can be shown; ``reason`` says why, in a few words."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The image cannot be read: {reason}.", "Repair the file or remove it.")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded file.

    ``image`` is RGB and upright; ``alpha`` is its transparency (mode L, same size) or None where
    every pixel is opaque. ``size`` is (width, height) as seen, of the file: ``image`` is smaller
    where a draft was asked for. ``mode`` and ``format`` are Pillow's names for what the file holds,
    ``orientation`` is the one that was applied (EXIF, 1 where there was none), ``frames`` counts
    those of an animation, ``notes`` says what was passed over.
    """

    image: Image
    size: tuple[int, int]
    mode: str
    format: str
    frames: int = 1
    orientation: int = 1
    alpha: Image | None = None
    notes: tuple[str, ...] = ()


def open_image(
    source: str | os.PathLike[str] | bytes,
    background: tuple[int, int, int] = WHITE,
    *,
    draft: tuple[int, int] | None = None,
) -> Picture:
    """Decode a file, or the bytes of one, over a background.

    With ``draft`` a JPEG may be decoded at a half, a quarter or an eighth of its size, never
    smaller than ``draft``: quick, but not the pixels that a model was trained on.
    Raises BadImageError for everything that is not a whole image in one of ``FORMATS``.
    """
    data = source if isinstance(source, bytes) else _read(source)
    if len(data) > MAX_FILE_BYTES:
        raise BadImageError(f"its file is larger than {MAX_FILE_BYTES >> 20} MiB")
    try:
        try:
            return _decode(data, background, draft)
        except ValueError:
            # Pillow refuses the whole PNG where text or a profile unpacks to too much.
            bare = _without_metadata(data)
            if bare is None:
                raise
            return _decode(bare, background, draft, ("its metadata was not read",))
    except faults() as error:
        raise BadImageError(reason(error)) from error


def _read(path: str | os.PathLike[str]) -> bytes:
    """Read a regular file; a pipe would wait for a writer."""
    if not os.path.isfile(path):
        raise BadImageError("there is no such file")
    try:
        with open(path, "rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BadImageError(reason(error)) from error


def _decode(
    data: bytes,
    background: tuple[int, int, int],
    draft: tuple[int, int] | None,
    notes: tuple[str, ...] = (),
) -> Picture:
    with pillow().open(BytesIO(data), formats=FORMATS) as image:
        mode, kind, size = image.mode, image.format, image.size
        if max(size) > MAX_SIDE:
            raise BadImageError(f"it is more than {MAX_SIDE} pixels wide or high")
        if kind == "PNG":
            _check_sums(data)
        frames, frame_notes = _frames(image, data)
        if draft is not None:
            image.draft(None, draft)
        image.load()
        if kind == "TIFF":
            # Pillow turns the pixels of a TIFF itself, as it loads them.
            turn, size = 1, image.size
        else:
            turn = orientation(image)
        rgb, alpha = _flatten(image, background)
    rgb = _turned(rgb, turn)
    seen = size[::-1] if turn >= 5 else size
    upright = None if alpha is None else _turned(alpha, turn)
    return Picture(rgb, seen, mode, kind, frames, turn, upright, notes + frame_notes)


def _frames(image: Image, data: bytes) -> tuple[int, tuple[str, ...]]:
    """Count the frames of an animation; pages and the pictures within a photograph are none."""
    is_animation = image.format in _ANIMATED
    if image.format in _WALKED:
        try:
            with pillow().open(BytesIO(data), formats=(image.format,)) as other:
                count = other.n_frames
        except DAMAGED:
            return 1 + is_animation, ("what follows its first picture is damaged",)
    else:
        count = getattr(image, "n_frames", 1)
    if count == 1:
        return 1, ()
    if is_animation:
        return count, (f"the first of {count} frames",)
    return 1, (f"the first of {count} pictures in the file",)


def _turned(image: Image, turn: int) -> Image:
    """Turn or mirror an image as an EXIF orientation asks."""
    if turn == 1:
        return image
    how = pillow().Transpose
    return image.transpose(
        {
            2: how.FLIP_LEFT_RIGHT,
            3: how.ROTATE_180,
            4: how.FLIP_TOP_BOTTOM,
            5: how.TRANSPOSE,
            6: how.ROTATE_270,
            7: how.TRANSVERSE,
            8: how.ROTATE_90,
        }[turn]
    )


def _flatten(image: Image, background: tuple[int, int, int]) -> tuple[Image, Image | None]:
    """Return the pixels as RGB over the background, and the alpha where any pixel has some."""
    if image.mode in _DEEP:
        grey, alpha = _scaled(image)
        if alpha is None:
            return grey.convert("RGB"), None
        image = pillow().merge("LA", (grey, alpha))
    elif image.mode == "La":
        image = image.convert("LA")
    if image.has_transparency_data:
        return _over(_converted(image, "RGBA"), background)
    return (_from_cmyk(image) if image.mode == "CMYK" else _converted(image, "RGB")), None


def _converted(image: Image, mode: str) -> Image:
    """Convert without the copy that Pillow makes of an image that has the mode already."""
    return image if image.mode == mode else image.convert(mode)


def _over(image: Image, background: tuple[int, int, int]) -> tuple[Image, Image | None]:
    """Composite an RGBA image over a colour."""
    alpha = image.getchannel("A")
    if alpha.getextrema()[0] == 255:
        return image.convert("RGB"), None
    module = pillow()
    flat = module.new("RGB", image.size)
    for box in _bands(image.size):
        band = image.crop(box)
        below = module.new("RGBA", band.size, (*background, 255))
        flat.paste(module.alpha_composite(below, band).convert("RGB"), box)
    return flat, alpha


def _scaled(image: Image) -> tuple[Image, Image | None]:
    """Scale samples of more than 8 bits to L; the alpha is that of a transparent grey (tRNS)."""
    module = pillow()
    low, high = _range(image)
    clear = image.info.get("transparency")
    grey = module.new("L", image.size)
    alpha = None if clear is None else module.new("L", image.size)
    for box in _bands(image.size):
        values = np.asarray(image.crop(box)).astype(np.float64)
        if alpha is not None:
            opaque = np.where(values == clear, np.uint8(0), np.uint8(255))
            alpha.paste(module.fromarray(opaque), box)
        values = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
        levels = np.rint((values - low) * (255 / (high - low)))
        grey.paste(module.fromarray(levels.clip(0, 255).astype(np.uint8)), box)
    return grey, alpha


def _range(image: Image) -> tuple[float, float]:
    """Return what becomes black and white.

    16-bit samples: 0 and 65535. Others have no agreed range: the first of 0..1 (floats only),
    0..255 (floats only) and 0..65535 that holds them all, else their own lowest and highest.
    """
    if image.mode.startswith("I;16"):
        return 0, 65535
    low, high = np.inf, -np.inf
    for box in _bands(image.size):
        values = np.asarray(image.crop(box))
        finite = values[np.isfinite(values)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    for top in (1, 255, 65535) if image.mode == "F" else (65535,):
        if low >= 0 and high <= top:
            return 0, top
    return (low, high) if low < high else (low - 1, low)


def _from_cmyk(image: Image) -> Image:
    """Convert inks to light, by the profile of the file where it has one that can be read."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image.convert("RGB")
    from PIL import ImageCms

    faulty: tuple[type[Exception], ...] = (ImageCms.PyCMSError, *DAMAGED)
    try:
        inks = ImageCms.ImageCmsProfile(BytesIO(profile))
        light = ImageCms.createProfile("sRGB")
        # As Photoshop and print previews do by default.
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
        converted = ImageCms.profileToProfile(image, inks, light, intent, "RGB", flags=flags)
    except faulty:
        converted = None
    return image.convert("RGB") if converted is None else converted


def _bands(size: tuple[int, int]) -> Iterator[Box]:
    """Cut an image into boxes of whole rows."""
    width, height = size
    rows = max(1, _BAND_PIXELS // width)
    for top in range(0, height, rows):
        yield 0, top, width, min(top + rows, height)


def _check_sums(data: bytes) -> None:
    """Raise BadImageError where the pixels of a PNG are not those of their checksums.

    Pillow leaves these out; libpng, and so every browser, refuses such a file.
    """
    for kind, start, end in _chunks(data):
        if kind == b"IDAT" and data[end - 4 : end] != crc32(data[start + 4 : end - 4]).to_bytes(4):
            raise BadImageError("it is damaged")


def _without_metadata(data: bytes) -> bytes | None:
    """Return a PNG without its text and colour profile; None where it has none, or is no PNG."""
    kept = [data[start:end] for kind, start, end in _chunks(data) if kind not in _PNG_METADATA]
    bare = _PNG + b"".join(kept)
    return bare if data.startswith(_PNG) and len(bare) < len(data) else None


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the type, the start and the end of every chunk of a PNG that is whole."""
    at = len(_PNG)
    while at + 12 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + size
        if end > len(data):
            return
        yield kind, at, end
        at = end
