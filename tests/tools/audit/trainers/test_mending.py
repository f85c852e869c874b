"""What mends a caption, and that a mended folder is read as it was meant."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools.audit.trainers.all import TRAINERS
from tagsmith.tools.audit.trainers.mending import (
    FIXES,
    SAFE,
    as_one_line,
    offered,
    without_blank_lines,
    without_bom,
)
from tagsmith.tools.audit.trainers.reading import Files, Options, Row
from tagsmith.tools.audit.trainers.rows import FACTS, ROWS
from tagsmith.tools.audit.trainers.staging import FUNCTIONS

LINES = st.text(alphabet=st.sampled_from("ab, .\n\r\té|{}"), max_size=24)
# A mark stands where an editor writes one: at the beginning.
TEXTS = st.builds(str.__add__, st.sampled_from(["", "\ufeff", "\ufeff\ufeff"]), LINES)
ODD = st.text(alphabet=st.sampled_from("a, .\n\r\t\ufeff"), max_size=12)


def first(data: bytes) -> tuple[str | None, set[Row]]:
    """What kohya reads of a caption, and what is noted of it."""
    contents = {"1_x/a.png": b"", "1_x/a.txt": data}
    changed = dict.fromkeys(contents, 0.0).__getitem__
    files = Files({"": (), "1_x": ("a.png", "a.txt")}, contents.get, changed)
    lint = TRAINERS["kohya"](files, Options(".txt"))
    [reading] = lint.readings
    return reading.caption, {notice.row for notice in lint.notices}


@given(TEXTS)
def test_without_marks_and_blank_lines_the_first_text_is_read_and_no_other(text: str) -> None:
    mended = without_blank_lines(without_bom(text.encode()))
    caption, rows = first(mended)
    lines = [line.lstrip("\ufeff").strip() for line in text.replace("\r", "\n").split("\n")]
    filled = [line for line in lines if line]
    if filled:
        assert (caption or "").lstrip("\ufeff") == filled[0].lstrip("\ufeff")
        assert Row.BLANK_FIRST not in rows
    assert not mended.startswith(codecs.BOM_UTF8)


@given(TEXTS)
def test_joined_lines_keep_every_tag_in_order(text: str) -> None:
    def tags(data: bytes) -> list[str]:
        joined = data.decode().replace("\r", "\n").replace("\n", ",").replace(".", ",")
        return [tag for part in joined.split(",") if (tag := part.strip(" \t\ufeff"))]

    before = text.encode()
    after = as_one_line(before)
    assert tags(after) == tags(before)
    assert Row.LATER_LINES not in first(after)[1]
    assert as_one_line(after) == after


@given(ODD)
def test_mending_twice_is_mending_once(text: str) -> None:
    for mend in (without_bom, without_blank_lines, as_one_line):
        once = mend(text.encode())
        assert mend(once) == once


@pytest.mark.parametrize("trainer", TRAINERS)
def test_every_safe_fix_is_offered(trainer: str) -> None:
    assert set(SAFE[trainer]) <= set(offered(trainer))


def test_every_fix_has_its_words_and_its_function() -> None:
    assert list(FUNCTIONS) == list(FIXES)
    assert {about.fix for about in ROWS.values()} - {""} <= set(FIXES)


def test_every_row_that_is_no_fact_has_its_words() -> None:
    assert set(ROWS) | FACTS == set(Row)
