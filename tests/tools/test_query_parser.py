"""What the query language refuses, where it says so, and how that is shown."""

from __future__ import annotations

import pytest

from tagsmith.tools.errors import QueryError
from tagsmith.tools.query import explain, parse


def refused(text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 0, "is empty"),
        (" \n", 0, "is empty"),
        ("dog and", 7, 'Expected a tag or "(" at position 7, after "and".'),
        ("dog and )", 8, 'Expected a tag or "(" at position 8, after "and", before ")".'),
        ("and dog", 0, 'Expected a tag or "(" at position 0, before "and".'),
        ("not", 3, 'Expected a tag or "(" at position 3, after "not".'),
        ("()", 1, 'Expected a tag or "(" at position 1, after "(", before ")".'),
        ("dog )", 4, 'Expected "and", "or" or the end at position 4, after "dog", before ")".'),
        ("(dog or cat", 11, 'Expected "and", "or" or ")" at position 11, after "cat".'),
        ("dog (cat or wolf)", 4, 'Expected "and", "or" or the end at position 4'),
        ("dog not cat", 4, 'Expected "and", "or" or the end at position 4'),
        ('"a b" dog', 6, 'after "a b", before "dog".'),
        ("dog, cat", 3, 'after "dog", before ",".'),
        ("caption:dog, c", 11, 'after "caption:dog", before ",".'),
        ("dog && cat", 4, '"&&" at position 4'),
        ('dog and "cat', 8, "The quote at position 8 is not closed."),
        ("'til dawn", 0, "The quote at position 0 is not closed."),
        ('caption:" "', 8, "The quotes at position 8 are empty."),
        ("name:", 5, "Expected a word or a text in quotes at position 5"),
        ("tags:<x", 6, "Expected a number at position 6"),
        ("tags:5cm", 5, "Expected a number at position 5"),
        ("width >= 1024", 0, '"width" lacks its colon'),
        ("dog and tags<5", 8, '"tags" lacks its colon'),
        ("captioned:maybe", 10, "Expected yes or no at position 10"),
        ("score:dog", 6, "Expected a tag and a comparison at position 6"),
        ('score:"dog" and', 12, "Expected a comparison at position 12"),
        ("re:zero", 3, "Expected a pattern between slashes at position 3"),
        ("re:/a/m", 6, 'The flags "m" at position 6'),
        ("dog and re:/a(b/", 13, "missing ), unterminated subpattern at position 13"),
        ("re:/a{99999999999999}/", 4, "not valid"),
    ],
)
def test_a_refusal_says_where_and_what_was_expected(text: str, position: int, says: str) -> None:
    error = refused(text)
    assert error.position == position
    assert says in error.message


def test_an_unknown_field_names_the_known_ones_and_how_to_quote_a_tag() -> None:
    error = refused("dog and long rating:safe")
    assert error.position == 13
    assert 'no field "rating:"' in error.message
    assert '"rating:safe"' in error.hint
    for name in ("tag", "tags", "caption", "name", "folder", "width", "score", "captioned", "re"):
        assert f" {name}:" in error.hint


def test_the_caret_stands_below_the_place() -> None:
    for text in ("犬 and )", "x or\ndog and )", "a\u0301 and )", "a" * 200 + " and )"):
        _, line, caret, *_ = explain(refused(text), text).splitlines()
        assert line.endswith(")")
        assert caret.strip() == "^"
    for text, column in (("犬 and )", 7), ("a\u0301 and )", 6), ("a and )", 6)):
        assert explain(refused(text), text).splitlines()[2] == "  " + " " * column + "^"
    assert "\x1b" not in explain(refused("dog\x1b[31m and"), "dog\x1b[31m and")
