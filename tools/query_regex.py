"""Regular expressions from a query, searched in bounded time.

Python's matcher backtracks: ``(a+)+b`` tries every way to cut a run of ``a``, which takes longer
than anybody waits. A pattern is therefore judged before it is used: how many repetitions without
an end follow one another (``loops``), and how many ways the rest can be read (``choices``). To
search n characters then takes about ``choices * n ** (loops + 1) / (loops + 1)!`` steps at most:
a start, and where each repetition ends.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial

from tagsmith.tools.errors import QueryError

MAX_PATTERN = 500
MAX_GROUPS = 30
MAX_LOOPS = 2
MAX_CHOICES = 64
# Steps that one caption may cost: some seconds if it was made to be the worst case, else far less.
MAX_STEPS = 10**9
MAX_CHARS = 10**6
# A repetition that can have so many lengths counts as one without an end.
_MANY_LENGTHS = 8

_QUANTIFIER = re.compile(r"([*+?]|\{(?P<low>\d*)(?P<comma>,?)(?P<high>\d*)\})[?+]?")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_GROUP = re.compile(r"\((?:\?(?:P?<\w+>|P=\w+|<?[=!]|>|\(\w+\)|(?P<flags>[a-zA-Z-]*):?))?")


@dataclass(frozen=True, slots=True)
class SafeRegex:
    """A compiled pattern and the longest text that it may search."""

    compiled: re.Pattern[str]
    max_chars: int

    def found_in(self, text: str) -> bool:
        """Tell whether the pattern is found. Raises QueryError for a text that is too long."""
        if len(text) > self.max_chars:
            raise QueryError(
                f"A caption has {len(text)} characters; re:/{self.compiled.pattern}/ "
                f"searches {self.max_chars} at most.",
                "Use fewer repetitions, or caption: with the words to look for.",
            )
        return self.compiled.search(text) is not None


def compile_safe(pattern: str, *, ignore_case: bool, position: int) -> SafeRegex:
    """Compile a pattern that stands at ``position`` of the query.

    Raises QueryError, at the place in the pattern, if it is not valid or could take too long.
    """
    if len(pattern) > MAX_PATTERN or pattern.count("(") > MAX_GROUPS:
        raise QueryError(
            f"The pattern at position {position} is too large.",
            f"At most {MAX_PATTERN} characters and {MAX_GROUPS} brackets.",
            position=position,
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            compiled = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except (re.error, OverflowError) as error:
        at = position + (getattr(error, "pos", None) or 0)
        reason = getattr(error, "msg", str(error))
        raise QueryError(
            f"The regular expression is not valid: {reason} at position {at}.", position=at
        ) from error
    effort = _Reader(pattern, position).read()
    return SafeRegex(compiled, effort.max_chars())


@dataclass(frozen=True, slots=True)
class _Effort:
    loops: int = 0
    choices: int = 1

    def then(self, other: _Effort) -> _Effort:
        return _Effort(self.loops + other.loops, self.choices * other.choices)

    def max_chars(self) -> int:
        nested = self.loops + 1
        longest = (MAX_STEPS / self.choices * factorial(nested)) ** (1 / nested)
        return min(MAX_CHARS, int(longest))


class _Reader:
    """Reads a pattern that ``re`` has accepted, and adds up the effort of matching it."""

    def __init__(self, pattern: str, position: int) -> None:
        self._pattern = pattern
        self._position = position
        self._at = 0

    def read(self) -> _Effort:
        return self._alternatives()

    def _alternatives(self) -> _Effort:
        branches, starts = [], []
        while True:
            starts.append(self._next().lower())
            branches.append(self._sequence())
            if self._next() != "|":
                break
            self._at += 1
        choices = [branch.choices for branch in branches]
        loops = max(branch.loops for branch in branches)
        return _Effort(loops, max(choices) if _exclusive(starts) else sum(choices))

    def _sequence(self) -> _Effort:
        total = _Effort()
        while self._next() not in ("", "|", ")"):
            start = self._at
            total = total.then(self._repeated(self._atom(), start))
            if total.loops > MAX_LOOPS or total.choices > MAX_CHOICES:
                raise self._too_slow(start)
        return total

    def _atom(self) -> _Effort:
        if group := _GROUP.match(self._pattern, self._at):
            self._at = group.end()
            # Both could hide where a group ends or what a quantifier repeats.
            comment = self._pattern.startswith("(?#", group.start())
            if comment or "x" in (group["flags"] or ""):
                raise self._unreadable(group.start())
            inside = self._alternatives()
            self._at += 1
            return inside.then(_Effort(loops=1)) if "P=" in group[0] else inside
        if characters := _CLASS.match(self._pattern, self._at):
            self._at = characters.end()
            return _Effort()
        escaped = self._next() == "\\"
        self._at += escaped
        # What a group has caught is compared again at each length that the group tries.
        recalled = escaped and self._next() in "123456789"
        self._at += 1
        return _Effort(loops=int(recalled))

    def _repeated(self, atom: _Effort, start: int) -> _Effort:
        found = _QUANTIFIER.match(self._pattern, self._at)
        if found is None or found[0].startswith("{}"):
            return atom
        self._at = found.end()
        low, high = _bounds(found)
        lengths = _MANY_LENGTHS if high is None else high - low + 1
        if atom == _Effort():
            if lengths >= _MANY_LENGTHS:
                return _Effort(loops=1)
            return _Effort(choices=lengths if low else lengths + 1)
        if high is None or high > MAX_CHOICES:
            raise self._too_slow(start)
        return _Effort(atom.loops * high, (lengths + 1) * atom.choices**high)

    def _next(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _unreadable(self, at: int) -> QueryError:
        at += self._position
        return QueryError(
            f"Comments and the flag x cannot be used in a pattern, at position {at}.", position=at
        )

    def _too_slow(self, at: int) -> QueryError:
        at += self._position
        return QueryError(
            f"This regular expression could take too long, at position {at}.",
            f"It may hold at most {MAX_LOOPS} of * and +, and none in a group that is itself "
            "repeated; join several terms with and, or.",
            position=at,
        )


def _exclusive(starts: Sequence[str]) -> bool:
    """Tell whether branches that start so exclude one another: then there is no choice."""
    plain = all(start.isascii() and start.isalnum() for start in starts)
    return plain and len(set(starts)) == len(starts)


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    """Return the least and the greatest number of repetitions, None for no end."""
    simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
    if found[1] in simple:
        return simple[found[1]]
    low = int(found["low"] or 0)
    if not found["comma"]:
        return low, low
    return low, int(found["high"]) if found["high"] else None
