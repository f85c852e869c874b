"""What a query is made of: terms that look at one sample, and ``and``, ``or``, ``not`` over them.

Every node has a ``cost`` (0: names and captions only, 1: reads the header of the image) and a
``test()`` that compiles it to a function of one sample.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Protocol

from tagsmith.tools import paths, tags
from tagsmith.tools.query_regex import SafeRegex


class SampleView(Protocol):
    """What a query may ask of a sample.

    A sample without a caption has no keys, no tags, no lines, and ``None`` as its text. ``folder``
    is relative to the dataset, ``""`` for the root.
    """

    @property
    def keys(self) -> Collection[str]:
        """The keys (``tags.key``) of the caption's tags; a frozenset is fastest."""

    @property
    def tags(self) -> Sequence[str]:
        """The tags as they are written, repetitions included."""

    @property
    def text(self) -> str | None:
        """The caption's text."""

    @property
    def lines(self) -> int:
        """The number of lines of the caption."""

    @property
    def captioned(self) -> bool:
        """Tell whether the sample has a caption file."""

    @property
    def name(self) -> str:
        """The file name of the image."""

    @property
    def folder(self) -> str:
        """The folder of the image."""

    @property
    def has_scores(self) -> bool:
        """Tell whether the dataset stores scores at all; ``score`` is not called if not."""

    def size(self) -> tuple[int, int] | None:
        """Return (width, height) as the image is seen, or None if it cannot be read."""

    def score(self, tag: str) -> float | None:
        """Return the score of a tag, or None if this sample has none for it."""


Test = Callable[[SampleView], bool]

# Wildcards that are meant as such are carried as two noncharacters, which no text contains
# (Unicode 23.7), so that an escaped wildcard stays an ordinary character.
_MANY, _ONE = "\ufdd0", "\ufdd1"
_ESCAPES = re.compile(r"\\([\\\"'*?])|([*?])")


@dataclass(frozen=True, slots=True)
class Words:
    """A value of the query: ``text`` without escapes, ``pattern`` with its wildcards marked."""

    text: str
    pattern: str
    position: int

    @classmethod
    def read(cls, source: str, position: int) -> Words:
        r"""Resolve ``\"``, ``\'``, ``\\``, ``\*`` and ``\?``; any other backslash is itself."""
        marks = {"*": _MANY, "?": _ONE}
        text = _ESCAPES.sub(lambda found: found[1] or found[2], source)
        pattern = _ESCAPES.sub(lambda found: found[1] or marks[found[2]], source)
        return cls(text, pattern, position)

    @property
    def wild(self) -> bool:
        """Tell whether a wildcard is left that was not escaped."""
        return self.text != self.pattern


def _glob(pattern: str) -> Callable[[str], bool]:
    """Compile marked wildcards; each part is found once and kept, so time is linear in the text."""
    first, *parts = (
        "".join("." if char == _ONE else re.escape(char) for char in part)
        for part in pattern.split(_MANY)
    )
    middle = "".join(f"(?>.*?{part})" for part in parts[:-1])
    last = f".*{parts[-1]}" if parts else ""
    compiled = re.compile(first + middle + last, re.DOTALL)
    return lambda candidate: compiled.fullmatch(candidate) is not None


@dataclass(frozen=True, slots=True)
class Tag:
    """``long hair``, ``*hair``: a whole tag, compared by its key."""

    words: Words
    cost: ClassVar[int] = 0

    @property
    def wild(self) -> bool:
        """Tell whether it is a pattern; a tag of punctuation alone (``*_*``) never is."""
        return self.words.wild and tags.is_pattern(self.words.text)

    def accepts(self) -> Callable[[str], bool]:
        """Return the test of one key."""
        if self.wild:
            return _glob(tags.key(self.words.pattern))
        return tags.key(self.words.text).__eq__

    def test(self) -> Test:
        """Compile: a look-up for a tag, a scan for a pattern (each key is judged once)."""
        if not self.wild:
            wanted = tags.key(self.words.text)
            return lambda view: wanted in view.keys
        accepts = lru_cache(maxsize=1 << 16)(self.accepts())
        return lambda view: any(map(accepts, view.keys))


COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _side(view: SampleView, index: int) -> int | None:
    size = view.size()
    return None if size is None else size[index]


_MEASURES: dict[str, Callable[[SampleView], float | None]] = {
    "tags": lambda view: len(view.tags),
    "chars": lambda view: len(view.text or ""),
    "lines": lambda view: view.lines,
    "width": lambda view: _side(view, 0),
    "height": lambda view: _side(view, 1),
}


@dataclass(frozen=True, slots=True)
class Number:
    """``tags:<5``, ``width:>=1024``: no image that cannot be measured matches."""

    field: str
    comparison: str
    value: float

    @property
    def cost(self) -> int:
        """Return 1 for what only the image knows."""
        return int(self.field in ("width", "height"))

    def test(self) -> Test:
        """Compile."""
        measure, compare, value = _MEASURES[self.field], COMPARISONS[self.comparison], self.value

        def holds(view: SampleView) -> bool:
            measured = measure(view)
            return measured is not None and compare(measured, value)

        return holds


