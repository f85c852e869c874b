"""Hashes of pictures: what stays the same, what does not, and how pairs are found."""

from __future__ import annotations

import numpy as np
import pytest
from brushes import figure, scene
from pictures import encoded
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from tagsmith.tools.vision import hashes, likeness
from tagsmith.tools.vision.decode import BadImageError
from tagsmith.tools.vision.hashes import EXACT, PRINT
from tagsmith.tools.vision.keeping import Candidate, best
from tagsmith.tools.vision.losses import loss_of


def prints(*files: bytes) -> hashes.Records:
    return hashes.unpack([hashes.printed(data) for data in files], PRINT)


def picture(seed: int, size: tuple[int, int] = (240, 180)) -> Image.Image:
    return scene(np.random.default_rng(seed), size)


def cut(image: Image.Image, share: float) -> Image.Image:
    width, height = image.size
    across, down = int(width * share), int(height * share)
    return image.crop((across, down, width - across, height - down))


def exact(data: bytes) -> bytes:
    (row,) = hashes.unpack([hashes.exact(data)], EXACT)
    return row["digest"].tobytes()


ALIKE = {
    "stored again": lambda image: encoded(image, "PNG"),
    "JPEG": lambda image: encoded(image, "JPEG", quality=90),
    "poor JPEG": lambda image: encoded(image, "JPEG", quality=30),
    "WebP": lambda image: encoded(image, "WEBP", quality=60),
    "half the size": lambda image: encoded(image.resize((120, 90)), "JPEG"),
    "enlarged": lambda image: encoded(image.resize((480, 360)), "JPEG"),
    "cut by 2 %": lambda image: encoded(cut(image, 0.02), "JPEG"),
    "lighter": lambda image: encoded(image.point(lambda level: min(255, level + 15)), "JPEG"),
    "slightly blurred": lambda image: encoded(image.filter(ImageFilter.GaussianBlur(0.5)), "PNG"),
}


@pytest.mark.parametrize("how", ALIKE)
def test_a_copy_is_alike(how: str) -> None:
    image = picture(1)
    found = prints(encoded(image, "PNG", compress_level=1), ALIKE[how](image))
    assert likeness.similar(found) == [[0, 1]]
    assert likeness.flipped(found) == []


def test_a_mirror_image_is_flipped_and_not_similar() -> None:
    image = picture(2)
    found = prints(encoded(image, "PNG"), encoded(ImageOps.mirror(image), "JPEG", quality=80))
    assert likeness.similar(found) == []
    assert likeness.flipped(found) == [(0, 1)]


def drawing(colour: tuple[int, int, int], eye: int) -> bytes:
    """Somebody before white: drawings that share their hash, but are not the same."""
    rng = np.random.default_rng(4)
    image = figure(rng, (400, 500), (255, 255, 255))
    pen = ImageDraw.Draw(image)
    pen.ellipse((140 + eye, 200, 240 + eye, 300), fill=colour)
    return encoded(image, "PNG")


def test_drawings_of_one_kind_are_not_alike() -> None:
    red, blue = drawing((220, 40, 40), 0), drawing((40, 60, 220), 0)
    found = prints(red, blue, drawing((220, 40, 40), 20))
    apart = np.bitwise_count(found["hash"][0] ^ found["hash"])
    assert (apart < 6).all(), "the hashes alone would have called them similar"
    assert likeness.similar(found) == []


