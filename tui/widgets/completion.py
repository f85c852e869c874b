"""What the line could continue with: commands and their arguments, tags, and images after ``@``."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tagsmith.tools.tags import Vocabulary, key
from tagsmith.tui.language import say
from tagsmith.tui.names import Names
from tagsmith.tui.text import is_clean

MOST = 50
WORDS_OF_A_TAG = 4

_LAST_WORDS = re.compile(r"\S+(?:\s+\S+)*$")
_AT = re.compile(r"(?:^|(?<=[\s,;(]))@([^@\n]*)$")
_QUOTES = (('"', '"'), ("`", "`"), ("«", "»"), ("“", "”"))


@dataclass(frozen=True, slots=True)
class Completion:
    """Replace the line's last ``length`` characters by ``text``; ``note`` says what it is."""

    length: int
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What there is to complete: commands and what they do, tags, names of images.

    ``values`` are the words that commands take which are no tools.
    """

    commands: Mapping[str, str] = field(default_factory=dict)
    vocabulary: Vocabulary | None = None
    names: Names = field(default_factory=Names)
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)


def complete(before: str, source: Source) -> list[Completion]:
    """Return what the text before the cursor could become, the likeliest first.

    Names and tags with characters that a terminal should not get are never offered.
    """
    if before.startswith("/") and " " not in before:
        return _commands(before[1:], source.commands)
    if (typed := mention(before)) is not None:
        return _mentions(typed, source, command=before if before.startswith("/") else "")
    if before.startswith("/"):
        return _arguments(before, source)
    return _words(before.rpartition("\n")[2], source.vocabulary)


def mention(before: str) -> str | None:
    """Return what was typed after an ``@`` that begins a word; None where there is none."""
    found = _AT.search(before.rpartition("\n")[2])
    return found[1] if found else None


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


# How engines and queries read a name


def quoted_tag(tag: str) -> str:
    """Write a tag so that an engine takes it for exactly that one."""
    return next((f"{a}{tag}{b}" for a, b in _QUOTES if a not in tag and b not in tag), tag)


# Kinds of completions


def _commands(typed: str, commands: Mapping[str, str]) -> list[Completion]:
    wanted = typed.replace("-", "_").lower()
    begin = [name for name in commands if name.startswith(wanted)]
    hold = [name for name in commands if wanted in name[1:]] if len(wanted) > 1 else []
    found = dict.fromkeys(begin + hold)
    return [Completion(len(typed), f"{name} ", say(commands[name])) for name in found]


def _mentions(typed: str, source: Source, *, command: str = "") -> list[Completion]:
    """Complete what an ``@`` begins, in words or in a ``command``."""
    found = _tags(typed, len(typed) + 1, source.vocabulary)
    tags = [
        _as_argument(one, in_query=_asks_where(command)) if command else _quoted(one)
        for one in found
    ]
    images = (image_offer(name, typed, source) for name in source.names.holding(typed))
    shown = [one for one in images if one]
    if command:
        shown = [Completion(one.length, shlex.quote(one.text), one.note) for one in shown]
    return (tags + shown)[:MOST]


def _quoted(one: Completion) -> Completion:
    return Completion(one.length, quoted_tag(one.text), one.note)


def _asks_where(command: str) -> bool:
    return re.findall(r"(?<!\S)--([\w-]+)", command)[-1:] == ["where"]


def image_offer(name: str, typed: str, source: Source) -> Completion | None:
    """Return a mention of an image in place of what was typed; None where none can be written."""
    term = source.names.term(name)
    return Completion(len(typed) + 1, term, say("image")) if term else None


def _words(text: str, vocabulary: Vocabulary | None) -> list[Completion]:
    for typed in _endings(text):
        if found := _tags(typed, len(typed), vocabulary):
            return found
    return []


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
    counts = vocabulary.counts
    found = [name for name in counts if name.startswith(wanted)]
    found.sort(key=lambda name: (-counts[name], name))
    if len(found) < MOST:
        hold = [name for name in counts if wanted in name and not name.startswith(wanted)]
        found += sorted(hold, key=lambda name: (-counts[name], name))
    shown = [(vocabulary.spelling(name), counts[name]) for name in found[:MOST]]
    return [Completion(length, tag, f"{count:,}") for tag, count in shown if is_clean(tag)]


# Arguments of commands


def _arguments(before: str, source: Source) -> list[Completion]:
    """Complete the name of an argument, one of its choices, or a tag."""
    name, _, rest = before[1:].partition(" ")
    word = rest.rpartition(" ")[2]
    if name in source.values:
        return _choices(word, source.values[name])
    properties, required = _schema(name)
    if properties is None:
        return []
    given = re.findall(r"(?<!\S)--([\w-]+)", rest)
    if word.startswith("--") and "=" not in word:
        return _options(word, properties, [one.replace("-", "_") for one in given[:-1]])
    current = given[-1].replace("-", "_") if given else (required or [*properties][:1] or [""])[0]
    definition = properties.get(current, {})
    if choices := _enumerated(definition):
        return _choices(word, choices)
    if definition.get("type") in ("integer", "number", "boolean"):
        return []
    found = _words(rest, source.vocabulary)
    return [_as_argument(one, in_query=current == "where") for one in found]


def _schema(name: str) -> tuple[dict[str, Any] | None, list[str]]:
    from tagsmith.tools import toolbox

    tool = toolbox.tools().get(name.replace("-", "_").lower())
    if tool is None:
        return None, []
    schema = tool.parameters()
    return dict(schema["properties"]), list(schema["required"])


def _options(word: str, properties: Mapping[str, Any], given: list[str]) -> list[Completion]:
    typed = word[2:].replace("-", "_")
    return [
        Completion(len(word), f"--{name} ", str(one.get("description", "")))
        for name, one in properties.items()
        if name.startswith(typed) and name not in given
    ]


def _enumerated(definition: Mapping[str, Any]) -> list[str]:
    """Return the few values that an argument can have; none where they are many."""
    parts = [definition, *definition.get("anyOf", ()), definition.get("items", {})]
    return [str(value) for part in parts for value in part.get("enum", ())]


def _choices(word: str, choices: Iterable[str]) -> list[Completion]:
    return [Completion(len(word), f"{one} ") for one in choices if one.startswith(word)]


def _as_argument(one: Completion, *, in_query: bool) -> Completion:
    """Write a tag as a word of a command, which is split as a shell does it."""
    from tagsmith.tools.query import quote

    text = quote(one.text) if in_query else one.text
    if set(text) & set("'\"\\"):
        text = shlex.quote(text)
    return Completion(one.length, text, one.note)
