"""A pen that draws in fractions of a frame, so that one drawing fits every size and place."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

Point = tuple[float, float]
Colour = tuple[int, ...]

# Sides of the polygons that stand for turned ellipses and curves: round at the sizes drawn here.
_SIDES = 40


def colour(text: str, opacity: float = 1.0) -> Colour:
    """Return ``rrggbb`` as red, green, blue and opacity."""
    red, green, blue = bytes.fromhex(text)
    return red, green, blue, round(255 * opacity)


def mix(first: str, second: str, share: float) -> Colour:
    """Return the colour between two, with ``share`` (0 to 1) of the second."""
    pairs = zip(bytes.fromhex(first), bytes.fromhex(second), strict=True)
    red, green, blue = (round(one + (two - one) * share) for one, two in pairs)
    return red, green, blue, 255


@dataclass(frozen=True, slots=True)
class Pen:
    """A frame on a drawing: ``x`` and ``y`` are its origin in pixels, ``width`` and ``height`` its
    unit lengths. The page's frame spans the page; a figure's frame is square, its origin lies
    between the figure's feet, and y is negative upwards.
    """

    draw: ImageDraw
    x: float
    y: float
    width: float
    height: float

    @classmethod
    def page(cls, draw: ImageDraw, size: tuple[int, int]) -> Pen:
        """Return the frame of a whole page."""
        return cls(draw, 0, 0, *size)

    @property
    def aspect(self) -> float:
        """Width of the page by its height."""
        return self.width / self.height

    def at(self, x: float, y: float, size: float, *, mirrored: bool = False) -> Pen:
        """Return a square frame at a point; its unit is ``size`` heights of this frame."""
        left, top = self._pixel((x, y))
        unit = self.height * size
        return Pen(self.draw, left, top, -unit if mirrored else unit, unit)

    def sky(self, top: float, bottom: float, stops: Sequence[str]) -> None:
        """Fill the page between two heights with an even run of colours."""
        first, last = round(top * self.height), round(bottom * self.height)
        for row in range(first, last):
            at = (row - first) / max(1, last - first) * (len(stops) - 1)
            stop = min(int(at), len(stops) - 2)
            fill = mix(stops[stop], stops[stop + 1], at - stop)
            self.draw.line((0, row, abs(self.width), row), fill=fill)

    def fill(self, fill: str) -> None:
        """Fill the whole page."""
        self.box(0, 0, 1, 1, fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: str | Colour) -> None:
        """Draw a rectangle."""
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], fill)

    def shape(self, points: Iterable[Point], fill: str | Colour) -> None:
        """Draw a polygon."""
        self.draw.polygon([self._pixel(point) for point in points], fill=_solid(fill))

    def oval(
        self,
        x: float,
        y: float,
        across: float,
        down: float,
        fill: str | Colour,
        turn: float = 0.0,
    ) -> None:
        """Draw an ellipse by its centre and half axes, turned clockwise by degrees."""
        cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        points = []
        for side in range(_SIDES):
            angle = 2 * math.pi * side / _SIDES
            right, low = across * math.cos(angle), down * math.sin(angle)
            points.append((x + right * cos - low * sin, y + right * sin + low * cos))
        self.shape(points, fill)

    def disc(self, x: float, y: float, radius: float, fill: str | Colour) -> None:
        """Draw a circle; ``radius`` counts in heights, so that it is round on every page."""
        self.oval(x, y, radius * self.height / abs(self.width), radius, fill)

    def stroke(self, points: Sequence[Point], fill: str | Colour, thickness: float) -> None:
        """Draw a line with round ends through the points; ``thickness`` counts in heights."""
        pixels = [self._pixel(point) for point in points]
        half = max(0.5, thickness * self.height / 2)
        self.draw.line(pixels, fill=_solid(fill), width=max(1, round(2 * half)), joint="curve")
        for x, y in (pixels[0], pixels[-1]):
            self.draw.ellipse((x - half, y - half, x + half, y + half), fill=_solid(fill))

    def curve(
        self, start: Point, bend: Point, end: Point, fill: str | Colour, thickness: float
    ) -> None:
        """Draw a quadratic Bezier curve that is pulled towards ``bend``."""
        points = []
        for step in range(_SIDES // 2 + 1):
            t = step / (_SIDES // 2)
            one, two, three = (1 - t) ** 2, 2 * t * (1 - t), t * t
            points.append(
                (
                    one * start[0] + two * bend[0] + three * end[0],
                    one * start[1] + two * bend[1] + three * end[1],
                )
            )
        self.stroke(points, fill, thickness)

    def write(self, x: float, y: float, size: float, text: str, fill: Colour) -> None:
        """Write a line of text around a point; ``size`` counts in heights."""
        from PIL import ImageFont

        font = ImageFont.load_default(size=max(6, round(size * self.height)))
        self.draw.text(self._pixel((x, y)), text, fill=fill, font=font, anchor="mm")

    def _pixel(self, point: Point) -> Point:
        return self.x + point[0] * self.width, self.y + point[1] * self.height


def _solid(fill: str | Colour) -> Colour:
    return colour(fill) if isinstance(fill, str) else fill
