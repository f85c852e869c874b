"""What the audit knows about tags, ready to be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tagsmith.tools.audit.knowledge.entries import Advice, Scope
from tagsmith.tools.audit.knowledge.imported import Imported
from tagsmith.tools.audit.knowledge.matching import (
    Kind,
    endings,
    split_qualifier,
    unaccented,
    words_of,
)

NOTHING = Kind("", frozenset())
# Lists of names of people, whose words are no words of a language.
_NAMES = frozenset({"artist marks"})


@dataclass(frozen=True, slots=True)
class Rule:
    """Classes of keys of which no two (with ``all``: not one of each) can stand together."""

    name: str
    scope: Scope
    all: bool
    confidence: float
    classes: tuple[frozenset[str], ...]
    unless: frozenset[str]
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """Keys of one meaning, the usual one first; ``near`` where they may differ a little."""

    keys: tuple[str, ...]
    near: bool
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class FamilyAdvice:
    """What is proposed for the traits of a family that a trigger has absorbed, and why."""

    name: str
    advice: Advice
    reason: str


@dataclass(frozen=True)
class Knowledge:
    """Lists, traits, rules, synonyms and names in other languages; see docs/audit.md."""

    lists: Mapping[str, Kind]
    traits: tuple[Kind, ...]
    families: Mapping[str, FamilyAdvice]
    rules: tuple[Rule, ...]
    meanings: tuple[Meaning, ...]
    implications: Mapping[str, frozenset[str]]
    variants: Mapping[str, str]
    languages: Mapping[str, tuple[str, ...]]
    advice: Mapping[str, str]
    imported: Imported = field(default_factory=Imported)

    def kind(self, name: str) -> Kind:
        """Return a list by its name; an empty one where a user's file took it away."""
        return self.lists.get(name, NOTHING)

    def trait(self, tag_key: str) -> Kind | None:
        """Return the group of traits that a tag belongs to: named whole, then by first words,
        then by last words.
        """
        if tag_key in self._whole:
            return self._whole[tag_key]
        for group in self.traits:
            if tag_key not in group.excepted and group.begins(tag_key):
                return group
        for end in endings(split_qualifier(tag_key)[0]):
            for group in self._heads.get(end, ()):
                if tag_key not in group.excepted:
                    return group
        return None

    def family(self, tag_key: str) -> str:
        """Return the family of traits of a tag, ``other`` where it is in no group."""
        group = self.trait(tag_key)
        return "other" if group is None else group.family

    @cached_property
    def _whole(self) -> dict[str, Kind]:
        return {one: group for group in reversed(self.traits) for one in group.exact}

    @cached_property
    def _heads(self) -> dict[str, list[Kind]]:
        found: dict[str, list[Kind]] = {}
        for group in self.traits:
            for one in group.heads:
                found.setdefault(one, []).append(group)
        return found

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word that stands in some tag or list: what is no invented name."""
        whole: list[Iterable[str]] = [self._whole, self._heads, self.implications]
        whole += [
            one.exact | one.heads | one.starts
            for name, one in self.lists.items()
            if name not in _NAMES
        ]
        whole += [one.keys for one in self.meanings]
        found = {word for keys in whole for one in keys for word in words_of(one)}
        for rule in self.rules:
            for one in (*rule.classes, rule.unless):
                found.update(word for tag_key in one for word in words_of(tag_key))
        return frozenset(found | self.variants.keys())

    def ordinary(self, tag_key: str) -> bool:
        """Tell whether a tag has a meaning of its own, so that it is no invented trigger."""
        return (
            self.trait(tag_key) is not None
            or any(tag_key in one for one in self.lists.values())
            or all(self.word(one) for one in words_of(tag_key))
            or self.imported.category(tag_key) == "general"
        )

    def word(self, word: str) -> bool:
        """Tell whether a single word, or its singular, is one of ours."""
        plain = word.removesuffix("'s").strip("-")
        parts = plain.split("-")
        return word in self.words or all(
            part in self.words or singular(part, self.variants) in self.words for part in parts
        )

    def implied(self, tag_key: str) -> frozenset[str]:
        """Return all that a tag implies, also in several steps."""
        found: set[str] = set()
        pending = [tag_key]
        while pending:
            one = pending.pop()
            direct = self.implications.get(one, frozenset()) | self.imported.implied(one)
            pending += direct - found
            found |= direct
        return frozenset(found - {tag_key})

    def why(self, check: str) -> str:
        """Return why a check matters to training."""
        return self.advice.get(check, "")

    @cached_property
    def unaccented(self) -> dict[str, tuple[str, ...]]:
        """The names in other languages without accents, as people type them."""
        return {unaccented(name): tags for name, tags in self.languages.items()}

    def translated(self, name: str) -> tuple[str, ...]:
        """Return the common tags that a word of another language, or another word, may mean."""
        return self.languages.get(name, ())


def singular(word: str, variants: Mapping[str, str]) -> str:
    """Return the singular of an English noun, by rule; ``variants`` has those of no rule."""
    if word in variants:
        return variants[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is", "'s")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    return word[:-1]


def all_keys(groups: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return the keys of several sets together."""
    return frozenset().union(*groups)
