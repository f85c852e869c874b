"""A small chart parser: rules in a readable notation, each with the function that builds its value.

A rule is written ``REMOVE what:tags where:scope?``. Words in capitals are terminals (word classes),
the others are rules; ``a|b`` is a choice, ``?`` optional, ``*`` any number; ``label:`` hands the
value to the builder under that name; ``label+:``, and any label on ``*``, arrives as a tuple.
Every reading is kept with its cost, so that an ambiguous sentence shows as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

# Readings kept for one symbol between the same two places; real sentences need two or three.
_KEPT = 6

Builder = Callable[..., Any]
Terminals = Callable[[str, int], Iterable["Parse"]]


@dataclass(frozen=True, slots=True)
class Parse:
    """A reading of some tokens: where it ends, what it cost in strain, what it means."""

    end: int
    cost: int
    value: Any


@dataclass(frozen=True, slots=True)
class Element:
    """One item of a pattern."""

    symbols: tuple[str, ...]
    label: str
    optional: bool
    many: bool
    plural: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to write a symbol."""

    number: int
    elements: tuple[Element, ...]
    plural: frozenset[str]
    build: Builder | None
    cost: int


class Grammar:
    """Rules by the symbol that they define."""

    def __init__(self) -> None:
        self._rules: dict[str, list[Rule]] = {}
        self._count = 0

    def rule(self, symbol: str, *patterns: str, cost: int = 0) -> Callable[[Builder], Builder]:
        """Register a builder for a symbol; one that returns None refuses the reading."""

        def register(build: Builder) -> Builder:
            self.add(symbol, *patterns, build=build, cost=cost)
            return build

        return register

    def add(self, symbol: str, *patterns: str, build: Builder | None = None, cost: int = 0) -> None:
        """Register patterns; without a builder the value is that of the one labelled element."""
        for pattern in patterns:
            elements = tuple(_element(item) for item in pattern.split())
            plural = {element.label for element in elements if element.plural and element.label}
            self._count += 1
            rule = Rule(self._count, elements, frozenset(plural), build, cost)
            self._rules.setdefault(symbol, []).append(rule)

    def constant(self, symbol: str, value: Any, *patterns: str, cost: int = 0) -> None:
        """Register patterns that always mean the same."""
        self.add(symbol, *patterns, build=lambda **_: value, cost=cost)

    @classmethod
    def merged(cls, parts: Iterable[Grammar]) -> Grammar:
        """Return one grammar with the rules of several."""
        whole = cls()
        for part in parts:
            for symbol, rules in part._rules.items():
                for rule in rules:
                    whole._count += 1
                    own = replace(rule, number=whole._count)
                    whole._rules.setdefault(symbol, []).append(own)
        return whole

    def rules(self, symbol: str) -> list[Rule]:
        """Return the ways to write ``symbol``. Raises KeyError if no rule defines it."""
        return self._rules[symbol]

    def symbols(self) -> dict[str, set[str]]:
        """Return every rule's name with the symbols that its patterns use."""
        return {
            name: {symbol for rule in rules for one in rule.elements for symbol in one.symbols}
            for name, rules in self._rules.items()
        }


class Chart:
    """The readings of one sentence, found on demand and kept."""

    def __init__(self, grammar: Grammar, terminals: Terminals) -> None:
        self._grammar = grammar
        self._terminals = terminals
        self._symbols: dict[tuple[str, int], list[Parse]] = {}
        self._tails: dict[tuple[int, int, int], list[Parse]] = {}
        self.reached = 0

    def parses(self, symbol: str, start: int) -> list[Parse]:
        """Return the readings of ``symbol`` that begin at token ``start``, the cheapest first."""
        place = symbol, start
        known = self._symbols.get(place)
        if known is None:
            # An empty list stands while the readings are being found: it ends left recursion.
            self._symbols[place] = []
            known = self._symbols[place] = _best(self._find(symbol, start))
            if symbol.isupper():
                self.reached = max([self.reached, *(parse.end for parse in known)])
        return known

    def _find(self, symbol: str, start: int) -> Iterator[Parse]:
        if symbol.isupper():
            yield from self._terminals(symbol, start)
            return
        for rule in self._grammar.rules(symbol):
            for tail in self._tail(rule, 0, start):
                value = _value(rule, tail.value)
                if value is not None:
                    yield Parse(tail.end, tail.cost + rule.cost, value)

    def _tail(self, rule: Rule, index: int, start: int) -> list[Parse]:
        """Return the readings of the rule's elements from ``index`` on; values are label pairs."""
        if index == len(rule.elements):
            return [Parse(start, 0, ())]
        place = rule.number, index, start
        known = self._tails.get(place)
        if known is None:
            self._tails[place] = []
            known = self._tails[place] = _best(self._extend(rule, index, start))
        return known

    def _extend(self, rule: Rule, index: int, start: int) -> Iterator[Parse]:
        element = rule.elements[index]
        if element.optional:
            yield from self._tail(rule, index + 1, start)
        after = index if element.many else index + 1
        for symbol in element.symbols:
            for parse in self.parses(symbol, start):
                if parse.end == start:
                    continue
                own = ((element.label, parse.value),) if element.label else ()
                for rest in self._tail(rule, after, parse.end):
                    yield Parse(rest.end, parse.cost + rest.cost, own + rest.value)


def _element(item: str) -> Element:
    label, _, symbol = item.rpartition(":")
    optional, many = symbol.endswith(("?", "*")), symbol.endswith("*")
    plural = many or label.endswith("+")
    return Element(tuple(symbol.rstrip("?*").split("|")), label.rstrip("+"), optional, many, plural)


def _value(rule: Rule, pairs: tuple[tuple[str, Any], ...]) -> Any:
    slots: dict[str, Any] = dict.fromkeys(rule.plural, ())
    for label, value in pairs:
        slots[label] = (*slots[label], value) if label in rule.plural else value
    if rule.build is not None:
        return rule.build(**slots)
    return next(iter(slots.values())) if len(slots) == 1 else ()


def _best(found: Iterable[Parse]) -> list[Parse]:
    """Keep the cheapest reading of each meaning, and of each end the few cheapest meanings."""
    cheapest: dict[tuple[int, Any], int] = {}
    for parse in found:
        place = parse.end, parse.value
        cheapest[place] = min(parse.cost, cheapest.get(place, parse.cost))
    kept: list[Parse] = []
    ends: dict[int, int] = {}
    for (end, value), cost in sorted(cheapest.items(), key=lambda item: item[1]):
        ends[end] = ends.get(end, 0) + 1
        if ends[end] <= _KEPT:
            kept.append(Parse(end, cost, value))
    return kept
