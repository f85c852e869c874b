"""Figures: each draws itself in a square frame, feet at the origin, about one unit tall."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tagsmith.tools.art.pen import Pen, colour, mix

_INK = "2b2320"


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that stands in a place: how it is drawn, its tags, its height in pages."""

    draw: Callable[[Pen], None]
    tags: tuple[str, ...]
    size: float


def sitting_dog(pen: Pen, fur: str, light: str) -> None:
    """A dog from the front, tongue out."""
    dark = mix(fur, "000000", 0.25)
    _shadow(pen, 0.36)
    pen.curve((0.2, -0.12), (0.5, -0.12), (0.42, -0.42), fur, 0.08)
    for side in (-1, 1):
        pen.oval(side * 0.22, -0.1, 0.13, 0.12, fur)
    pen.oval(0, -0.32, 0.24, 0.31, fur)
    pen.oval(0, -0.34, 0.13, 0.2, light)
    for side in (-1, 1):
        pen.stroke([(side * 0.1, -0.3), (side * 0.1, -0.06)], fur, 0.11)
        pen.oval(side * 0.11, -0.035, 0.085, 0.045, light)
    pen.box(-0.14, -0.57, 0.14, -0.53, "c8403c")
    pen.disc(0, -0.52, 0.03, "f0c23c")
    pen.oval(0, -0.74, 0.22, 0.2, fur)
    for side in (-1, 1):
        pen.oval(side * 0.22, -0.72, 0.075, 0.17, dark, side * -18)
        _eye(pen, side * 0.09, -0.78)
    pen.oval(0, -0.585, 0.04, 0.055, "e8788a")
    pen.oval(0, -0.66, 0.12, 0.085, light)
    pen.oval(0, -0.7, 0.045, 0.032, _INK)
    pen.curve((-0.06, -0.63), (0, -0.59), (0.06, -0.63), _INK, 0.012)


def running_dog(pen: Pen, fur: str, light: str) -> None:
    """A dog from the side at full speed."""
    dark = mix(fur, "000000", 0.25)
    _shadow(pen, 0.55)
    for start, bend, end, shade in (
        ((-0.3, -0.4), (-0.45, -0.25), (-0.62, -0.2), dark),
        ((0.28, -0.4), (0.42, -0.2), (0.58, -0.24), dark),
        ((-0.3, -0.38), (-0.3, -0.14), (-0.5, -0.06), fur),
        ((0.26, -0.38), (0.3, -0.14), (0.5, -0.08), fur),
    ):
        pen.curve(start, bend, end, shade, 0.1)
    pen.curve((-0.38, -0.5), (-0.6, -0.56), (-0.66, -0.76), fur, 0.07)
    pen.oval(-0.02, -0.46, 0.43, 0.17, fur, -4)
    pen.oval(0.18, -0.4, 0.18, 0.1, light)
    pen.stroke([(0.32, -0.52), (0.46, -0.68)], fur, 0.2)
    pen.stroke([(0.34, -0.6), (0.44, -0.52)], "c8403c", 0.05)
    pen.oval(0.52, -0.74, 0.17, 0.14, fur)
    pen.oval(0.65, -0.68, 0.12, 0.07, light, 10)
    pen.oval(0.76, -0.69, 0.03, 0.028, _INK)
    pen.oval(0.62, -0.58, 0.03, 0.06, "e8788a", 20)
    pen.oval(0.42, -0.74, 0.07, 0.14, dark, 35)
    _eye(pen, 0.56, -0.78)


def sitting_cat(pen: Pen, fur: str, light: str, eyes: str) -> None:
    """A cat from the front, its tail around its feet."""
    dark = mix(fur, "000000", 0.3)
    _shadow(pen, 0.32)
    pen.curve((0.16, -0.06), (0.5, -0.02), (0.36, -0.36), fur, 0.08)
    pen.oval(0, -0.27, 0.22, 0.28, fur)
    for low in (-0.2, -0.3):
        for side in (-1, 1):
            pen.curve(
                (side * 0.2, low), (side * 0.15, low - 0.02), (side * 0.12, low + 0.02), dark, 0.025
            )
    pen.oval(0, -0.3, 0.11, 0.18, light)
    for side in (-1, 1):
        pen.stroke([(side * 0.07, -0.24), (side * 0.07, -0.05)], fur, 0.09)
        pen.oval(side * 0.075, -0.035, 0.07, 0.04, light)
    _cat_head(pen, fur, light)
    for side in (-1, 1):
        pen.oval(side * 0.09, -0.66, 0.05, 0.045, eyes)
        pen.oval(side * 0.09, -0.66, 0.014, 0.04, _INK)
        pen.disc(side * 0.09 + 0.012, -0.675, 0.01, "ffffff")


