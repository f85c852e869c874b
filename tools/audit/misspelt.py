"""Tags that are probably others misspelt: a word that nobody knows, a letter or two from one."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tagsmith.tools.audit.evidence import Evidence

# Shorter words are one letter away from too many others.
SHORTEST, TWO_LETTERS_FROM = 4, 8
MOST_IMAGES, MOST_TAGS = 5, 2
FEWEST_IMAGES, TIMES_MORE = 3, 4
_LATIN = 0x250  # what follows Latin Extended-B

Shape = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Misspelt:
    """A tag, the frequent tag that is meant, the word in it that is wrong, and by how much."""

    tag: str
    meant: str
    word: str
    letters: int
    confidence: float


def misspelt(evidence: Evidence) -> list[Misspelt]:
    """Return the rare tags that differ from a frequent one in one word, by a slip.

    A slip is a letter left out, put in, exchanged, or two swapped (two slips from eight letters
    on), and turns a word into none: into no word of the knowledge and none that three other tags
    have. ``cat`` and ``hat`` are two words, whatever their number.
    """
    counts = {tag: samples.bit_count() for tag, samples in evidence.places.items()}
    used = Counter(word for tag in counts for word in set(tag.split(" ")))
    triggers = {one.trigger for one in evidence.concepts}
    doubtful = [
        (tag, place)
        for tag, number in sorted(counts.items())
        if number <= MOST_IMAGES and tag not in triggers
        for place, word in enumerate(tag.split(" "))
        if _may_be_wrong(word, used) and not evidence.knowledge.word(word)
    ]
    frequent = _by_shape(counts, {_shape(tag, place) for tag, place in doubtful})
    found: dict[str, Misspelt] = {}
    for tag, place in doubtful:
        slip = _best(evidence, tag, place, counts, frequent[_shape(tag, place)])
        if slip is not None:
            found.setdefault(tag, slip)
    return list(found.values())


def _may_be_wrong(word: str, used: Counter[str]) -> bool:
    latin = word.isalpha() and all(ord(char) < _LATIN for char in word)
    return latin and len(word) >= SHORTEST and used[word] <= MOST_TAGS


def _shape(tag: str, place: int) -> Shape:
    """Return a tag without one of its words."""
    words = tag.split(" ")
    return tuple(words[:place]), tuple(words[place + 1 :])


def _by_shape(counts: dict[str, int], wanted: set[Shape]) -> dict[Shape, list[tuple[str, str]]]:
    """Return the tags, each with the word that its shape leaves out, of the shapes wanted."""
    found: dict[Shape, list[tuple[str, str]]] = defaultdict(list)
    for tag in counts:
        for place, word in enumerate(tag.split(" ")):
            shape = _shape(tag, place)
            if shape in wanted:
                found[shape].append((tag, word))
    return found


def _best(
    evidence: Evidence,
    tag: str,
    place: int,
    counts: dict[str, int],
    candidates: list[tuple[str, str]],
) -> Misspelt | None:
    """Return the nearest frequent tag, the most frequent of equally near ones."""
    from rapidfuzz.distance import OSA

    word = tag.split(" ")[place]
    most = 2 if len(word) >= TWO_LETTERS_FROM else 1
    best: tuple[int, int, str] | None = None
    for other, meant in candidates:
        if counts[other] < max(FEWEST_IMAGES, TIMES_MORE * counts[tag]):
            continue
        letters = OSA.distance(word, meant, score_cutoff=most)
        if 0 < letters <= most and _is_slip(evidence, word, meant):
            candidate = (letters, -counts[other], other)
            best = candidate if best is None else min(best, candidate)
    if best is None:
        return None
    known = evidence.knowledge.word(best[2].split(" ")[place])
    sure = 0.9 if known and best[0] == 1 else 0.75
    return Misspelt(tag, best[2], word, best[0], sure)


def _is_slip(evidence: Evidence, word: str, meant: str) -> bool:
    """Tell whether one may be meant for the other: of two names, only with no letter exchanged."""
    if len(meant) < SHORTEST:
        return False
    return evidence.knowledge.word(meant) or sorted(word) == sorted(meant) or _one_more(word, meant)


def _one_more(word: str, meant: str) -> bool:
    short, long = sorted((word, meant), key=len)
    return len(long) == len(short) + 1 and any(
        long[:at] + long[at + 1 :] == short for at in range(len(long))
    )
