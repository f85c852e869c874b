"""Telling by whole words whether a tag is of a kind: never by parts of words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from tagsmith.tools.tags import key

# Grave, acute, tilde, diaeresis: what Spanish writes. Japanese's sound marks are letters.
_MARKS = frozenset("\u0300\u0301\u0303\u0308")
_QUALIFIER = re.compile(r"(.+) \(([^()]+)\)$")


def words_of(tag_key: str) -> list[str]:
    """Return the words of a key, without a qualifier in brackets at its end."""
    return split_qualifier(tag_key)[0].split(" ")


def split_qualifier(tag_key: str) -> tuple[str, str]:
    """Return ``saber (fate)`` as ``saber`` and ``fate``; the second is empty where none stands."""
    match = _QUALIFIER.match(tag_key) if tag_key.endswith(")") else None
    return (match[1], match[2]) if match else (tag_key, "")


@dataclass(frozen=True, slots=True)
class Kind:
    """Tags of one kind: whole keys, last words, first words, qualifiers; and what is none.

    ``family`` is that of a group of traits, empty for a plain list.
    """

    name: str
    exact: frozenset[str]
    heads: frozenset[str] = frozenset()
    starts: frozenset[str] = frozenset()
    qualifiers: frozenset[str] = frozenset()
    excepted: frozenset[str] = frozenset()
    family: str = ""
    reason: str = ""
    source: str = ""

    def __contains__(self, tag_key: str) -> bool:
        if tag_key in self.exact:
            return True
        if tag_key in self.excepted:
            return False
        return self.begins(tag_key) or self.ends(tag_key)

    def begins(self, tag_key: str) -> bool:
        """Tell whether it begins with words that only this kind begins with, and goes on."""
        if not self.starts:
            return False
        return any(
            tag_key.startswith(start if start.endswith(":") else f"{start} ")
            for start in self.starts
        )

    def ends(self, tag_key: str) -> bool:
        """Tell whether its last words, or its qualifier, are of this kind."""
        bare, qualifier = split_qualifier(tag_key)
        if qualifier and qualifier in self.qualifiers:
            return True
        return bool(self.heads) and any(end in self.heads for end in endings(bare))


def endings(tag_key: str) -> Iterable[str]:
    """Yield the last three words, the last two, the last one."""
    words = tag_key.split(" ")
    for number in range(max(0, len(words) - 3), len(words)):
        yield " ".join(words[number:])


def keys(tags: Iterable[str]) -> frozenset[str]:
    """Return the keys of tags."""
    return frozenset(map(key, tags))


def unaccented(text: str) -> str:
    """Return a text without the marks on its letters: ``arbol`` for ``árbol``."""
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(one for one in parts if one not in _MARKS))
