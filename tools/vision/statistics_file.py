"""Tags that follow from a file's size and form, by Danbooru's numbers.

Source of all but ``animated``, ``transparent_background``: danbooru/danbooru, app/models/post.rb
(``add_automatic_tags``) and app/logical/exif_tool.rb at 06587d1. Each rule is certain: 1 or 0.
"""

from __future__ import annotations

import numpy as np

from tagsmith.tools.vision.statistics_look import Look, graded

_CLEAR = 16


def incredibly_absurdres(look: Look) -> float:
    """10,000 pixels wide or high."""
    return float(max(look.size) >= 10_000)


def absurdres(look: Look) -> float:
    """3,200 pixels wide or 2,400 high."""
    return float(look.size[0] >= 3200 or look.size[1] >= 2400)


def highres(look: Look) -> float:
    """1,600 pixels wide or 1,200 high."""
    return float(look.size[0] >= 1600 or look.size[1] >= 1200)


def lowres(look: Look) -> float:
    """No more than 500 pixels, both ways."""
    return float(max(look.size) <= 500)


def wide_image(look: Look) -> float:
    """1,024 pixels wide or more, and four times as wide as high."""
    width, height = look.size
    return float(width >= 1024 and width >= 4 * height)


def tall_image(look: Look) -> float:
    """1,024 pixels high or more, and four times as high as wide."""
    width, height = look.size
    return float(height >= 1024 and height >= 4 * width)


def animated(look: Look) -> float:
    """More than one frame, in whatever format."""
    return float(look.frames > 1)


def animated_gif(look: Look) -> float:
    """A GIF of more than one frame."""
    return float(look.format == "GIF" and look.frames > 1)


def animated_png(look: Look) -> float:
    """A PNG of more than one frame."""
    return float(look.format == "PNG" and look.frames > 1)


def exif_rotation(look: Look) -> float:
    """A JPEG that its EXIF orientation turns by 90, 180 or 270 degrees."""
    return float(look.format == "JPEG" and look.orientation in (3, 6, 8))


def transparent_background(look: Look) -> float:
    """A twentieth of the picture and two of its corners are transparent (alpha below 16).

    A rule of our own: people give this tag by hand.
    """
    if look.alpha is None:
        return 0.0
    clear = look.alpha < _CLEAR
    corners = int(clear[[0, 0, -1, -1], [0, -1, 0, -1]].sum())
    if corners < 2:
        return 0.0
    return graded(float(np.mean(clear)), 0.01, 0.05, 0.15)
