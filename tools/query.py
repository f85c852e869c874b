"""The query language (``where``): from text to a test of one sample.

``dog and not cat``, ``(dog or wolf) and tags:<5``, ``name:img_* or width:>=1024``: docs/query.md is
the description for users, query.lark the grammar, query_terms.py what each term means. The same
``Query`` serves the command line, the tools and every filter box.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from tagsmith.tools import query_terms as terms
from tagsmith.tools.errors import DatasetError, QueryError
from tagsmith.tools.paths import escape
from tagsmith.tools.query_parser import parse_tree
from tagsmith.tools.query_terms import SampleView

if TYPE_CHECKING:
    from tagsmith.tools.tags import Vocabulary

__all__ = [
    "NamedTag",
    "Query",
    "SampleView",
    "all_of",
    "any_of",
    "exactly",
    "explain",
    "negate",
    "parse",
    "quote",
]

MAX_LENGTH = 1 << 16

# One word that is a tag and nothing else: written without quotes, read without the grammar.
_PLAIN = re.compile(r"(?!(?:and|or|not)\Z)\w(?:[\w-]*\w)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NamedTag:
    """A whole tag or wildcard pattern that a query names, at ``position`` of its text."""

    tag: str
    negated: bool
    wild: bool
    position: int


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; two of the same text are equal."""

    text: str
    node: terms.Node = field(repr=False, compare=False)
    _test: terms.Test = field(repr=False, compare=False)

    def matches(self, view: SampleView) -> bool:
        """Tell whether a sample matches.

        Raises DatasetError if the query asks for scores and none are stored, QueryError if a
        caption is too long for a ``re:`` term.
        """
        return self._test(view)

    @property
    def cost(self) -> int:
        """Return 0 if names and captions are enough, 1 if image headers may have to be read."""
        return self.node.cost

    def tags(self) -> tuple[str, ...]:
        """Return the tags and wildcard patterns it names, from left to right."""
        return tuple(named.tag for named in self.named())

    def named(self) -> tuple[NamedTag, ...]:
        """Return the tags it names, with what a message about them needs."""
        return tuple(named for named, _ in self._named())

    def unknown(self, vocabulary: Vocabulary) -> tuple[NamedTag, ...]:
        """Return the tags it names that no caption of the vocabulary has."""
        return tuple(
            named
            for named, term in self._named()
            if not any(map(term.accepts(), vocabulary.counts))
        )

    def _named(self) -> Iterator[tuple[NamedTag, terms.Tag]]:
        for leaf, negated in terms.leaves(self.node):
            if isinstance(leaf, terms.Tag):
                words = leaf.words
                yield NamedTag(words.text, negated, leaf.wild, words.position), leaf


@lru_cache(maxsize=256)
def parse(text: str) -> Query:
    """Parse a query. Raises QueryError with the position and what was expected there."""
    if len(text) > MAX_LENGTH:
        raise QueryError(f"The query is longer than {MAX_LENGTH} characters.", position=MAX_LENGTH)
    word = text.strip()
    if _PLAIN.fullmatch(word):
        node: terms.Node = terms.Tag(terms.Words(word, word, text.index(word)))
    else:
        node = parse_tree(text)
    test = node.test()
    if any(isinstance(leaf, terms.Score) for leaf, _ in terms.leaves(node)):
        test = _needing_scores(test)
    return Query(text, node, test)


def _needing_scores(test: terms.Test) -> terms.Test:
    def checked(view: SampleView) -> bool:
        if not view.has_scores:
            raise DatasetError(
                "No scores are stored yet, so score: cannot be answered.",
                "Use run_tagger first, or leave score: out of the query.",
            )
        return test(view)

    return checked


def quote(tag: str, *, wildcards: bool = False) -> str:
    r"""Write a tag, name or text as a term that means exactly it.

    ``dog`` stays as it is, ``long hair`` becomes ``"long hair"``. ``*`` and ``?`` are escaped
    unless ``wildcards`` asks for a pattern. Works after ``name:``, ``folder:``, ``caption:`` too.
    """
    if _PLAIN.fullmatch(tag):
        return tag
    special = r'[\\"]' if wildcards else r'[\\"*?]'
    return '"' + re.sub(special, r"\\\g<0>", tag) + '"'


def exactly(images: Iterable[str]) -> Iterator[str]:
    """Write queries that together mean exactly these images, by their paths.

    One is enough for some thousands. Images that share a stem, and so a caption, are in one query.
    """
    terms_of: dict[str, list[str]] = {}
    for image in images:
        stem = os.path.splitext(image)[0]
        terms_of.setdefault(stem, []).append(f"path:{quote(escape(image))}")
    written: list[str] = []
    length = 0
    for together in terms_of.values():
        term = " or ".join(together)
        if written and length + len(term) > MAX_LENGTH:
            yield " or ".join(written)
            written, length = [], 0
        written.append(term)
        length += len(term) + len(" or ")
    if written:
        yield " or ".join(written)


def all_of(*queries: str | None) -> str | None:
    """Join queries with ``and``; None stands for every sample, as it does for ``where``."""
    given = [query for query in queries if query is not None]
    if len(given) < 2:
        return given[0] if given else None
    return " and ".join(
        f"({query})" if isinstance(parse(query).node, terms.Or) else query for query in given
    )


def any_of(first: str | None, *others: str | None) -> str | None:
    """Join queries with ``or``; None stands for every sample, and so does ``None or dog``."""
    given = [query for query in (first, *others) if query is not None]
    return " or ".join(given) if len(given) == 1 + len(others) else None


def negate(query: str) -> str:
    """Write the opposite of a query."""
    compound = isinstance(parse(query).node, terms.And | terms.Or | terms.Not)
    return f"not ({query})" if compound else f"not {query}"


def explain(error: QueryError, text: str) -> str:
    """Return the message, the line of the query it is about with a caret below, and the hint.

    Wide characters count as two columns; what cannot be printed is replaced.
    """
    if not text.strip():
        return f"{error.message}\n{error.hint}".rstrip()
    position = min(max(error.position, 0), len(text))
    start = max(text.rfind("\n", 0, position) + 1, position - 50)
    line, _, _ = text[start : position + 30].partition("\n") if position >= start else ("", "", "")
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)
    columns = sum(_columns(char) for char in shown[: position - start])
    return "\n".join([error.message, f"  {shown}", f"  {' ' * columns}^", error.hint]).rstrip()


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
