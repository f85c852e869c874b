"""Tags of pictures with no colour, or with one: greyscale, monochrome, sepia.

People give these tags by hand, for what Danbooru's wiki describes; the rules are our own, with
precision and recall in docs/pixel-tags.md. Chroma is the distance between the strongest and the
weakest channel of a pixel, 0 to 255.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tagsmith.tools.vision.statistics_look import Look, graded

# Less is no colour that anyone sees, but noise of a JPEG or of a scanner.
_COLOURED = 8
_GREY_MODES = ("1", "L", "LA", "La", "I", "F")
# Paper and ink may be pure in a picture of one hue; what lies between them has its colour.
_MIDDLE = (40, 215)
_BIN_DEGREES = 5
_ARC_BINS = 5


def greyscale(look: Look) -> float:
    """No colour: 99 of 100 pixels have a chroma below 12, and the whole leans to no hue.

    A file of a single channel is one for certain (Danbooru's automatic rule). The lean, the chroma
    of the mean colour, tells a pale sepia from noise, whose colours cancel out.
    """
    if look.mode in _GREY_MODES or look.mode.startswith("I;16"):
        return 1.0
    mean = look.pixels.mean(axis=(0, 1))
    lean = float(mean.max() - mean.min())
    strong = float(np.quantile(look.chroma, 0.99))
    return min(graded(strong, 24, 12, 6), graded(lean, 6, 4, 2))


def monochrome(look: Look) -> float:
    """Greyscale, or one hue beside black, white and grey.

    One hue: 95 % of all chroma lies within 25 degrees, and most of the mid-tones have it (a grey
    picture with one coloured thing has spot colour).
    """
    return max(greyscale(look), _one_hue(look)[0])


def sepia(look: Look) -> float:
    """One hue, and that a brown: 20 to 50 degrees, of a mean chroma of 10 to 75."""
    confidence, hue = _one_hue(look)
    chroma = float(look.chroma[_middle(look)].mean()) if confidence else 0.0
    brown = min(graded(hue, 14, 20, 26), graded(hue, 56, 50, 44))
    toned = min(graded(chroma, 6, 10, 16), graded(chroma, 90, 75, 60))
    return min(confidence, brown, toned)


def _one_hue(look: Look) -> tuple[float, float]:
    """Return how sure it is that there is one hue, and that hue in degrees."""
    coloured, middle = look.chroma > _COLOURED, _middle(look)
    if not coloured.any() or not middle.any():
        return 0.0, 0.0
    hues = _hues(look.pixels[coloured])
    weights = look.chroma[coloured].astype(np.float64)
    bins, _ = np.histogram(hues, 360 // _BIN_DEGREES, (0, 360), weights=weights)
    arcs = np.convolve(np.concatenate([bins, bins[: _ARC_BINS - 1]]), np.ones(_ARC_BINS), "valid")
    best = int(arcs.argmax())
    gathered = float(arcs[best] / weights.sum())
    spread = float(coloured[middle].mean())
    hue = (best + _ARC_BINS / 2) * _BIN_DEGREES % 360
    return min(graded(gathered, 0.85, 0.95, 0.99), graded(spread, 0.4, 0.6, 0.8)), hue


def _middle(look: Look) -> npt.NDArray[np.bool_]:
    """Mark the pixels that are neither near black nor near white."""
    mean = look.pixels.mean(axis=2)
    low, high = _MIDDLE
    return np.asarray((mean > low) & (mean < high))


def _hues(pixels: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    """Return the hue of coloured pixels (n, 3) in degrees: the hexagon of HSV."""
    red, green, blue = (pixels[:, at].astype(np.float64) for at in range(3))
    top = pixels.max(axis=1)
    chroma = top - pixels.min(axis=1)
    sector = np.select(
        [top == red, top == green],
        [(green - blue) / chroma % 6, (blue - red) / chroma + 2],
        (red - green) / chroma + 4,
    )
    return np.asarray(sector * 60 % 360)
