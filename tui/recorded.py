"""What sessions record in English, in the words of the interface."""

from __future__ import annotations

from tagsmith.tui.language import many

_FILES = ("file", "files")


def files(text: str) -> str:
    """Return how many files a plan wrote, recorded as ``1,234 files``; other text as it is."""
    number, _, noun = text.partition(" ")
    digits = number.replace(",", "")
    if noun not in _FILES or not digits.isdecimal():
        return text
    return many(int(digits), "{n} file", "{n} files")
