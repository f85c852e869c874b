"""The one sanitiser: text from files, models and servers becomes something safe to show.

Everything that did not come from this program's own source goes through here on its way to a
widget (``line``, ``block``: ``Content``, never markup) or to stdout (``plain``). What could steer
a terminal, reorder a line or hide inside it becomes a visible escape such as ``\\x1b``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tagsmith.tui.language import say

if TYPE_CHECKING:
    from textual.content import Content

LINE_LIMIT = 400
BLOCK_LIMIT = 20_000
TAB = "    "

# C0 without newline and tab, DEL, C1; soft hyphen, grapheme joiner, Arabic letter mark, Hangul
# fillers, Khmer inherent vowels, Mongolian selectors; zero-width, bidi marks, embeddings, isolates
# and deprecated format characters; line and paragraph separators; variation selectors; BOM,
# interlinear anchors; noncharacters; lone surrogates; shorthand and musical format controls; the
# tag block; the selectors supplement (Unicode 15.1, Default_Ignorable_Code_Point and Cc, Zl, Zp).
_HOSTILE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\uffa0\ufe00-\ufe0e\ufeff\ufff0-\ufffb\ufdd0-\ufdef\ufffe\uffff"
    "\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_COMBINING = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_MAX_COMBINING = 4

# Behind an emoji, its own selector is part of the picture; anywhere else it hides.
_STRAY_SELECTOR = "(?<![\u203c-\u3299\U0001f000-\U0001faff])\ufe0f"
_UNSAFE = re.compile(f"[{_HOSTILE}]|{_STRAY_SELECTOR}")
_UNSAFE_IN_LINE = re.compile(f"[\n\t{_HOSTILE}]|{_STRAY_SELECTOR}")
_STACKED = re.compile(f"(?<=[{_COMBINING}]{{{_MAX_COMBINING}}})[{_COMBINING}]+")
_NEWLINES = re.compile("\r\n?")


def plain(text: str, *, limit: int = BLOCK_LIMIT) -> str:
    """Return text that is safe on a terminal; newlines stay, tabs become spaces."""
    return "".join(piece for piece, _ in _pieces(text, limit, lines=True))


def one_line(text: str, *, limit: int = LINE_LIMIT) -> str:
    """Return text that is safe on a terminal and stays on one line: ``\\n`` is shown as such."""
    return "".join(piece for piece, _ in _pieces(text, limit, lines=False))


def block(text: str, style: str = "", *, limit: int = BLOCK_LIMIT) -> Content:
    """Return foreign text of any number of lines as Content; escapes are drawn in reverse."""
    return _content(_pieces(text, limit, lines=True), style)


def line(text: str, style: str = "", *, limit: int = LINE_LIMIT) -> Content:
    """Return foreign text as Content of one line; escapes are drawn in reverse."""
    return _content(_pieces(text, limit, lines=False), style)


def one_to_one(text: str) -> str:
    """Return a line of the same length in which every unsafe character is one visible one.

    For editors, whose cursor counts characters: C0 becomes its control picture, others U+FFFD.
    """
    return _UNSAFE_IN_LINE.sub(lambda match: _picture(match[0]), text)


def is_clean(text: str) -> bool:
    """Tell whether text would be shown on one line just as it is."""
    return one_line(text, limit=len(text)) == text


def hidden(text: str) -> int:
    """Return how many characters of a text are shown as escapes: unseen, or steering, as they are.

    Line ends and tabs do not count.
    """
    return sum(1 for _ in _UNSAFE.finditer(_NEWLINES.sub("\n", text)))


def _picture(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def _pieces(text: str, limit: int, *, lines: bool) -> list[tuple[str, bool]]:
    """Cut text into pieces that are shown as they are (False) and escapes (True)."""
    left_out = len(text) - limit
    text = text[:limit]
    if lines:
        text = _NEWLINES.sub("\n", text).replace("\t", TAB)
    pattern = _UNSAFE if lines else _UNSAFE_IN_LINE
    pieces: list[tuple[str, bool]] = []
    start = 0
    for match in pattern.finditer(text):
        pieces += ((text[start : match.start()], False), (_escape(match[0]), True))
        start = match.end()
    pieces.append((text[start:], False))
    pieces = [piece for shown in pieces for piece in _flatten(shown) if piece[0]]
    if left_out > 0:
        pieces.append((say(" … {n:,} more characters", n=left_out), True))
    return pieces


def _flatten(piece: tuple[str, bool]) -> list[tuple[str, bool]]:
    """Count, instead of showing, combining marks beyond the fourth on one character."""
    text, escaped = piece
    if escaped or text.isascii():
        return [piece]
    pieces: list[tuple[str, bool]] = []
    start = 0
    for match in _STACKED.finditer(text):
        marks = len(match[0])
        pieces += (
            (text[start : match.start()], False),
            (say("[+{marks} marks]", marks=marks), True),
        )
        start = match.end()
    return [*pieces, (text[start:], False)]


def _escape(char: str) -> str:
    code = ord(char)
    if char in "\n\t\r":
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}[char]
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code & 0xFF:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _content(pieces: list[tuple[str, bool]], style: str) -> Content:
    from textual.content import Content

    parts = [(piece, f"{style} reverse".strip() if foreign else style) for piece, foreign in pieces]
    return Content.assemble(*parts, strip_control_codes=False)
