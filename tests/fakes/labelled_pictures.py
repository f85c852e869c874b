"""Pictures drawn by a program that knows which tags fit them, and look-alikes that fit none.

Run as a script, this prints the table of docs/pixel-tags.md.
"""

from __future__ import annotations

import argparse
import colorsys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from pictures import encoded
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from tagsmith.tools.vision.statistics import TAGS, measured

Rng = np.random.Generator
Colour = tuple[int, int, int]
Drawn = tuple[Image.Image, set[str]]

WHITE = {"white_background", "simple_background"}
BLACK = {"black_background", "simple_background"}
GREY = {"grey_background", "simple_background"}
GREYSCALE = {"greyscale", "monochrome"}
SEPIA = {"sepia", "monochrome"}

# What follows from the numbers of a file is exact and tested apart.
JUDGED = tuple(tag for tag, category in TAGS.items() if category == "general")


# Brushes


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


# Families: what they draw, and the tags that fit


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


@dataclass(frozen=True, slots=True)
class Case:
    """A file, the family that it is of, and the tags that fit it."""

    family: str
    data: bytes
    tags: frozenset[str]


def cases(each: int, seed: int = 0) -> Iterator[Case]:
    """So many files of each family: JPEG of three qualities, WebP and PNG in turn."""
    for family in FAMILIES:
        for number in range(each):
            rng = np.random.default_rng([seed, FAMILIES.index(family), number])
            image, tags = family(rng)
            yield Case(family.__name__, _file(image, number), frozenset(tags))


def _file(image: Image.Image, number: int) -> bytes:
    if image.mode == "RGBA" or number % 5 == 3:
        return encoded(image, "PNG", compress_level=1)
    if number % 5 == 4:
        return encoded(image, "WEBP", quality=80, method=0)
    return encoded(image, "JPEG", quality=(95, 75, 60)[number % 5])


@dataclass(frozen=True, slots=True)
class Score:
    """How often a rule was right, wrong, and silent where it should have spoken."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)


def scores(each: int, seed: int = 0) -> tuple[dict[str, Score], Counter[tuple[str, str, str]]]:
    """Judge every rule; also count each mistake as (tag, "wrong" or "missed", family)."""
    right: Counter[str] = Counter()
    mistakes: Counter[tuple[str, str, str]] = Counter()
    for case in cases(each, seed):
        answer = measured(case.data)
        found = {tag for tag in JUDGED if answer.get(tag, 0) >= 0.5}
        right.update(found & case.tags)
        mistakes.update((tag, "wrong", case.family) for tag in found - case.tags)
        mistakes.update((tag, "missed", case.family) for tag in case.tags - found)

    def count(tag: str, kind: str) -> int:
        return sum(n for (one, how, _), n in mistakes.items() if (one, how) == (tag, kind))

    judged = {tag: Score(right[tag], count(tag, "wrong"), count(tag, "missed")) for tag in JUDGED}
    return judged, mistakes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=40, help="pictures of each family")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    judged, mistakes = scores(options.each, options.seed)
    print("| tag | precision | recall | right | wrong | missed |\n|---|---|---|---|---|---|")
    for tag, score in judged.items():
        shares = f"{score.precision:.3f} | {score.recall:.3f}"
        print(f"| `{tag}` | {shares} | {score.right} | {score.wrong} | {score.missed} |")
    print("\n| tag | mistake | family | pictures |\n|---|---|---|---|")
    for (tag, kind, family), count in sorted(mistakes.items()):
        print(f"| `{tag}` | {kind} | {family.replace('_', ' ')} | {count} |")


if __name__ == "__main__":
    main()
