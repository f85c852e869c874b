"""Prompts become tags, or prose: without weights, LoRA calls and the other words for the machine.

What is left is always text of the prompt itself, in its order. The syntaxes are those of A1111
(``(x:1.2)``, ``[x]``, ``[from:to:0.5]``, ``\\(``, ``BREAK``, ``AND``), which ComfyUI and most
others share, of NovelAI (``{x}``, ``1.2::x::``; round brackets are text) and of InvokeAI
(``(x)1.2``, ``x++``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tagsmith.tools.line import split_protected
from tagsmith.tools.metadata.bounded import printable
from tagsmith.tools.metadata.found import Syntax
from tagsmith.tools.prose import reads_as_prose
from tagsmith.tools.tags import KAOMOJI, key, unique

# Longer prompts are not typed by people; longer tags are sentences.
MAX_PROMPT = 1 << 16
MAX_TAG = 128
# Each pass removes one layer of what only shows once another is gone: ``BR(EA)K``.
_PASSES = 16
# Stands where a choice was that the file does not tell (a Unicode noncharacter).
_CHOICE = "\ufdd0"

# <lora:name:0.8>, <hypernet:name:1>, SwarmUI's <segment:face> and <random:a|b>.
_CALL = re.compile(r"<(?P<name>[A-Za-z]\w{0,30})(?:\[[^\][<>]{0,200}\])?:[^<>]{0,500}>")
_CHOOSING = frozenset({"random", "wildcard", "wc", "alternate", "alt", "setvar", "var"})
_EMBEDDING = re.compile(r"(?<!\w)embedding:[^\s,()\[\]{}:]{1,200}", re.IGNORECASE)
_WILDCARD = re.compile(r"__(?=[A-Za-z0-9])[A-Za-z0-9_/*.-]{1,200}?__")
_KEYWORD = re.compile(r"(?<!\w)(?:BREAK|AND|ADDBASE|ADDCOMM|ADDROW|ADDCOL)(?!\w)")
_AND = re.compile(r"(?<!\w)AND(?!\w)")
_AND_WEIGHT = re.compile(r"(?:\s*:\s*-?\d{0,4}\.?\d{1,6})+\s*(?=,|\n|\Z)")
_NOVELAI_WEIGHT = re.compile(r"(?<![\w.])-?\d{0,4}\.?\d{1,6}::|::")
_INVOKE_BLEND = re.compile(r"\.(?:and|blend|swap)\([^()]{0,200}\)")
_INVOKE_WEIGHT = re.compile(r"(?<=[\w)])(?:\+{1,10}|-{2,10})(?=[\s,)]|\Z)")
# ``:)`` where it stands as a word, so that its bracket is none.
_SMILE = re.compile(r"(?:(?<=[\s,(])|(?<=\A))(>?[:;=]'?-?)([()])(?=\s*(?:,|\n|\Z))")
_TOKEN = re.compile(r"\\[()\[\]{}\\]|[()\[\]{}|]")
_WEIGHT = re.compile(r"\s*:\s*[+-]?(?:\d{1,6}\.?\d{0,6}|\.\d{1,6})\s*\Z")
_AFTER_WEIGHT = re.compile(r"(?:[+-]{1,10}|\d{1,4}(?:\.\d{1,6})?)(?=[\s,)]|\Z)")
# What may follow ``name (series)``.
_ENDS = re.compile(r"[ \t]*(?:[,:\n)\]}]|\Z)")
_NUMBER = re.compile(r"[:\s]*-?\d*\.\d+:*")
_ESCAPED = re.compile(r"\\([()\[\]{}])")
_COMMAS = re.compile("[,\uff0c\n]")  # the second is the full-width comma
_SPACES = re.compile(r"\s+")
_PAIRS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The tags of a prompt, unescaped, once each; ``sentences`` were not cut into tags.

    ``choices`` are the pieces left out because they hold a choice (``{red|blue} hair``,
    ``__colour__``) whose outcome the file does not tell, ``long`` those over ``MAX_TAG``, or the
    prompt itself over ``MAX_PROMPT``.
    """

    tags: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    choices: int = 0
    long: int = 0


def to_tags(prompt: str, syntax: Syntax = "brackets") -> Cleaned:
    """Return the tags of a prompt. Lines that read as sentences are kept apart, whole."""
    bare = canonical(prompt, syntax)
    tags: list[str] = []
    sentences: list[str] = []
    choices, long = 0, int(len(prompt) > MAX_PROMPT)
    for line in bare.split("\n"):
        plain = _ESCAPED.sub(r"\1", line)
        if reads_as_prose(plain) and _CHOICE not in line:
            sentences.append(plain.strip())
            continue
        for piece in _pieces(line):
            if _CHOICE in piece:
                choices += 1
            elif len(piece) > MAX_TAG:
                long += 1
            elif _is_tag(piece):
                tags.append(_ESCAPED.sub(r"\1", piece))
    return Cleaned(tuple(unique(tags)), tuple(sentences), choices, long)


def to_prose(prompt: str, syntax: Syntax = "brackets") -> str:
    """Return a prompt as one line of text; empty where it holds a choice, or nothing else."""
    bare = canonical(prompt, syntax)
    if _CHOICE in bare:
        return ""
    plain = _SPACES.sub(" ", _ESCAPED.sub(r"\1", bare))
    plain = re.sub(r" ?,(?: ?,)+", ",", plain)
    return re.sub(r" (?=,)", "", plain).strip(" ,")


def has_choice(prompt: str, syntax: Syntax = "brackets") -> bool:
    """Tell whether a prompt holds a choice whose outcome the file does not tell."""
    return _CHOICE in canonical(prompt, syntax)


