"""The words of each language, read from data, and what a run of tokens can be in the grammar."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import resources
from itertools import product
from math import prod
from typing import Any

from tagsmith.agent.offline.inflect import (
    OBJECTS,
    accented_forms,
    order_forms,
    split_clitics,
)
from tagsmith.agent.offline.words import Kind, Sentence, Token, fold, sentences

LANGUAGES = ("en", "es")
FILLER = "FILLER"
POLITE = "POLITE"
REQUEST = "REQUEST"

# Shorter words are one slip away from too many others; in the shortest only a swap is read.
_SHORTEST_REPAIRED = 2
_SHORTEST_CHANGED = 3
_SHORTEST_FILLER = 5
_MOST_REPAIRS = 64
_VERB = 3  # what a verb counts when the language is asked for; other words count one

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verbs:
    """A class of verbs that mean the same to the grammar, and what they can ask for."""

    intents: tuple[str, ...]
    forms: frozenset[Phrase]


@dataclass(frozen=True, slots=True)
class Language:
    """One language's data: verbs and words by class, numbers, endings of plurals, weak words.

    ``accented`` are folded forms that are written with an accent.
    """

    code: str
    verbs: dict[str, Verbs]
    words: dict[str, frozenset[Phrase]]
    numbers: dict[str, int]
    plurals: tuple[tuple[str, str], ...]
    ambiguous: frozenset[tuple[str, str]]
    inner: frozenset[str]
    asking: frozenset[str]
    loose: frozenset[str]
    accented: frozenset[str]


class Lexicon:
    """Several languages at once, looked up by folded words."""

    def __init__(self, languages: Iterable[Language]) -> None:
        self.languages = tuple(languages)
        self._classes: dict[Phrase, set[str]] = {}
        self._hits: dict[str, list[tuple[str, int]]] = {}
        self._longest: dict[str, int] = {}
        verb_forms: set[str] = set()
        for language in self.languages:
            for name, verbs in language.verbs.items():
                self._learn(language.code, name, verbs.forms, weight=_VERB)
            for name, phrases in language.words.items():
                self._learn(language.code, name, phrases, weight=1)
            if language.code == "es":
                for verbs in language.verbs.values():
                    verb_forms |= {form[0] for form in verbs.forms if len(form) == 1}
        self._verb_forms = frozenset(form for form in verb_forms if len(form) > 2)
        self.verb_classes = frozenset(name for one in self.languages for name in one.verbs)
        self.numbers = {word: n for one in self.languages for word, n in one.numbers.items()}
        self.inner = frozenset().union(*(one.inner for one in self.languages))
        self._asking = frozenset().union(*(one.asking for one in self.languages))
        self.loose = frozenset().union(*(one.loose for one in self.languages))

    def _learn(self, code: str, name: str, phrases: Iterable[Phrase], weight: int) -> None:
        for phrase in phrases:
            self._classes.setdefault(phrase, set()).add(name)
            self._longest[phrase[0]] = max(self._longest.get(phrase[0], 0), len(phrase))
            whole = len(phrase) == 1
            self._hits.setdefault(phrase[0], []).append((code, weight if whole else 1))

    def starts(self, tokens: Sequence[Token], index: int) -> list[tuple[str, int]]:
        """Return the classes of the words that begin at ``index``, each with where it ends."""
        found: list[tuple[str, int]] = []
        folds: list[str] = []
        for end in range(index + 1, index + 1 + self._longest.get(tokens[index].fold, 0)):
            if end > len(tokens) or tokens[end - 1].kind is Kind.QUOTED:
                break
            folds.append(tokens[end - 1].fold)
            found += [(name, end) for name in sorted(self._classes.get(tuple(folds), ()))]
        return found

    def classes(self, word: str) -> frozenset[str]:
        """Return the classes of a single folded word."""
        return frozenset(self._classes.get((word,), ()))

    def asks(self, sentence: Sentence) -> bool:
        """Tell whether a sentence is a question, by its marks or by its first word."""
        first = sentence.tokens[0].text.casefold() if sentence.tokens else ""
        return sentence.asking or first in self._asking

    def speaks(self, code: str, word: str) -> bool:
        """Tell whether a language has this folded word, alone or as the start of a phrase."""
        return any(language == code for language, _ in self._hits.get(word, ()))

    def without_clitics(self, sentence: Sentence) -> Sentence:
        """Split joined pronouns off verbs: ``bórralas`` becomes ``bórra`` and ``las``."""
        tokens: list[Token] = []
        for index, token in enumerate(sentence.tokens):
            known = self.starts(sentence.tokens, index)
            tokens += [token] if known else self._split(token)
        return Sentence(sentence.source, tuple(tokens), sentence.asking)

    def _split(self, token: Token) -> list[Token]:
        if token.kind is not Kind.WORD:
            return [token]
        parts = split_clitics(token.fold, self._verb_forms)
        if parts is None or len(token.text) != len(token.fold):
            return [token]
        cut, pieces = token.start, []
        for part, kind in zip(parts, (Kind.WORD, Kind.CLITIC, Kind.CLITIC), strict=True):
            if part:
                text = token.text[cut - token.start : cut - token.start + len(part)]
                pieces.append(Token(text, part, kind, cut, cut + len(part)))
                cut += len(part)
        return pieces

    def repaired(self, sentence: Sentence, known: Sequence[bool]) -> list[Sentence]:
        """Return the sentence with its mistyped words read as the words they may be.

        Only words that neither the lexicon nor the dataset knows are read anew, as those that are
        one slip away. Empty when there is nothing to repair or too much is possible.
        """
        choices = [
            [token] if is_known else self._meant(token)
            for token, is_known in zip(sentence.tokens, known, strict=True)
        ]
        if not 1 < prod(len(meant) for meant in choices) <= _MOST_REPAIRS:
            return []
        return [Sentence(sentence.source, tokens, sentence.asking) for tokens in product(*choices)][
            1:
        ]

    def _meant(self, token: Token) -> list[Token]:
        if token.kind is not Kind.WORD or len(token.fold) < _SHORTEST_REPAIRED:
            return [token]
        meant = [word for word in self._all_words if one_slip(token.fold, word)]
        return [token, *(replace(token, fold=word) for word in meant)]

    @cached_property
    def _all_words(self) -> list[str]:
        words: set[str] = set()
        for phrase, classes in self._classes.items():
            polite = classes <= {FILLER, POLITE, REQUEST}
            # A short filler is skipped: reading an unknown word as one would lose it.
            shortest = _SHORTEST_FILLER if polite else _SHORTEST_REPAIRED
            words.update(word for word in phrase if len(word) >= shortest)
        return sorted(words)

    def language(self, tokens: Iterable[Token], before: str) -> str:
        """Return the language that most words speak for (verbs count thrice), else ``before``."""
        votes: Counter[str] = Counter()
        for token in tokens:
            if token.kind in (Kind.WORD, Kind.CLITIC):
                known = token.fold in self._hits
                for part in [token] if known else self._split(token):
                    votes.update(self._weights(part))
        if not votes:
            return before
        top = max(votes.values())
        leaders = [one.code for one in self.languages if votes[one.code] == top]
        return before if before in leaders else leaders[0]

    def _weights(self, token: Token) -> dict[str, int]:
        """Return how much a word speaks for each language; an accent, or its lack, tells most."""
        best: dict[str, int] = {}
        for code, weight in self._hits.get(token.fold, ()):
            best[code] = max(weight, best.get(code, 0))
        plain = token.text.casefold() == token.fold
        for language in self.languages:
            if token.fold in language.accented and len(best) > 1:
                best = {**best, language.code: 1} if plain else {language.code: _VERB}
        return best

    def singulars(self, folded: str) -> list[str]:
        """Return what a plural could be the plural of; the caller checks which of them exist."""
        return [
            folded.removesuffix(ending) + singular
            for language in self.languages
            for ending, singular in language.plurals
            if folded.endswith(ending) and len(folded) > len(ending) + 1
        ]


def one_slip(typed: str, meant: str) -> bool:
    """Tell whether two neighbours were swapped, or one letter of a word was left out or doubled in.

    A letter typed for another is no slip here: it turns one word into another too easily.
    """
    if len(typed) == len(meant):
        different = [index for index in range(len(typed)) if typed[index] != meant[index]]
        if len(different) != 2 or different[1] != different[0] + 1:
            return False
        first, second = different
        return typed[first] == meant[second] and typed[second] == meant[first]
    if min(len(typed), len(meant)) < _SHORTEST_CHANGED or typed[0] != meant[0]:
        return False
    longer, shorter = sorted((typed, meant), key=len, reverse=True)
    if len(longer) != len(shorter) + 1:
        return False
    return any(longer[:cut] + longer[cut + 1 :] == shorter for cut in range(len(longer)))


def is_object(token: Token) -> bool:
    """Tell whether a clitic stands for the thing acted on (``las``), not for whom (``le``)."""
    return token.kind is Kind.CLITIC and token.fold in OBJECTS


@cache
def lexicon() -> Lexicon:
    """Return the lexicon of every language that Tagsmith speaks."""
    return Lexicon(load(code) for code in LANGUAGES)


@cache
def load(code: str) -> Language:
    """Read one language's data file."""
    source = resources.files("tagsmith.agent.offline").joinpath(f"lexicon_{code}.toml")
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    stems = data.get("stems", {})
    verbs = {name: _verbs(entry, stems) for name, entry in data["verbs"].items()}
    words = {name: _phrases(entries) for name, entries in data["words"].items()}
    return Language(
        code,
        verbs,
        words,
        data["numbers"],
        tuple((ending, singular) for ending, singular in data["plurals"]),
        frozenset((one, other) for one, other in data["ambiguous"]),
        frozenset(data["inner"]),
        frozenset(data["asking"]),
        frozenset(data["loose"]),
        _accented(data["verbs"], stems),
    )


def _verbs(entry: dict[str, Any], stems: dict[str, str]) -> Verbs:
    forms = _phrases(entry.get("forms", []))
    for infinitive in entry.get("infinitives", []):
        verb, *rest = infinitive.split()
        forms |= {(form, *rest) for form in order_forms(verb, stems.get(verb, ""))}
    return Verbs(tuple(entry["intents"]), frozenset(forms))


def _accented(verbs: dict[str, Any], stems: dict[str, str]) -> frozenset[str]:
    infinitives = [
        one.split()[0] for entry in verbs.values() for one in entry.get("infinitives", [])
    ]
    forms = (accented_forms(verb, stems.get(verb, "")) for verb in infinitives)
    return frozenset[str]().union(*forms)


def _phrases(entries: Iterable[str]) -> frozenset[Phrase]:
    return frozenset(_phrase(entry) for entry in entries)


def _phrase(entry: str) -> Phrase:
    words = entry.split()
    if all(word.isalpha() for word in words):
        return tuple(fold(word) for word in words)
    return tuple(token.fold for part in sentences(entry) for token in part.tokens)
