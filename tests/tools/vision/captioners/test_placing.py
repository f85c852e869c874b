"""Captions beside what stands, and in its place: not a byte of the rest changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools.caption import BOM, Caption
from tagsmith.tools.vision.captioners.placing import beside, instead, tags_beside

LINE = "A dog runs along the beach with a stick."
TEXT = LINE.encode()
NO_SENTENCE = st.text(alphabet="ab ,\r\n_|", max_size=40).map(str.encode)


@pytest.mark.parametrize(
    ("before", "after", "placed_before"),
    [
        (b"", TEXT, TEXT),
        (BOM, BOM + TEXT, BOM + TEXT),
        (b"dog, beach", b"dog, beach\n" + TEXT, TEXT + b"\ndog, beach"),
        (b"dog\n", b"dog\n" + TEXT + b"\n", TEXT + b"\ndog\n"),
        (b"dog\r\n", b"dog\r\n" + TEXT + b"\r\n", TEXT + b"\r\ndog\r\n"),
        (b"dog\r\ncat", b"dog\r\ncat\r\n" + TEXT, TEXT + b"\r\ndog\r\ncat"),
        (BOM + b"dog", BOM + b"dog\n" + TEXT, BOM + TEXT + b"\ndog"),
        (TEXT, TEXT, TEXT),
        (b"dog\n" + TEXT + b"\n", b"dog\n" + TEXT + b"\n", b"dog\n" + TEXT + b"\n"),
        (b"A cat sleeps on a red sofa.", b"A cat sleeps on a red sofa.\n" + TEXT,
         TEXT + b"\nA cat sleeps on a red sofa."),
    ],
)  # fmt: skip
def test_a_sentence_gets_a_line_of_its_own(before, after, placed_before):
    assert beside(before, LINE, "after") == after
    assert beside(before, LINE, "before") == placed_before


@given(NO_SENTENCE, st.sampled_from(["after", "before"]))
def test_what_stood_stands_and_twice_is_once(before, place):
    placed = beside(before, LINE, place)
    assert beside(placed, LINE, place) == placed
    assert Caption.parse(placed).prose
    if not Caption.parse(before).blank:
        assert before in placed
        assert Caption.parse(placed).tags == Caption.parse(before).tags


def test_tag_tools_leave_the_sentence_alone():
    placed = Caption.parse(beside(b"dog, beach", LINE, "after"))
    assert placed.tags == ["dog", "beach"]
    assert placed.remove("dog".__eq__).to_bytes() == b"beach\n" + TEXT
    assert placed.insert("coco").to_bytes() == b"coco, dog, beach\n" + TEXT


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"dog, beach", b"dog, beach, stick, sand"),
        (b"dog,beach\r\n", b"dog,beach,stick,sand\r\n"),
        (b"", b"dog, stick, sand"),
        (TEXT, TEXT + b"\ndog, stick, sand"),
        (b"dog\n" + TEXT, b"dog, stick, sand\n" + TEXT),
        (b"dog, stick, sand", b"dog, stick, sand"),
    ],
)
def test_tags_join_the_tags(before, after):
    assert tags_beside(before, ["dog", "stick", "sand"], "after") == after


def test_tags_may_come_first():
    assert (
        tags_beside(b"dog, beach", ["stick", "dog", "sand"], "before") == b"stick, sand, dog, beach"
    )


@pytest.mark.parametrize(
    ("before", "after", "lost", "sentences"),
    [
        (b"", TEXT, 0, 0),
        (b"dog, beach", TEXT, 2, 0),
        (b"dog, beach\r\n", TEXT + b"\r\n", 2, 0),
        (BOM + b"dog\ncat\n", BOM + TEXT + b"\n", 2, 0),
        (b"dog\nA cat sleeps on a red sofa.", TEXT, 1, 1),
        (b"coco ||| dog, beach", b"coco ||| " + TEXT, 2, 0),
        (TEXT, TEXT, 0, 0),
    ],
)
def test_instead_says_what_is_lost(before, after, lost, sentences):
    placed = instead(before, LINE)
    assert (placed.data, placed.lost, placed.sentences) == (after, lost, sentences)