@dataclass(frozen=True, slots=True)
class Score:
    """``score:"long hair"<0.5``: no sample without a score for this tag matches."""

    tag: str
    comparison: str
    value: float
    cost: ClassVar[int] = 0

    def test(self) -> Test:
        """Compile; the query itself makes sure that the dataset has scores."""
        tag, compare, value = self.tag, COMPARISONS[self.comparison], self.value

        def holds(view: SampleView) -> bool:
            score = view.score(tag)
            return score is not None and compare(score, value)

        return holds


def _fold(text: str) -> str:
    """Fold case; NFC makes the two spellings of an accented letter one."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


@dataclass(frozen=True, slots=True)
class Text:
    """``caption:"on the sofa"``: the caption contains this, in any case."""

    words: Words
    cost: ClassVar[int] = 0

    def test(self) -> Test:
        """Compile."""
        wanted = _fold(self.words.text)
        return lambda view: view.text is not None and wanted in _fold(view.text)


@dataclass(frozen=True, slots=True)
class Name:
    """``name:img_*``: the name of the image, with or without its extension, in any case.

    A value with ``/`` is compared with the path from the dataset's folder.
    """

    words: Words
    cost: ClassVar[int] = 0

    def test(self) -> Test:
        """Compile."""
        accepts = _glob(paths.collision_key(self.words.pattern))
        whole_path = "/" in self.words.text

        def holds(view: SampleView) -> bool:
            name = view.name
            if whole_path and view.folder:
                name = f"{view.folder}/{name}"
            name = paths.collision_key(name)
            return accepts(name) or accepts(name.rpartition(".")[0])

        return holds


@dataclass(frozen=True, slots=True)
class Paths:
    """``path:"10_coco/img_1.png"``: exactly this image, by its path from the dataset's folder.

    Nothing is a wildcard and case counts. Thousands of them joined by ``or`` are one look-up.
    """

    paths: frozenset[str]
    cost: ClassVar[int] = 0

    def test(self) -> Test:
        """Compile."""
        wanted = self.paths
        return lambda view: (f"{view.folder}/{view.name}" if view.folder else view.name) in wanted


@dataclass(frozen=True, slots=True)
class Folder:
    """``folder:10_coco``: this folder, from the dataset's folder on, or any folder below it."""

    words: Words
    cost: ClassVar[int] = 0

    def test(self) -> Test:
        """Compile; ``.`` is the dataset's folder, so everything is below it."""
        wanted = paths.collision_key(self.words.pattern).removeprefix("./").rstrip("/")
        if wanted in ("", "."):
            return lambda _: True
        exact, below = _glob(wanted), _glob(f"{wanted}/{_MANY}")

        @lru_cache(maxsize=1 << 12)
        def inside(folder: str) -> bool:
            folder = paths.collision_key(folder)
            return exact(folder) or below(folder)

        return lambda view: inside(view.folder)


@dataclass(frozen=True, slots=True)
class Captioned:
    """``captioned:no``: the sample has, or lacks, a caption file."""

    wanted: bool
    cost: ClassVar[int] = 0

    def test(self) -> Test:
        """Compile."""
        wanted = self.wanted
        return lambda view: view.captioned is wanted


@dataclass(frozen=True, slots=True)
class Regex:
    """``re:/.../``: the pattern is found in the caption's text."""

    regex: SafeRegex
    cost: ClassVar[int] = 0

    def test(self) -> Test:
        """Compile."""
        found = self.regex.found_in
        return lambda view: view.text is not None and found(view.text)


@dataclass(frozen=True, slots=True)
class Not:
    """``not dog``."""

    part: Node

    @property
    def cost(self) -> int:
        """Return the cost of what is negated."""
        return self.part.cost

    def test(self) -> Test:
        """Compile."""
        inner = self.part.test()
        return lambda view: not inner(view)


@dataclass(frozen=True, slots=True)
class _Several:
    parts: tuple[Node, ...]

    @property
    def cost(self) -> int:
        """Return the cost of the dearest part."""
        return max(part.cost for part in self.parts)

    def _tests(self) -> list[Test]:
        """Compile the parts, cheap ones first: a header is read only if they leave it open."""
        return [part.test() for part in sorted(self.parts, key=lambda part: part.cost)]


@dataclass(frozen=True, slots=True)
class And(_Several):
    """``dog and outdoors``."""

    def test(self) -> Test:
        """Compile."""
        tests = self._tests()

        def holds(view: SampleView) -> bool:
            for test in tests:  # noqa: SIM110 - a generator would double the time of a sample
                if not test(view):
                    return False
            return True

        return holds


@dataclass(frozen=True, slots=True)
class Or(_Several):
    """``dog or wolf``."""

    def test(self) -> Test:
        """Compile; all ``path:`` terms together."""
        exact = [part.paths for part in self.parts if isinstance(part, Paths)]
        others = [part for part in self.parts if not isinstance(part, Paths)]
        together = [Paths(frozenset().union(*exact))] if exact else []
        tests = Or((*together, *others))._tests()

        def holds(view: SampleView) -> bool:
            for test in tests:  # noqa: SIM110 - a generator would double the time of a sample
                if test(view):
                    return True
            return False

        return holds


Node = Tag | Number | Score | Text | Name | Paths | Folder | Captioned | Regex | Not | And | Or


def leaves(node: Node, negated: bool = False) -> Iterator[tuple[Node, bool]]:
    """Yield the terms from left to right, each with whether an odd number of ``not`` covers it."""
    match node:
        case Not(part):
            yield from leaves(part, not negated)
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part, negated)
        case _:
            yield node, negated
