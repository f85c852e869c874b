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
from tagsmith.tools.vision.statistics_look import Levels, Look, graded

Colour = tuple[int, int, int]

# Within so many levels of a colour, on every channel, a pixel of a background has it.
_TOLERANCE = 8
_WHITE, _BLACK, _NEUTRAL = 245, 12, 10


def letterboxed(look: Look) -> float:
    """Bars above and below, of one colour, equal within 1 %, each 3 % of the height or more."""
    found = frame(look)
    return min(_pair(found.top, found.bottom), 1 - _pair(found.left, found.right))


def pillarboxed(look: Look) -> float:
    """Bars left and right, of one colour, equal within 1 %, each 3 % of the width or more."""
    found = frame(look)
    return min(_pair(found.left, found.right), 1 - _pair(found.top, found.bottom))


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

    The ring is 2 % wide and lies within any bars; the lower edge may be where a figure is cut. A
    transparent background, shown as white here, is none.
    """
    found = _background(look)
    return min(found.confidence, 1 - transparent_background(look))


def white_background(look: Look) -> float:
    """A simple background, all its channels 245 or more."""
    return simple_background(look) if min(_background(look).colour) >= _WHITE else 0.0


def black_background(look: Look) -> float:
    """A simple background, all its channels 12 or less, and flat: a dark scene is not."""
    found = _background(look)
    if max(found.colour) > _BLACK:
        return 0.0
    return min(simple_background(look), graded(found.spread, 7, 4, 2))


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


@lru_cache(maxsize=1)
def _background(look: Look) -> _Background:
    """Look at the ring of a picture without its bars."""
    inner = _inside(look)
    height, width = inner.shape[:2]
    deep, broad = max(2, height // 50), max(2, width // 50)
    sides = [inner[:deep], inner[:, :broad], inner[:, -broad:]]
    ring = np.concatenate([side.reshape(-1, 3) for side in sides])
    colour = np.median(ring, axis=0)
    shares = [float(np.mean(np.abs(side - colour).max(axis=2) <= _TOLERANCE)) for side in sides]
    low, high = np.quantile(ring.mean(axis=1), (0.05, 0.95))
    mean = sum(shares) / len(shares)
    confidence = min(graded(min(shares), 0.7, 0.85, 0.95), graded(mean, 0.8, 0.9, 0.97))
    red, green, blue = (round(level) for level in colour)
    return _Background((red, green, blue), confidence, float(high - low))


def _inside(look: Look) -> Levels:
    """Cut the bars off, where they are bars."""
    found = frame(look)
    height, width = look.pixels.shape[:2]
    across, down = slice(0, width), slice(0, height)
    all_round = border(look) >= 0.5
    if all_round or _pair(found.top, found.bottom) >= 0.5:
        down = slice(found.top.depth + EDGE_ROWS, height - found.bottom.depth - EDGE_ROWS)
    if all_round or _pair(found.left, found.right) >= 0.5:
        across = slice(found.left.depth + EDGE_ROWS, width - found.right.depth - EDGE_ROWS)
    inner = look.pixels[down, across]
    return inner if inner.size else look.pixels
