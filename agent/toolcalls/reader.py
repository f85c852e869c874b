"""Read one JSON value as small models write it. Whole values only: nothing is ever closed.

Strict JSON reads exactly as ``json.loads`` reads it. Beyond that, and nothing else (specs of the
model servers, policy 2): Python literals (single quotes, True, None, tuples, sets), trailing
commas, invalid backslashes kept as they stand, ``\\n`` written out between tokens, over-escaped
quotes, a quote between two word characters, Gemma's ``<|"|>`` quotes, full-width punctuation
between tokens, and the one missing ``}`` of the outermost object.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from tagsmith.agent.toolcalls.model import Unreadable

MAX_DEPTH = 32  # flat schemas need three; the limit keeps hostile nesting off the stack
MAX_DIGITS = 30

_SPACE = re.compile(r"(?:[\s\ufeff]+|\\[nrt])*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"(?:true|false|null|True|False|None)(?!\w)")
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
_BARE_KEY = re.compile(r"[A-Za-z_][\w.-]*")
_BARE_VALUE = re.compile(r"[A-Za-z_][\w.-]*(?=\s*[,}\]])")
_ESCAPED_QUOTE = re.compile(r'(\\{1,7})"')
_UNICODE = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")
_PLAIN = {
    '"': re.compile(r'[^"\\\x00-\x08\x0b\x0c\x0e-\x1f]+'),
    "'": re.compile(r"[^'\\\x00-\x08\x0b\x0c\x0e-\x1f]+"),
    "”": re.compile(r"[^”\\\x00-\x08\x0b\x0c\x0e-\x1f]+"),
}
_JSON_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_QUOTES = {'"': '"', "'": "'", "“": "”"}
_MARKS = ('<|"|>', "<escape>")
# What may follow an object that lacks its last brace: the end, or the envelope's own end.
_ENDED = re.compile(r"\Z|```|</?[A-Za-z|\uff5c_]|<turn\|>|\[(?:/|END_)?TOOL_")


class Reader:
    """A position in a text, moved forward by each value that is read.

    ``bare`` also allows keys and words without quotes: the Gemma dialect. ``completed`` tells that
    the outermost object lacked its last brace.
    """

    def __init__(self, text: str, position: int = 0, *, bare: bool = False) -> None:
        self.text = text
        self.position = position
        self.bare = bare
        self.completed = False
        self._ended = True  # the last scalar ended for certain: a number may have gone on
        self._depth = 0

    def value(self) -> Any:
        """Return the value at the position. Raises Unreadable, with the place where it stopped."""
        self.skip()
        start = self.peek()
        self._ended = True
        if start == "{":
            return self._nested(self._object)
        if start == "[":
            return self._nested(self._array)
        if start == "(":
            return self._nested(self._tuple)
        if self._at_string():
            return self.string()
        return self._scalar()

    def skip(self) -> None:
        """Move past white space, real or written out as ``\\n``."""
        found = _SPACE.match(self.text, self.position)
        self.position = found.end() if found else self.position

    def peek(self) -> str:
        """Return the next character, or the empty string at the end."""
        return self.text[self.position : self.position + 1]

    def take(self, *wanted: str) -> bool:
        """Move past white space and one of these characters, if it is next."""
        self.skip()
        if self.peek() and self.peek() in wanted:
            self.position += 1
            return True
        return False

    def fail(self, expected: str) -> Unreadable:
        """Return the error for what was expected at the position."""
        if self.position >= len(self.text):
            return Unreadable(f"The text ends where {expected} is missing.", self.position)
        shown = self.text[self.position : self.position + 12]
        return Unreadable(f"Expected {expected} before {shown!r}.", self.position)

    def string(self) -> str:
        """Return the quoted string at the position."""
        self.skip()
        for mark in _MARKS:
            if self.text.startswith(mark, self.position):
                return self._marked(mark)
        escaped = _ESCAPED_QUOTE.match(self.text, self.position)
        if escaped:
            return self._over_escaped(escaped[1])
        raw = self.text.startswith(("r'", 'r"'), self.position)
        self.position += raw
        closing = _QUOTES.get(self.peek())
        if closing is None:
            raise self.fail("a quoted text")
        self.position += 1
        return self._quoted(closing, raw)

    def _nested(self, read: Any) -> Any:
        if self._depth >= MAX_DEPTH:
            raise Unreadable("The values are nested too deeply.", self.position)
        self._depth += 1
        value = read()
        self._depth -= 1
        self._ended = True
        return value

    def _at_string(self) -> bool:
        return (
            self.peek() in _QUOTES
            or self.text.startswith((*_MARKS, "r'", 'r"'), self.position)
            or _ESCAPED_QUOTE.match(self.text, self.position) is not None
        )

    def _object(self) -> Any:
        self.position += 1
        result: dict[str, Any] = {}
        while not self.take("}"):
            key = self._key()
            if not result and self._is_set():
                return [key, *self._items("}")]
            if not self.take(":", "\uff1a"):
                raise self.fail("':'")
            value = self.value()
            if key in result and result[key] != value:
                raise Unreadable(f"{key!r} is given twice.", self.position)
            result[key] = value
            if self.take(",", "\uff0c"):
                continue
            if not self.take("}"):
                self._complete()
            break
        return result

    def _complete(self) -> None:
        """Accept an object without its last brace: outermost, at the end, every value closed."""
        if self._depth != 1 or not self._ended or not _ENDED.match(self.text, self.position):
            raise self.fail("',' or '}'")
        self.completed = True

    def _key(self) -> str:
        bare = _BARE_KEY.match(self.text, self.position) if self.bare else None
        if bare:
            self.position = bare.end()
            return bare[0]
        return self.string()

    def _is_set(self) -> bool:
        """Tell whether a Python set has begun: a text that no colon follows."""
        self.skip()
        return self.peek() in (",", "}")

    def _array(self) -> list[Any]:
        self.position += 1
        return self._items("]", first=True)

    def _tuple(self) -> Any:
        self.position += 1
        items = self._items(")", first=True)
        comma = re.search(r",\s*\)\Z", self.text[max(0, self.position - 20) : self.position])
        return items[0] if len(items) == 1 and not comma else items

    def _items(self, closing: str, *, first: bool = False) -> list[Any]:
        items: list[Any] = []
        while True:
            if self.take(closing):
                return items
            if not first and not self.take(",", "\uff0c"):
                raise self.fail(f"',' or {closing!r}")
            if not first and self.take(closing):
                return items
            items.append(self.value())
            first = False

    def _scalar(self) -> Any:
        word = _WORD.match(self.text, self.position)
        if word:
            self.position = word.end()
            return _WORDS[word[0]]
        number = _NUMBER.match(self.text, self.position)
        if number:
            return self._number(number[0])
        bare = _BARE_VALUE.match(self.text, self.position) if self.bare else None
        if bare:
            self.position = bare.end()
            return bare[0]
        raise self.fail("a value")

    def _number(self, digits: str) -> int | float:
        start = self.position
        self.position += len(digits)
        if len(digits) > MAX_DIGITS or re.match(r"[\w.]", self.peek() or " "):
            raise Unreadable("That is no number.", start)
        value = int(digits) if re.fullmatch(r"-?\d+", digits) else float(digits)
        if not math.isfinite(value):
            raise Unreadable("That number is too large.", start)
        self._ended = self.peek().isspace()
        return value

    def _marked(self, mark: str) -> str:
        start = self.position + len(mark)
        end = self.text.find(mark, start)
        if end < 0:
            raise Unreadable("A text is not closed.", len(self.text))
        self.position = end + len(mark)
        return self.text[start:end]

    def _over_escaped(self, slashes: str) -> str:
        """Read a text whose quotes carry one or more backslashes too many."""
        start = self.position + len(slashes) + 1
        closing = re.compile(rf'(?<!\\)\\{{{len(slashes)}}}"').search(self.text, start)
        if not closing:
            raise Unreadable("A text is not closed.", len(self.text))
        body = self.text[start : closing.start()]
        self.position = closing.end()
        for _ in range((len(slashes) + 1).bit_length() - 1):
            body = re.sub(r'\\(["\\])', r"\1", body)
        inner = Reader(f'"{body}"')
        value = inner.string()
        if inner.position != len(inner.text):
            raise Unreadable("The quotes do not match.", start)
        return value

    def _quoted(self, closing: str, raw: bool) -> str:
        parts: list[str] = []
        start = self.position
        while True:
            plain = _PLAIN[closing].match(self.text, self.position)
            if plain:
                parts.append(plain[0])
                self.position = plain.end()
            here = self.peek()
            if here == "\\":
                parts.append(self._escape(closing, raw))
            elif here == closing and self.position > start and self._between_words():
                parts.append(closing)
                self.position += 1
            elif here == closing:
                self.position += 1
                return "".join(parts)
            else:
                reason = (
                    "A text is not closed." if not here else "A text holds a control character."
                )
                raise Unreadable(reason, self.position)

    def _between_words(self) -> bool:
        """Tell whether the quote stands between two word characters, where none can close."""
        before, after = self.text[self.position - 1], self.text[self.position + 1 :][:1]
        return before.isalnum() and after.isalnum()

    def _escape(self, closing: str, raw: bool) -> str:
        r"""Read one escape. One that is not valid keeps its backslash: ``\(`` is part of a tag."""
        code = self.text[self.position + 1 : self.position + 2]
        unicode = None if raw else _UNICODE.match(self.text, self.position)
        if unicode:
            self.position = unicode.end()
            decoded = str(json.loads(f'"{unicode[0]}"'))
            if any("\ud800" <= one <= "\udfff" for one in decoded):
                raise Unreadable("A text holds half a character.", self.position)
            return decoded
        self.position += 2
        if not code:
            raise Unreadable("A text is not closed.", len(self.text))
        if raw:
            return "\\" + code
        if code in ('"', "'", "\\", closing) or (code == "/" and closing != "'"):
            return code
        return _JSON_ESCAPES.get(code, "\\" + code)
