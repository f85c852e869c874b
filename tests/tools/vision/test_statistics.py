"""The tagger that needs no model: exact where Danbooru is, and otherwise right often enough."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path
from typing import Any

import brushes
import numpy as np
import picture_families
import pytest
from labelled_pictures import JUDGED, scores
from pictures import CATALOGUE, animated, bad_image, encoded, photo, turned
from PIL import Image

from tagsmith.tools.vision import (
    statistics,
    statistics_colour,
    statistics_edges,
    statistics_file,
)
from tagsmith.tools.vision.decode import open_image
from tagsmith.tools.vision.statistics import TAGS, measure, measured
from tagsmith.tools.vision.statistics_look import SIDE, Look, graded
from tagsmith.tools.vision.workers import Result, Workers

ROOT = Path(__file__).parents[3]


def tags(data: bytes) -> set[str]:
    return {tag for tag, confidence in measured(data).items() if confidence >= 0.5}


def look(width: int = 600, height: int = 600, **changes: Any) -> Look:
    return dataclasses.replace(
        Look.of(open_image(encoded(photo(), "PNG"))), size=(width, height), **changes
    )


# Danbooru's numbers


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((500, 500), {"lowres"}),
        ((500, 501), set()),
        ((501, 300), set()),
        ((1599, 1199), set()),
        ((1600, 900), {"highres"}),
        ((900, 1200), {"highres"}),
        ((3199, 2399), {"highres"}),
        ((3200, 900), {"highres", "absurdres"}),
        ((900, 2400), {"highres", "absurdres"}),
        ((9999, 9999), {"highres", "absurdres"}),
        ((10_000, 5000), {"highres", "absurdres", "incredibly_absurdres"}),
        ((5000, 10_000), {"highres", "absurdres", "incredibly_absurdres"}),
        ((1024, 256), {"wide_image"}),
        ((1024, 257), set()),
        ((1020, 200), set()),
        ((256, 1024), {"tall_image"}),
        ((257, 1024), set()),
        ((200, 1020), set()),
    ],
)
def test_the_numbers_of_danbooru(size: tuple[int, int], expected: set[str]) -> None:
    one = look(*size)
    rules = ("lowres", "highres", "absurdres", "incredibly_absurdres", "wide_image", "tall_image")
    assert {tag for tag in rules if getattr(statistics_file, tag)(one) == 1} == expected


def test_the_size_is_that_of_the_file_as_seen() -> None:
    assert "tall_image" in tags(turned("JPEG", 6, photo((1200, 280))))
    assert "highres" in tags(encoded(photo((1700, 900)), "JPEG"))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("GIF", {"animated", "animated_gif"}),
        ("PNG", {"animated", "animated_png"}),
        ("WEBP", {"animated"}),
    ],
)
def test_animations(kind: str, expected: set[str]) -> None:
    moving = {"animated", "animated_gif", "animated_png"}
    assert tags(animated(kind)) & moving == expected
    assert tags(encoded(photo(), kind)) & moving == set()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_rotation_by_exif(orientation: int) -> None:
    is_turned = orientation in (3, 6, 8)
    assert ("exif_rotation" in tags(turned("JPEG", orientation))) == is_turned
    assert "exif_rotation" not in tags(turned("PNG", orientation))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16"])
def test_a_file_of_one_channel_is_greyscale(mode: str) -> None:
    assert measured(encoded(Image.new(mode, (300, 300)), "PNG"))["greyscale"] == 1
    assert measured(encoded(Image.new(mode, (300, 300)), "PNG"))["monochrome"] == 1


# The rules of our own

# Measured with 5 pictures of each family; what each rule is known to miss is in the document.
FLOORS = {
    "transparent_background": (1.0, 1.0),
    "greyscale": (0.97, 0.95),
    "monochrome": (0.95, 0.82),
    "sepia": (0.95, 0.9),
    "simple_background": (0.95, 0.9),
    "white_background": (0.95, 0.95),
    "black_background": (0.9, 0.95),
    "grey_background": (0.9, 0.75),
    "letterboxed": (0.9, 0.7),
    "pillarboxed": (0.95, 0.95),
    "windowboxed": (0.95, 0.9),
    "border": (0.97, 0.95),
    "white_border": (0.97, 0.95),
    "black_border": (0.9, 0.95),
}


def test_precision_and_recall_stay_above_their_floors() -> None:
    judged, mistakes = scores(each=3, seed=11)
    assert set(FLOORS) == set(judged) == set(JUDGED)
    for tag, (precision, recall) in FLOORS.items():
        found = judged[tag]
        assert found.right + found.missed >= 3, f"{tag} fits no picture"
        assert found.precision >= precision, (tag, found, mistakes)
        assert found.recall >= recall, (tag, found, mistakes)


def drawn(family: str, number: int = 0) -> bytes:
    image, _ = getattr(picture_families, family)(np.random.default_rng([7, number]))
    return encoded(image, "PNG", compress_level=1)


@pytest.mark.parametrize(
    ("family", "never"),
    [
        ("grey_with_a_red_spot", {"greyscale", "monochrome"}),
        ("sepia_with_a_red_spot", {"sepia", "monochrome"}),
        ("dark_scene", {"black_background", "simple_background", "greyscale"}),
        ("night_sky", {"black_background", "simple_background"}),
        ("pale_sky", {"white_background", "simple_background"}),
        ("unequal_bars", {"letterboxed", "windowboxed", "border"}),
        ("one_bar", {"letterboxed"}),
        ("polaroid", {"border", "pillarboxed", "white_background"}),
        ("ornate_frame", {"border", "white_background"}),
        ("comic_page", {"white_background", "letterboxed"}),
        ("hole", {"transparent_background"}),
        ("round_corners", {"transparent_background"}),
    ],
)
def test_look_alikes_are_told_apart(family: str, never: set[str]) -> None:
    for number in range(2):
        assert tags(drawn(family, number)) & never == set()


def test_a_small_spot_of_another_colour_is_seen() -> None:
    image, _ = picture_families.sepia_photograph(np.random.default_rng(4))
    assert "sepia" in tags(encoded(image, "PNG"))
    side = int((image.width * image.height * 0.012) ** 0.5)
    image.paste((150, 20, 30), (50, 50, 50 + side, 50 + side))
    assert tags(encoded(image, "PNG")) & {"sepia", "monochrome"} == set()


def test_a_photograph_of_brown_things_is_no_brown_photograph() -> None:
    """One hue throughout, of a saturation that has nothing to do with the brightness."""
    rng, size = np.random.default_rng(4), (500, 400)
    parts = [np.full(size[::-1], 0.08), *(0.2 + 0.6 * brushes.clouds(rng, size) for _ in range(2))]
    pixels = (255 * np.stack(parts, axis=2)).astype(np.uint8)
    image = Image.fromarray(pixels, "HSV").convert("RGB")
    assert tags(encoded(image, "PNG")) & {"sepia", "monochrome"} == set()


def test_what_is_transparent_has_no_white_background() -> None:
    found = tags(drawn("cut_out"))
    assert "transparent_background" in found
    assert found & {"white_background", "simple_background"} == set()


def test_a_background_is_looked_for_within_the_bars() -> None:
    found = tags(drawn("coloured_border_before_white"))
    assert {"border", "white_background", "simple_background"} <= found
    assert "white_border" not in found


def test_an_empty_picture_has_no_background_and_no_frame() -> None:
    for level in (0, 128, 255):
        empty = encoded(Image.new("RGB", (600, 600), (level,) * 3), "PNG")
        assert tags(empty) == {"greyscale", "monochrome"}


def test_confidence_rises_with_the_measurement() -> None:
    assert [graded(value, 1, 3, 4) for value in (0, 1, 2, 3, 3.5, 9)] == [0, 0, 0.25, 0.5, 0.75, 1]
    assert [graded(value, 4, 3, 1) for value in (9, 4, 3.5, 3, 2, 0)] == [0, 0, 0.25, 0.5, 0.75, 1]


def test_every_tag_and_no_other_is_answered() -> None:
    assert set(TAGS.values()) == {"general", "meta"}
    for name in CATALOGUE:
        if CATALOGUE[name][1] is None:
            answer = measure(open_image(bad_image(name)))
            assert set(answer) <= set(TAGS), name
            assert all(0 < confidence <= 1 for confidence in answer.values()), (name, answer)


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 900), (20_000, 1), (3, 3), (SIDE, 7)])
def test_the_smallest_and_the_narrowest_are_measured(size: tuple[int, int]) -> None:
    for filled in (Image.new("RGB", size), photo(size)):
        measured(encoded(filled, "PNG"))


def test_a_draft_answers_as_the_whole_file_does() -> None:
    for family in ("sepia_photograph", "letterbox", "white_background", "many_colours"):
        image, expected = getattr(picture_families, family)(np.random.default_rng(5))
        large = encoded(image.resize((2400, 1800), Image.Resampling.LANCZOS), "JPEG", quality=90)
        whole = {tag for tag, one in measure(open_image(large)).items() if one >= 0.5}
        assert tags(large) == whole
        assert whole - {"highres"} == expected


# As a job, and as a document


def test_thousands_stream_through_the_workers(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(drawn("letterbox"))
    (tmp_path / "b.jpg").write_bytes(encoded(photo((1700, 900)), "JPEG"))
    with Workers(measured, root=str(tmp_path)) as workers:
        outcomes = list(workers.map(["a.png", "b.jpg"] * 10))
    first, second = outcomes[0][1], outcomes[1][1]
    assert isinstance(first, Result)
    assert isinstance(second, Result)
    assert first.value == measured((tmp_path / "a.png").read_bytes())
    assert second.value == {"highres": 1.0}


def test_every_rule_says_what_it_is() -> None:
    modules = (statistics_file, statistics_colour, statistics_edges)
    rules = {name: rule for module in modules for name, rule in vars(module).items()}
    for tag in TAGS:
        assert inspect.getdoc(rules[tag]), tag


def test_the_document_names_every_tag_and_the_version_of_the_rules() -> None:
    text = (ROOT / "docs" / "pixel-tags.md").read_text(encoding="utf-8")
    for tag in TAGS:
        assert f"`{tag}`" in text, tag
    assert f"version {statistics.VERSION} of the rules" in text
