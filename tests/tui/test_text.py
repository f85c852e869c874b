"""The sanitiser: nothing that a terminal obeys or that hides gets through, and nothing is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tui.text import block, is_clean, line, one_line, one_to_one, plain

ANY_TEXT = st.text(st.characters(codec=None))
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)


def test_no_hostile_text_reaches_a_terminal(hostile: str) -> None:
    for shown in (plain(hostile), one_line(hostile), block(hostile).plain, line(hostile).plain):
        assert not FORBIDDEN.search(shown)
        shown.encode()
    assert "\n" not in one_line(hostile)


def test_hostile_text_is_content_without_an_action(hostile: str) -> None:
    for content in (block(hostile), line(hostile, "bold")):
        assert {str(span.style) for span in content.spans} <= {"reverse", "bold", "bold reverse"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("\u202etxt", "\\u202etxt"),
        ("\U000e0041", "\\U000e0041"),
        ("caf\udce9", "caf\\xe9"),
        ("\ud800", "\\ud800"),
        ("a\nb", "a\\nb"),
        ("a\tb", "a\\tb"),
        ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("a\ufe0f", "a\\ufe0f"),
        ("e\u0301", "e\u0301"),
        ("e" + "\u0301" * 6, "e" + "\u0301" * 4 + "[+2 marks]"),
    ],
)
def test_what_a_line_shows(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_a_block_keeps_its_lines_and_widens_its_tabs() -> None:
    assert plain("a\r\nb\rc\n\td") == "a\nb\nc\n    d"


def test_escapes_are_drawn_unlike_the_same_letters() -> None:
    assert line("\\x1b").spans == []
    assert [span.style for span in line("\x1b").spans] == ["reverse"]


def test_long_text_is_cut_and_counted() -> None:
    assert one_line("x" * 1500, limit=10) == "x" * 10 + " … 1,490 more characters"


@given(ANY_TEXT)
def test_any_text_becomes_harmless_and_encodable(text: str) -> None:
    shown = plain(text)
    assert not FORBIDDEN.search(shown)
    shown.encode()


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_ordinary_text_is_shown_as_it_is(text: str) -> None:
    assert plain(text) == one_line(text) == line(text).plain == text


@given(ANY_TEXT)
def test_an_editor_shows_one_character_for_each(text: str) -> None:
    shown = one_to_one(text)
    assert len(shown) == len(text)
    assert not FORBIDDEN.search(shown)
    assert "\n" not in shown


@given(ANY_TEXT)
def test_clean_text_is_what_is_shown_unchanged(text: str) -> None:
    assert is_clean(text) == (one_line(text, limit=len(text)) == text)
