"""Tags: how they compare, how a pattern matches them, which of them a dataset has."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache

from tagsmith.tools.errors import UnknownTagError

# The tags whose underscore is part of the picture: the list shared by imgutils
# (tagging/format.py), TagGUI and the wd14 extension.
KAOMOJI = frozenset(
    (
        "0_0 (o)_(o) +_+ +_- ._. <o>_<o> <|>_<|> =_= >_< 3_3 6_9 >_o @_@ ^_^ o_o u_u x_x |_| ||_||"
    ).split()
)

_SPACES = re.compile(r"\s+")


@lru_cache(maxsize=1 << 16)
def key(tag: str) -> str:
    """Return what two spellings of one tag share.

    Strip, collapse spaces, ``_`` is a space (but not in kaomoji), ``\\(`` is ``(``, casefold, NFC.
    """
    text = _SPACES.sub(" ", tag.strip()).replace("\\(", "(").replace("\\)", ")")
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    if text in KAOMOJI:
        return text
    return _SPACES.sub(" ", text.replace("_", " ")).strip() or text


def is_pattern(tag: str) -> bool:
    """Tell whether a tag given by the user is a wildcard pattern (``*hair``, ``?girl``).

    A tag of punctuation alone is itself (``?``, ``!?``, ``*_*``), never a pattern.
    """
    return ("*" in tag or "?" in tag) and any(char.isalnum() for char in tag)


@lru_cache(maxsize=1 << 10)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Return a test of keys: equality, or the wildcards ``*`` and ``?``; brackets are literal."""
    wanted = key(pattern)
    if not is_pattern(pattern):
        return wanted.__eq__
    expression = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in wanted)
    compiled = re.compile(expression, re.DOTALL)
    return lambda candidate: compiled.fullmatch(candidate) is not None


class Vocabulary:
    """The tags of a set of captions: in how many captions each key stands, and how it is spelt."""

    def __init__(self, counts: Counter[str], spellings: dict[str, str], captions: int) -> None:
        self.counts = counts
        self.captions = captions
        self._spellings = spellings

    def __contains__(self, tag: str) -> bool:
        return key(tag) in self.counts

    def __len__(self) -> int:
        return len(self.counts)

    def spelling(self, tag_key: str) -> str:
        """Return how the dataset spells this key (the first spelling met)."""
        return self._spellings.get(tag_key, tag_key)

    def matching(self, tag: str) -> list[str]:
        """Return the keys that a tag or a wildcard pattern names, most frequent first."""
        if not is_pattern(tag):
            return [key(tag)] if tag in self else []
        test = matcher(tag)
        found = [candidate for candidate in self.counts if test(candidate)]
        return sorted(found, key=lambda candidate: (-self.counts[candidate], candidate))

    def require(self, tags: Iterable[str]) -> dict[str, list[str]]:
        """Return the existing keys that each tag or wildcard names.

        Raises UnknownTagError, naming the nearest existing tags, where one names none: a
        misspelt tag never matches nothing in silence.
        """
        found = {tag: self.matching(tag) for tag in tags}
        missing = [tag for tag, keys in found.items() if not keys]
        if missing:
            raise self.unknown(missing)
        return found

    def unknown(self, missing: Iterable[str]) -> UnknownTagError:
        """Return the error for tags that no caption has, naming the nearest that exist."""
        nearest = {tag: self.nearest(tag) for tag in missing}
        named = " nor ".join(repr(tag) for tag in nearest)
        return UnknownTagError(f"No caption has {named}.", self._hint(nearest), nearest=nearest)

    @staticmethod
    def _hint(nearest: dict[str, list[tuple[str, int]]]) -> str:
        shown = [f"{tag} ({count})" for found in nearest.values() for tag, count in found]
        return f"Nearest: {', '.join(shown)}." if shown else "See list_tag_frequencies."

    def nearest(self, tag: str, limit: int = 3) -> list[tuple[str, int]]:
        """Return the existing tags most like ``tag``, as (spelling, captions), best first.

        Those that mean the same, also in another language, come before those spelt like it.
        """
        from rapidfuzz import fuzz, process

        from tagsmith.tools.audit.knowledge.translating import meanings

        wanted = key(tag).replace("*", "").replace("?", "").strip()
        if not wanted:
            return []
        same = meanings(wanted, self.counts.__contains__)
        # Beside a tag that means the same, only a slip of the fingers is worth a mention.
        found = process.extract(
            wanted,
            list(self.counts),
            scorer=fuzz.WRatio,
            limit=limit * 3,
            score_cutoff=85 if same else 60,
        )
        ranked = sorted(found, key=lambda hit: (-round(hit[1]), -self.counts[hit[0]], hit[0]))
        best = list(dict.fromkeys([*same, *(hit[0] for hit in ranked)]))[:limit]
        return [(self.spelling(one), self.counts[one]) for one in best]


def unique(tags: Iterable[str]) -> list[str]:
    """Return the tags once each by key, in the order of their first appearance."""
    seen: dict[str, str] = {}
    for tag in tags:
        seen.setdefault(key(tag), tag)
    return list(seen.values())
