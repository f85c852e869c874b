"""What the labelled pictures are drawn with: colours, noise, scenes, figures, tones and bars."""

from __future__ import annotations

import colorsys

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

Rng = np.random.Generator
Colour = tuple[int, int, int]


def colour(rng: Rng, hue: float | None = None, low: float = 0.3, high: float = 0.95) -> Colour:
    """A colour that is one: of some saturation, neither near black nor near white."""
    shade = rng.random() if hue is None else hue
    parts = colorsys.hsv_to_rgb(shade % 1, rng.uniform(0.35, 0.95), rng.uniform(low, high))
    return tuple(int(255 * part) for part in parts)  # type: ignore[return-value]


def any_size(rng: Rng) -> tuple[int, int]:
    width, height = rng.integers(420, 900, 2)
    return int(width), int(height)


def clouds(rng: Rng, size: tuple[int, int], cells: int = 9) -> np.ndarray:
    """Soft noise from 0 to 1."""
    few = Image.fromarray(rng.integers(0, 256, (cells, cells), np.uint8))
    return np.asarray(few.resize(size, Image.Resampling.BICUBIC)) / 255


def noisy(rng: Rng, image: Image.Image, strength: float) -> Image.Image:
    pixels = np.asarray(image).astype(float)
    return Image.fromarray(
        (pixels + rng.normal(0, strength, pixels.shape)).clip(0, 255).astype(np.uint8)
    )


def things(rng: Rng, image: Image.Image, count: int, hue: float | None = None) -> Image.Image:
    """Ellipses and triangles anywhere on the image."""
    pen = ImageDraw.Draw(image)
    width, height = image.size
    for _ in range(count):
        x, y = rng.uniform(-0.1, 1) * width, rng.uniform(-0.1, 1) * height
        w, h = rng.uniform(0.1, 0.45, 2) * (width, height)
        near = None if hue is None else hue + rng.uniform(-0.055, 0.055)
        if rng.random() < 0.6:
            pen.ellipse((x, y, x + w, y + h), fill=colour(rng, near))
        else:
            pen.polygon([(x, y + h), (x + w / 2, y), (x + w, y + h)], fill=colour(rng, near))
    return image


def scene(rng: Rng, size: tuple[int, int] | None = None) -> Image.Image:
    """A picture full of colours, up to its edges."""
    size = size or any_size(rng)
    ground = np.stack([clouds(rng, size) for _ in range(3)], axis=2)
    base = Image.fromarray((40 + 190 * ground).astype(np.uint8))
    soft = things(rng, base, int(rng.integers(6, 14))).filter(ImageFilter.GaussianBlur(1))
    return noisy(rng, soft, rng.uniform(0, 6))


def figure(
    rng: Rng, size: tuple[int, int], back: Colour, *, to_the_edge: bool = False
) -> Image.Image:
    """Somebody before a plain background, whole or cut off at the lower edge."""
    image = Image.new("RGB", size, back)
    pen = ImageDraw.Draw(image)
    width, height = size
    middle, half = width * rng.uniform(0.42, 0.58), width * rng.uniform(0.12, 0.28)
    top, bottom = height * rng.uniform(0.06, 0.2), height * (1.1 if to_the_edge else 0.93)
    head = height * rng.uniform(0.12, 0.2)
    body = [(middle - half, bottom), (middle, top + head), (middle + half, bottom)]
    hue = rng.random()
    pen.polygon(body, fill=colour(rng, hue), outline=(20, 20, 20), width=3)
    other = colour(rng, hue + rng.uniform(0.25, 0.75))
    pen.ellipse((middle - head / 2, top, middle + head / 2, top + head), fill=other)
    for side in (-0.2, 0.2):
        eye = (middle + side * head, top + head / 2)
        pen.ellipse((eye[0] - 5, eye[1] - 5, eye[0] + 5, eye[1] + 5), fill=(30, 30, 60))
    return image


def toned(image: Image.Image, dark: Colour, middle: Colour, light: Colour) -> Image.Image:
    return ImageOps.colorize(ImageOps.grayscale(image), dark, light, middle)


def sepia_of(image: Image.Image, strength: float) -> Image.Image:
    """The matrix of the Filter Effects specification (W3C, sepia), blended with the grey."""
    grey = ImageOps.grayscale(image).convert("RGB")
    full = (0.393, 0.769, 0.189, 0, 0.349, 0.686, 0.168, 0, 0.272, 0.534, 0.131, 0)
    return Image.blend(grey, grey.convert("RGB", full), strength)


def framed(image: Image.Image, box: tuple[int, int, int, int], fill: Colour) -> Image.Image:
    """Add bars: left, top, right, bottom."""
    return ImageOps.expand(image, box, fill)
