"""What the line could continue with: commands after ``/``, tags, and images after ``@``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tagsmith.tools.tags import Vocabulary, key
from tagsmith.tui.text import is_clean

MOST = 50
WORDS_OF_A_TAG = 4

_LAST_WORDS = re.compile(r"\S+(?:\s+\S+)*$")


@dataclass(frozen=True, slots=True)
class Completion:
    """Replace the line's last ``length`` characters by ``text``; ``note`` says what it is."""

    length: int
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What there is to complete: commands and what they do, tags, names of images."""

    commands: Mapping[str, str] = field(default_factory=dict)
    vocabulary: Vocabulary | None = None
    images: Sequence[str] = ()


def complete(before: str, source: Source) -> list[Completion]:
    """Return what the text before the cursor could become, the likeliest first.

    Names and tags with characters that a terminal should not get are never offered.
    """
    if before.startswith("/") and " " not in before:
        return _commands(before[1:], source.commands)
    last_line = before.rpartition("\n")[2]
    at = last_line.rfind("@")
    if at >= 0:
        typed = last_line[at + 1 :]
        tags = _tags(typed, len(typed) + 1, source.vocabulary)
        return (tags + _images(typed, source.images))[:MOST]
    for typed in _endings(last_line):
        if found := _tags(typed, len(typed), source.vocabulary):
            return found
    return []


def common_prefix(completions: Iterable[Completion]) -> str:
    """Return what all completions begin with."""
    return common_start([one.text for one in completions])


def common_start(texts: Sequence[str]) -> str:
    """Return what all texts begin with; empty where there are none."""
    if not texts:
        return ""
    first, last = min(texts), max(texts)
    for index, char in enumerate(first):
        if last[index : index + 1] != char:
            return first[:index]
    return first


def _commands(typed: str, commands: Mapping[str, str]) -> list[Completion]:
    wanted = typed.replace("-", "_")
    return [
        Completion(len(typed), f"{name} ", does)
        for name, does in commands.items()
        if name.startswith(wanted)
    ]


def _endings(text: str) -> list[str]:
    """Return the last words of a text, the longest ending first, without quotes and commas."""
    start = max(text.rfind(mark) for mark in ",\"'()") + 1
    match = _LAST_WORDS.search(text[start:])
    if match is None or text.endswith((" ", ",")):
        return []
    starts = [one.start() for one in re.finditer(r"\S+", match[0])]
    return [match[0][begin:] for begin in starts[-WORDS_OF_A_TAG:]]


def _tags(typed: str, length: int, vocabulary: Vocabulary | None) -> list[Completion]:
    if vocabulary is None or not typed.strip():
        return []
    wanted = key(typed)
    found = [name for name in vocabulary.counts if name.startswith(wanted)]
    found.sort(key=lambda name: (-vocabulary.counts[name], name))
    shown = [(vocabulary.spelling(name), vocabulary.counts[name]) for name in found[:MOST]]
    return [Completion(length, tag, f"{count:,}") for tag, count in shown if is_clean(tag)]


def _images(typed: str, images: Sequence[str]) -> list[Completion]:
    found: list[Completion] = []
    for name in images:
        if name.startswith(typed) and is_clean(name):
            found.append(Completion(len(typed) + 1, name, "image"))
            if len(found) == MOST:
                break
    return found