def sleeping_cat(pen: Pen, fur: str, light: str) -> None:
    """A cat curled up, its eyes closed."""
    dark = mix(fur, "000000", 0.3)
    _shadow(pen, 0.5)
    pen.oval(0.08, -0.22, 0.44, 0.21, fur)
    for x in (0.12, 0.24, 0.36):
        pen.curve((x, -0.4), (x + 0.06, -0.34), (x + 0.02, -0.27), dark, 0.03)
    pen.curve((0.48, -0.14), (0.3, 0.02), (-0.1, -0.05), mix(fur, "000000", 0.12), 0.1)
    head = pen.at(-0.26, 0.36, 0.95)
    _cat_head(head, fur, light)
    for side in (-1, 1):
        head.curve((side * 0.14, -0.66), (side * 0.09, -0.62), (side * 0.05, -0.66), _INK, 0.016)


def girl(pen: Pen, hair: str, top: str, bottom: str, *, hat: bool = False) -> None:
    """A girl who stands and looks at the viewer; a dress where top and bottom are one colour."""
    skin, shade = "f3c9a5", mix(hair, "000000", 0.15)
    _shadow(pen, 0.2)
    pen.oval(0, -0.68, 0.15, 0.25, shade)
    for side in (-1, 1):
        pen.stroke([(side * 0.05, -0.3), (side * 0.05, -0.04)], skin, 0.06)
        pen.oval(side * 0.06, -0.02, 0.05, 0.025, "6b4a3a")
        pen.curve((side * 0.1, -0.62), (side * 0.2, -0.52), (side * 0.17, -0.36), top, 0.06)
        pen.disc(side * 0.17, -0.34, 0.03, skin)
    pen.shape([(-0.1, -0.44), (0.1, -0.44), (0.19, -0.2), (-0.19, -0.2)], bottom)
    pen.shape([(-0.11, -0.65), (0.11, -0.65), (0.105, -0.42), (-0.105, -0.42)], top)
    pen.shape([(-0.04, -0.67), (0.04, -0.67), (0, -0.6)], skin)
    pen.oval(0, -0.79, 0.12, 0.125, skin)
    pen.oval(0, -0.87, 0.125, 0.065, hair)
    for side in (-1, 1):
        pen.oval(side * 0.115, -0.77, 0.03, 0.12, hair, side * -6)
        pen.oval(side * 0.045, -0.78, 0.016, 0.022, _INK)
        pen.disc(side * 0.045 + 0.005, -0.787, 0.006, "ffffff")
        pen.oval(side * 0.07, -0.74, 0.02, 0.012, colour("e8788a", 0.5))
    pen.curve((-0.03, -0.725), (0, -0.705), (0.03, -0.725), "b5483a", 0.008)
    if hat:
        pen.oval(0, -0.9, 0.22, 0.035, "e8c872")
        pen.oval(0, -0.95, 0.12, 0.075, "e8c872")
        pen.box(-0.118, -0.935, 0.118, -0.91, "c8403c")


def boat(pen: Pen) -> None:
    """A sailing boat."""
    pen.stroke([(0, -0.12), (0, -0.95)], "6b4a3a", 0.03)
    pen.shape([(0.03, -0.92), (0.42, -0.24), (0.03, -0.24)], "ffffff")
    pen.shape([(-0.03, -0.8), (-0.3, -0.24), (-0.03, -0.24)], "f2784b")
    pen.shape([(-0.42, -0.18), (0.46, -0.18), (0.3, 0), (-0.28, 0)], "8a3f38")


