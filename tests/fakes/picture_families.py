"""Families of pictures, drawn by a program that knows which tags fit them, and of look-alikes."""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import numpy as np
from brushes import (
    Colour,
    Rng,
    any_size,
    clouds,
    colour,
    figure,
    framed,
    noisy,
    scene,
    sepia_of,
    things,
    toned,
)
from PIL import Image, ImageChops, ImageDraw, ImageOps

Drawn = tuple[Image.Image, set[str]]

WHITE = {"white_background", "simple_background"}
BLACK = {"black_background", "simple_background"}
GREY = {"grey_background", "simple_background"}
GREYSCALE = {"greyscale", "monochrome"}
SEPIA = {"sepia", "monochrome"}


def grey_photograph(rng: Rng) -> Drawn:
    return ImageOps.grayscale(scene(rng)).convert("RGB"), GREYSCALE


def grey_photograph_with_colour_noise(rng: Rng) -> Drawn:
    return noisy(rng, grey_photograph(rng)[0], rng.uniform(2, 7)), GREYSCALE


def line_drawing(rng: Rng) -> Drawn:
    back = int(rng.integers(248, 256))
    plain = figure(rng, any_size(rng), (back, back, back))
    return ImageOps.grayscale(plain).convert("RGB"), GREYSCALE | WHITE


def photograph_of_one_hue(rng: Rng) -> Drawn:
    hue = rng.uniform(0.2, 0.95)
    middle = tuple(int(255 * part) for part in colorsys.hsv_to_rgb(hue, rng.uniform(0.4, 0.9), 0.6))
    return toned(scene(rng), (0, 0, 0), middle, (255, 255, 255)), {"monochrome"}


def coloured_ink(rng: Rng) -> Drawn:
    image = figure(rng, any_size(rng), (255, 255, 255))
    hue = rng.uniform(0.2, 0.95)
    ink = tuple(int(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.85, 0.5))
    return toned(image, ink, colour(rng, hue, 0.7, 0.8), (255, 255, 255)), {"monochrome", *WHITE}


def gradient_over_grey(rng: Rng) -> Drawn:
    """A colour that fades into grey, as the wiki's example of a gradient."""
    image = scene(rng)
    grey = ImageOps.grayscale(image).convert("RGB")
    one, _ = photograph_of_one_hue(rng)
    mask = Image.linear_gradient("L").resize(image.size)
    return Image.composite(one.resize(image.size), grey, mask), {"monochrome"}


def sepia_photograph(rng: Rng) -> Drawn:
    return sepia_of(scene(rng), rng.uniform(0.45, 1)), SEPIA


def aged_sepia(rng: Rng) -> Drawn:
    image = noisy(rng, sepia_of(scene(rng), rng.uniform(0.6, 1)), rng.uniform(2, 6))
    edge = ImageOps.invert(Image.radial_gradient("L").resize(image.size)).point(
        lambda level: min(255, 90 + level)
    )
    return ImageChops.multiply(image, edge.convert("RGB")), SEPIA


def white_background(rng: Rng) -> Drawn:
    back = int(rng.integers(247, 256))
    cut = rng.random() < 0.5
    return figure(rng, any_size(rng), (back, back, back), to_the_edge=cut), WHITE


def white_background_with_a_mark(rng: Rng) -> Drawn:
    image, tags = white_background(rng)
    ImageDraw.Draw(image).text((6, image.height - 18), "drawn by nobody, 2026", fill=(90, 90, 90))
    return image, tags


def bust_before_white(rng: Rng) -> Drawn:
    """Shoulders that reach both sides: the ring is broken."""
    image, tags = white_background(rng)
    width, height = image.size
    top = height * rng.uniform(0.6, 0.85)
    ImageDraw.Draw(image).ellipse((-20, top, width + 20, 2 * height), fill=colour(rng))
    return image, tags


def black_background(rng: Rng) -> Drawn:
    back = int(rng.integers(0, 9))
    return figure(rng, any_size(rng), (back, back, back), to_the_edge=rng.random() < 0.5), BLACK


def grey_background(rng: Rng) -> Drawn:
    back = int(rng.integers(60, 225))
    return figure(rng, any_size(rng), (back, back, back)), GREY


def coloured_background(rng: Rng) -> Drawn:
    return figure(rng, any_size(rng), colour(rng)), {"simple_background"}


def cut_out(rng: Rng) -> Drawn:
    size = any_size(rng)
    image = figure(rng, size, (1, 2, 3)).convert("RGBA")
    pixels = np.array(image)
    pixels[(pixels[..., :3] == (1, 2, 3)).all(axis=2), 3] = 0
    return Image.fromarray(pixels), {"transparent_background"}


def _bars(rng: Rng, sides: str, fill: Colour, image: Image.Image) -> Image.Image:
    across = int(image.width * rng.uniform(0.05, 0.25)) if "x" in sides else 0
    down = int(image.height * rng.uniform(0.05, 0.25)) if "y" in sides else 0
    return framed(image, (across, down, across, down), fill)


