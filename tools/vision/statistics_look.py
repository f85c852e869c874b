"""What the rules of the pixel tagger look at: a picture made small, and what is measured on it.

Rules answer with a confidence from 0 to 1, where 0.5 is the rule itself: ``graded`` turns a
measurement into one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tagsmith.tools.vision.decode import Picture

# Large enough for the thinnest border that is looked for (1 %) to be three pixels wide.
SIDE = 384

Levels = npt.NDArray[np.int16]
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Look:
    """A picture of at most ``SIDE`` pixels each way, each side shrunk by itself.

    ``pixels`` is (height, width, 3), RGB, 0 to 255; ``alpha`` (height, width), None where all is
    opaque. ``size`` is (width, height) of the file as seen.
    """

    pixels: Levels
    alpha: Levels | None
    size: tuple[int, int]
    mode: str
    format: str
    frames: int
    orientation: int

    @classmethod
    def of(cls, picture: Picture) -> Look:
        """Shrink a picture, each new pixel the mean of those that it replaces."""
        from PIL.Image import Resampling

        width, height = picture.image.size
        size = (min(width, SIDE), min(height, SIDE))
        small = picture.image.resize(size, Resampling.BOX)
        alpha = None if picture.alpha is None else picture.alpha.resize(size, Resampling.BOX)
        return cls(
            np.asarray(small).astype(np.int16),
            None if alpha is None else np.asarray(alpha).astype(np.int16),
            picture.size,
            picture.mode,
            picture.format,
            picture.frames,
            picture.orientation,
        )

    @cached_property
    def coarse(self) -> Levels:
        """The pixels, nine made one: what is left of colour once noise has cancelled out."""
        height, width = (max(1, length // 3) for length in self.pixels.shape[:2])
        blocks = self.pixels[: height * 3, : width * 3]
        if blocks.shape[:2] != (height * 3, width * 3):
            return self.pixels
        means = blocks.reshape(height, 3, width, 3, 3).mean(axis=(1, 3))
        return np.asarray(np.rint(means)).astype(np.int16)

    @cached_property
    def chroma(self) -> Levels:
        """Distance between the strongest and the weakest channel of each coarse pixel."""
        return highest(self.coarse) + highest(-self.coarse)


def highest(levels: Levels) -> Levels:
    """Return the highest of three channels, the last axis; numpy's own ``max`` takes tenfold."""
    return np.maximum(np.maximum(levels[..., 0], levels[..., 1]), levels[..., 2])


def away(levels: Levels, colour: Levels) -> Levels:
    """Return how far pixels are from a colour, on the channel where it is farthest."""
    return highest(np.abs(levels - colour))


def graded(value: float, none: float, edge: float, sure: float) -> float:
    """Turn a measurement into a confidence: 0 at ``none``, 0.5 at ``edge``, 1 at ``sure``.

    The three are in order, rising or falling; between them the confidence is linear.
    """
    points = np.array([none, edge, sure], dtype=np.float64)
    levels = np.array([0.0, 0.5, 1.0])
    if none > sure:
        points, levels = points[::-1], levels[::-1]
    return float(np.interp(value, points, levels))
