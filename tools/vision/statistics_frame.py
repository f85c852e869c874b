"""Bars along the edges of a picture, as they are measured for letterboxes, borders, backgrounds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tagsmith.tools.vision.statistics_look import Levels, Look, away

# Within so many levels of a bar's colour, on every channel, a pixel belongs to it: JPEG noise.
_TOLERANCE = 20
# Of a row that belongs to a bar, so many pixels have its colour.
_ROW_SHARE = 0.97
# The first row behind a bar is mixed of both by the shrinking, and a JPEG of low quality smears the
# edge over the 16 pixels of a block.
EDGE_ROWS = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar along one side.

    ``depth`` counts rows of the look, ``share`` is its part of the height (or width), ``pixels``
    its rows in the file. ``ends`` is the share of the pixels right behind it that have another
    colour: near 1 at a bar, near 0 at a plain background with something drawn on it.
    """

    depth: int
    share: float
    pixels: float
    colour: tuple[int, int, int]
    ends: float


@dataclass(frozen=True, slots=True)
class Frame:
    """The bars along the four sides; no bar is one of no depth."""

    top: Bar
    bottom: Bar
    left: Bar
    right: Bar

    @property
    def bars(self) -> tuple[Bar, Bar, Bar, Bar]:
        """All four."""
        return self.top, self.bottom, self.left, self.right


@lru_cache(maxsize=1)
def frame(look: Look) -> Frame:
    """Measure the bars of a picture; the rules ask for the same one after the other."""
    rows = look.pixels
    columns = rows.transpose(1, 0, 2)
    top, bottom = _depth(rows), _depth(rows[::-1])
    left, right = _depth(columns), _depth(columns[::-1])
    width, height = look.size
    across, down = slice(left, len(columns) - right), slice(top, len(rows) - bottom)
    return Frame(
        _bar(rows[:, across], top, height),
        _bar(rows[::-1, across], bottom, height),
        _bar(columns[:, down], left, width),
        _bar(columns[::-1, down], right, width),
    )


def _depth(rows: Levels) -> int:
    """Count the rows from the first on that have its colour; most of a picture is no bar."""
    plain = np.mean(_near(rows, _colour(rows)), axis=1) >= _ROW_SHARE
    depth = len(rows) if plain.all() else int(plain.argmin())
    return depth if depth < 0.45 * len(rows) else 0


def _bar(rows: Levels, depth: int, size: int) -> Bar:
    """Describe a bar of a known depth at the first of ``rows``; ``size`` is the file's."""
    colour = _colour(rows)
    behind = rows[depth : depth + EDGE_ROWS]
    ends = 1 - float(np.mean(_near(behind, colour), axis=1).min()) if depth and behind.size else 0.0
    share = depth / len(rows)
    red, green, blue = (int(level) for level in colour)
    return Bar(depth, share, share * size, (red, green, blue), ends)


def _colour(rows: Levels) -> Levels:
    """Return the median colour of the first row."""
    return np.asarray(np.median(rows[0], axis=0)).astype(np.int16)


def _near(rows: Levels, colour: Levels) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.asarray(away(rows, colour) <= _TOLERANCE)