def ball(pen: Pen) -> None:
    """A striped beach ball."""
    pen.oval(0, 0, 0.5, 0.08, colour("000000", 0.18))
    pen.disc(0, -0.5, 0.5, "f2f2f2")
    pen.oval(0, -0.5, 0.3, 0.5, "d8443c", 20)
    pen.oval(0, -0.5, 0.12, 0.5, "f0c23c", 20)


def _cat_head(pen: Pen, fur: str, light: str) -> None:
    for side in (-1, 1):
        pen.shape([(side * 0.21, -0.68), (side * 0.2, -0.94), (side * 0.04, -0.78)], fur)
        pen.shape([(side * 0.18, -0.74), (side * 0.175, -0.87), (side * 0.09, -0.78)], "eba6a0")
    pen.oval(0, -0.64, 0.22, 0.18, fur)
    for x in (-0.05, 0, 0.05):
        pen.stroke([(x, -0.8), (x * 0.8, -0.74)], mix(fur, "000000", 0.3), 0.02)
    for side in (-1, 1):
        pen.oval(side * 0.045, -0.56, 0.06, 0.045, light)
        for rise in (-0.02, 0.015):
            pen.stroke([(side * 0.1, -0.57), (side * 0.27, -0.57 + rise)], "ffffff", 0.006)
    pen.shape([(-0.025, -0.6), (0.025, -0.6), (0, -0.575)], "d9707c")


def _eye(pen: Pen, x: float, y: float) -> None:
    pen.disc(x, y, 0.032, _INK)
    pen.disc(x + 0.01, y - 0.012, 0.01, "ffffff")


def _shadow(pen: Pen, half: float) -> None:
    pen.oval(0, 0, half, 0.045, colour("000000", 0.18))


_BROWN, _WHITE, _BLACK = ("a9713f", "ecd3ae"), ("f1ece4", "ffffff"), ("3a3636", "8a8380")
_ORANGE, _GREY = ("e08a3c", "fbe6c8"), ("8f97a3", "e3e6ea")

FIGURES = {
    "coco": Figure(
        partial(sitting_dog, fur=_BROWN[0], light=_BROWN[1]), ("dog", "brown fur", "sitting"), 0.6
    ),
    "coco-running": Figure(
        partial(running_dog, fur=_BROWN[0], light=_BROWN[1]), ("dog", "brown fur", "running"), 0.5
    ),
    "white-dog": Figure(
        partial(sitting_dog, fur=_WHITE[0], light=_WHITE[1]), ("dog", "white fur", "sitting"), 0.55
    ),
    "black-dog": Figure(
        partial(running_dog, fur=_BLACK[0], light=_BLACK[1]), ("dog", "black fur", "running"), 0.5
    ),
    "cat": Figure(
        partial(sitting_cat, fur=_ORANGE[0], light=_ORANGE[1], eyes="5fae5a"),
        ("cat", "orange fur", "green eyes", "sitting"),
        0.55,
    ),
    "grey-cat": Figure(
        partial(sitting_cat, fur=_GREY[0], light=_GREY[1], eyes="5aa8e0"),
        ("cat", "grey fur", "blue eyes", "sitting"),
        0.55,
    ),
    "sleeping-cat": Figure(
        partial(sleeping_cat, fur=_ORANGE[0], light=_ORANGE[1]),
        ("cat", "orange fur", "closed eyes", "sleeping"),
        0.5,
    ),
    "girl": Figure(
        partial(girl, hair="5b3a24", top="ffffff", bottom="3f6ea8"),
        ("1girl", "long hair", "brown hair", "white shirt", "shirt", "skirt", "standing"),
        0.8,
    ),
    "girl-in-red": Figure(
        partial(girl, hair="2b2320", top="c8403c", bottom="c8403c"),
        ("1girl", "long hair", "black hair", "red dress", "standing"),
        0.8,
    ),
    "girl-in-a-hat": Figure(
        partial(girl, hair="d9a441", top="ffffff", bottom="5f9e4d", hat=True),
        (
            "1girl",
            "long hair",
            "blonde hair",
            "white shirt",
            "shirt",
            "straw hat",
            "hat",
            "standing",
        ),
        0.78,
    ),
    "boat": Figure(boat, ("boat",), 0.3),
    "ball": Figure(ball, ("ball",), 0.13),
}
