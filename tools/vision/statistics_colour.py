"""Tags of pictures with no colour, or with one: greyscale, monochrome, sepia.

People give these tags by hand, for what Danbooru's wiki describes; the rules are our own, with
precision and recall in docs/pixel-tags.md. Chroma is the distance between the strongest and the
weakest channel of a pixel, 0 to 255.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tagsmith.tools.vision.statistics_look import Levels, Look, Shares, graded, highest

# Less is no colour that anyone sees, but noise of a JPEG or of a scanner.
_COLOURED = 8
_GREY_MODES = ("1", "L", "LA", "La", "I", "F")
# Paper and ink may be pure in a picture of one hue; what lies between them has its colour.
_MIDDLE = (40, 215)
_BIN_DEGREES = 5
_ARC_BINS = 5
# A pixel of so much chroma, so far outside the arc, is another colour and not noise.
_STRONG, _FAR_DEGREES = 48, 30
# Where a channel is cut off at white, the hue is not that of the ink.
_CLIPPED = 250
# ITU-R BT.601, as Pillow's grey; colours are compared among those within so many levels of it.
_LUMA, _LEVEL = np.array([0.299, 0.587, 0.114]), 8
# What is darker than this throughout is lit no further: its colours are noise.
_DARKEST = 16


def greyscale(look: Look) -> float:
    """No colour: 99 of 100 pixels have a chroma below 12, and the whole leans to no hue.

    A file of a single channel is one for certain (Danbooru's automatic rule). The lean, the chroma
    of the mean colour, tells a pale sepia from noise, whose colours cancel out. Of a dark picture
    both are measured as if it were lit.
    """
    if look.mode in _GREY_MODES or look.mode.startswith("I;16"):
        return 1.0
    gain = 255 / max(_DARKEST, float(np.quantile(highest(look.coarse), 0.99)))
    mean = look.coarse.mean(axis=(0, 1))
    lean = gain * float(mean.max() - mean.min())
    strong = gain * float(np.quantile(look.chroma, 0.99))
    return min(graded(strong, 24, 12, 6), graded(lean, 6, 4, 2))


def monochrome(look: Look) -> float:
    """Greyscale, or one hue beside black, white and grey.

    One hue: 95 % of all chroma lies within 25 degrees, 60 % of the mid-tones have it (a grey
    picture with one coloured thing has spot colour), no more than 0.5 % of the pixels have another,
    strong one, and a pixel's colour follows from its brightness, as with inks and toning: half of
    the pixels are within 9 % of the mean chroma of what others of their brightness have. That tells
    a photograph of brown things from a brown photograph.
    """
    return max(greyscale(look), _one_hue(look)[0])


def sepia(look: Look) -> float:
    """One hue, and that a brown: 20 to 50 degrees, of a mean chroma of 10 to 75."""
    confidence, hue = _one_hue(look)
    chroma = float(look.chroma[_middle(look)].mean()) if confidence else 0.0
    brown = min(graded(hue, 14, 20, 26), graded(hue, 56, 50, 44))
    toned = min(graded(chroma, 6, 10, 16), graded(chroma, 90, 75, 60))
    return min(confidence, brown, toned)


@lru_cache(maxsize=1)
def _one_hue(look: Look) -> tuple[float, float]:
    """Return how sure it is that there is one hue, and that hue in degrees."""
    coloured, middle = look.chroma > _COLOURED, _middle(look)
    if not coloured.any() or not middle.any():
        return 0.0, 0.0
    hues = _hues(look.coarse[coloured])
    chroma = look.chroma[coloured].astype(np.float64)
    whole = highest(look.coarse[coloured]) < _CLIPPED
    gathered, hue = _arc(hues, np.where(whole, chroma, 0))
    spread = float(coloured[middle].mean())
    other = np.abs((hues - hue + 180) % 360 - 180) > _FAR_DEGREES
    strays = float(np.count_nonzero(other & (chroma > _STRONG))) / coloured.size
    confidence = min(
        graded(gathered, 0.85, 0.95, 0.99),
        graded(spread, 0.4, 0.6, 0.8),
        graded(strays, 0.01, 0.005, 0.002),
        graded(_looseness(look), 0.15, 0.09, 0.06),
    )
    return confidence, hue


def _arc(hues: Shares, weights: Shares) -> tuple[float, float]:
    """Return the share of the weights in the arc that has the most, and the middle of that arc."""
    bins, _ = np.histogram(hues, 360 // _BIN_DEGREES, (0, 360), weights=weights)
    arcs = np.convolve(np.concatenate([bins, bins[: _ARC_BINS - 1]]), np.ones(_ARC_BINS), "valid")
    best = int(arcs.argmax())
    return float(arcs[best] / max(1.0, bins.sum())), (best + _ARC_BINS / 2) * _BIN_DEGREES % 360


def _looseness(look: Look) -> float:
    """Return how far colours are from those of the same brightness: median, in mean chromas."""
    pixels = look.coarse.reshape(-1, 3).astype(np.float64)
    levels = (pixels @ _LUMA / _LEVEL).astype(np.intp)
    counts = np.maximum(np.bincount(levels), 1)
    apart = np.zeros(len(pixels))
    for first, second in ((0, 1), (1, 2)):
        difference = pixels[:, first] - pixels[:, second]
        means = np.bincount(levels, difference) / counts
        apart += (difference - means[levels]) ** 2
    return float(np.median(np.sqrt(apart))) / max(1.0, float(look.chroma.mean()))


def _middle(look: Look) -> npt.NDArray[np.bool_]:
    """Mark the pixels that are neither near black nor near white."""
    mean = look.coarse.mean(axis=2)
    low, high = _MIDDLE
    return np.asarray((mean > low) & (mean < high))


def _hues(pixels: Levels) -> Shares:
    """Return the hue of coloured pixels (n, 3) in degrees: the hexagon of HSV."""
    red, green, blue = (pixels[:, at].astype(np.float64) for at in range(3))
    top = highest(pixels)
    chroma = top + highest(-pixels)
    sector = np.select(
        [top == red, top == green],
        [(green - blue) / chroma % 6, (blue - red) / chroma + 2],
        (red - green) / chroma + 4,
    )
    return np.asarray(sector * 60 % 360)
