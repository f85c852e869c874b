"""Patterns that could run for ages are refused, everyday ones mean what they mean to Python."""

from __future__ import annotations

import re

import pytest

from tagsmith.tools.errors import QueryError
from tagsmith.tools.query_regex import compile_safe


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a*)*b",
        "(a|aa)+b",
        "(a|a?)+b",
        "(?:a{0}b|b)*c",
        "((a)|(ab?))*c",
        "(.*a){20}",
        "a?" * 30 + "a" * 30,
        "(a|a)" * 30,
        "a*a*a*b",
        "(a*)\\1*\\1b",
        "(?P<x>a*)(?P=x)(?P=x)b",
        "(a+)(?#c)*",
        "(?x)(a+ # ) \n)+",
        "b(?ix:a )",
        "(" * 31 + "a" + ")" * 31,
        "(\\w+\\s?)*x",
        "[(]a+[)](b+){2}",
    ],
)
def test_a_pattern_that_could_run_for_ages_is_refused(pattern: str) -> None:
    with pytest.raises(QueryError) as caught:
        compile_safe(pattern, ignore_case=False, position=11)
    assert 11 <= caught.value.position <= 11 + len(pattern)
    assert str(caught.value.position) in caught.value.message


@pytest.mark.parametrize(
    "pattern",
    [
        "red.*hat",
        r"\bred\b.*\bhats?\b",
        r"\d{2,4}",
        "(?:red|blue|green) (?:hair|hat)",
        "(?:cat|dog)+",
        "(?:black|brown|blonde) hair",
        "(?i)a",
        "(?<=a)b|(?<!c)d",
        "[)*+(]+",
        "[[a]",
        r"\(a\)\*",
        "a{}b",
        "a{,2}b",
        ".{0,40}x",
        r"(a)\1",
        "(?P<x>a)(?P=x)",
        "(a)?(?(1)b|c)",
        "a*?b++",
        r"\(?x|[(?x]|(?P<xx>a)|(?:#)",
    ],
)
def test_everyday_patterns_are_allowed(pattern: str) -> None:
    text = "a red hat, ab, (a)*, 1234 cat"
    found = compile_safe(pattern, ignore_case=False, position=0).found_in(text)
    assert found is bool(re.search(pattern, text))


def test_the_slowest_allowed_search_ends_and_a_longer_text_is_an_error() -> None:
    regex = compile_safe("a*a*b", ignore_case=False, position=0)
    assert not regex.found_in("a" * 400)
    with pytest.raises(QueryError, match="has 5000 characters"):
        regex.found_in("a" * 5000)
