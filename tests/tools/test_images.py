"""Sizes from headers: as the image is seen, bounded, and never an exception."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageOps

from tagsmith.tools import images
from tagsmith.tools.images import read_header

ENCODED = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "AVIF": "avif", "TIFF": "tif"}
PLAIN = {**ENCODED, "GIF": "gif", "BMP": "bmp"}


def encoded(kind: str, size: tuple[int, int] = (40, 30), orientation: int | None = None) -> bytes:
    target = io.BytesIO()
    options = {}
    if orientation is not None:
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        options["exif"] = exif
    Image.new("RGB", size, "red").save(target, kind, **options)
    return target.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG whose header claims a size; its pixels are missing."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", zlib.compress(b""))


@pytest.mark.parametrize("kind", PLAIN)
def test_every_format_of_the_allow_list_is_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"image.{PLAIN[kind]}"
    path.write_bytes(encoded(kind))
    assert kind in images.FORMATS
    assert read_header(path) == images.Header((40, 30))


# The AVIF writer refuses an orientation that does not exist; the others write it.
TURNS = [
    (kind, turn) for kind in ENCODED for turn in (*range(1, 9), 99) if (kind, turn) != ("AVIF", 99)
]


@pytest.mark.parametrize(("kind", "orientation"), TURNS)
def test_the_size_is_the_one_that_is_seen(tmp_path: Path, kind: str, orientation: int) -> None:
    path = tmp_path / "image"
    path.write_bytes(encoded(kind, orientation=orientation))
    with Image.open(path) as image:
        seen = ImageOps.exif_transpose(image).size
    assert read_header(path).size == seen
    assert seen == ((30, 40) if orientation in (5, 6, 7, 8) else (40, 30))


def test_the_format_is_told_by_the_content(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(encoded("JPEG") + b"trailing junk")
    assert read_header(path).size == (40, 30)


def test_the_first_frame_of_an_animation_counts(tmp_path: Path) -> None:
    path = tmp_path / "image.gif"
    frames = [Image.new("P", (9, 7), number) for number in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert read_header(path).size == (9, 7)


def test_pixels_are_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(png(20_000, 1))
    assert read_header(path).size == (20_000, 1)
    with Image.open(path) as image, pytest.raises(OSError, match="truncated"):
        image.load()


def test_broken_exif_leaves_the_size(tmp_path: Path) -> None:
    path = tmp_path / "image.jpg"
    exif = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12\0\x03\xff\xff\xff\xff"
    Image.new("RGB", (40, 30)).save(path, exif=exif)
    assert read_header(path).size == (40, 30)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not one of PNG"),
        (b"a caption", "not one of PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not one of PNG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "not one of PNG"),
        (b"P6 9 9 255\n" + b"\0" * 243, "not one of PNG"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "damaged"),
        (png(30_000, 30_000), "more than 89478485 pixels"),
        (png(13_000, 13_000), "more than 89478485 pixels"),
        (png(0, 0), "not one of PNG"),
        (png(9, 9, chunk(b"zTXt", b"k\0\0" + zlib.compress(b"x" * 2_000_000))), "damaged"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(content)
    header = read_header(path)
    assert header.size is None
    assert reason in header.reason


def test_what_is_no_file_is_told_with_the_reason(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("missing.png", "pipe.png", "."):
        assert read_header(tmp_path / name) == images.Header(None, "there is no such file")


def test_a_name_that_is_not_utf8_is_opened(tmp_path: Path) -> None:
    path = os.path.join(tmp_path, os.fsdecode(b"caf\xe9.png"))
    Path(path).write_bytes(encoded("PNG"))
    assert read_header(path).size == (40, 30)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_no_more_than_the_bound_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = tmp_path / "image"
    text = chunk(b"tEXt", b"k\0" + b"x" * 5000)
    path.write_bytes(png(9, 9, text) if kind == "PNG" else encoded("WEBP") + b"\0" * 5000)
    assert read_header(path).size is not None
    monkeypatch.setattr(images, "MAX_BYTES", 4000)
    assert read_header(path) == images.Header(None, "its header is larger than 4000 bytes")


def test_only_the_header_of_a_large_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 4000)
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF"):
        path = tmp_path / f"image.{kind}"
        noise = Image.frombytes("RGB", (200, 200), os.urandom(120_000))
        noise.convert("P" if kind == "GIF" else "RGB").save(path, kind)
        assert path.stat().st_size > 16_000
        assert read_header(path).size == (200, 200), kind


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.sampled_from(list(PLAIN)), st.data())
def test_a_damaged_file_is_never_an_exception(
    tmp_path: Path, kind: str, data: st.DataObject
) -> None:
    content = bytearray(encoded(kind, (5, 4), 6 if kind in ENCODED else None))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, min(len(content), 400) - 1))
        content[at] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF, 0x2A]))
    path = tmp_path / "image"
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    header = read_header(path)
    assert (header.size is None) == bool(header.reason)


def test_headers_are_read_in_threads(tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(encoded("PNG"))
    (tmp_path / "bomb.png").write_bytes(png(13_000, 13_000))
    wrong = []

    def work() -> None:
        for _ in range(50):
            good = read_header(tmp_path / "good.png").size
            bomb = read_header(tmp_path / "bomb.png").size
            if (good, bomb) != ((40, 30), None):
                wrong.append((good, bomb))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_nothing_is_written_to_the_terminal(tmp_path: Path) -> None:
    """Outside pytest, Pillow's remarks on metadata would go to the screen of the chat."""
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
    Image.new("RGB", (40, 30)).save(tmp_path / "exif.jpg", exif=exif)
    (tmp_path / "bomb.png").write_bytes(png(13_000, 13_000))
    script = (
        "import sys; from tagsmith.tools import images\n"
        "assert 'PIL' not in sys.modules\n"
        "for path in sys.argv[1:]: images.read_header(path)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "exif.jpg", tmp_path / "bomb.png"],
        check=True,
        capture_output=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == (b"", b"")
