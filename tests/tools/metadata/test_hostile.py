"""Files that mean harm: every one ends in an answer, within bounds of memory and time."""

from __future__ import annotations

import json
import struct
import time
import tracemalloc
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import metadata_files as files
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagsmith.tools.metadata.bounded import MAX_TEXT, MetadataError
from tagsmith.tools.metadata.found import Found
from tagsmith.tools.metadata.prompts import to_tags
from tagsmith.tools.metadata.readers import read

MIB = 1 << 20
GOOD = files.raw_text("parameters", b"dog, cat")


def told(data: bytes) -> tuple[list[Found], str]:
    found, notes = read(BytesIO(data))
    return found, "; ".join(notes)


def test_a_text_chunk_of_100_mb_is_passed_over_without_being_held(tmp_path: Path) -> None:
    plain = files.png()
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.write(plain[:33])
        file.write(struct.pack(">I", 100 * MIB) + b"tEXtparameters\0")
        file.seek(100 * MIB - 11 + 4, 1)
        file.write(GOOD + plain[33:])
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            found, notes = read(file)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [one.prompt for one in found] == ["dog, cat"]
    assert notes == ["a text chunk is too large (104,857,600 bytes)"]
    assert peak < MIB


def test_a_text_that_unpacks_to_100_mb_is_passed_over_without_being_held() -> None:
    data = files.with_chunks(files.png(), files.bomb("comment", 100 * MIB), GOOD)
    tracemalloc.start()
    try:
        found, notes = told(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [one.prompt for one in found] == ["dog, cat"]
    assert notes == "its text unpacks to more than 4096 KiB"
    assert peak < 16 * MIB


def test_many_bombs_cost_no_more_than_the_room_of_one_file() -> None:
    bombs = [files.bomb(f"c{number}", 3 * MIB) for number in range(40)]
    data = files.with_chunks(files.png(), GOOD, *bombs)
    tracemalloc.start()
    try:
        found, notes = told(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [one.prompt for one in found] == ["dog, cat"]
    assert "its text unpacks to more than" in notes
    assert peak < 32 * MIB


@pytest.mark.parametrize("mark", ["NaN", "Infinity", "-Infinity", "9" * 5000, "1e999"])
def test_json_with_numbers_that_are_none(mark: str) -> None:
    graph = json.dumps(files.comfy("dog, cat")).replace('"seed": 1', f'"seed": {mark}')
    assert mark in graph
    found, notes = told(files.png({"prompt": graph}))
    assert [one.prompt for one in found] == ["dog, cat"]
    assert notes == ""


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"a":[' * 100_000, "nested too deeply"),
        ('{"1": {"class_type": "SaveImage"', "its JSON is damaged"),
        ("{}", ""),
        ('{"1": 5, "2": {"inputs": 3}, "3": null}', ""),
    ],
    ids=range(5),
)
def test_json_that_is_no_graph(text: str, note: str) -> None:
    found, notes = told(files.png({"prompt": text}, packed=True))
    assert found == []
    assert note in notes


@pytest.mark.parametrize("signature", [b"stealth_pngcomp", b"stealth_rgbcomp"])
def test_a_gzip_bomb_in_hidden_bits(signature: bytes) -> None:
    data = files.stealth(b"a" * (20 * MIB), signature, size=(300, 700))
    tracemalloc.start()
    try:
        found, notes = told(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == []
    assert notes == "its text unpacks to more than 4096 KiB"
    assert peak < 48 * MIB


@pytest.mark.parametrize(
    ("length", "note"),
    [
        (0xFFFFFFFF, "its hidden text is larger than 256 KiB"),
        (1 << 20, "its hidden text is cut short"),
        (64, "its packed text is cut short"),
        (0, "its packed text is cut short"),
    ],
)
def test_lies_about_the_length_of_hidden_text(length: int, note: str) -> None:
    assert told(files.stealth(b"dog", length=length)) == ([], note)


def test_a_picture_that_hides_nothing_is_not_unpacked() -> None:
    image = files.picture((4000, 4000), "RGBA")
    data = files.png(image=image)
    started = time.process_time()
    assert told(data) == ([], "")
    assert time.process_time() - started < 0.5


def test_xmp_whose_entities_would_unfold_is_refused() -> None:
    assert told(files.jpeg(xmp=files.laughs())) == ([], "its XMP declares a document type")


@pytest.mark.parametrize(
    ("packet", "note"),
    [
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "document type"),
        (b"<a>" * 5000, "nested too deeply"),
        (b"<x", "its XMP is damaged"),
        (b"\xff\xfe\x00", "its XMP is damaged"),
        (b'<?xml version="1.0" encoding="no-such"?><x/>', "its XMP is damaged"),
    ],
)
def test_xmp_that_means_harm(packet: bytes, note: str) -> None:
    found, notes = told(files.jpeg(xmp=packet))
    assert found == []
    assert note in notes


def test_exif_that_points_at_itself() -> None:
    block = bytearray(files.exif_bytes(b"ASCII\0\0\0x"))
    place = block.index(struct.pack(">HHI", 0x8769, 4, 1)) + 8
    block[place : place + 4] = struct.pack(">I", 8)
    assert told(files.jpeg(bytes(block))) == ([], "")


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"II*\0",
        b"MM\0*\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff",
        b"no exif at all",
        b"MM\0*\0\0\0\x08\0\x01\x92\x86\0\x07\xff\xff\xff\xff\0\0\0\0\0\0\0\0",
    ],
)
def test_exif_that_is_damaged(block: bytes) -> None:
    found, notes = told(files.jpeg(block))
    assert found == []
    assert notes in ("", "its EXIF is damaged")


