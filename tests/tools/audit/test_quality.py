"""Poor images are told, and pictures that only look like them are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import picture_families as families
import pytest
from brushes import any_size, figure, scene
from pictures import encoded
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from tagsmith.tools import toolbox
from tagsmith.tools.audit.buckets import buckets, fate
from tagsmith.tools.audit.checks import quality
from tagsmith.tools.audit.checks.quality import Measures
from tagsmith.tools.audit.evidence import Evidence, Settings
from tagsmith.tools.audit.finding import Finding
from tagsmith.tools.audit.registry import named
from tagsmith.tools.vision import flaws
from tagsmith.tools.workspace import Workspace

ALWAYS = {"enlarged", "cut", "tiny"}


def flaws_of(image: Image.Image, kind: str = "JPEG") -> set[str]:
    """The flaws of a picture, but for what follows from its size alone."""
    (one,) = flaws.unpack(flaws.flawed(encoded(image, kind)))
    values = {name: float(one[name]) for name in flaws.VALUES}
    found = Measures((int(one["width"]), int(one["height"])), values, 1024)
    return set(quality.has(found)) - ALWAYS


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng([77, seed])


def picture(seed: int) -> Image.Image:
    return scene(rng(seed), (600, 480))


def blurred(image: Image.Image, share: float = 0.008) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(max(image.size) * share))


def marked(image: Image.Image) -> Image.Image:
    ImageDraw.Draw(image).text((8, 8), "2026", fill=(255, 255, 255))
    return image


def lit(image: Image.Image, factor: float) -> Image.Image:
    return image.point(lambda level: min(255, int(level * factor)))


POOR = {
    "blurred photograph": (lambda n: blurred(picture(n)), {"blurry"}),
    "blurred drawing": (lambda n: blurred(families.white_background(rng(n))[0]), {"blurry"}),
    "blurred, with a sharp mark": (lambda n: marked(blurred(picture(n))), {"blurry"}),
    "too dark": (lambda n: lit(picture(n), 0.25), {"dark"}),
    "too bright": (lambda n: lit(picture(n), 3.5), {"blown"}),
    "black": (lambda n: Image.new("RGB", (500, 400), (n, n, n)), {"empty"}),
    "white": (lambda n: Image.new("RGB", (500, 400), (255 - n,) * 3), {"empty"}),
    "a strip": (lambda n: scene(rng(n), (900, 300)), {"odd shape"}),
}

GOOD = {
    "photograph": picture,
    "flat drawing": lambda n: figure(rng(n), any_size(rng(n)), (200, 220, 240)),
    "line drawing": lambda n: families.line_drawing(rng(n))[0],
    "drawing before white": lambda n: families.white_background(rng(n))[0],
    "comic page": lambda n: families.comic_page(rng(n))[0],
    "a gradient": lambda n: Image.linear_gradient("L").resize((500, 400 + n)).convert("RGB"),
    "a sharp head before a blurred room": lambda n: bokeh(rng(n)),
    "night sky": lambda n: families.night_sky(rng(n))[0],
    "pale colours": lambda n: families.pale_colours(rng(n))[0],
    "grey photograph": lambda n: ImageOps.grayscale(picture(n)).convert("RGB"),
    "a dot on white": lambda n: dot(255 - n, 0),
    "one pixel wide": lambda n: Image.new("RGB", (1, 2), (n, 200, n)),
}


def bokeh(source: np.random.Generator) -> Image.Image:
    image = blurred(scene(source, (600, 480)), 0.02)
    image.paste(figure(source, (200, 300), (90, 120, 160)), (200, 120))
    return image


def dot(back: int, front: int) -> Image.Image:
    image = Image.new("RGB", (600, 600), (back,) * 3)
    image.paste((front,) * 3, (300, 300, 330, 330))
    return image


@pytest.mark.parametrize("name", POOR)
def test_poor_pictures_are_told(name: str) -> None:
    make, wanted = POOR[name]
    assert flaws_of(make(1)) == wanted


@pytest.mark.parametrize("name", GOOD)
def test_look_alikes_are_not(name: str) -> None:
    expected: set[str] = {"empty"} if name == "one pixel wide" else set()
    assert flaws_of(GOOD[name](1), "PNG") == expected


def test_the_check_names_images_and_stages(folder: Any) -> None:
    good = encoded(picture(1), "PNG")
    folder.write({f"{n}.png": encoded(scene(rng(n), (512, 512)), "JPEG") for n in range(4)})
    folder.write({"cut.png": good[: len(good) // 2], "cut.txt": "dog"})
    folder.write({"small.png": encoded(scene(rng(9), (128, 128)), "PNG")})
    folder.write({"wide.png": encoded(scene(rng(9), (1500, 300)), "JPEG")})
    workspace = folder.open()
    found = of(workspace, 512)
    assert {key: one.data["images"] for key, one in found.items()} == {
        "unreadable": ["cut.png"],
        "tiny": ["small.png"],
        "odd shape": ["wide.png"],
        "cut": ["wide.png"],
    }
    assert found["unreadable"].evidence == ("cut.png: it is cut short",)
    assert found["cut"].evidence == ("wide.png: 1500x300 becomes 1024x256, 20% is lost",)
    larger = of(workspace, 1024)
    assert larger["enlarged"].images == 5
    assert larger["enlarged"].fixes == (), "most of the set is not set apart"
    (fix,) = found["unreadable"].fixes
    toolbox.call(workspace, fix.tool, fix.arguments)
    assert "_isolated/unreadable/cut.txt" in folder.planned(workspace)


def of(workspace: Workspace, resolution: int) -> dict[str, Finding]:
    evidence = Evidence(workspace, Settings(resolution=resolution))
    return {one.key: one for one in named("quality").find(evidence)}


def test_buckets_have_sides_in_steps_and_no_more_area_than_the_resolution() -> None:
    assert (832, 1216) in buckets(1024)
    assert (256, 2048) in buckets(1024)
    assert {one[::-1] for one in buckets(1024)} == set(buckets(1024))
    for width, height in buckets(1024):
        assert width % 64 == height % 64 == 0
        assert width * height <= 1024 * 1024


@pytest.mark.parametrize(
    ("size", "bucket", "lost"),
    [
        ((1024, 1024), (1024, 1024), 0.0),
        ((2048, 2048), (1024, 1024), 0.0),
        ((1000, 1500), (832, 1216), 0.026),
        ((3000, 1000), (1728, 576), 0.0),
        ((10000, 1000), (2048, 256), 0.2),
    ],
)
def test_what_becomes_of_an_image(
    size: tuple[int, int], bucket: tuple[int, int], lost: float
) -> None:
    found = fate(size, 1024)
    assert found.bucket == bucket
    assert found.lost == pytest.approx(lost, abs=0.002)


def test_marks_are_tags(find: Any) -> None:
    captions = ["dog, watermark", "dog, Sample_Watermark", "dog", "dog, lowres", "dog, watermelon"]
    found = find("marks", *captions)
    assert {key: one.images for key, one in found.items()} == {"watermark": 2, "low quality": 1}
    assert found["watermark"].fixes[0].arguments["where"] == "watermark or Sample_Watermark"


def test_a_clean_set_has_no_marks(find: Any) -> None:
    assert find("marks", "dog, text message", "water, mark") == {}
