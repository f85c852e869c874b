"""What is kept of a picture to find it again: a perceptual hash, its mirror, and a small copy.

The hash has a bit for each of the 64 lowest frequencies of a cosine transform of the picture made
32 pixels wide and high (pHash: Zauner, "Implementation and Benchmarking of Perceptual Image Hash
Functions", 2010). A bit is set where its coefficient exceeds a twentieth of their root mean square
rather than their median, so that frequencies which a drawing does not have stay 0 when a codec adds
noise. Mirroring a picture changes the sign of every odd horizontal frequency: the hash of the
mirror image costs no second transform.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tagsmith.tools.vision.decode import open_image
from tagsmith.tools.vision.flaws import detail
from tagsmith.tools.vision.losses import loss_of
from tagsmith.tools.vision.measuring import Job

if TYPE_CHECKING:
    from PIL.Image import Image

GREY_SIDE, COLOUR_SIDE = 32, 8

# One picture, little-endian: ``grey`` is its brightness, ``colour`` its Cb and Cr, ``loss`` how
# much its file format lost (losses.py).
PRINT = np.dtype(
    [
        ("hash", "<u8"),
        ("mirror", "<u8"),
        ("width", "<u4"),
        ("height", "<u4"),
        ("loss", "<f4"),
        ("grey", "u1", (GREY_SIDE, GREY_SIDE)),
        ("colour", "u1", (COLOUR_SIDE, COLOUR_SIDE, 2)),
    ]
)

# The pixels of a picture at full size, and how much detail they have (flaws.py).
EXACT = np.dtype([("digest", "V16"), ("detail", "<f4")])

Records = npt.NDArray[np.void]
Floats = npt.NDArray[np.float64]

# A JPEG is decoded at least so large: four pixels for each of the small copy.
_DRAFT = 4 * GREY_SIDE

_LOWEST = 8
_LEAST_SHARE = 0.05


def _cosines() -> Floats:
    """Return the first rows of the orthonormal DCT-II of 32 samples."""
    frequencies = np.arange(_LOWEST)[:, None]
    places = 2 * np.arange(GREY_SIDE) + 1
    waves = np.cos(np.pi * frequencies * places / (2 * GREY_SIDE))
    return np.asarray(waves * np.sqrt(2 / GREY_SIDE))


_COSINES = _cosines()
_MIRRORED = (-1.0) ** np.arange(_LOWEST)


def printed(data: bytes, argument: object = None) -> bytes:
    """Measure the bytes of a file: the job for image workers, one PRINT. Raises BadImageError."""
    del argument  # nothing can be chosen
    picture = open_image(data, draft=(_DRAFT, _DRAFT))
    found = np.zeros((), PRINT)
    small = _shrunk(picture.image, GREY_SIDE).convert("YCbCr")
    levels = np.asarray(small)
    found["grey"] = levels[..., 0]
    found["colour"] = np.asarray(small.reduce(GREY_SIDE // COLOUR_SIDE))[..., 1:]
    found["hash"], found["mirror"] = hashes(levels[..., 0].astype(np.float64))
    found["width"], found["height"] = picture.size
    found["loss"] = loss_of(data, picture.format)
    return found.tobytes()


def hashes(grey: Floats) -> tuple[int, int]:
    """Return the 64-bit hash of a picture and that of its mirror image; ``grey`` is (32, 32)."""
    waves = _COSINES @ grey @ _COSINES.T
    waves[0, 0] = 0
    least = _LEAST_SHARE * np.sqrt(np.mean(waves**2))
    return _bits(waves > least), _bits(waves * _MIRRORED > least)


def _bits(set_bits: npt.NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(set_bits).tobytes(), "big")


def _shrunk(image: Image, side: int) -> Image:
    """Shrink a picture, each new pixel the mean of those that it replaces."""
    from PIL.Image import Resampling

    return image.resize((side, side), Resampling.BOX)


def exact(data: bytes, argument: object = None) -> bytes:
    """Digest the pixels of a file as they are seen: the job for image workers, one EXACT.

    Upright, over white, with the transparency, at full size. Raises BadImageError.
    """
    del argument  # nothing can be chosen
    picture = open_image(data)
    digest = blake2b(repr(picture.size).encode(), digest_size=16)
    digest.update(_buffer(picture.image))
    if picture.alpha is not None:
        digest.update(_buffer(picture.alpha))
    found = np.zeros((), EXACT)
    found["digest"] = np.void(digest.digest())
    found["detail"] = detail(picture.image)
    return found.tobytes()


def _buffer(image: Image) -> Any:
    return np.ascontiguousarray(image)


def unpack(rows: list[bytes], form: np.dtype[np.void]) -> Records:
    """Return stored measurements as one array of PRINT or EXACT."""
    return np.frombuffer(b"".join(rows), form)


# The number changes with everything that is measured.
PRINTED = Job("print 1", printed, PRINT.itemsize, "Hashing")
EXACTLY = Job("exact 1", exact, EXACT.itemsize, "Comparing pixels of")