def canonical(prompt: str, syntax: Syntax = "brackets") -> str:
    """Return a prompt without syntax, its own brackets escaped: ``saber \\(fate\\)``.

    Doing it twice is doing it once. Of a prompt longer than ``MAX_PROMPT`` nothing is left.
    """
    text = _lines(printable(prompt)) if len(prompt) <= MAX_PROMPT else ""
    for _ in range(_PASSES):
        before = text
        text = _tidy(_once(text, syntax))
        if text == before:
            break
    return text


def _lines(text: str) -> str:
    """Write every line break as a newline, every other white space as a space."""
    text = re.sub("\r\n|[\r\u2028\u2029\x0b\x0c\x85]", "\n", text)
    return re.sub(r"[^\S\n]", " ", text)


def _tidy(text: str) -> str:
    lines = (_SPACES.sub(" ", line).strip(" ,") for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _once(text: str, syntax: Syntax) -> str:
    text = _CALL.sub(_called, text)
    text = _EMBEDDING.sub(",", text)
    text = _WILDCARD.sub(_CHOICE, text)
    if syntax == "novelai":
        text = _NOVELAI_WEIGHT.sub(" ", text)
    elif syntax == "invokeai":
        text = _INVOKE_BLEND.sub(",", text)
        text = _INVOKE_WEIGHT.sub("", text)
    weighed = syntax == "brackets" and _AND.search(text)
    text = _KEYWORD.sub(",", text)
    if weighed:
        text = _AND_WEIGHT.sub("", text)
    text = _SMILE.sub(r"\1\\\2", text)
    return _Brackets(text, syntax).resolved()


def _called(match: re.Match[str]) -> str:
    return _CHOICE if match["name"].lower() in _CHOOSING else ","


@dataclass(slots=True)
class _Frame:
    """An open bracket and what stands in it so far."""

    opener: str = ""
    parts: list[str] = field(default_factory=list)
    choice: bool = False

    @property
    def text(self) -> str:
        return "".join(self.parts)


class _Brackets:
    """One pass over the brackets of a text: emphasis goes, literal ones are escaped."""

    def __init__(self, text: str, syntax: Syntax) -> None:
        self._text = text
        self._syntax = syntax
        # Whoever escapes brackets means emphasis by the others.
        self._names = "\\(" not in text
        self._stack = [_Frame()]
        self._at = 0

    def resolved(self) -> str:
        """Return the text without brackets but escaped ones."""
        while match := _TOKEN.search(self._text, self._at):
            self._stack[-1].parts.append(self._text[self._at : match.start()])
            self._at = match.end()
            self._take(match[0])
        self._stack[-1].parts.append(self._text[self._at :])
        while len(self._stack) > 1:
            self._close()
        return self._stack[0].text

    def _take(self, token: str) -> None:
        top = self._stack[-1]
        literal = self._syntax == "novelai" and token in "()"
        if token[0] == "\\" or literal:
            top.parts.append(f"\\{token}" if literal else token)
        elif token == "|":
            top.choice |= top.opener in ("[", "{")
            top.parts.append(token)
        elif token in "([{":
            self._stack.append(_Frame(token))
        elif top.opener == _PAIRS[token]:
            self._shut(token)
        else:
            top.parts.append(f"\\{token}")

    def _shut(self, token: str) -> None:
        """End the bracket on top by its own closing one."""
        frame = self._stack.pop()
        before = self._stack[-1]
        content = frame.text
        if frame.choice or (frame.opener == "{" and "$$" in content):
            before.parts.append(_CHOICE)
        elif token == "]":
            before.parts.append(_scheduled(content))
        elif token == ")" and self._is_name(before.parts[-1:], content):
            before.parts.append(f"\\({content}\\)")
        else:
            before.parts.append(_WEIGHT.sub("", content))
        if token == ")" and self._syntax == "invokeai":
            weight = _AFTER_WEIGHT.match(self._text, self._at)
            self._at = weight.end() if weight else self._at

    def _is_name(self, before: list[str], content: str) -> bool:
        """Tell whether a bracket is part of a tag: ``saber (fate)``, not ``a (red) hat``."""
        if not self._names or _COMMAS.search(content) or _WEIGHT.search(content):
            return False
        word = before and re.search(r"\w[ _]\Z", before[0][-2:])
        short = 0 < len(content.split()) <= 4 and content == content.strip()
        return bool(word and short and _ENDS.match(self._text, self._at))

    def _close(self) -> None:
        """End a bracket that nobody closed: the bracket goes, what stands in it stays."""
        frame = self._stack.pop()
        self._stack[-1].parts.append(_CHOICE if frame.choice else frame.text)


def _scheduled(content: str) -> str:
    """Return what ``[...]`` leaves: of ``[from:to:when]`` the last, of a weight nothing."""
    parts = content.split(":")
    if len(parts) >= 2 and re.fullmatch(r"\s*\d{0,4}\.?\d{0,6}\s*", parts[-1]):
        wanted = [part for part in parts[:-1] if part.strip()]
        return wanted[-1] if wanted else ""
    return content


def _pieces(line: str) -> Iterator[str]:
    """Yield what stands between the commas of a line."""
    for part in split_protected(_COMMAS.sub(",", line))[::2]:
        for piece in part.split(","):
            if stripped := piece.strip():
                yield stripped


def _is_tag(piece: str) -> bool:
    """Tell whether a piece says something: a word, a face, a mark, but no stray weight."""
    if _NUMBER.fullmatch(piece):
        return False
    if any(char.isalnum() for char in piece):
        return True
    return key(piece) in KAOMOJI or len(piece) >= 2 or piece in "!?"
