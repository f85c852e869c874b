"""Pictures for a terminal: decoded, drawn in cells, remembered, and given up when not wanted."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pictures
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

from tagsmith.tools.vision.decode import BadImageError
from tagsmith.tui import preview
from tagsmith.tui.preview import Decoder, Picture, Remembered, Seen, Unseen, Wanted, thumbnail
from tagsmith.tui.widgets.pixels import Ink, coloured, dotted

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., str]:
    """Write a file and return its path, free of links as a dataset's is."""

    def write(data: bytes | Image.Image, name: str = "a.png") -> str:
        path = tmp_path.resolve() / name
        path.write_bytes(data if isinstance(data, bytes) else pictures.encoded(data, "PNG"))
        return str(path)

    return write


def four() -> Image.Image:
    """Red and green above blue and white."""
    image = Image.new("RGB", (2, 2))
    image.putdata([RED, GREEN, BLUE, WHITE])
    return image


def colours(strip: Strip) -> list[tuple[str, object, object]]:
    return [
        (text, style.color and style.color.triplet, style.bgcolor and style.bgcolor.triplet)
        for text, style, _ in strip
        if style is not None
    ]


@settings(max_examples=30, deadline=None)
@given(
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.tuples(st.integers(1, 60), st.integers(1, 30)),
)
def test_a_picture_fills_its_box_and_keeps_its_shape(
    size: tuple[int, int], box: tuple[int, int]
) -> None:
    small = preview._fitted(Image.new("RGB", size), size, (box[0], 2 * box[1]))
    assert small.width <= box[0]
    assert small.height <= 2 * box[1]
    assert small.width == box[0] or small.height >= 2 * box[1] - 1
    assert abs(small.width * size[1] - small.height * size[0]) <= 2 * max(size)


def test_two_pixels_stand_in_a_cell(put: Callable[..., str]) -> None:
    picture = thumbnail(put(four()), 2, 1)
    assert (picture.cells, picture.size) == ((2, 1), (2, 2))
    [line] = coloured(picture, ColorSystem.TRUECOLOR)
    assert colours(line) == [("▀", RED, BLUE), ("▀", GREEN, WHITE)]


def test_a_small_image_is_enlarged_without_colours_that_it_has_not(put: Callable[..., str]) -> None:
    pixels = thumbnail(put(four()), 6, 3).pixels
    found = {pixels[at : at + 3] for at in range(0, len(pixels), 3)}
    assert found == {bytes(colour) for colour in (RED, GREEN, BLUE, WHITE)}


def test_equal_cells_are_one_segment(put: Callable[..., str]) -> None:
    picture = thumbnail(put(Image.new("RGB", (8, 4), RED)), 8, 2)
    assert [colours(line) for line in coloured(picture, ColorSystem.TRUECOLOR)] == [
        [("▀" * 8, RED, RED)]
    ] * 2


def test_without_colours_light_pixels_are_dots_on_a_dark_ground_and_dark_ones_on_a_light() -> None:
    left_half_white = b"".join((bytes(WHITE) * 2 + bytes(6)) for _ in range(4))
    picture = Picture(4, 4, left_half_white, (4, 4))
    assert [line.text for line in dotted(picture, Style(), dark=True)] == ["⣿⠀"]
    assert [line.text for line in dotted(picture, Style(), dark=False)] == ["⠀⣿"]
    assert Ink(None, dark=True).wanted("a", 10, 5) == Wanted("a", 20, 10)


def test_an_image_is_shown_upright(put: Callable[..., str]) -> None:
    path = put(pictures.turned("JPEG", 6, Image.new("RGB", (40, 20))), "a.jpg")
    picture = thumbnail(path, 20, 20)
    assert (picture.size, picture.cells) == ((20, 40), (20, 20))


def test_what_is_clear_lies_on_a_neutral_ground(put: Callable[..., str]) -> None:
    picture = thumbnail(put(Image.new("RGBA", (4, 4), (255, 0, 0, 0))), 4, 2)
    assert set(picture.pixels) == {128}


def test_of_an_animation_the_first_frame_is_shown_and_said(put: Callable[..., str]) -> None:
    first, *rest = (Image.new("RGB", (4, 4), colour) for colour in (RED, GREEN, BLUE))
    data = pictures.encoded(first, "GIF", save_all=True, append_images=rest)
    picture = thumbnail(put(data, "a.gif"), 4, 2)
    assert (picture.pixels[:3], picture.notes) == (bytes(RED), ("the first of 3 frames",))


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (1, 1)])
def test_the_thinnest_image_is_seen(put: Callable[..., str], size: tuple[int, int]) -> None:
    picture = thumbnail(put(Image.new("RGB", size, RED)), 60, 30)
    assert 1 <= picture.cells[0] <= 60
    assert 1 <= picture.cells[1] <= 30
    assert len(picture.pixels) == 3 * picture.width * picture.height


