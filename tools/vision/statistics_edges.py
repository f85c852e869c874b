"""Tags that follow from a picture's edges: bars, borders, and backgrounds of one colour.

People give these tags by hand, for what Danbooru's wiki describes; the rules are our own, with
precision and recall in docs/pixel-tags.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tagsmith.tools.vision.statistics_file import transparent_background
from tagsmith.tools.vision.statistics_frame import EDGE_ROWS, Bar, Frame, frame
from tagsmith.tools.vision.statistics_look import Levels, Look, away, graded

Colour = tuple[int, int, int]

# Within so many levels of a colour, on every channel, a pixel of a background has it.
_TOLERANCE = 8
# So many levels away, on some channel, it is of something in front.
_STANDS_OUT = 40
_WHITE, _BLACK, _NEUTRAL = 245, 12, 10


def letterboxed(look: Look) -> float:
    """Bars above and below and nowhere else: of one colour, equal within 1 %, 3 % or higher."""
    found = frame(look)
    return min(_pair(found.top, found.bottom), 1 - _any(found.left, found.right))


def pillarboxed(look: Look) -> float:
    """Bars left and right and nowhere else: of one colour, equal within 1 %, 3 % or wider."""
    found = frame(look)
    return min(_pair(found.left, found.right), 1 - _any(found.top, found.bottom))


def windowboxed(look: Look) -> float:
    """Bars on all four sides that are no border."""
    found = frame(look)
    both = min(_pair(found.top, found.bottom), _pair(found.left, found.right))
    return min(both, 1 - border(look))


def border(look: Look) -> float:
    """A frame of one colour on all four sides, equally thick: 1 to 8 % of the shorter side."""
    found = frame(look)
    shorter = min(look.size)
    thick = [bar.pixels / shorter for bar in found.bars]
    if min(thick) == 0 or not _one_colour(found):
        return 0.0
    return min(
        graded(min(thick), 0.005, 0.01, 0.015),
        graded(max(thick), 0.1, 0.08, 0.07),
        graded(max(thick) - min(thick), 0.03, 0.015, 0.008),
        _sharp(*found.bars),
    )


def white_border(look: Look) -> float:
    """A border, all its channels 245 or more."""
    return border(look) if min(frame(look).top.colour) >= _WHITE else 0.0


def black_border(look: Look) -> float:
    """A border, all its channels 12 or less."""
    return border(look) if max(frame(look).top.colour) <= _BLACK else 0.0


def simple_background(look: Look) -> float:
    """The picture stands before one colour: it fills the ring at the top and both sides.

    The ring is 2 % wide and lies within any bars; the lower edge may be where a figure is cut. It
    is flat, and at least 1 % of the picture stands out from it: in a dark scene nothing does. A
    transparent background, shown as white here, is none.
    """
    found = _background(look)
    flat, figure = graded(found.spread, 9, 6, 3), graded(found.figure, 0, 0.01, 0.03)
    return min(found.confidence, flat, figure, 1 - transparent_background(look))


def white_background(look: Look) -> float:
    """A simple background, all its channels 245 or more."""
    return simple_background(look) if min(_background(look).colour) >= _WHITE else 0.0


def black_background(look: Look) -> float:
    """A simple background, all its channels 12 or less."""
    return simple_background(look) if max(_background(look).colour) <= _BLACK else 0.0


def grey_background(look: Look) -> float:
    """A simple background between the two, of a chroma of 10 or less."""
    colour = _background(look).colour
    is_grey = max(colour) - min(colour) <= _NEUTRAL
    between = max(colour) > _BLACK and min(colour) < _WHITE
    return simple_background(look) if is_grey and between else 0.0


def _pair(first: Bar, second: Bar) -> float:
    """Tell how sure it is that two opposite bars belong together."""
    if not _same(first, second):
        return 0.0
    return min(
        graded(min(first.share, second.share), 0.02, 0.03, 0.04),
        graded(abs(first.share - second.share), 0.025, 0.0125, 0.006),
        _sharp(first, second),
    )


def _any(*bars: Bar) -> float:
    """Tell how sure it is that one of two sides has a bar, however thin."""
    return max(min(graded(bar.share, 0.004, 0.01, 0.02), _sharp(bar)) for bar in bars)


def _sharp(*bars: Bar) -> float:
    """Tell how sure it is that bars end in a straight edge, and not at what stands before them."""
    return graded(min(bar.ends for bar in bars), 0.3, 0.5, 0.7)


def _one_colour(found: Frame) -> bool:
    return all(_same(found.top, bar) for bar in found.bars)


def _same(first: Bar, second: Bar) -> bool:
    pairs = zip(first.colour, second.colour, strict=True)
    return max(abs(one - other) for one, other in pairs) <= 16


@dataclass(frozen=True, slots=True)
class _Background:
    colour: Colour
    confidence: float
    spread: float
    figure: float


@lru_cache(maxsize=1)
def _background(look: Look) -> _Background:
    """Look at the ring of a picture without its bars."""
    inner = _inside(look)
    height, width = inner.shape[:2]
    deep, broad = max(2, height // 50), max(2, width // 50)
    sides = [inner[:deep], inner[:, :broad], inner[:, -broad:]]
    ring = np.concatenate([side.reshape(-1, 3) for side in sides])
    colour = np.rint(np.median(ring, axis=0)).astype(np.int16)
    shares = [float(np.mean(away(side, colour) <= _TOLERANCE)) for side in sides]
    low, high = np.quantile(ring.mean(axis=1), (0.1, 0.9))
    mean = sum(shares) / len(shares)
    confidence = min(graded(min(shares), 0.7, 0.85, 0.95), graded(mean, 0.8, 0.9, 0.97))
    figure = float(np.mean(away(inner, colour) > _STANDS_OUT))
    red, green, blue = (int(level) for level in colour)
    return _Background((red, green, blue), confidence, float(high - low), figure)


def _inside(look: Look) -> Levels:
    """Cut off every bar, also where they make no box and no border: those of a page, say."""
    cuts = [bar.depth + EDGE_ROWS if _sharp(bar) >= 0.5 else 0 for bar in frame(look).bars]
    top, bottom, left, right = cuts
    height, width = look.pixels.shape[:2]
    inner = look.pixels[top : height - bottom, left : width - right]
    return inner if inner.size else look.pixels
