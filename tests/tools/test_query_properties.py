"""Whatever is asked: conditions keep their meaning as text, and no text is a crash."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools import tags
from tagsmith.tools.errors import QueryError
from tagsmith.tools.query import Query, all_of, any_of, explain, negate, parse, quote


def tagged(*names: str) -> Any:
    """A sample with exactly these tags, commas in them included."""
    return SimpleNamespace(
        keys=frozenset(map(tags.key, names)),
        tags=list(names),
        text=", ".join(names),
        lines=1,
        captioned=True,
        name="img_1.png",
        folder="a",
        has_scores=True,
        size=lambda: (64, 64),
        score=lambda _: None,
    )


def matches(text: str, sample: Any) -> bool:
    return parse(text).matches(sample)


def refused(text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        parse(text)
    return caught.value


@given(st.text(min_size=1).filter(str.strip))
def test_quote_writes_a_term_that_means_exactly_the_tag(tag: str) -> None:
    parsed = parse(quote(tag))
    assert parsed.tags() == (tag,)
    assert not parsed.named()[0].wild
    assert parsed.matches(tagged(tag))
    assert parse(f"not {quote(tag)} or dog").tags() == (tag, "dog")


@given(st.text(alphabet="ab_ *?\\\"'()", min_size=1).filter(str.strip), st.text("ab_ ()x"))
def test_a_pattern_means_the_same_as_to_the_tools(pattern: str, tag: str) -> None:
    expected = tags.matcher(pattern)(tags.key(tag))
    assert matches(quote(pattern, wildcards=True), tagged(tag)) is expected


# Any tree of conditions, printed and parsed, means what the tree says.

NAMES = ("dog", "cat", "long hair", "and", "fate (series)", "rating:safe", ":)")
Tree = tuple[str, Any]
leaf = st.sampled_from(NAMES).map(lambda name: ("tag", name))
trees = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=4)),
    ),
    max_leaves=12,
)


def holds(tree: Tree, present: frozenset[str]) -> bool:
    kind, content = tree
    if kind == "tag":
        return content in present
    if kind == "not":
        return not holds(content, present)
    results = [holds(part, present) for part in content]
    return all(results) if kind == "and" else any(results)


def printed(tree: Tree, binding: int = 0) -> str:
    """Print with no more brackets than the precedence of not, and, or asks for."""
    kind, content = tree
    if kind == "tag":
        return quote(content)
    if kind == "not":
        return f"not {printed(content, 3)}"
    strength = {"or": 1, "and": 2}[kind]
    text = f" {kind} ".join(printed(part, strength) for part in content)
    return f"({text})" if strength < binding else text


def joined(tree: Tree) -> str:
    kind, content = tree
    if kind == "tag":
        return quote(content)
    if kind == "not":
        return negate(joined(content))
    return {"and": all_of, "or": any_of}[kind](*map(joined, content)) or ""


@given(trees, st.frozensets(st.sampled_from(NAMES)))
def test_a_tree_means_the_same_as_its_text(tree: Tree, present: frozenset[str]) -> None:
    expected = holds(tree, present)
    assert matches(printed(tree), tagged(*present)) is expected
    assert matches(joined(tree), tagged(*present)) is expected
    assert matches(printed(tree).replace(" and ", "\tAND\n"), tagged(*present)) is expected


@given(st.sampled_from(["dog", "Long_Hair", "1girl", "x-y", "and", "Or", "or2", "é", "_"]))
def test_the_short_way_for_one_word_means_the_same_as_the_grammar(word: str) -> None:
    if word in ("and", "Or"):
        refused(word)
        assert quote(word) == f'"{word}"'
        return
    assert parse(word).named() == tuple(
        replace(named, position=named.position - 1) for named in parse(f"({word})").named()
    )


def test_deep_brackets_are_refused_not_crashed_on() -> None:
    assert matches("(" * 50 + "dog" + ")" * 50, tagged("dog"))
    assert refused("(" * 51 + "dog" + ")" * 51).position == 50
    assert "50 deep" in refused("not (" * 10_000).message
    assert matches("not " * 10_000 + "dog", tagged("dog"))
    assert "longer" in refused("x" * 70_000).message


def test_a_long_list_is_not_deep() -> None:
    text = " or ".join(f"(a{number} and b)" for number in range(1000))
    assert matches(text, tagged("a999", "b"))


def test_a_wildcard_pattern_is_linear() -> None:
    parsed = parse("*" + "a*" * 30 + "b")
    started = time.perf_counter()
    assert not parsed.matches(tagged("a" * 5000))
    assert time.perf_counter() - started < 1


@given(st.text())
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    read(text)


PIECES = st.sampled_from(
    "and or not ( ) ( dog long \" ' \\ * ? , : tags: tags:< 5 name: score: x< re:/ a+ / /i :) "
    "captioned: no caption: folder: width:>= (a) [ | {".split()
)


@given(st.lists(PIECES, max_size=12), st.sampled_from(["", " "]))
def test_any_row_of_pieces_is_a_query_or_a_query_error(pieces: list[str], glue: str) -> None:
    read(glue.join(pieces))


@given(st.text("ab.*+?()[]{}|\\^$1,2:<>=!P#xi-", max_size=12))
def test_any_pattern_is_a_query_or_a_query_error(pattern: str) -> None:
    read(f"re:/{pattern}/i")


def outcome(text: str) -> Query | QueryError:
    try:
        return parse(text)
    except QueryError as error:
        return error


def read(text: str) -> None:
    found = outcome(text)
    if isinstance(found, Query):
        found.matches(tagged("ab", "dog", "a" * 30))
        assert len(found.tags()) == len(found.named())
    else:
        assert 0 <= found.position <= len(text)
        assert explain(found, text).startswith(found.message)
