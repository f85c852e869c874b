"""From the text of a query to its terms, by query.lark; the only module that imports lark."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tagsmith.tools import paths
from tagsmith.tools import query_terms as terms
from tagsmith.tools.errors import QueryError, UsageError
from tagsmith.tools.query_regex import compile_safe

if TYPE_CHECKING:
    from lark import Lark, Token, UnexpectedInput

MAX_DEPTH = 50
FIELDS = (
    "tag: tags: caption: name: folder: path: width: height: chars: lines: score: captioned: re:"
)

_QUOTED = 'Text that has a meaning of its own is written in quotes, as in "and" or "rating:safe".'
_JOIN = 'Join terms with "and" or "or".'
_FORGOTTEN_COLON = re.compile(r"(tags|width|height|chars|lines|score)\s*[<>=!]", re.IGNORECASE)
_LAST_TOKEN = re.compile(r"""("[^"]*"|'[^']*'|[()]|[^\s()"]+)\s*\Z""")
# What stands next, and an example, by the first of these that the grammar would take.
_EXPECTATIONS = {
    "_NOT": ('a tag or "("', _QUOTED),
    "NUMBER": ("a number", "As in tags:<5, width:>=1024 or score:dog<0.5."),
    "COMPARE": ("a comparison", 'As in score:"long hair"<0.5.'),
    "YES_OR_NO": ("yes or no", ""),
    "REGEX": (
        "a pattern between slashes",
        "As in re:/red.*hat/; if it is a tag, write it in quotes.",
    ),
    "SCORED_TAG": ("a tag and a comparison", 'As in score:"long hair"<0.5.'),
    "WORD": ("a word or a text in quotes", _QUOTED),
}


def parse_tree(text: str) -> terms.Node:
    """Return the terms of a query. Raises QueryError."""
    from lark import UnexpectedInput

    try:
        # The transformer makes the tree into a node, which the types of lark cannot tell.
        return cast(terms.Node, _parser().parse(text))
    except UnexpectedInput as error:
        raise _syntax_error(error, text) from None


@lru_cache(maxsize=1)
def _parser() -> Lark:
    from lark import Lark

    options: dict[str, Any] = {"transformer": _Builder(), "postlex": _DepthLimit()}
    return Lark(
        Path(__file__).with_name("query.lark").read_text("utf-8"),
        parser="lalr",
        lexer_callbacks={"UNKNOWN_FIELD": _refuse_field},
        **options,
    )


class _DepthLimit:
    """Refuses nesting that the recursion of the tests could not follow."""

    always_accept = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth = 0
        for token in stream:
            depth += (token.type == "LPAR") - (token.type == "RPAR")
            if depth > MAX_DEPTH:
                at = token.start_pos or 0
                raise QueryError(
                    f"Brackets are nested more than {MAX_DEPTH} deep at position {at}.", position=at
                )
            yield token


def _refuse_field(token: Token) -> Token:
    at = token.start_pos or 0
    name = token.partition(":")[0]
    raise QueryError(
        f'There is no field "{name}:", at position {at}.',
        f'If it is a tag, write it in quotes: "{token}". The fields are {FIELDS}',
        position=at,
    )


class _Builder:
    """Makes the terms, one method for each rule of the grammar, from the children of the rule."""

    def either(self, parts: list[terms.Node]) -> terms.Node:
        return terms.Or(tuple(parts))

    def both(self, parts: list[terms.Node]) -> terms.Node:
        return terms.And(tuple(parts))

    def negated(self, parts: list[terms.Node]) -> terms.Node:
        # `not not dog` is `dog`: a chain of any length stays flat.
        return parts[0].part if isinstance(parts[0], terms.Not) else terms.Not(parts[0])

    def phrase(self, tokens: list[Token]) -> terms.Words:
        first = tokens[0]
        position = first.start_pos or 0
        if first.type == "STRING":
            words = terms.Words.read(first[1:-1], position)
            if not words.text.strip():
                raise QueryError(f"The quotes at position {position} are empty.", position=position)
            return words
        for token in tokens:
            if token in ("&&", "||"):
                at = token.start_pos or 0
                raise QueryError(f'"{token}" at position {at} is not known.', _JOIN, position=at)
        return terms.Words.read(_as_written(tokens), position)

    def tag(self, parts: list[terms.Words]) -> terms.Node:
        words = parts[0]
        if forgotten := _FORGOTTEN_COLON.match(words.text):
            name = forgotten[1].lower()
            raise QueryError(
                f'"{name}" lacks its colon at position {words.position}.',
                f"Write {name}:{words.text[forgotten.end() - 1 :]}",
                position=words.position,
            )
        return terms.Tag(words)

    def tag_field(self, parts: list[Any]) -> terms.Node:
        return terms.Tag(parts[1])

    def text(self, parts: list[Any]) -> terms.Node:
        kinds: dict[str, Callable[[terms.Words], terms.Node]]
        kinds = {"caption:": terms.Text, "name:": terms.Name, "folder:": terms.Folder}
        kinds["path:"] = _exactly
        return kinds[parts[0].lower()](parts[1])

    def number(self, parts: list[Token | None]) -> terms.Node:
        name, comparison, value = parts
        return terms.Number(str(name)[:-1].lower(), str(comparison or "="), float(str(value)))

    def scored(self, tokens: list[Token]) -> str:
        token = tokens[0]
        return terms.Words.read(token[1:-1], 0).text if token.type == "STRING" else token.strip()

    def score(self, parts: list[str]) -> terms.Node:
        return terms.Score(parts[0], str(parts[1]), float(parts[2]))

    def captioned(self, parts: list[Token]) -> terms.Node:
        return terms.Captioned(parts[0].lower() in ("yes", "true"))

    def regex(self, parts: list[Token]) -> terms.Node:
        pattern, _, flags = parts[0][1:].rpartition("/")
        start = (parts[0].start_pos or 0) + 1
        if flags not in ("", "i"):
            at = start + len(pattern) + 1
            raise QueryError(
                f'The flags "{flags}" at position {at} are not known.',
                "Only i is: re:/.../i ignores case.",
                position=at,
            )
        return terms.Regex(compile_safe(pattern, ignore_case=bool(flags), position=start))


def _exactly(words: terms.Words) -> terms.Paths:
    try:
        return terms.Paths(frozenset([paths.unescape(words.text)]))
    except UsageError:
        at = words.position
        hint = "A path has %25 for each % of its name, as in the plans that --json prints."
        raise QueryError(
            f'The path at position {at} has a "%" that starts no escape.', hint, position=at
        ) from None


def _as_written(tokens: list[Token]) -> str:
    """Join words with as many spaces as there were between them."""
    text = ""
    end = tokens[0].start_pos or 0
    for token in tokens:
        start = token.start_pos or 0
        text += " " * (start - end) + token
        end = start + len(token)
    return text


def _syntax_error(error: UnexpectedInput, text: str) -> QueryError:
    token = getattr(error, "token", None)
    at_end = token is not None and token.type == "$END"
    at = len(text) if at_end else (error.pos_in_stream or 0)
    char = "" if at_end else text[at]
    if token is None and char in "\"'":
        return QueryError(f"The quote at position {at} is not closed.", position=at)
    if not text.strip():
        return QueryError("The query is empty: expected a tag at position 0.", position=0)
    what, hint = _expectation(_accepted(error))
    message = f"Expected {what} at position {at}"
    if before := _LAST_TOKEN.search(text[:at]):
        message += f", after {_shown(before[1])}"
    if not at_end:
        message += f", before {_shown(token or char)}"
    return QueryError(f"{message}.", hint, position=at)


def _accepted(error: UnexpectedInput) -> set[str]:
    """Return the names of the terminals that could have come next."""
    interactive = getattr(error, "interactive_parser", None)
    if interactive is None:
        return set(getattr(error, "allowed", None) or getattr(error, "expected", None) or ())
    return cast(set[str], interactive.accepts())


def _expectation(accepted: set[str]) -> tuple[str, str]:
    """Return what could have come next in words, and a hint."""
    if accepted & {"_AND", "RPAR", "$END"}:
        closing = '")"' if "RPAR" in accepted else "the end"
        return f'"and", "or" or {closing}', _JOIN
    return next((text for name, text in _EXPECTATIONS.items() if name in accepted), ("a term", ""))


def _shown(token: str) -> str:
    token = token if len(token) <= 30 else f"{token[:29]}…"
    return token if token.startswith(('"', "'")) else f'"{token}"'
