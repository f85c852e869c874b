"""Places: each paints a whole page and says with which tags it is described."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tagsmith.tools.art.pen import Pen, colour, mix

Paint = Callable[[Pen, Random], None]


@dataclass(frozen=True, slots=True)
class Place:
    """A background: how it is painted, its tags, and the height (0 to 1) where figures stand."""

    paint: Paint
    tags: tuple[str, ...]
    ground: float = 0.9


def beach(pen: Pen, random: Random) -> None:
    """Sea, sand and a palm under a clear sky."""
    pen.sky(0, 0.52, ("58b7ef", "d8f1fb"))
    pen.disc(random.uniform(0.1, 0.3), 0.16, 0.075, "fff3b0")
    _clouds(pen, random, 3)
    pen.sky(0.5, 0.7, ("1f8fbf", "6fd0d6"))
    for _ in range(16):
        x, y = random.random(), random.uniform(0.53, 0.66)
        pen.stroke([(x, y), (x + 0.05, y)], colour("ffffff", 0.35), 0.005)
    pen.sky(0.7, 1, ("f6dfa4", "e2bd77"))
    foam = [(x / 24, 0.7 + 0.012 * math.sin(x * 0.9)) for x in range(25)]
    pen.stroke(foam, "ffffff", 0.016)
    _palm(pen.at(random.choice((0.1, 0.9)), 0.86, 0.62))


def sunset(pen: Pen, random: Random) -> None:
    """A low sun over the sea, seen from the beach."""
    pen.sky(0, 0.62, ("3b2a6b", "a23e75", "f2784b", "ffc65c"))
    at = random.uniform(0.35, 0.65)
    pen.disc(at, 0.58, 0.2, colour("ffe9a3", 0.25))
    pen.disc(at, 0.58, 0.12, "fff0b8")
    _hill(pen, 0.61, 0.09, random.uniform(0, 3), "6b3566")
    pen.sky(0.62, 1, ("c65f5a", "3a2452"))
    for step in range(14):
        y = 0.635 + step * 0.022
        half = random.uniform(0.05, 0.12) * (1 - step / 22)
        pen.stroke([(at - half, y), (at + half, y)], colour("ffd98a", 0.75 - step * 0.045), 0.009)
    pen.sky(0.9, 1, ("7a4658", "55304f"))
    pen.stroke([(0, 0.9), (0.3, 0.893), (0.7, 0.905), (1, 0.897)], colour("ffd9b0", 0.5), 0.012)
    for _ in range(4):
        _bird(pen, random.uniform(0.1, 0.9), random.uniform(0.1, 0.35), "2c1d46")


def meadow(pen: Pen, random: Random) -> None:
    """Rolling grass with flowers."""
    pen.sky(0, 0.76, ("7cc8f5", "e9f7fd"))
    pen.disc(random.uniform(0.7, 0.9), 0.15, 0.07, "ffe88a")
    _clouds(pen, random, 4)
    _hill(pen, 0.62, 0.12, random.uniform(0, 3), "a9d27b")
    _hill(pen, 0.7, 0.09, random.uniform(3, 6), "86c061")
    _tree(pen.at(random.uniform(0.08, 0.2), 0.74, 0.36), "5f9e4d")
    pen.sky(0.74, 1, ("79b955", "4f9440"))
    for _ in range(round(150 * pen.aspect)):
        x, y = random.random(), random.uniform(0.76, 1.02)
        lean = random.uniform(-0.012, 0.012)
        pen.stroke([(x, y), (x + lean, y - 0.04)], random.choice(("5ba548", "8ccb62")), 0.006)
    for _ in range(14):
        _flower(pen.at(random.random(), random.uniform(0.79, 0.98), 0.02), random)


def night(pen: Pen, random: Random) -> None:
    """Stars and a moon over dark hills."""
    pen.sky(0, 1, ("0b1030", "1c2b5e", "3d4f8f"))
    for _ in range(round(70 * pen.aspect)):
        pen.disc(random.random(), random.uniform(0, 0.65), random.uniform(0.001, 0.004), "ffffff")
    at = random.uniform(0.2, 0.8)
    pen.disc(at, 0.22, 0.15, colour("fdf3c7", 0.12))
    pen.disc(at, 0.22, 0.09, "fdf3c7")
    pen.disc(at + 0.03, 0.2, 0.018, "e6d9a2")
    pen.disc(at - 0.025, 0.25, 0.012, "e6d9a2")
    _hill(pen, 0.7, 0.14, random.uniform(0, 6), "17224a")
    _hill(pen, 0.82, 0.08, random.uniform(0, 6), "0f1736")


def mountains(pen: Pen, random: Random) -> None:
    """Snowy peaks behind a forest."""
    pen.sky(0, 0.8, ("8ec5ee", "f3f7fb"))
    _clouds(pen, random, 2)
    for x, peak, wide in ((0.2, 0.3, 0.34), (0.78, 0.25, 0.38), (0.5, 0.16, 0.4)):
        shift = random.uniform(-0.05, 0.05)
        top = (x + shift, peak)
        pen.shape([top, (x + wide, 0.8), (x - wide, 0.8)], "7186a6")
        pen.shape([top, (x + wide, 0.8), (x + wide * 0.2, 0.8)], "5d7193")
        cap = 0.26
        pen.shape(
            [
                top,
                (top[0] + wide * cap, peak + (0.8 - peak) * cap),
                (top[0] + wide * 0.08, peak + (0.8 - peak) * cap * 0.75),
                (top[0] - wide * 0.06, peak + (0.8 - peak) * cap * 1.1),
                (top[0] - wide * cap, peak + (0.8 - peak) * cap),
            ],
            "ffffff",
        )
    _hill(pen, 0.78, 0.05, random.uniform(0, 6), "4d8a5b")
    for _ in range(round(16 * pen.aspect)):
        _pine(pen.at(random.random(), random.uniform(0.78, 0.86), random.uniform(0.1, 0.17)))
    pen.sky(0.86, 1, ("6fae62", "528f4e"))


def room(pen: Pen, random: Random) -> None:
    """A living room with a window and a sofa."""
    wall, sofa = random.choice((("f1e3d0", "5f8fa8"), ("dfe8dc", "b8736a"), ("e9e0ef", "6b6fa8")))
    pen.fill(wall)
    pen.sky(0.74, 1, ("c08f5d", "a3744a"))
    pen.box(0, 0.725, 1, 0.74, "ffffff")
    left = random.choice((0.08, 0.62))
    pen.box(left, 0.08, left + 0.3, 0.46, "ffffff")
    pen.box(left + 0.02, 0.1, left + 0.28, 0.44, "a9dcf7")
    pen.oval(left + 0.11, 0.44, 0.09, 0.09, "8cc56b")
    pen.box(left + 0.02, 0.44, left + 0.28, 0.46, "ffffff")
    pen.box(left + 0.143, 0.1, left + 0.157, 0.44, "ffffff")
    pen.box(0.98 - left - 0.26, 0.16, 0.98 - left - 0.06, 0.34, "8a6642")
    pen.box(0.98 - left - 0.245, 0.175, 0.98 - left - 0.075, 0.325, "f3d9a6")
    pen.oval(0.98 - left - 0.16, 0.27, 0.05, 0.04, "d97b54")
    dark = mix(sofa, "000000", 0.18)
    pen.box(0.2, 0.46, 0.8, 0.74, sofa)
    pen.box(0.22, 0.62, 0.78, 0.76, dark)
    for x in (0.16, 0.74):
        pen.box(x, 0.54, x + 0.1, 0.8, sofa)
        pen.oval(x + 0.05, 0.54, 0.05, 0.04, sofa)
    pen.oval(0.5, 0.92, 0.38, 0.07, colour("ffffff", 0.35))


def street(pen: Pen, random: Random) -> None:
    """Two houses with red roofs along a street."""
    pen.sky(0, 0.75, ("9ad3f4", "f4fbff"))
    _clouds(pen, random, 3)
    pen.box(0, 0.74, 1, 1, "8abf68")
    _tree(pen.at(0.52, 0.78, 0.42), "6aa653")
    for x, walls in ((0.04, "f6e7c8"), (0.62, "f2cfc0")):
        _house(pen, x + random.uniform(-0.02, 0.02), walls)
    pen.box(0, 0.8, 1, 1, "b9b4ae")
    pen.box(0, 0.8, 1, 0.82, "d8d3cb")
    for step in range(6):
        pen.box(step / 6 + 0.03, 0.925, step / 6 + 0.1, 0.94, "ffffff")


def city(pen: Pen, random: Random) -> None:
    """A skyline at night, its windows lit."""
    pen.sky(0, 1, ("1a1440", "53307a", "c2607f"))
    for layer, shade in enumerate(("3b2c66", "251b48", "150f2e")):
        x = -0.02
        while x < 1:
            wide = random.uniform(0.07, 0.14) / max(1.0, pen.aspect)
            top = random.uniform(0.3, 0.55) + layer * 0.14
            pen.box(x, top, x + wide, 1, shade)
            for row in range(12 if layer else 0):
                for column in range(3):
                    if random.random() < 0.35:
                        left = x + wide * (0.15 + 0.28 * column)
                        low = top + 0.03 + row * 0.045
                        pen.box(left, low, left + wide * 0.14, low + 0.02, "ffd678")
            x += wide + 0.006
    pen.box(0, 0.93, 1, 1, "0e0a22")


def plain(pen: Pen, random: Random) -> None:
    """A single colour with a soft floor."""
    shade = random.choice(("f7c873", "9ad0c2", "f2a7a0", "b7c6ef"))
    pen.fill(shade)
    pen.oval(0.5, 0.95, 0.42, 0.1, mix(shade, "000000", 0.1))


def _clouds(pen: Pen, random: Random, number: int) -> None:
    for _ in range(number):
        x, y = random.random(), random.uniform(0.08, 0.3)
        for shift, lift, size in ((-0.07, 0.01, 0.03), (0, -0.012, 0.045), (0.07, 0.008, 0.033)):
            pen.disc(x + shift / pen.aspect, y + lift, size, colour("ffffff", 0.9))


def _hill(pen: Pen, top: float, height: float, phase: float, fill: str) -> None:
    crest = [(x / 30, top + height * math.sin(phase + x / 30 * 4.2) / 2) for x in range(31)]
    pen.shape([*crest, (1, 1), (0, 1)], fill)


def _bird(pen: Pen, x: float, y: float, fill: str) -> None:
    for side in (-1, 1):
        pen.curve((x, y), (x + side * 0.015, y - 0.02), (x + side * 0.03, y), fill, 0.006)


def _tree(pen: Pen, leaves: str) -> None:
    pen.box(-0.06, -0.4, 0.06, 0, "7a5537")
    for x, y, size in ((-0.2, -0.5, 0.2), (0.2, -0.5, 0.2), (0, -0.72, 0.27)):
        pen.disc(x, y, size, leaves)


def _pine(pen: Pen) -> None:
    pen.box(-0.05, -0.15, 0.05, 0, "5b4030")
    for low, wide in ((-0.12, 0.34), (-0.4, 0.27), (-0.65, 0.19)):
        pen.shape([(-wide, low), (wide, low), (0, low - 0.4)], "2f6b4c")


def _palm(pen: Pen) -> None:
    pen.curve((0, 0), (0.12, -0.5), (0.02, -0.95), "8a6340", 0.05)
    for x, y in ((-0.42, -0.8), (0.45, -0.82), (-0.3, -1.12), (0.34, -1.14), (-0.38, -0.58)):
        pen.curve((0.02, -0.95), (x * 0.6, y - 0.16), (x, y), "3f8f4f", 0.055)


def _flower(pen: Pen, random: Random) -> None:
    petals = random.choice(("ffffff", "f7d154", "e86a8a", "b58be0"))
    for turn in range(5):
        angle = 2 * math.pi * turn / 5
        pen.disc(0.6 * math.cos(angle), 0.6 * math.sin(angle), 0.45, petals)
    pen.disc(0, 0, 0.4, "f2b035")


def _house(pen: Pen, x: float, walls: str) -> None:
    pen.box(x, 0.44, x + 0.34, 0.8, walls)
    pen.shape([(x - 0.03, 0.45), (x + 0.17, 0.24), (x + 0.37, 0.45)], "b5483a")
    pen.box(x + 0.14, 0.6, x + 0.22, 0.8, "7c5236")
    for left in (x + 0.04, x + 0.25):
        pen.box(left, 0.52, left + 0.06, 0.6, "ffffff")
        pen.box(left + 0.007, 0.527, left + 0.053, 0.593, "8cc8e8")


PLACES = {
    "beach": Place(beach, ("outdoors", "beach", "ocean", "palm tree", "day"), 0.93),
    "sunset": Place(sunset, ("outdoors", "sunset", "ocean", "orange sky"), 0.97),
    "meadow": Place(meadow, ("outdoors", "grass", "flower", "day"), 0.93),
    "night": Place(night, ("outdoors", "night", "moon", "starry sky"), 0.95),
    "mountains": Place(mountains, ("outdoors", "mountain", "snow", "tree", "day"), 0.95),
    "room": Place(room, ("indoors", "window", "sofa"), 0.95),
    "street": Place(street, ("outdoors", "house", "tree", "day"), 0.93),
    "city": Place(city, ("outdoors", "city", "building", "night"), 0.97),
    "plain": Place(plain, ("simple background",), 0.95),
}
