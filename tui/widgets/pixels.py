"""A picture as lines of text: two pixels in a cell, or dots where there are no colours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.color import Color, ColorSystem, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tagsmith.tui.preview import Picture, Wanted

if TYPE_CHECKING:
    from textual.app import App

UPPER = "▀"
NO_DOTS = 0x2800
# Where the eight dots of a cell stand in its number, row by row (Unicode 16, Braille Patterns).
_DOTS = ((0, 3), (1, 4), (2, 5), (6, 7))

Rgb = tuple[int, int, int]
Cell = tuple[Rgb, Rgb]


_SYSTEMS = {"truecolor": ColorSystem.TRUECOLOR, "256": ColorSystem.EIGHT_BIT}


@dataclass(frozen=True, slots=True)
class Ink:
    """What there is to draw with: the colours of a terminal, or None and its one colour.

    Dots then stand for light pixels on a ``dark`` ground, for dark ones on a light one.
    """

    system: ColorSystem | None
    dark: bool

    @classmethod
    def of(cls, app: App[Any]) -> Ink:
        """Return what the terminal of an app has; 16 colours are as good as none for a picture.

        Where there is no terminal, the theme alone decides.
        """
        dark = app.current_theme.dark
        if app.native_ansi_color and (app.no_color or app.is_headless):
            return cls(None, dark)
        named = "truecolor" if app.is_headless else app.console.color_system or ""
        return cls(_SYSTEMS.get(named), dark)

    def wanted(self, path: str, width: int, height: int) -> Wanted:
        """Return the picture to ask for, to draw it in a box of cells."""
        more = 1 if self.system is not None else 2
        return Wanted(path, more * width, more * height)

    def draw(self, picture: Picture, style: Style) -> list[Strip]:
        """Draw a picture line by line: some milliseconds, so better in a thread."""
        if self.system is None:
            return dotted(picture, style, dark=self.dark)
        return coloured(picture, self.system)


def coloured(picture: Picture, system: ColorSystem) -> list[Strip]:
    """Draw a picture, its upper pixels as the colour of half a block, its lower ones behind it."""
    stride = 3 * picture.width
    rows = [
        _pixels(picture.pixels[start : start + stride])
        for start in range(0, stride * picture.height, stride)
    ]
    return [
        _strip(zip(upper, lower, strict=True), system)
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def dotted(picture: Picture, style: Style, *, dark: bool) -> list[Strip]:
    """Draw a picture in dots, two by four of its pixels in a cell, with no colour but the style's.

    On a ``dark`` ground the light pixels are the dots, else the dark ones.
    """
    from PIL import Image, ImageOps

    image = Image.frombytes("RGB", (picture.width, picture.height), picture.pixels)
    grey = ImageOps.autocontrast(image.convert("L"), cutoff=1)
    # Floyd and Steinberg's error diffusion, which is how Pillow comes to two levels.
    lit = (grey if dark else ImageOps.invert(grey)).convert("1")
    across, down = -(-picture.width // 2), -(-picture.height // 4)
    bits = lit.crop((0, 0, 2 * across, 4 * down)).convert("L").tobytes()
    stride = 2 * across
    lines = []
    for top in range(0, len(bits), 4 * stride):
        rows = [bits[top + row * stride : top + (row + 1) * stride] for row in range(4)]
        text = "".join(_cell(rows, column) for column in range(0, stride, 2))
        lines.append(Strip([Segment(text, style)], across))
    return lines


def _cell(rows: list[bytes], column: int) -> str:
    code = NO_DOTS
    for row, (left, right) in zip(rows, _DOTS, strict=True):
        code |= bool(row[column]) << left | bool(row[column + 1]) << right
    return chr(code)


def _pixels(row: bytes) -> list[Rgb]:
    return list(zip(row[::3], row[1::3], row[2::3], strict=True))


def _strip(cells: Iterable[Cell], system: ColorSystem) -> Strip:
    segments = [
        Segment(UPPER * len(list(same)), _style(cell, system)) for cell, same in groupby(cells)
    ]
    return Strip(segments)


@lru_cache(maxsize=1 << 14)
def _style(cell: Cell, system: ColorSystem) -> Style:
    """Return the style of a cell, with its escape codes worked out: drawing is then a copy."""
    style = Style.from_color(_colour(cell[0]), _colour(cell[1]))
    style.render(UPPER, color_system=system)
    return style


def _colour(rgb: Rgb) -> Color:
    # Color.from_triplet would write a name for each, which takes longer than all the rest.
    return Color("", ColorType.TRUECOLOR, None, ColorTriplet(*rgb))
