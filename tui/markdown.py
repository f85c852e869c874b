"""Markdown as models write it, made into rows to draw: nothing in it can be clicked or fetched.

Every piece of text goes through the sanitiser after it was parsed, so that entities and chunks cut
anywhere bring nothing past it. A link is its text with its address behind it, a picture likewise.
Tags are data here, and Markdown's own signs stand in many of them, so three of its rules are off:
backslashes and entities stay as they are (``fate \\(series\\)``), and ``_`` is an underscore.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from textual.content import Content

from tagsmith.tui.text import block, line
from tagsmith.tui.widgets.palette import ACCENT, MUTED
from tagsmith.tui.widgets.rows import Row
from tagsmith.tui.widgets.table import table

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

BULLETS = ("•", "◦", "▪")
QUOTE = "│ "
RULE = "─" * 12
DEEPEST = 20  # levels of lists and quotes: what is deeper is drawn no further to the right
_OFF = (
    "escape",
    "entity",
    "autolink",
    "html_inline",
    "html_block",
    "code",
    "lheading",
    "reference",
)
_NEWLINES = re.compile("\r\n|\r(?=.)", re.DOTALL)
_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}


@dataclass(slots=True)
class Document:
    """Markdown that arrives in pieces: only its last block is ever parsed again.

    ``settled`` are the rows that no further piece can change, ``open`` those of the last block.
    """

    settled: list[Row] = field(default_factory=list)
    open: list[Row] = field(default_factory=list)
    _tail: str = ""

    def feed(self, piece: str) -> None:
        """Add a piece of the source."""
        self._tail = _NEWLINES.sub("\n", self._tail + piece)
        if "\n" in piece:
            self._settle()
        self.open = self._apart(rows(parser().parse(self._tail)))

    def _settle(self) -> None:
        """Have done with all blocks but the last that whole lines make."""
        lines = self._tail.split("\n")
        tokens = parser().parse("\n".join([*lines[:-1], ""]))
        starts = [at for at, one in enumerate(tokens) if one.level == 0 and one.map]
        if len(starts) > 1 and (last := tokens[starts[-1]].map):
            self.settled += self._apart(rows(tokens[: starts[-1]]))
            self._tail = "\n".join(lines[last[0] :])

    def _apart(self, found: list[Row]) -> list[Row]:
        """Put an empty row in front of a block that follows another."""
        return [Row(), *found] if self.settled and found else found


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """Return the parser: CommonMark with tables and strikethrough, without the rules above."""
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    made.disable(list(_OFF))
    emphasis = _rule(made, "emphasis")

    def stars_only(state: StateInline, silent: bool) -> bool:
        return state.src[state.pos] != "_" and emphasis(state, silent)

    made.inline.ruler.at("emphasis", stars_only)
    return made


def _rule(made: MarkdownIt, name: str) -> Callable[[StateInline, bool], bool]:
    from markdown_it.rules_inline import emphasis

    made.inline.ruler.enable(name)
    return emphasis.tokenize


def rows(tokens: Sequence[Token]) -> list[Row]:
    """Return what parsed Markdown looks like, an empty row between its blocks."""
    starts = [at for at, one in enumerate(tokens) if one.level == 0 and one.map]
    found: list[Row] = []
    for start, end in pairwise([*starts, len(tokens)]):
        block_rows = _Writer().write(tokens[start:end])
        found += [Row(), *block_rows] if found and block_rows else block_rows
    return found


@dataclass(slots=True)
class _Writer:
    """Walks over block tokens; ``_marks`` is what stands in front of the rows at this depth."""

    _rows: list[Row] = field(default_factory=list)
    _marks: list[_Mark] = field(default_factory=list)
    _lists: list[int | None] = field(default_factory=list)
    _tight: bool = False

    def write(self, tokens: Sequence[Token]) -> list[Row]:
        place = 0
        while place < len(tokens):
            token = tokens[place]
            if token.type == "table_open":
                end = _closing(tokens, place)
                self._add_block([Row(made=table(*_cells(tokens[place:end])))])
                place = end
            else:
                self._token(token)
            place += 1
        return self._rows

    def _token(self, token: Token) -> None:
        kind, _, turn = token.type.rpartition("_")
        if token.type == "inline":
            self._add_block(_lines(token))
        elif token.type == "fence":
            lines = token.content.rstrip("\n").split("\n")
            self._add_block([Row(text=block(one, ACCENT)) for one in lines], indent=2)
        elif token.type == "hr":
            self._add_block([Row(text=Content.styled(RULE, MUTED))])
        elif token.type == "paragraph_open":
            self._tight = token.hidden
        elif kind in ("heading", "blockquote", "list_item"):
            self._turn(kind, opens=turn == "open")
        elif kind in ("bullet_list", "ordered_list"):
            if turn == "open":
                start = int(token.attrs.get("start", 1))
                self._lists.append(start if kind == "ordered_list" else None)
            else:
                self._lists.pop()

    def _turn(self, kind: str, *, opens: bool) -> None:
        """Go into what puts marks in front of its rows, or out of it."""
        if not opens:
            self._marks.pop()
        elif kind == "list_item":
            self._marks.append(self._item())
        else:
            sign = Content.styled(QUOTE, MUTED) if kind == "blockquote" else Content()
            self._marks.append(_Mark(sign, sign, heading=kind == "heading"))

    def _item(self) -> _Mark:
        number = self._lists[-1]
        if number is None:
            sign = BULLETS[(sum(one is None for one in self._lists) - 1) % len(BULLETS)]
        else:
            sign = f"{number}."
            self._lists[-1] = number + 1
        first = line(f"{sign} ", ACCENT)
        return _Mark(first, Content(" " * first.cell_length))

    def _add_block(self, found: list[Row], *, indent: int = 0) -> None:
        """Add rows with the marks of the depth that they stand in, apart from those before."""
        if self._marks and not self._marks[-1].fresh and not self._tight:
            self._rows.append(Row(self._rest(), self._rest()))
        bold = any(mark.heading for mark in self._marks)
        for row in found:
            first = self._first() + Content(" " * indent)
            rest = self._rest() + Content(" " * indent)
            text = row.text.stylize("bold") if bold else row.text
            self._rows.append(Row(first, rest, text, row.made))
        self._tight = False

    def _first(self) -> Content:
        return Content().join([mark.take() for mark in self._marks[-DEEPEST:]])

    def _rest(self) -> Content:
        return Content().join([mark.rest for mark in self._marks[-DEEPEST:]])


@dataclass(slots=True)
class _Mark:
    """What stands in front of the first row of an item or a quotation, and of the others."""

    first: Content
    rest: Content
    heading: bool = False
    fresh: bool = True

    def take(self) -> Content:
        """Return what stands in front now."""
        mark = self.first if self.fresh else self.rest
        self.fresh = False
        return mark


def _closing(tokens: Sequence[Token], start: int) -> int:
    level = tokens[start].level
    return next(at for at in range(start + 1, len(tokens)) if tokens[at].level == level)


def _cells(tokens: Sequence[Token]) -> tuple[list[Content], list[list[Content]]]:
    """Return the heads and the rows of a table."""
    found: list[list[Content]] = []
    for token in tokens:
        if token.type == "tr_open":
            found.append([])
        elif token.type == "inline" and found:
            found[-1].append(Content(" ").join([row.text for row in _lines(token)]))
    return (found[0], found[1:]) if found else ([], [])


def _lines(token: Token) -> list[Row]:
    """Return inline text, a row for each line of the source: models mean their line ends."""
    lines: list[list[Content]] = [[]]
    for piece in _pieces(token.children or []):
        if piece is None:
            lines.append([])
        else:
            lines[-1].append(piece)
    return [Row(text=Content().join(parts)) for parts in lines]


def _pieces(children: Sequence[Token]) -> Iterator[Content | None]:
    """Yield the pieces of inline text; None where a line ends."""
    styles: list[str] = []
    addresses: list[str] = []
    for token in children:
        style = " ".join(styles)
        kind, _, turn = token.type.rpartition("_")
        if token.type in ("softbreak", "hardbreak"):
            yield None
        elif token.type == "code_inline":
            sign = Content.styled("`", MUTED)
            code = f"{style} {ACCENT}".strip()
            yield Content.assemble(sign, line(token.content, code, limit=len(token.content)), sign)
        elif token.type == "image":
            yield line(token.content, style)
            yield _address(str(token.attrs.get("src", "")))
        elif token.type == "link_open":
            addresses.append(str(token.attrs.get("href", "")))
        elif token.type == "link_close":
            yield _address(addresses.pop())
        elif kind in _STYLES and turn == "open":
            styles.append(_STYLES[kind])
        elif kind in _STYLES and turn == "close":
            styles.remove(_STYLES[kind])
        elif token.content:
            yield line(token.content, style, limit=len(token.content))


def _address(address: str) -> Content:
    return line(f" ({address})", MUTED) if address else Content()
