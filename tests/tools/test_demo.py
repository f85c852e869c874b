"""The sample dataset: what a person finds when they open it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from tagsmith.tools import demo
from tagsmith.tools.dataset import Issue
from tagsmith.tools.workspace import Workspace


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset, drawn once; the tests only read it."""
    drawn = tmp_path_factory.mktemp("demo")
    demo.draw_demo(str(drawn))
    return drawn


@pytest.fixture
def workspace(folder: Path) -> Workspace:
    return Workspace.open(folder)


def test_the_same_bytes_every_time(folder: Path, tmp_path: Path) -> None:
    demo.draw_demo(str(tmp_path))
    assert _hashes(tmp_path) == _hashes(folder)


def test_about_sixty_images_of_many_sizes(folder: Path, workspace: Workspace) -> None:
    images = [_load(folder / sample.image) for sample in workspace.samples]
    assert 55 <= len(images) <= 65
    assert {sample.name.rsplit(".")[1] for sample in workspace.samples} == {"png", "jpg", "webp"}
    assert max(image.width / image.height for image in images) >= 4
    assert min(max(image.size) for image in images) <= 64
    assert sum(image.mode == "RGBA" for image in images) == 1
    assert sum(file.stat().st_size for file in folder.rglob("*.*")) < 8_000_000


def test_every_picture_is_painted_all_over(folder: Path, workspace: Workspace) -> None:
    for sample in workspace.samples:
        image = _load(folder / sample.image).convert("RGBA")
        if sample.name == "img_029.png":
            assert image.getpixel((0, 0)) == (0, 0, 0, 0)
            assert image.getchannel("A").getextrema() == (0, 255)
            continue
        black = image.convert("RGB").point(lambda value: 255 * (value < 4)).convert("1")
        assert ImageStat.Stat(black.convert("L")).mean[0] < 2, sample.image


def test_repeated_pictures_are_near_and_not_equal(folder: Path) -> None:
    first, again = folder / "img_015.png", folder / "img_016.jpg"
    assert _load(first).size != _load(again).size
    assert 0 < _distance(first, again) < _distance(first, folder / "img_018.png") / 4


def test_watermarks_are_drawn_where_they_are_tagged(tmp_path: Path) -> None:
    marked = next(one for one in demo.pictures() if "watermark" in one.marks)
    clean = demo.Picture(marked.file, marked.size, marked.place, marked.figures, ())
    with_mark, without = (demo._draw(one) for one in (marked, clean))
    assert "watermark" in marked.tags
    assert "watermark" not in clean.tags
    assert ImageChops.difference(with_mark, without).getbbox() is not None


def test_the_usual_dirt(workspace: Workspace) -> None:
    problems = {problem.path: problem for problem in workspace.dataset.problems}
    assert problems["img_061.txt"].issue is Issue.ORPHAN
    assert "not UTF-8" in problems["img_027.txt"].reason
    assert len(problems) == 2
    assert [one.name for one in workspace.samples if one.caption is None] == ["img_040.png"]
    captions = [workspace.caption(sample) for sample in workspace.samples]
    assert [one.text for one in captions if one and one.prose] == [
        "A brown dog is sitting in the street in front of a house with a red roof."
    ]
    tags = {tag for caption in captions if caption for tag in caption.tags}
    assert {"brown_fur", "brown fur", "shirt", "white shirt"} <= tags
    assert 8 <= workspace.vocabulary().counts["watermark"] <= 15
    assert any(sample.folder == "holiday" for sample in workspace.samples)


def test_captions_are_true_to_the_pictures() -> None:
    tags = {picture.file: picture.tags for picture in demo.pictures()}
    assert tags["img_001.png"][:2] == ["dog", "brown fur"]
    assert {"dog", "cat"} <= set(tags["img_020.png"])
    assert "solo" not in tags["img_020.png"]
    assert tags["img_050.jpg"][:2] == ["no humans", "scenery"]
    assert all(len(one) == len(set(one)) for one in tags.values())


def _load(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.copy()


def _distance(one: Path, other: Path) -> float:
    small = [_load(path).convert("L").resize((32, 32)) for path in (one, other)]
    return ImageStat.Stat(ImageChops.difference(*small)).mean[0] / 255


def _hashes(folder: Path) -> dict[str, str]:
    return {
        os.path.relpath(path, folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*.*")
    }