def test_different_pictures_are_not_alike() -> None:
    found = prints(*(encoded(picture(seed), "JPEG") for seed in range(10, 20)))
    assert likeness.similar(found) == []
    assert likeness.flipped(found) == []


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (90, 120, 30)])
def test_empty_pictures_are_never_similar(colour: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(0)
    plain = np.full((200, 300, 3), colour, np.int16)
    noisy = [(plain + rng.normal(0, 3, plain.shape)).clip(0, 255).astype(np.uint8) for _ in "ab"]
    files = [encoded(Image.fromarray(pixels), "PNG") for pixels in (*noisy, plain.astype(np.uint8))]
    found = prints(*files)
    assert likeness.flat(found).all()
    assert likeness.similar(found) == []
    assert likeness.flipped(found) == []


def test_pixels_are_compared_as_they_are_seen() -> None:
    image = picture(3, (96, 64))
    upright = encoded(image, "PNG")
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded(image.transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif)
    assert exact(upright) == exact(encoded(image, "BMP")) == exact(turned)
    clear = image.copy()
    clear.putalpha(128)
    changed = image.copy()
    changed.putpixel((5, 5), (1, 2, 3))
    assert len({exact(upright), exact(encoded(clear, "PNG")), exact(encoded(changed, "PNG"))}) == 3


def test_a_damaged_file_has_no_hash() -> None:
    data = encoded(picture(1), "JPEG")
    for job in (hashes.printed, hashes.exact):
        with pytest.raises(BadImageError, match="cut short"):
            job(data[: len(data) // 2])


@pytest.mark.parametrize("distance", [0, 3, 4, 11, 15])
def test_pairs_are_those_of_all_pairs(distance: int) -> None:
    rng = np.random.default_rng(distance)
    centres = rng.integers(0, 1 << 63, 40, np.uint64)
    flips = [
        sum(1 << int(bit) for bit in rng.choice(64, n % 18, replace=False)) for n in range(200)
    ]
    words = np.array([int(centres[n % 40]) ^ flip for n, flip in enumerate(flips)], np.uint64)
    found = {
        (int(one), int(other))
        for ones, others in likeness.near(words, words, distance)
        for one, other in zip(ones, others, strict=True)
    }
    apart = np.bitwise_count(words[:, None] ^ words[None, :])
    wanted = {(one, other) for one, other in np.argwhere(apart <= distance).tolist() if one < other}
    assert found == wanted


def test_many_pictures_of_one_hash_are_not_all_compared() -> None:
    words = np.zeros(20_000, np.uint64)
    compared = sum(len(ones) for ones, _ in likeness.near(words, words, 3))
    assert compared < 20_000 * 80


def test_a_film_in_stills_is_no_single_group() -> None:
    """Each still is 2 bits from the one before: chains end where the centre is too far."""
    words = np.array([(1 << 2 * n) - 1 for n in range(31)], np.uint64)
    groups = likeness.Groups(words, 6)
    for one in range(30):
        groups.join(one, one + 1)
    found = groups.found()
    assert len(found) > 3
    for members in found:
        centre = int(groups.centres[members[0]])
        assert all(int(words[centre] ^ words[one]).bit_count() <= 6 for one in members)


def candidate(name: str, **values: object) -> Candidate:
    given = {"size": (800, 600), "words": 10, "loss": 0.0, "detail": 100.0} | values
    return Candidate(name=name, path=name, place=0, **given)


@pytest.mark.parametrize(
    ("worse", "reason"),
    [
        ({"size": (400, 300)}, "the largest: 800x600 against 400x300"),
        ({"detail": 60.0}, "the sharpest"),
        ({"words": 3}, "the longest caption"),
        ({"loss": 29.0}, "the least lost by compression"),
        ({"detail": 95.0}, "equal in all that was compared; the shortest name"),
    ],
)
def test_the_best_is_kept_and_the_reason_told(worse: dict[str, object], reason: str) -> None:
    good, other = candidate("a.png"), candidate("a copy.png", **worse)
    assert best([other, good]) == (good, reason)


def test_a_small_sharp_picture_does_not_beat_a_large_one() -> None:
    large = candidate("large.jpg", size=(1600, 1200), detail=50.0, loss=29.0, words=0)
    assert best([candidate("small.png"), large])[0] is large


def test_what_was_not_measured_of_all_is_not_compared() -> None:
    measured = candidate("a.png", words=3)
    other = candidate("b.png", detail=0.0, words=50)
    assert best([measured, other]) == (other, "the longest caption")


def test_a_copy_without_a_caption_loses() -> None:
    """Also where the copy has none at all."""
    captioned = candidate("with a long name.png")
    assert best([candidate("b.png", words=0), captioned])[0] is captioned


def test_formats_by_what_they_lose() -> None:
    image = picture(1)
    losses = [
        loss_of(encoded(image, kind, **options), kind)
        for kind, options in (
            ("PNG", {}),
            ("WEBP", {"lossless": True}),
            ("JPEG", {"quality": 95}),
            ("JPEG", {"quality": 75}),
            ("JPEG", {"quality": 30}),
        )
    ]
    assert losses[:2] == [0.0, 0.0]
    assert losses == sorted(losses)
    assert losses[2] < losses[3] < losses[4]