def letterbox(rng: Rng) -> Drawn:
    return _bars(rng, "y", (0, 0, 0), scene(rng)), {"letterboxed"}


def white_letterbox(rng: Rng) -> Drawn:
    return _bars(rng, "y", (255, 255, 255), scene(rng)), {"letterboxed"}


def letterbox_of_a_dark_scene(rng: Rng) -> Drawn:
    dark = scene(rng).point(lambda level: int(level * 0.35))
    return _bars(rng, "y", (0, 0, 0), dark), {"letterboxed"}


def letterbox_with_subtitles(rng: Rng) -> Drawn:
    image = _bars(rng, "y", (0, 0, 0), scene(rng))
    place = (image.width // 3, image.height - 14)
    ImageDraw.Draw(image).text(place, "- And who tags the tagger?", fill=(250, 250, 250))
    return image, {"letterboxed"}


def pillarbox(rng: Rng) -> Drawn:
    return _bars(rng, "x", (0, 0, 0), scene(rng)), {"pillarboxed"}


def windowbox(rng: Rng) -> Drawn:
    image = scene(rng)
    across, down = int(image.width * rng.uniform(0.1, 0.2)), int(image.height * 0.2)
    return framed(image, (across, down, across, down), (0, 0, 0)), {"windowboxed"}


def _border(rng: Rng, image: Image.Image, fill: Colour) -> Image.Image:
    thick = max(5, int(min(image.size) * rng.uniform(0.015, 0.06)))
    return framed(image, (thick,) * 4, fill)


def white_border(rng: Rng) -> Drawn:
    return _border(rng, scene(rng), (255, 255, 255)), {"border", "white_border"}


def black_border(rng: Rng) -> Drawn:
    return _border(rng, scene(rng), (0, 0, 0)), {"border", "black_border"}


def coloured_border_before_white(rng: Rng) -> Drawn:
    image, tags = white_background(rng)
    return _border(rng, image, colour(rng)), {"border", *tags}


def white_page_with_a_drawn_frame(rng: Rng) -> Drawn:
    """White paper round a picture with a black line about it: a border, and no background."""
    inner = ImageOps.expand(scene(rng), 3, (10, 10, 10))
    return _border(rng, inner, (255, 255, 255)), {"border", "white_border"}


# Look-alikes


def many_colours(rng: Rng) -> Drawn:
    return scene(rng), set()


def pale_colours(rng: Rng) -> Drawn:
    image = scene(rng)
    return Image.blend(
        ImageOps.grayscale(image).convert("RGB"), image, rng.uniform(0.2, 0.4)
    ), set()


def _spotted(rng: Rng, image: Image.Image) -> Image.Image:
    width, height = image.size
    x, y = rng.uniform(0.2, 0.6) * width, rng.uniform(0.2, 0.6) * height
    side = rng.uniform(0.12, 0.25) * min(width, height)
    ImageDraw.Draw(image).ellipse((x, y, x + side, y + side), fill=(210, 25, 30))
    return image


def grey_with_a_red_spot(rng: Rng) -> Drawn:
    return _spotted(rng, grey_photograph(rng)[0]), set()


def sepia_with_a_blue_spot(rng: Rng) -> Drawn:
    image = sepia_photograph(rng)[0]
    width, height = image.size
    box = (width * 0.4, height * 0.4, width * 0.55, height * 0.55)
    ImageDraw.Draw(image).ellipse(box, fill=(30, 60, 220))
    return image, set()


def sepia_with_a_red_spot(rng: Rng) -> Drawn:
    return _spotted(rng, sepia_photograph(rng)[0]), set()


def sunset(rng: Rng) -> Drawn:
    """Reds to yellows, of many saturations."""
    size = any_size(rng)
    hue = 0.0 + 0.16 * clouds(rng, size)
    parts = np.stack([hue, 0.3 + 0.6 * clouds(rng, size), 0.2 + 0.75 * clouds(rng, size)], axis=2)
    return Image.fromarray((parts * 255).astype(np.uint8), "HSV").convert("RGB"), set()


def desert(rng: Rng) -> Drawn:
    """Sand, rock and skin: browns of 40 degrees' width."""
    image = Image.new("RGB", any_size(rng), colour(rng, 0.08, 0.6, 0.8))
    return noisy(rng, things(rng, image, 25, hue=0.08), 4), set()


def forest(rng: Rng) -> Drawn:
    size = any_size(rng)
    hue = 0.2 + 0.2 * clouds(rng, size)
    parts = np.stack([hue, 0.3 + 0.5 * clouds(rng, size), 0.1 + 0.7 * clouds(rng, size)], axis=2)
    return Image.fromarray((parts * 255).astype(np.uint8), "HSV").convert("RGB"), set()


def dark_scene(rng: Rng) -> Drawn:
    factor = rng.uniform(0.05, 0.12)
    return noisy(rng, scene(rng).point(lambda level: int(level * factor)), 2), set()


def night_sky(rng: Rng) -> Drawn:
    """Black above and stars in it, a lit ground below."""
    image = Image.new("RGB", any_size(rng), (4, 4, 8))
    width, height = image.size
    for x, y in rng.random((150, 2)) * (width, height):
        image.putpixel((int(x), int(y)), (230, 230, 220))
    ground = scene(rng, (width, height // 3))
    image.paste(ground, (0, height - height // 3))
    return noisy(rng, image, 2), set()


def pale_sky(rng: Rng) -> Drawn:
    """A white sky over a landscape."""
    image = Image.new("RGB", any_size(rng), (253, 253, 253))
    width, height = image.size
    image.paste(scene(rng, (width, int(height * 0.6))), (0, height - int(height * 0.6)))
    return image, set()


def gradient_background(rng: Rng) -> Drawn:
    image = figure(rng, any_size(rng), (1, 2, 3))
    mask = image.convert("RGB").point(lambda level: 255 if level > 3 else 0).convert("L")
    back = toned(Image.linear_gradient("L"), colour(rng), colour(rng), colour(rng))
    return Image.composite(image, back.resize(image.size), mask.point(bool, "1")), set()


def unequal_bars(rng: Rng) -> Drawn:
    image = scene(rng)
    down = int(image.height * rng.uniform(0.05, 0.08))
    return framed(image, (0, down, 0, int(down * rng.uniform(1.6, 3))), (0, 0, 0)), set()


def one_bar(rng: Rng) -> Drawn:
    image = scene(rng)
    return framed(image, (0, 0, 0, image.height // 8), (0, 0, 0)), set()


def tool_bars(rng: Rng) -> Drawn:
    """A screen with a light bar above and a dark one below."""
    image = scene(rng)
    down = image.height // 12
    above = framed(image, (0, down, 0, 0), (240, 240, 240))
    return framed(above, (0, 0, 0, down), (30, 30, 30)), set()


def polaroid(rng: Rng) -> Drawn:
    image = scene(rng)
    thick = int(min(image.size) * 0.05)
    return framed(image, (thick, thick, thick, 4 * thick), (252, 252, 250)), set()


def ornate_frame(rng: Rng) -> Drawn:
    """A patterned edge round a white page: neither a border of one colour nor a background."""
    image = figure(rng, any_size(rng), (255, 255, 255))
    edge = scene(rng, image.size)
    thick = int(min(image.size) * rng.uniform(0.05, 0.1))
    width, height = image.size
    edge.paste(image.resize((width - 2 * thick, height - 2 * thick)), (thick, thick))
    return edge, set()


def comic_page(rng: Rng) -> Drawn:
    """Panels with white between them and round them, unequal as on most pages."""
    page = Image.new("RGB", any_size(rng), (255, 255, 255))
    width, height = page.size
    rows = int(rng.integers(2, 4))
    for row in range(rows):
        top, bottom = int(height * (0.05 + 0.9 * row / rows)), int(height * 0.9 / rows) - 12
        split = rng.uniform(0.3, 0.7)
        for left, right in ((0.04, split - 0.01), (split + 0.01, 0.94)):
            panel = scene(rng, (int(width * (right - left)), bottom))
            page.paste(ImageOps.expand(panel, 2, (0, 0, 0)), (int(width * left), top))
    return page, set()


def hole(rng: Rng) -> Drawn:
    """Transparent in its middle, not round it."""
    image = scene(rng).convert("RGBA")
    width, height = image.size
    image.paste((0, 0, 0, 0), (width // 4, height // 4, width // 2, height // 2))
    return image, set()


def round_corners(rng: Rng) -> Drawn:
    image = scene(rng).convert("RGBA")
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, *image.size), 25, fill=255)
    image.putalpha(mask)
    return image, set()


FAMILIES: tuple[Callable[[Rng], Drawn], ...] = (
    grey_photograph,
    grey_photograph_with_colour_noise,
    line_drawing,
    photograph_of_one_hue,
    coloured_ink,
    gradient_over_grey,
    sepia_photograph,
    aged_sepia,
    white_background,
    white_background_with_a_mark,
    bust_before_white,
    black_background,
    grey_background,
    coloured_background,
    cut_out,
    letterbox,
    white_letterbox,
    letterbox_of_a_dark_scene,
    letterbox_with_subtitles,
    pillarbox,
    windowbox,
    white_border,
    black_border,
    coloured_border_before_white,
    white_page_with_a_drawn_frame,
    many_colours,
    pale_colours,
    grey_with_a_red_spot,
    sepia_with_a_red_spot,
    sepia_with_a_blue_spot,
    sunset,
    desert,
    forest,
    dark_scene,
    night_sky,
    pale_sky,
    gradient_background,
    unequal_bars,
    one_bar,
    tool_bars,
    polaroid,
    ornate_frame,
    comic_page,
    hole,
    round_corners,
)
