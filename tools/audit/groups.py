"""Groups of redundant tags: one tag written in several ways, or said by others beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from tagsmith.tools.audit.knowledge.knowledge import singular
from tagsmith.tools.audit.knowledge.matching import split_qualifier
from tagsmith.tools.tags import KAOMOJI

if TYPE_CHECKING:
    from tagsmith.tools.audit.evidence import Evidence
    from tagsmith.tools.audit.knowledge.knowledge import Knowledge

# Traits of figures: where there are several, "shirt" may be another one's than "white shirt".
OF_A_FIGURE = frozenset(
    ("hair", "eyes", "body", "subject", "clothes", "accessories", "expression", "pose", "other")
)
NEAR_TOGETHER = 0.5


@dataclass(frozen=True, slots=True)
class Merge:
    """Keys of one meaning: ``keep`` shall stand for all. ``kind`` is spelling, plural, alias or
    near; ``reason`` says where that is known from.
    """

    keep: str
    drop: tuple[str, ...]
    kind: str
    confidence: float
    reason: str

    @property
    def keys(self) -> tuple[str, ...]:
        """All of them."""
        return (self.keep, *self.drop)


@dataclass(frozen=True, slots=True)
class Said:
    """``general`` is said by each of ``by`` wherever both stand; ``samples`` is where they do.

    ``implied`` are those of ``by`` that say it by their meaning and not by their words.
    ``one_figure``: only where one figure stands.
    """

    general: str
    by: tuple[str, ...]
    implied: frozenset[str]
    samples: int
    one_figure: bool


def merges(evidence: Evidence) -> list[Merge]:
    """Return the groups of different keys of one meaning, each key in one group."""
    found: list[Merge] = []
    taken: set[str] = set()
    for group in (*_variants(evidence), *_synonyms(evidence), *_aliases(evidence)):
        if taken.isdisjoint(group.keys):
            found.append(group)
            taken.update(group.keys)
    return found


def signature(tag_key: str, knowledge: Knowledge) -> str:
    """Return what spellings and numbers of one tag share: ``grey cats`` and ``gray-cat``."""
    words = tag_key.replace("-", " ").replace("'", "").split(" ")
    fixed = knowledge.kind("no plurals").exact
    pairs = knowledge.kind("parts that come in pairs").exact
    parts = []
    for word in words:
        one = word if word in fixed else singular(word, knowledge.variants)
        parts.append(word if one in pairs and len(words) > 1 else knowledge.variants.get(one, one))
    return "".join(parts)


def _variants(evidence: Evidence) -> Iterator[Merge]:
    by_signature: dict[str, list[str]] = {}
    for one in evidence.places:
        if one not in KAOMOJI and any(char.isalpha() for char in one):
            by_signature.setdefault(signature(one, evidence.knowledge), []).append(one)
    for keys in by_signature.values():
        if len(keys) > 1:
            keep, *drop = most_used(keys, evidence)
            letters = {one.replace(" ", "").replace("-", "") for one in keys}
            plural = any(
                one != other and one in (f"{other}s", f"{other}es")
                for one in letters
                for other in letters
            )
            kind = "plural" if plural else "spelling"
            reason = "one tag in two numbers" if plural else "one tag in two spellings"
            yield Merge(keep, tuple(drop), kind, 0.75 if plural else 0.95, reason)


def _synonyms(evidence: Evidence) -> Iterator[Merge]:
    for meaning in evidence.knowledge.meanings:
        present = [one for one in meaning.keys if one in evidence.places]
        if len(present) < 2:
            continue
        keep, *drop = most_used(present, evidence)
        if meaning.near:
            together = [one for one in drop if _together(evidence, keep, one) >= NEAR_TOGETHER]
            if together:
                yield Merge(keep, tuple(together), "near", 0.75, "they mean nearly the same")
        else:
            yield Merge(keep, tuple(drop), "alias", 0.9, "they mean the same")


def _aliases(evidence: Evidence) -> Iterator[Merge]:
    groups: dict[str, list[str]] = {}
    for alias, usual in evidence.knowledge.imported.aliases.items():
        if alias in evidence.places and usual in evidence.places and alias != usual:
            groups.setdefault(usual, []).append(alias)
    for usual, drop in sorted(groups.items()):
        yield Merge(usual, tuple(sorted(drop)), "alias", 0.95, "the imported list calls them one")


def most_used(keys: Iterable[str], evidence: Evidence) -> list[str]:
    """Return the keys by their images, the most first; equal ones as they come."""
    return sorted(keys, key=lambda one: -evidence.places[one].bit_count())


def _together(evidence: Evidence, one: str, other: str) -> float:
    """Return the share of the rarer one's images that have both."""
    first, second = evidence.places[one], evidence.places[other]
    return (first & second).bit_count() / min(first.bit_count(), second.bit_count())


def said_by_others(evidence: Evidence) -> list[Said]:
    """Return the general tags that stand beside tags that say the same and more."""
    by: dict[str, dict[str, bool]] = {}
    for tag in evidence.places:
        for general in generals(tag, evidence.knowledge):
            if general in evidence.places:
                by.setdefault(general, {})[tag] = False
        for general in evidence.knowledge.implied(tag):
            mutual = tag in evidence.knowledge.implied(general)
            if general in evidence.places and not mutual:
                by.setdefault(general, {}).setdefault(tag, True)
    counts = evidence.knowledge.kind("people counts")
    found = []
    for general, specific in sorted(by.items()):
        figure = general not in counts and evidence.knowledge.family(general) in OF_A_FIGURE
        within = evidence.places[general] & (~evidence.scopes.many if figure else -1)
        used = [one for one in specific if evidence.places[one] & within]
        if used:
            samples = within & evidence.any_of(used)
            implied = frozenset(one for one in used if specific[one])
            ordered = tuple(most_used(used, evidence))
            found.append(Said(general, ordered, implied, samples, figure))
    return found


def generals(tag_key: str, knowledge: Knowledge) -> set[str]:
    """Return the tags that a longer one says by its words: its last word, with some of the others.

    ``white collared shirt`` says ``shirt``, ``white shirt`` and ``collared shirt``; ``hot dog``
    says nothing of a dog, ``no shoes`` nothing of shoes, and ``holding cat`` is no kind of cat.
    """
    bare, qualifier = split_qualifier(tag_key)
    found = {bare} if qualifier else set()
    words = bare.split(" ")
    if len(words) == 1 or len(words) > 6 or tag_key in knowledge.kind("compounds").exact:
        return found
    barring = (
        knowledge.kind("modifiers that deny").exact
        | knowledge.kind("actions").exact
        | knowledge.kind("joining words").exact
    )
    places = range(len(words) - 1)
    for size in range(len(words) - 1):
        for kept in combinations(places, size):
            left_out = {words[at] for at in places if at not in kept}
            general = " ".join([*(words[at] for at in kept), words[-1]])
            if left_out.isdisjoint(barring) and general not in _compounds_end(words, knowledge):
                found.add(general)
    return found


def _compounds_end(words: list[str], knowledge: Knowledge) -> set[str]:
    """Return what a compound at the end of the words seems to say but does not: a red hot dog."""
    compounds = knowledge.kind("compounds").exact
    for start in range(len(words) - 1):
        if " ".join(words[start:]) in compounds:
            return {" ".join(words[end:]) for end in range(start + 1, len(words))}
    return set()
