"""What a model server is sent of a picture."""

from __future__ import annotations

import base64
import io

import pictures as fakes
import pytest
from PIL import Image

from tagsmith.tools.vision.captioners.pictures import data_uri, sendable, two_colours
from tagsmith.tools.vision.decode import BadImageError


def seen(data: bytes) -> tuple[str, Image.Image]:
    picture = sendable(data)
    return picture["kind"], Image.open(io.BytesIO(picture["data"]))


def test_a_photo_is_a_jpeg_of_at_most_1024():
    kind, image = seen(fakes.encoded(fakes.photo((3000, 1500)), "PNG"))
    assert (kind, image.format, image.size, image.mode) == ("jpeg", "JPEG", (1024, 512), "RGB")


def test_a_small_one_keeps_its_size():
    assert seen(fakes.encoded(fakes.photo((60, 40)), "WEBP"))[1].size == (60, 40)


def test_line_art_is_a_png():
    image = Image.new("RGB", (64, 64), "white")
    image.paste((0, 0, 0), (10, 10, 20, 50))
    kind, sent = seen(fakes.encoded(image, "PNG"))
    assert (kind, sent.format) == ("png", "PNG")
    assert sent.tobytes() == image.tobytes()


def test_it_is_upright():
    assert seen(fakes.turned("JPEG", 6, fakes.photo((60, 40))))[1].size == (40, 60)


def test_transparency_is_white():
    clear = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    assert seen(fakes.encoded(clear, "PNG"))[1].getpixel((5, 5)) == (255, 255, 255)


def test_nothing_of_the_file_beside_its_pixels_is_sent():
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    for picture in (fakes.photo(), Image.new("RGB", (9, 9))):
        data = fakes.encoded(picture, "JPEG", exif=exif, comment=b"a secret place")
        assert b"secret" in data
        assert b"secret" not in sendable(data)["data"]


def test_a_bad_image_is_told():
    with pytest.raises(BadImageError):
        sendable(b"GIF89a")


def test_the_url_holds_the_picture():
    picture = two_colours((255, 0, 0), (0, 0, 255))
    head, _, data = data_uri(picture).partition(",")
    assert head == "data:image/png;base64"
    image = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
    assert (image.getpixel((0, 0)), image.getpixel((255, 0))) == ((255, 0, 0), (0, 0, 255))
