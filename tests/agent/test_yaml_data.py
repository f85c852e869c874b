"""YAML as plain data: the traps of YAML 1.1, hostile documents, and the lines of errors."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.agent import yaml_data
from tagsmith.tools.errors import UsageError

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_what_is_quoted_reads_back_as_the_same_text(text):
    written = yaml_data.quoted(text)
    assert "\n" not in written
    assert yaml_data.parse(f"- {written}\n- {written}", "x").value == [text, text]
    assert yaml.safe_load(written) == text


@given(st.one_of(ANY_TEXT, st.from_regex(r"[\[\]{}:&*!|>'\"#\n a1-]{0,40}", fullmatch=True)))
def test_any_text_is_data_or_an_error_with_its_line(text):
    try:
        found = yaml_data.parse(text, "x.yaml").value
    except UsageError as error:
        found = error.message if error.message.startswith("x.yaml, line ") else error
    assert isinstance(found, str | int | float | list | dict | None)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1girl", "1girl"),
        ("no", False),
        ("On", True),
        ("12", 12),
        ("-3", -3),
        ("0.35", 0.35),
        ("~", None),
        ('"no"', "no"),
        ("'12:30'", "12:30"),
        ("!!str 12", "12"),
        ("1e3", "1e3"),
    ],
)
def test_plain_values(written, value):
    found = yaml_data.parse(f"a: {written}", "x").value["a"]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    "written", ["12:30", "010", "0x1F", "1_000", "2024-01-01", ".inf", ".nan", "=", "1" * 40]
)
def test_what_a_person_would_take_for_text_is_an_error_and_no_number(written):
    with pytest.raises(UsageError) as raised:
        yaml_data.parse(f"a: b\nc:\n  - {written}", "x.yaml")
    assert raised.value.message.startswith("x.yaml, line 3: ")
    assert f'Write "{written}" in quotes.' in str(raised.value)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("a: &x b", 1, "anchors"),
        ("a: b\nc: *x", 2, "anchors"),
        ("a: 1\nb: 2\na: 3", 3, "'a' stands here again; it is in line 1"),
        ("<<: {a: 1}", 1, "a key has to be text"),
        ("no: 1", 1, "a key has to be text"),
        ("? [a]\n: b", 1, "a key has to be text"),
        ("a: !!python/object/apply:os.system [ls]", 1, "python/object/apply:os.system is not"),
        ("a: !mine {b: c}", 1, "!mine is not allowed"),
        ("a: !!binary aGk=", 1, "text or a plain number"),
        ("a\n---\nb", 2, "but found another document"),
        ("a: b\n\tc: d", 2, "cannot start any token"),
        ("a: b\nc: '", 2, "unexpected end of stream"),
        ("a: b\nc: \x07", 2, "U+0007"),
        pytest.param("[" * 100_000, 1, "nested deeper", id="brackets"),
        pytest.param("- " * 100_000, 1, "nested deeper", id="dashes"),
        pytest.param("[" + "a," * 100_000, 1, "more than 50,000 values", id="values"),
    ],
)
def test_what_is_refused_says_where_and_is_refused_soon(text, line, told):
    started = time.process_time()
    with pytest.raises(UsageError) as raised:
        yaml_data.parse(text, "x.yaml")
    assert raised.value.message.startswith(f"x.yaml, line {line}: ")
    assert told in raised.value.message
    assert time.process_time() - started < 30


def test_a_document_of_nothing_is_nothing():
    assert yaml_data.parse("", "x").value is None
    assert yaml_data.parse("# only a comment\n", "x").value is None
