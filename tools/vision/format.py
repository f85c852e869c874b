"""How labels are written as tags: the way the dataset's own captions are written.

Labels are Danbooru's (``long_hair``, ``saber_(fate)``). Spaces are what most captions use and the
default; underscores and escaped brackets are written only where the dataset writes them. Kaomoji
keep their underscores always (tools/tags.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from tagsmith.tools.line import split_protected
from tagsmith.tools.tags import KAOMOJI, Vocabulary, key

_BARE = re.compile(r"(?<!\\)[()]")
# name_(costume)_(series): the last brackets hold the series.
_SERIES = re.compile(r"(?P<name>.+?)[_ ]\((?P<series>[^()]+)\)")
_UNWRITABLE = ("\n", "\r", "\0", "\ufeff")


@dataclass(frozen=True, slots=True)
class Style:
    """Whether tags are written with underscores, and with ``\\(`` for ``(``."""

    underscores: bool = False
    escaped: bool = False


def style_of(vocabulary: Vocabulary, default: Style | None = None) -> Style:
    """Return the style of the captions: each question is decided by the more frequent habit.

    Where no tag answers a question, ``default`` does (spaces, bare brackets).
    """
    usual = default or Style()
    underscores = spaces = escaped = bare = 0
    for tag_key, number in vocabulary.counts.items():
        if tag_key in KAOMOJI:
            continue
        spelling = vocabulary.spelling(tag_key)
        underscores += number * ("_" in spelling.strip("_"))
        spaces += number * (" " in spelling)
        escaped += number * ("\\(" in spelling)
        bare += number * ("(" in spelling and "\\(" not in spelling)
    return Style(
        underscores > spaces if underscores or spaces else usual.underscores,
        escaped > bare if escaped or bare else usual.escaped,
    )


def writable(tag: str) -> bool:
    """Tell whether a tag would be read back as this one tag: not if it holds a comma, say."""
    clean = bool(tag) and not any(mark in tag for mark in _UNWRITABLE)
    return clean and len(split_protected(tag)) == 1


@lru_cache(maxsize=1 << 16)
def written(label: str, style: Style) -> str:
    """Return a label as a tag of this style."""
    tag = label.strip()
    if key(tag) in KAOMOJI:
        return tag
    old, new = (" ", "_") if style.underscores else ("_", " ")
    # A tag of nothing but underscores stays itself.
    tag = tag.replace(old, new).strip() or tag
    return _BARE.sub(r"\\\g<0>", tag) if style.escaped else tag


def split_character(label: str, series: Sequence[str] = ()) -> tuple[str, ...]:
    """Return a character's name without its series, then the series.

    ``series`` is what the model itself says; without it the label's last brackets are taken:
    ``saber_(maid)_(fate)`` is ``saber_(maid)`` and ``fate``.
    """
    found = None if key(label) in KAOMOJI else _SERIES.fullmatch(label.strip())
    if series:
        known = {key(one) for one in series}
        bare = found["name"] if found and key(found["series"]) in known else label
        return (bare, *series)
    return (found["name"], found["series"]) if found else (label,)


@dataclass(frozen=True, slots=True)
class Writer:
    """Turns labels into tags: split, renamed (by key), in a style. Unwritable ones become none."""

    style: Style = field(default_factory=Style)
    rename: Mapping[str, str] = field(default_factory=dict)
    split: bool = False

    def tags(self, label: str, category: str, series: Sequence[str] = ()) -> list[str]:
        """Return the tags that a label is written as."""
        parts: tuple[str, ...] = (label,)
        if self.split and category == "character":
            parts = split_character(label, series)
        named = (self.rename.get(key(part)) or written(part, self.style) for part in parts)
        return [tag for tag in named if writable(tag)]
