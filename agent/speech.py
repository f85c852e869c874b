"""What of a streamed answer people see while it comes: words, but no thoughts and no calls.

Local models write calls and thoughts into their text in a dozen dialects. What could begin one is
held back until the answer is whole; only then it is known whether it was one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tagsmith.agent.toolcalls.thinking import spoken

# Whatever the dialects of agent/toolcalls begin with; a lone character at the end may become one.
_OPENERS = r"<[A-Za-z/|\uff5c!]|\[[A-Z/]|\{|```|◁|✿|>>>|\]<\]|to=functions"
_LINE_STARTS = ("functions.", "functools", "Action:", "**Action:", "call:")
_MAY_BECOME = r"[<\[`]\Z|``\Z"
_THOUGHTS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<seed:think>", "</seed:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
)


class Speech:
    """The words of one answer, piece by piece; ``tools`` are names that begin a call on a line."""

    def __init__(self, tools: Iterable[str]) -> None:
        known = (*tools, *_LINE_STARTS)
        starts = "|".join(re.escape(one[:end]) for one in known for end in range(1, len(one) + 1))
        names = "|".join(re.escape(one) + r"(?!\w)" * one[-1].isalnum() for one in known)
        self._doubt = re.compile(
            rf"{_MAY_BECOME}|^[ \t]*(?:{starts})\Z|{_OPENERS}|^[ \t]*(?:{names})",
            re.MULTILINE,
        )
        self._text = ""
        self._at = 0
        self._searched = 0
        self._shown: list[str] = []

    @property
    def shown(self) -> str:
        """Return what was shown so far."""
        return "".join(self._shown)

    def feed(self, piece: str) -> str:
        """Take in a piece of the answer; return what may be shown now."""
        self._text += piece
        pieces = []
        while True:
            found = self._doubt.search(self._text, self._at)
            end = found.start() if found else len(self._text)
            pieces.append(self._text[self._at : end])
            self._at = end
            if found is None or not self._skipped_thought():
                break
        return self._show("".join(pieces))

    def finish(self, *, keep: bool) -> str:
        """End the answer; with ``keep``, return what was held back after all: it was no call."""
        if not keep:
            return ""
        whole, before = spoken(self._text).text, self.shown
        rest = (
            whole[len(before) :]
            if whole.startswith(before)
            else spoken(self._text[self._at :]).text
        )
        return self._show(rest.rstrip())

    def _show(self, text: str) -> str:
        if not self._shown:
            text = text.lstrip()
        if text:
            self._shown.append(text)
        return text

    def _skipped_thought(self) -> bool:
        """Skip a thought that has ended; False where the text from here on waits."""
        for opening, closing in _THOUGHTS:
            if self._text.startswith(opening, self._at):
                return self._skip_to(closing)
        return False

    def _skip_to(self, closing: str) -> bool:
        end = self._text.find(closing, max(self._at, self._searched))
        if end < 0:
            self._searched = max(self._at, len(self._text) - len(closing))
            return False
        self._at = end + len(closing)
        return True
