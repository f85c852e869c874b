"""A message as sentences of tokens; the text itself is kept, so that tags come out verbatim."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache


class Kind(Enum):
    """What a token looks like, before any lexicon is asked."""

    WORD = auto()
    NUMBER = auto()
    QUOTED = auto()
    PATTERN = auto()
    QUERY = auto()
    ARROW = auto()
    COMMA = auto()
    SEMICOLON = auto()
    MARK = auto()
    CLITIC = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the message: ``text`` as written (unquoted), ``fold`` as lexicons know it."""

    text: str
    fold: str
    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """The tokens of one sentence of ``source``; ``asking`` when it carries a question mark."""

    source: str
    tokens: tuple[Token, ...]
    asking: bool

    def slice(self, first: int, last: int) -> str:
        """Return the source text of the tokens ``first`` up to but not including ``last``."""
        return self.source[self.tokens[first].start : self.tokens[last - 1].end]

    @property
    def text(self) -> str:
        """The sentence as written."""
        return self.slice(0, len(self.tokens)) if self.tokens else ""


# A single quote opens a quotation only at the start of a word and closes it only at the end of
# one, so that "don't" and "dogs'" stay words.
_TOKEN = re.compile(
    r"""
    (?P<quoted> "[^"\n]+" | “[^”\n]+” | «[^»\n]+» | `[^`\n]+` | „[^“\n]+“
              | (?<!\w)'[^'\n]+(?:(?<=\w)'(?=\w)[^'\n]+)*'(?!\w)
              | (?<!\w)\u2018[^\u2019\n]+\u2019(?!\w) )
  | (?P<query> (?<![\w*]) (?:tags|name|folder|width|height|chars|lines|captioned|caption|re)
               :(?: "[^"\n]*" | /[^/\n]*/ | [^\s,;"/?!]+ ) )
  | (?P<arrow> [-=~|]{1,4}>+ | (?<=\s)>{1,3}(?=\s) | [→⇒⟶➜➔➝↦] | ➡\ufe0f? | »(?=\s) )
  | (?P<fraction> (?<![\w.,)\]])\.\d+(?![\w.]) )
  | (?P<word> (?: (?<!\w)\?(?=\w) | \*+ )? \w (?: [\w*] | [.\-'\u2019?](?=[\w*]) )* )
  | (?P<stop> \.{2,} | … | [.!?\n]+ )
  | (?P<comma> [,、\uFF0C] | [\u2013—] | (?<=\s)-(?=\s) )
  | (?P<semicolon> ; )
  | (?P<mark> \S )
    """,
    re.VERBOSE,
)
_QUOTED = re.compile(r"""("[^"\n]*"|“[^”\n]*”|«[^»\n]*»|`[^`\n]*`)""")
_KINDS = {
    "quoted": Kind.QUOTED,
    "query": Kind.QUERY,
    "arrow": Kind.ARROW,
    "comma": Kind.COMMA,
    "semicolon": Kind.SEMICOLON,
    "mark": Kind.MARK,
}


@lru_cache(maxsize=1 << 14)
def fold(text: str) -> str:
    """Return the text without case and accents: how a lexicon stores and looks up its words."""
    plain = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold()
    if plain.isascii():
        return plain
    parts = unicodedata.normalize("NFD", plain)
    return "".join(char for char in parts if not unicodedata.combining(char))


def composed(text: str) -> str:
    """Return the text with composed accents, as lexicons have them; quotations stay as typed."""
    if text.isascii():
        return text
    pieces = _QUOTED.split(text)
    pieces[::2] = [unicodedata.normalize("NFC", piece) for piece in pieces[::2]]
    return "".join(pieces)


def sentences(text: str) -> list[Sentence]:
    """Split a message into its sentences; full stops inside words and quotes do not end one."""
    found: list[Sentence] = []
    tokens: list[Token] = []
    asking = False
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "stop":
            asking = asking or "?" in match[0]
            if tokens:
                found.append(Sentence(text, tuple(tokens), asking))
            tokens, asking = [], False
        elif match[0] in "¿¡":
            asking = asking or match[0] == "¿"
        else:
            tokens.append(_token(match))
    if tokens:
        found.append(Sentence(text, tuple(tokens), asking))
    return found


def _token(match: re.Match[str]) -> Token:
    text, group = match[0], str(match.lastgroup)
    if group == "quoted":
        inner = text[1:-1].strip()
        return Token(inner, fold(inner), Kind.QUOTED, match.start(), match.end())
    kind = _KINDS.get(group, Kind.WORD)
    if kind is Kind.WORD:
        if "*" in text or "?" in text:
            kind = Kind.PATTERN
        elif text.isdecimal():
            kind = Kind.NUMBER
    return Token(text, fold(text), kind, match.start(), match.end())
