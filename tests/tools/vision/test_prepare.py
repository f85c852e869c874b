"""Pixels: the bytes are those of the reference, whatever way they are computed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.Image import Resampling

from tagsmith.tools.vision import prepare
from tagsmith.tools.vision.prepare import fit, tensor
from tagsmith.tools.vision.spec import InputSpec

SIDES = st.integers(min_value=1, max_value=90)


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def made(**changes: object) -> InputSpec:
    usual = {
        "layout": "NHWC",
        "size": (32, 32),
        "colour": "RGB",
        "geometry": "pad",
        "resample": "bicubic",
    }
    return InputSpec.model_validate(usual | changes)


def padded_square(image: Image.Image, fill: tuple[int, int, int]) -> Image.Image:
    """The reference: the whole square, left and top get the smaller half (models.md, 1.2)."""
    side = max(image.size)
    square = Image.new("RGB", (side, side), fill)
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


@settings(deadline=None)
@given(SIDES, SIDES, st.sampled_from(["bicubic", "bilinear", "lanczos", "box"]), SIDES)
def test_padding_in_strips_gives_the_bytes_of_the_whole_square(width, height, filter_, pixels):
    image, fill = noise(width, height), (124, 116, 104)
    reference = padded_square(image, fill).resize((32, 32), Resampling[filter_.upper()])
    strip = prepare._STRIP_PIXELS
    prepare._STRIP_PIXELS = pixels * 10
    try:
        found = fit(image, made(fill=fill, resample=filter_))
    finally:
        prepare._STRIP_PIXELS = strip
    assert np.array_equal(found, np.asarray(reference))


def test_a_picture_as_long_as_a_file_allows_is_padded_without_its_square() -> None:
    # The square would take 17 GB.
    found = fit(Image.new("RGB", (65_535, 300)), made())
    assert found[0].min() == 255
    assert found[15:17].max() < 255


def test_the_odd_row_and_column_go_below_and_to_the_right() -> None:
    wide = fit(Image.new("RGB", (32, 31)), made())
    tall = fit(Image.new("RGB", (31, 32)), made())
    assert (wide[:31] == 0).all()
    assert (wide[31] == 255).all()
    assert (tall[:, :31] == 0).all()
    assert (tall[:, 31] == 255).all()


def test_a_picture_of_the_model_s_size_is_not_touched() -> None:
    image = noise(32, 32)
    for geometry in ("pad", "stretch", "letterbox", "crop"):
        assert np.array_equal(fit(image, made(geometry=geometry)), np.asarray(image))


@pytest.mark.parametrize("geometry", ["pad", "stretch", "letterbox", "crop"])
def test_each_filter_is_pillow_s_of_that_name(geometry) -> None:
    image = noise(64, 64)
    seen = set()
    for filter_ in ("bicubic", "bilinear", "lanczos", "box"):
        found = fit(image, made(geometry=geometry, resample=filter_))
        reference = image.resize((32, 32), Resampling[filter_.upper()])
        assert np.array_equal(found, np.asarray(reference))
        seen.add(found.tobytes())
    assert len(seen) == 4


def test_stretching_ignores_the_aspect_and_size_is_height_first() -> None:
    image = noise(50, 20)
    found = fit(image, made(geometry="stretch", size=(16, 64)))
    assert found.shape == (16, 64, 3)
    assert np.array_equal(found, np.asarray(image.resize((64, 16), Resampling.BICUBIC)))


@settings(deadline=None)
@given(SIDES, SIDES)
def test_a_letterbox_holds_the_whole_picture_in_the_middle(width, height) -> None:
    found = fit(Image.new("RGB", (width, height)), made(geometry="letterbox", size=(32, 48)))
    rows, columns = np.nonzero((found == 0).all(axis=2))
    tall, wide = rows.max() - rows.min() + 1, columns.max() - columns.min() + 1
    assert tall == 32 or wide == 48
    assert rows.min() == (32 - tall) // 2
    assert columns.min() == (48 - wide) // 2
    assert abs(wide * height - tall * width) <= max(width, height)
    outside = found[(found != 0).any(axis=2)]
    assert (outside == 255).all()


def test_a_letterbox_resamples_before_it_fills() -> None:
    image = noise(64, 32)
    found = fit(image, made(geometry="letterbox", fill=(1, 2, 3), resample="lanczos"))
    assert np.array_equal(found[8:24], np.asarray(image.resize((32, 16), Resampling.LANCZOS)))
    assert (found[:8] == (1, 2, 3)).all()
    assert (found[24:] == (1, 2, 3)).all()


def test_a_crop_takes_the_middle_of_the_shorter_side() -> None:
    image = Image.new("RGB", (64, 32), (255, 0, 0))
    image.paste((0, 0, 255), (16, 0, 48, 32))
    assert (fit(image, made(geometry="crop", resample="box")) == (0, 0, 255)).all()
    larger = fit(image, made(geometry="crop", resample="box", short_side=64))
    assert np.array_equal(larger, np.asarray(Image.new("RGB", (32, 32), (0, 0, 255))))


def test_a_picture_that_is_not_rgb_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="RGBA"):
        fit(Image.new("RGBA", (4, 4)), made())


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize("colour", ["RGB", "BGR"])
def test_a_tensor_has_the_model_s_layout_order_and_range(layout, colour) -> None:
    pictures = [np.asarray(noise(32, 32, seed)) for seed in range(3)]
    mean, std = (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)
    spec = made(layout=layout, colour=colour, scale="1/255", mean=mean, std=std)
    batch = tensor(pictures, spec)
    assert batch.dtype == np.float32
    assert batch.flags.c_contiguous
    assert batch.shape == ((3, 32, 32, 3) if layout == "NHWC" else (3, 3, 32, 32))
    for image, row, column, channel in ((0, 0, 0, 0), (1, 5, 30, 1), (2, 31, 7, 2)):
        place = (row, column, channel) if layout == "NHWC" else (channel, row, column)
        byte = int(pictures[image][row, column, channel if colour == "RGB" else 2 - channel])
        expected = (byte / 255 - mean[channel]) / std[channel]
        assert batch[(image, *place)] == pytest.approx(expected, abs=1e-6)


def test_bytes_stay_bytes_where_the_spec_wants_them() -> None:
    picture = np.asarray(noise(32, 32))
    assert np.array_equal(tensor([picture], made())[0], picture.astype(np.float32))


def test_an_empty_batch_is_a_batch() -> None:
    assert tensor([], made(layout="NCHW")).shape == (0, 3, 32, 32)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((32, 31, 3), dtype=np.uint8),
        np.zeros((1, 1, 3), dtype=np.uint8),
        np.zeros((32, 32), dtype=np.uint8),
        np.zeros((32, 32, 3), dtype=np.float32),
    ],
)
def test_a_picture_that_was_not_fitted_is_refused_not_broadcast(picture) -> None:
    with pytest.raises(ValueError, match="a picture of"):
        tensor([picture], made())