def test_a_million_chunks_end() -> None:
    empty = files.chunk(b"teSt", b"")
    found, notes = told(files.with_chunks(files.png(), empty * 250_000))
    assert (found, notes) == ([], "it has more than 200,000 chunks")


def test_a_prompt_without_end() -> None:
    for piece in (
        "(",
        "[",
        "{",
        "a,",
        "((a:1.1),",
        "\\",
        "<lora:",
        "__a",
        "{a|",
        "1.1::",
        "1",
        ":",
    ):
        started = time.process_time()
        for syntax in ("brackets", "novelai", "invokeai"):
            to_tags(piece * (MAX_TEXT // len(piece)), syntax)
        assert time.process_time() - started < 5, piece


@pytest.mark.parametrize(
    "piece", ["a: b, ", '"', '"\\', "a ", ": ", "Steps: 1 ", "\n", "Negative prompt:"]
)
def test_settings_without_end(piece: str) -> None:
    started = time.process_time()
    told(files.with_chunks(files.png(), files.raw_text("parameters", piece.encode() * 200_000)))
    assert time.process_time() - started < 5


SAMPLES = [
    files.png({"parameters": files.A1111}),
    files.png({"prompt": json.dumps(files.comfy())}, packed=True),
    files.png(exif=files.exif_bytes(b"UNICODE\0" + files.A1111.encode("utf-16-be"))),
    files.stealth(files.novelai_payload()),
    files.jpeg(
        files.exif_bytes(b"ASCII\0\0\0" + files.A1111.encode()),
        files.xmp_packet(files.bag("dc:subject", "beach")),
        files.iptc_records(["beach"]),
        b"{}",
    ),
    files.webp(files.exif_bytes(b"ASCII\0\0\0x"), files.xmp_packet(files.bag("dc:subject", "a"))),
    files.avif(files.exif_bytes(b"ASCII\0\0\0x"), files.xmp_packet(files.bag("dc:subject", "a"))),
    files.tiff(files.xmp_packet(files.bag("dc:subject", "a")), "dog"),
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_damage_anywhere_ends_in_an_answer(sample: bytes, data: st.DataObject) -> None:
    spoilt = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(len(spoilt), 700) - 1))
        spoilt[at] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del spoilt[data.draw(st.integers(0, len(spoilt))) :]
    with suppress(MetadataError):
        for one in read(BytesIO(bytes(spoilt)))[0]:
            to_tags(one.prompt, one.syntax)


@given(st.binary(max_size=64), st.sampled_from([b"", *(sample[:16] for sample in SAMPLES)]))
def test_any_bytes_end_in_an_answer(tail: bytes, head: bytes) -> None:
    with suppress(MetadataError):
        read(BytesIO(head + tail))
