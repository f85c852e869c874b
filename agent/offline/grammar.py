"""From a sentence to what it means: one reading, several that differ, or the place it got stuck."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from tagsmith.agent.offline import (
    rules_adds,
    rules_audit,
    rules_edits,
    rules_follow,
    rules_frequencies,
    rules_groups,
    rules_images,
    rules_questions,
    rules_scopes,
    rules_taggers,
    rules_tags,
    rules_talk,
    rules_tidy,
)
from tagsmith.agent.offline.chart import Chart, Grammar, Parse
from tagsmith.agent.offline.clauses import EVERYTHING, Clause, Mention, Negated, Order, Question
from tagsmith.agent.offline.lexicon import REQUEST, Lexicon
from tagsmith.agent.offline.spans import UNKNOWN, Lattice
from tagsmith.agent.offline.words import Sentence
from tagsmith.tools.tags import Vocabulary

# More tokens than anyone says in one breath; the chart is cubic in them.
LONGEST_SENTENCE = 80


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sentence says; ``other`` is a second meaning that is just as likely.

    ``asking`` when it is a question and not a request ("could you remove ...?").
    """

    clauses: tuple[Clause, ...]
    other: tuple[Clause, ...] = ()
    asking: bool = False


@dataclass(frozen=True, slots=True)
class Stuck:
    """A sentence without a reading: the words not known, else the words where it stopped."""

    unknown: tuple[str, ...]
    rest: str
    tags: tuple[Mention, ...]


_MODULES = (
    rules_tags,
    rules_images,
    rules_scopes,
    rules_edits,
    rules_adds,
    rules_tidy,
    rules_groups,
    rules_questions,
    rules_frequencies,
    rules_taggers,
    rules_audit,
    rules_follow,
    rules_talk,
)


@cache
def grammar() -> Grammar:
    """Return the rules of all sentences."""
    return Grammar.merged(module.RULES for module in _MODULES)


def read(
    sentence: Sentence,
    lexicon: Lexicon,
    language: str,
    vocabulary: Vocabulary,
    is_name: Callable[[str], bool],
) -> Reading | Stuck:
    """Read a whole sentence: every word has its place in the reading, or there is none.

    Slips of the finger in the lexicon's words ("teh", "form" for "from") are repaired only where
    the sentence makes no sense as it stands.
    """
    if len(sentence.tokens) > LONGEST_SENTENCE:
        return Stuck((), "", ())
    split = lexicon.without_clitics(sentence)
    lattice = Lattice(split, lexicon, language, vocabulary, is_name)
    chart = Chart(grammar(), lattice.read)
    whole = _whole(lattice, chart)
    if not whole or whole[0].cost >= UNKNOWN:
        for repaired in lexicon.repaired(split, lattice.known_words()):
            other = Lattice(repaired, lexicon, language, vocabulary, is_name)
            found = _whole(other, Chart(grammar(), other.read))
            whole += [parse for parse in found if parse.cost < UNKNOWN]
    if not whole:
        return _stuck(lattice, chart)
    return _reading(whole, asking=lexicon.asks(sentence) and not _asks_nicely(lattice, lexicon))


def _whole(lattice: Lattice, chart: Chart) -> list[Parse]:
    """Return the readings of the whole sentence, the cheapest first."""
    end = len(lattice.sentence.tokens)
    parses = chart.parses("sentence", 0)
    return [parse for parse in parses if end in lattice.behind_fillers(parse.end)]


def _reading(whole: list[Parse], *, asking: bool) -> Reading:
    if asking:
        whole = [replace(one, cost=one.cost + _strain_of_asking(one.value)) for one in whole]
    best, *others = sorted(whole, key=lambda parse: parse.cost)
    said = _normal(best.value)
    rival = next(
        (one for one in others if one.cost == best.cost and _normal(one.value) != said), None
    )
    return Reading(best.value, rival.value if rival else (), asking)


def _strain_of_asking(clauses: tuple[Clause, ...]) -> int:
    """A question mark speaks for the reading that asks."""
    return 0 if any(isinstance(one, Question) for one in clauses) else 3


def _normal(clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
    """Forget what changes nothing: whether all images were named, and what is left alone."""
    return tuple(
        replace(one, where=None)
        if isinstance(one, Order) and one.where == EVERYTHING and one.intent != "put"
        else Negated()
        if isinstance(one, Negated)
        else one
        for one in clauses
    )


def _asks_nicely(lattice: Lattice, lexicon: Lexicon) -> bool:
    """Tell whether a request ("could you ...?") opens the sentence, behind greetings at most."""
    tokens = lattice.sentence.tokens
    return any(
        name == REQUEST
        for begin in lattice.behind_fillers(0)
        for name, _ in (lexicon.starts(tokens, begin) if begin < len(tokens) else ())
    )


def _stuck(lattice: Lattice, chart: Chart) -> Stuck:
    sentence = lattice.sentence
    known = lattice.known_words()
    unknown = tuple(
        token.text for token, is_known in zip(sentence.tokens, known, strict=True) if not is_known
    )
    reached = min(chart.reached, len(sentence.tokens))
    rest = sentence.slice(reached, len(sentence.tokens)) if reached < len(sentence.tokens) else ""
    return Stuck(unknown, rest, tuple(lattice.mentioned()))
