"""What is measured on a picture to tell whether it is blurred, dark, blown out or empty.

Measured at 384 pixels the longer way, which is also how far a JPEG is decoded at least: what
cannot be seen there costs a training at 512 to 1024 pixels little. docs/duplicates.md says how
often the rules are right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tagsmith.tools.vision import statistics_edges
from tagsmith.tools.vision.decode import open_image
from tagsmith.tools.vision.measuring import Job
from tagsmith.tools.vision.statistics_look import Look

if TYPE_CHECKING:
    from PIL.Image import Image

    from tagsmith.tools.vision.decode import Picture

SIDE = 384

# Of one picture, little-endian. ``width`` and ``height`` are those of the file; ``softness`` is
# how wide the sharpest edges are, in pixels at 384, 0 where nothing has an edge; ``detail`` the
# variance of the Laplacian; ``low`` and ``high`` the brightness that 1 % of the pixels stay below
# and above, 0 to 1; ``clipped`` the share of pure white, ``ramp`` the brightness of what borders on
# it; ``page`` how sure it is that the white is a background; ``strays`` the share of pixels that
# differ from the middle one; ``range`` how far colours lie apart, 0 to 255.
VALUES = tuple("softness detail low high clipped ramp page strays range".split())
FLAWS = np.dtype([("width", "<u4"), ("height", "<u4"), *((name, "<f4") for name in VALUES)])

Floats = npt.NDArray[np.float32]

_TILES = 4
# Levels between neighbours but one: less is shading, noise or the blocks of a JPEG.
_EDGE = 12
_EDGE_PIXELS = 8
_WIDEST = 20.0
_SECOND_LOOK = 4
# Pure white, and white with the noise of a JPEG.
_WHITE, _NEAR_WHITE = 253, 244
_STRAY = 16
# So many pixels beside white, so that the edge of a line itself, half white, does not count.
_BESIDE = 2


def flawed(data: bytes, argument: object = None) -> bytes:
    """Measure the bytes of a file: the job for image workers, one FLAWS. Raises BadImageError."""
    del argument  # nothing can be chosen
    picture = open_image(data, draft=(SIDE, SIDE))
    found = np.zeros((), FLAWS)
    found["width"], found["height"] = picture.size
    for name, value in measures(picture).items():
        found[name] = value
    return found.tobytes()


def unpack(row: bytes) -> npt.NDArray[np.void]:
    """Return a stored measurement as an array of one FLAWS."""
    return np.frombuffer(row, FLAWS)


def measures(picture: Picture) -> dict[str, float]:
    """Return every measure of a picture by its name."""
    small = _fitted(picture.image)
    grey = small.convert("L")
    counts = np.array(grey.histogram())
    below = np.cumsum(counts) / counts.sum()
    low, middle, high = (int(np.searchsorted(below, share)) for share in (0.01, 0.5, 0.99))
    near = counts[max(0, middle - _STRAY) : middle + _STRAY + 1].sum()
    clipped, ramp = _clipped(small, grey) if high >= _WHITE else (0.0, 0.0)
    return {
        "softness": softness(grey),
        "detail": detail(grey),
        "low": low / 255,
        "high": high / 255,
        "clipped": clipped,
        "ramp": ramp,
        "page": statistics_edges.white_background(Look.of(picture)) if clipped > 0.2 else 0.0,
        "strays": 1 - float(near / counts.sum()),
        "range": _range(small),
    }


def softness(grey: Image) -> float:
    """Return the width (standard deviation in pixels) of the sharpest edges of a picture.

    Blurred once more by a pixel, a sharp edge loses much of its gradient and a blurred one little:
    of their ratio R follows the width, 1 / sqrt(R^2 - 1) (Zhuo and Sim, "Defocus map estimation
    from a single image", Pattern Recognition 44, 2011). Of 16 tiles the second sharpest counts (the
    sharpest where fewer than four have an edge), so that what is sharp before a blurred background
    is enough, and a mark stamped on a blurred picture is not. Where no tile has an edge, it may be
    blurred too much for that, and is looked at again at a quarter of its size. 0 where it has none
    there either: a gradient is no blurred picture.
    """
    from PIL.Image import Resampling

    if found := _edge_width(grey):
        return found
    width, height = (max(1, length // _SECOND_LOOK) for length in grey.size)
    return _SECOND_LOOK * _edge_width(grey.resize((width, height), Resampling.BOX))


def _edge_width(grey: Image) -> float:
    """Return the width of the sharpest edges at this size, 0 where there are none."""
    from PIL.ImageFilter import GaussianBlur

    if min(grey.size) < 4 * _TILES:
        return 0.0
    sharp, soft = _gradient(grey), _gradient(grey.filter(GaussianBlur(1)))
    tiles = _tiled(soft)
    tops = tiles.max(axis=(1, 3), keepdims=True)
    edges = tiles >= 0.5 * tops
    ratio = (_tiled(sharp) * edges).sum(axis=(1, 3)) / np.maximum((tiles * edges).sum((1, 3)), 1)
    usable = (tops[:, 0, :, 0] >= _EDGE) & (edges.sum(axis=(1, 3)) >= _EDGE_PIXELS)
    if not usable.any():
        return 0.0
    rank = 2 if usable.sum() >= _TILES else 1
    counted = np.sort(ratio[usable])[-rank]
    return float(min(_WIDEST, 1 / np.sqrt(max(counted**2 - 1, 1 / _WIDEST**2))))


def _fitted(image: Image) -> Image:
    """Shrink a picture to fit, each new pixel the mean of those that it replaces."""
    from PIL.Image import Resampling

    factor = min(1.0, SIDE / max(image.size))
    if factor == 1:
        return image
    width, height = (max(1, round(length * factor)) for length in image.size)
    return image.resize((width, height), Resampling.BOX)


def _gradient(grey: Image) -> Floats:
    """Return how steep brightness is, in levels between the neighbours of each inner pixel."""
    levels = np.asarray(grey, np.float32)
    across = levels[1:-1, 2:] - levels[1:-1, :-2]
    down = levels[2:, 1:-1] - levels[:-2, 1:-1]
    return np.asarray(np.sqrt(across * across + down * down))


def _tiled(values: Floats) -> Floats:
    """Cut into 4 by 4 tiles of equal size: (tile row, height, tile column, width)."""
    height, width = (length // _TILES for length in values.shape)
    whole = values[: height * _TILES, : width * _TILES]
    return whole.reshape(_TILES, height, _TILES, width)


def detail(image: Image) -> float:
    """Return the variance of the Laplacian of four neighbours, at 384 pixels the longer way."""
    levels = np.asarray(_fitted(image).convert("L"), np.float32)
    if min(levels.shape) < 3:
        return 0.0
    around = levels[:-2, 1:-1] + levels[2:, 1:-1] + levels[1:-1, :-2] + levels[1:-1, 2:]
    return float(np.var(around - 4 * levels[1:-1, 1:-1]))


def _clipped(small: Image, grey: Image) -> tuple[float, float]:
    """Return the share of pure white, and the median brightness (0 to 1) of what borders on it.

    White that light was too strong for fades into its surroundings; paper ends at a line.
    """
    levels = np.asarray(small)
    white = np.asarray((levels >= _NEAR_WHITE).all(axis=2))
    around = np.zeros_like(white)
    around[_BESIDE:] |= white[:-_BESIDE]
    around[:-_BESIDE] |= white[_BESIDE:]
    around[:, _BESIDE:] |= white[:, :-_BESIDE]
    around[:, :-_BESIDE] |= white[:, _BESIDE:]
    border = np.asarray(grey)[around & ~white]
    clipped = float(np.mean((levels >= _WHITE).all(axis=2)))
    return clipped, float(np.median(border)) / 255 if border.size else 0.0


def _range(small: Image) -> float:
    """Return how far the levels of a channel lie apart, once noise has been averaged away."""
    from PIL.Image import Resampling

    levels = np.asarray(small.resize((32, 32), Resampling.BOX), np.int16)
    return float(np.ptp(levels, axis=(0, 1)).max())


# The number changes with everything that is measured.
FLAWED = Job("flaws 2", flawed, FLAWS.itemsize, "Measuring")
