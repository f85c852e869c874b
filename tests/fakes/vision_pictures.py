"""Pictures whose mean colours are known, and what a model must see of each in its four quarters."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image

from tagsmith.tools.vision.decode import open_image
from tagsmith.tools.vision.spec import ModelSpec

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
# Two bytes and a half: the blur at an edge and JPEG's rounding; the least deviation is above ten.
TOLERANCE = 2.5 / 255

Quarters = list[list[tuple[float, float, float]]]


def plain(mode: str, size: tuple[int, int], colour: object) -> Image.Image:
    return Image.new(mode, size, colour)


def halves(size: tuple[int, int], first: object, second: object, *, mode: str = "RGB"):
    """A picture split across its longer side (a square: left and right)."""
    image = Image.new(mode, size, first)
    width, height = size
    start = (width // 2, 0) if width >= height else (0, height // 2)
    image.paste(Image.new(mode, (width - start[0], height - start[1]), second), start)
    return image


def saved(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def turned() -> bytes:
    """Red on the left, blue on the right, and a note to turn it clockwise: red on top."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(halves((640, 640), RED, BLUE), "JPEG", quality=100, subsampling=0, exif=exif)


def hidden_in_palette() -> bytes:
    image = halves((64, 64), 1, 0, mode="P")
    image.putpalette([1, 2, 3, *RED])
    return saved(image, transparency=0)


def sixteen_bit() -> bytes:
    return saved(Image.fromarray(np.full((64, 64), 40000, dtype=np.uint16)))


def everywhere(colour: tuple[float, float, float]) -> Quarters:
    return [[colour, colour], [colour, colour]]


def mixed(one: tuple, other: tuple) -> tuple[float, float, float]:
    return tuple((a + b) / 2 for a, b in zip(one, other, strict=True))


PICTURES: dict[str, bytes] = {
    "red": saved(plain("RGB", (300, 300), RED)),
    "blue": saved(plain("RGB", (300, 300), BLUE)),
    "wide": saved(halves((1200, 600), RED, BLUE)),
    "tall": saved(halves((600, 1200), RED, BLUE)),
    "transparent": saved(halves((640, 640), (255, 0, 0, 255), (0, 0, 0, 0), mode="RGBA")),
    "half transparent": saved(plain("RGBA", (300, 300), (255, 0, 0, 128))),
    "transparent palette": hidden_in_palette(),
    "turned by EXIF": turned(),
    "16 bit": sixteen_bit(),
}

SIDE_BY_SIDE = [[RED, BLUE], [RED, BLUE]]
RED_ON_TOP = [[RED, RED], [BLUE, BLUE]]
RED_AND_WHITE = [[RED, WHITE], [RED, WHITE]]
GREY = (155.64, 155.64, 155.64)  # 40000 / 65535 * 255

GOLDEN: dict[str, Quarters] = {
    "red": everywhere(RED),
    "blue": everywhere(BLUE),
    "transparent": RED_AND_WHITE,
    "half transparent": everywhere((255, 127, 127)),
    "transparent palette": RED_AND_WHITE,
    "turned by EXIF": RED_ON_TOP,
    "16 bit": everywhere(GREY),
}
# A 2:1 picture fills half of every quarter, unless it is stretched.
GOLDEN_WIDE = {
    "pad": [[(255, 127.5, 127.5), (127.5, 127.5, 255)]] * 2,
    "letterbox": [[(189.5, 58, 52), (62, 58, 179.5)]] * 2,
    "stretch": SIDE_BY_SIDE,
}
GOLDEN_TALL = {
    "pad": [[(255, 127.5, 127.5)] * 2, [(127.5, 127.5, 255)] * 2],
    "letterbox": [[(189.5, 58, 52)] * 2, [(62, 58, 179.5)] * 2],
    "stretch": RED_ON_TOP,
}


def golden(spec: ModelSpec, picture: str) -> np.ndarray:
    """Return (3, 2, 2) shares of the byte range: channels in RGB order, rows, columns."""
    tables = {"wide": GOLDEN_WIDE, "tall": GOLDEN_TALL}
    quarters = tables[picture][spec.input.geometry] if picture in tables else GOLDEN[picture]
    return np.asarray(quarters).transpose(2, 0, 1) / 255


@lru_cache
def decoded(data: bytes, background: tuple[int, int, int] = WHITE) -> Image.Image:
    """Open a picture as a run does."""
    return open_image(data, background).image
