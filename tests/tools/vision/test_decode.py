"""From files to pixels: as they are seen, in 8-bit RGB, byte for byte where a rule says so."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import animated, chunk, claiming, deep, encoded, pages, photo, png, rgb16, turned
from PIL import ExifTags, Image, ImageOps

from tagsmith.tools.images import read_header
from tagsmith.tools.vision import decode
from tagsmith.tools.vision.decode import BadImageError, open_image

RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)


def corners() -> Image.Image:
    """Four different corners, so that every turn shows; 32x16, lossless in blocks of 8."""
    image = Image.new("RGB", (32, 16), BLACK)
    for box, colour in (((0, 0), RED), ((16, 0), GREEN), ((0, 8), BLUE)):
        image.paste(colour, (*box, box[0] + 16, box[1] + 8))
    return image


def pixels(source: Any, **options: Any) -> np.ndarray:
    return np.asarray(open_image(source, **options).image)


def first(source: Any, **options: Any) -> tuple[int, ...]:
    return tuple(int(one) for one in pixels(source, **options)[0, 0])


# Orientation


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    path = tmp_path / "image"
    path.write_bytes(turned(kind, orientation, corners()))
    with Image.open(path) as image:
        seen = ImageOps.exif_transpose(image).convert("RGB")
    picture = open_image(path)
    assert picture.size == picture.image.size == seen.size == read_header(path).size
    assert np.array_equal(np.asarray(picture.image), np.asarray(seen))


def test_orientation_6_puts_the_left_edge_on_top() -> None:
    upright = pixels(turned("PNG", 6, corners()))
    assert upright.shape == (32, 16, 3)
    assert [tuple(upright[y, x]) for y, x in ((0, 0), (0, 15), (31, 0), (31, 15))] == [
        BLUE,
        RED,
        BLACK,
        GREEN,
    ]


def test_an_orientation_behind_the_pixels_counts() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    data = encoded(corners(), "PNG")
    behind = data[:-12] + chunk(b"eXIf", exif.tobytes()[6:]) + data[-12:]
    assert open_image(behind).size == (16, 32)


def test_an_orientation_that_does_not_exist_is_none() -> None:
    assert open_image(turned("JPEG", 99, corners())).size == (32, 16)


def test_transparency_is_turned_with_the_picture() -> None:
    image = corners().convert("RGBA")
    image.putpixel((0, 0), (255, 0, 0, 0))
    picture = open_image(turned("PNG", 6, image))
    assert picture.alpha is not None
    assert picture.alpha.size == (16, 32)
    assert picture.alpha.getpixel((15, 0)) == 0
    assert picture.image.getpixel((15, 0)) == (255, 255, 255)


# Transparency


def test_alpha_is_composited_as_the_reference_does() -> None:
    rng = np.random.default_rng(3)
    image = Image.fromarray(rng.integers(0, 256, (70, 50, 4), np.uint8))
    canvas = Image.new("RGBA", image.size, (255, 255, 255, 255))
    expected = Image.alpha_composite(canvas, image).convert("RGB")
    picture = open_image(encoded(image, "PNG"))
    assert np.array_equal(np.asarray(picture.image), np.asarray(expected))
    assert picture.alpha is not None
    assert np.array_equal(np.asarray(picture.alpha), np.asarray(image)[..., 3])


def test_bands_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    for image in (
        Image.fromarray(rng.integers(0, 256, (70, 50, 4), np.uint8)),
        Image.fromarray(rng.integers(0, 65536, (70, 50)).astype(np.uint16)),
    ):
        whole = pixels(encoded(image, "PNG"))
        with monkeypatch.context() as patch:
            patch.setattr(decode, "_BAND_PIXELS", 150)
            assert np.array_equal(pixels(encoded(image, "PNG")), whole)


@pytest.mark.parametrize(
    ("mode", "colour", "options"),
    [
        ("RGBA", (1, 2, 3, 0), {}),
        ("LA", (0, 0), {}),
        ("P", 0, {"transparency": 0}),
        ("P", 0, {"transparency": b"\0"}),
        ("L", 7, {"transparency": 7}),
        ("RGB", (1, 2, 3), {"transparency": (1, 2, 3)}),
        ("1", 0, {"transparency": 0}),
        ("I;16", 700, {"transparency": 700}),
    ],
)
def test_what_is_transparent_shows_the_background(
    mode: str, colour: Any, options: dict[str, Any]
) -> None:
    data = encoded(Image.new(mode, (8, 8), colour), "PNG", **options)
    assert first(data) == (255, 255, 255)
    assert first(data, background=(10, 20, 30)) == (10, 20, 30)
    alpha = open_image(data).alpha
    assert alpha is not None
    assert alpha.getextrema() == (0, 0)


def test_an_alpha_that_hides_nothing_is_none() -> None:
    picture = open_image(encoded(photo().convert("RGBA"), "PNG"))
    assert (picture.alpha, picture.mode) == (None, "RGBA")
    assert np.array_equal(np.asarray(picture.image), np.asarray(photo()))


# Depth


def test_16_bit_grey_is_scaled_and_not_clipped() -> None:
    values = np.array([[0, 128, 129, 256, 40000, 65278, 65535]], np.uint16)
    grey = pixels(encoded(Image.fromarray(values), "PNG"))[0, :, 0]
    assert list(grey) == [0, 0, 1, 1, 156, 254, 255]


def test_every_level_of_a_16_bit_ramp_is_kept() -> None:
    ramp = pixels(deep("PNG"))[..., 0].ravel()
    assert (ramp[0], ramp[-1]) == (0, 255)
    assert np.all(np.diff(ramp.astype(int)) == 4) or set(np.diff(ramp.astype(int))) == {4, 5}
    assert np.array_equal(pixels(deep("TIFF"))[..., 0].ravel(), ramp)


def test_16_bit_colour_is_scaled() -> None:
    assert first(rgb16()) == (0x12, 0x56, 0x9A)


def tiff(values: Any, dtype: type) -> bytes:
    return encoded(Image.fromarray(np.array([values], dtype)), "TIFF")


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([0, 0.5, 1], np.float32, [0, 128, 255]),
        ([0, 64, 250], np.float32, [0, 64, 250]),
        ([0, 257, 65535], np.float32, [0, 1, 255]),
        ([-1, 0, 1], np.float32, [0, 128, 255]),
        ([0, np.nan, np.inf, 1], np.float32, [0, 0, 255, 255]),
        ([np.nan, np.nan], np.float32, [0, 0]),
        ([0, 40000, 65535], np.int32, [0, 156, 255]),
        ([-1000, 0, 1000], np.int32, [0, 128, 255]),
        ([70000, 70000], np.int32, [255, 255]),
    ],
)
def test_other_depths_are_scaled_by_the_range_they_use(
    values: Any, dtype: type, expected: list[int]
) -> None:
    assert list(pixels(tiff(values, dtype))[0, :, 0]) == expected


# Inks


def test_adobes_inverted_inks_are_read_right() -> None:
    data = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)
    assert b"Adobe" in data
    red, green, blue = first(data)
    assert (red > 250, green < 5, blue < 5) == (True, True, True)


def cmyk_profile(paper: tuple[int, int, int]) -> bytes:
    """An ICC profile (ICC.1:2010, lut8Type) in which every mixture of inks is one Lab colour."""
    identity = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 * (at % 4 == 0) for at in range(9)))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + identity * 4
    lut += bytes(paper) * 16 + identity * 3
    start = 128 + 4 + 12
    tags = struct.pack(">I4sII", 1, b"A2B0", start, len(lut))
    head = struct.pack(
        ">I4sI4s4s4s", start + len(lut), bytes(4), 0x02100000, b"prtr", b"CMYK", b"Lab "
    )
    head += bytes(12) + b"acsp" + bytes(24) + bytes(4) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    return head.ljust(128, b"\0") + tags + lut


def test_inks_go_through_the_profile_of_the_file() -> None:
    grey = cmyk_profile((128, 128, 128))
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    red, green, blue = first(encoded(image, "TIFF", icc_profile=grey))
    assert max(red, green, blue) - min(red, green, blue) < 4
    assert 100 < green < 140


def test_a_profile_that_cannot_be_read_is_passed_over() -> None:
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    assert first(encoded(image, "TIFF", icc_profile=b"junk" * 50)) == RED


# Animations


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_shows_its_first_frame(kind: str) -> None:
    options = {} if kind in ("GIF", "PNG") else {"quality": 100}
    picture = open_image(animated(kind, **options))
    assert (picture.frames, picture.format) == (3, kind)
    assert picture.notes == ("the first of 3 frames",)
    difference = np.asarray(picture.image).astype(int) - np.asarray(photo()).astype(int)
    assert np.abs(difference).mean() < 12


def test_damage_behind_the_first_frame_leaves_it() -> None:
    data = animated("GIF")
    frame = b"," + struct.pack("<4H", 0, 0, 60, 40)
    second = data.index(frame, data.index(frame) + 1)
    picture = open_image(data[: second + 4])
    assert picture.frames == 2
    assert picture.notes == ("what follows its first picture is damaged",)
    assert np.array_equal(np.asarray(picture.image), pixels(data))


def test_damage_behind_the_first_page_leaves_it() -> None:
    data = pages(2)
    start = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[start : start + 2], "little")
    picture = open_image(claiming(data, start + 2 + 12 * count, "<I", len(data) - 1))
    assert picture.frames == 1
    assert np.array_equal(np.asarray(picture.image), pixels(data))


def test_pages_are_no_animation() -> None:
    picture = open_image(pages(3))
    assert picture.frames == 1
    assert picture.notes == ("the first of 3 pictures in the file",)


def test_the_picture_that_a_camera_adds_is_no_animation() -> None:
    image = photo()
    data = encoded(image, "MPO", save_all=True, append_images=[image])
    picture = open_image(data)
    assert picture.frames == 1
    assert picture.notes == ("the first of 2 pictures in the file",)


# Drafts


def test_a_draft_is_smaller_and_tells_the_true_size() -> None:
    data = turned("JPEG", 6, photo((1600, 800)))
    picture = open_image(data, draft=(300, 300))
    assert picture.size == (800, 1600)
    assert picture.image.size == (400, 800)
    assert open_image(encoded(photo((1600, 800)), "PNG"), draft=(300, 300)).image.size == (
        1600,
        800,
    )


# Files and limits


def test_files_and_bytes_are_the_same(tmp_path: Path) -> None:
    path = os.path.join(tmp_path, os.fsdecode(b"caf\xe9.png"))
    data = encoded(photo(), "PNG")
    Path(path).write_bytes(data)
    assert np.array_equal(pixels(path), pixels(data))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("missing.png", "pipe.png", "."):
        with pytest.raises(BadImageError, match="there is no such file"):
            open_image(tmp_path / name)


def test_a_file_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encoded(photo(), "PNG")
    path = tmp_path / "image.png"
    path.write_bytes(data)
    monkeypatch.setattr(decode, "MAX_FILE_BYTES", len(data))
    open_image(path)
    monkeypatch.setattr(decode, "MAX_FILE_BYTES", len(data) - 1)
    for source in (path, data):
        with pytest.raises(BadImageError, match="its file is larger"):
            open_image(source)


def test_no_pixel_of_a_bomb_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def loaded(*_: object) -> None:
        raise AssertionError("its pixels were decoded")

    monkeypatch.setattr(Image.Image, "load", loaded)
    for data in (png(13_000, 13_000), png(65_536, 1)):
        with pytest.raises(BadImageError, match="pixels"):
            open_image(data)


def test_damage_in_the_pixels_of_a_png_is_found() -> None:
    data = encoded(photo((300, 200)), "PNG")
    with pytest.raises(BadImageError, match="damaged"):
        open_image(claiming(data, len(data) // 2, ">I", 0))


def test_the_metadata_of_a_png_may_be_too_much() -> None:
    text = chunk(b"zTXt", b"k\0\0" + zlib.compress(b"x" * 2_000_000))
    data = encoded(photo(), "PNG")
    picture = open_image(data[:33] + text + data[33:])
    assert picture.notes == ("its metadata was not read",)
    assert np.array_equal(np.asarray(picture.image), np.asarray(photo()))