@pytest.mark.parametrize(
    "case",
    [
        "empty", "text", "svg", "eps", "half a JPEG", "png header alone", "png of no size",
        "png, bad checksum of the pixels", "png of 900 million pixels",
        "jpeg claiming 4 billion pixels", "png, one pixel too wide",
    ],
)  # fmt: skip
def test_what_is_no_image_is_refused_with_a_reason(put: Callable[..., str], case: str) -> None:
    with pytest.raises(BadImageError) as raised:
        thumbnail(put(pictures.bad_image(case)), 20, 10)
    expected = pictures.CATALOGUE[case][1]
    assert expected is not None
    assert expected in raised.value.reason


def test_a_giant_is_refused_before_it_is_decoded(
    put: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "MOST_PIXELS", 100)
    with pytest.raises(BadImageError, match="11 x 10 pixels are too many for a preview"):
        thumbnail(put(Image.new("RGB", (11, 10))), 20, 10)
    jpeg = pictures.encoded(Image.new("RGB", (11, 10)), "JPEG")
    assert thumbnail(put(jpeg, "a.jpg"), 20, 10).size == (11, 10)


def test_no_link_is_followed_and_no_pipe_waited_for(put: Callable[..., str]) -> None:
    path = put(four())
    folder = os.path.dirname(path)
    os.symlink(path, f"{folder}/link.png")
    os.symlink(folder, f"{folder}/beneath")
    os.mkfifo(f"{folder}/pipe.png")
    for name, why in (
        ("link.png", "it is a symbolic link"),
        ("beneath/a.png", "a symbolic link leads to it"),
        ("pipe.png", "it is not a file"),
        ("none.png", "No such file or directory"),
        ("nul\0.png", "there is no such file"),
    ):
        with pytest.raises(BadImageError) as raised:
            thumbnail(f"{folder}/{name}", 2, 2)
        assert raised.value.reason == why


def test_a_picture_is_decoded_once_for_a_file_as_it_is(
    put: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []
    genuine = preview.thumbnail

    def counted(path: str, width: int, height: int) -> Picture:
        decoded.append(os.path.basename(path))
        return genuine(path, width, height)

    monkeypatch.setattr(preview, "thumbnail", counted)
    remembered = Remembered(most=2)
    wanted = Wanted(put(four()), 2, 1)
    assert remembered.see(wanted) is remembered.see(wanted)
    assert decoded == ["a.png"]
    put(Image.new("RGB", (2, 2), RED))
    os.utime(wanted.path, ns=(1, 1))
    assert isinstance(seen := remembered.see(wanted), Picture)
    assert seen.pixels == bytes(RED) * 4
    bad = Wanted(put(b"", "bad.png"), 2, 1)
    assert isinstance(remembered.see(bad), Unseen)
    assert remembered.see(bad) is remembered.see(bad)
    remembered.see(Wanted(wanted.path, 4, 2))
    remembered.see(wanted)
    assert decoded == ["a.png", "a.png", "bad.png", "a.png", "a.png"]


class Slow(Remembered):
    """Takes as long as the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.began = threading.Event()
        self.go_on = threading.Event()
        self.seen: list[str] = []

    def see(self, wanted: Wanted) -> Seen:
        self.began.set()
        assert self.go_on.wait(10)
        self.seen.append(wanted.path)
        return Unseen("")


def wants(*paths: str) -> list[Wanted]:
    return [Wanted(path, 1, 1) for path in paths]


def test_a_new_wish_ends_the_old_one_and_one_thread_sees_all() -> None:
    slow = Slow()
    told: list[str] = []
    decoder = Decoder(slow, lambda wanted, _: told.append(wanted.path))
    assert decoder.want(wants("a", "b", "c"))
    thread = threading.Thread(target=decoder.work)
    thread.start()
    assert slow.began.wait(10)
    assert not decoder.want(wants("d"))
    # The one that is being seen is not seen twice.
    assert not decoder.want(wants("a", "e"))
    slow.go_on.set()
    thread.join(10)
    assert slow.seen == told == ["a", "e"]
    assert not decoder.want(())
    assert decoder.want(wants("a"))


def test_after_a_mistake_it_can_be_started_again() -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    decoder = Decoder(Remembered(), fail)
    for _ in range(2):
        assert decoder.want(wants("nowhere"))
        with pytest.raises(ZeroDivisionError):
            decoder.work()
