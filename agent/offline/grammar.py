"""From a sentence to what it means: one reading, several that differ, or the place it got stuck."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from tagsmith.agent.offline import (
    rules_images,
    rules_orders,
    rules_questions,
    rules_tags,
    rules_talk,
)
from tagsmith.agent.offline.chart import Chart, Grammar
from tagsmith.agent.offline.clauses import EVERYTHING, Clause, Mention, Negated, Order, Question
from tagsmith.agent.offline.lexicon import REQUEST, Lexicon
from tagsmith.agent.offline.spans import Lattice
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


@cache
def grammar() -> Grammar:
    """Return the rules of all sentences."""
    rules = Grammar()
    for module in (rules_tags, rules_images, rules_orders, rules_questions, rules_talk):
        module.add_rules(rules)
    return rules


def read(
    sentence: Sentence,
    lexicon: Lexicon,
    language: str,
    vocabulary: Vocabulary,
    is_name: Callable[[str], bool],
) -> Reading | Stuck:
    """Read a whole sentence: every word has its place in the reading, or there is none."""
    lattice = Lattice(lexicon.without_clitics(sentence), lexicon, language, vocabulary, is_name)
    tokens = lattice.sentence.tokens
    if len(tokens) > LONGEST_SENTENCE:
        return Stuck((), "", ())
    chart = Chart(grammar(), lattice.read)
    whole = [
        parse
        for parse in chart.parses("sentence", 0)
        if len(tokens) in lattice.behind_fillers(parse.end)
    ]
    if not whole:
        return _stuck(lattice, chart)
    polite = _asks_nicely(lattice, lexicon)
    asking = lexicon.asks(sentence) and not polite
    if asking:
        whole = [replace(one, cost=one.cost + _strain_of_asking(one.value)) for one in whole]
    whole.sort(key=lambda parse: parse.cost)
    best, *others = whole
    said = _normal(best.value)
    rival = next(
        (one for one in others if one.cost == best.cost and _normal(one.value) != said), None
    )
    return Reading(best.value, rival.value if rival else (), asking)


def _strain_of_asking(clauses: tuple[Clause, ...]) -> int:
    """A question mark speaks for the reading that asks."""
    return 0 if any(isinstance(one, Question) for one in clauses) else 3


def _normal(clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
    """Forget differences that change nothing: all images, named or not; nothing to be left alone."""
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
