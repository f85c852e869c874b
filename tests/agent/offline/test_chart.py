"""The chart parser on a grammar of its own."""

from __future__ import annotations

from collections.abc import Iterator

from tagsmith.agent.offline.chart import Chart, Grammar, Parse


def chart(grammar: Grammar, words: str) -> Chart:
    tokens = words.split()

    def terminals(symbol: str, start: int) -> Iterator[Parse]:
        if start < len(tokens) and tokens[start].upper() == symbol:
            yield Parse(start + 1, 0, tokens[start])

    return Chart(grammar, terminals)


def test_labels_options_choices_and_repetition() -> None:
    grammar = Grammar()

    @grammar.rule("list", "A? first:B|C more:more*")
    def build(first: str, more: tuple[str, ...]) -> tuple[str, ...]:
        return first, *more

    grammar.add("more", "D x:B|C")
    values = [parse.value for parse in chart(grammar, "a b d c d b").parses("list", 0)]
    assert ("b", "c", "b") in values
    assert ("b",) in values


def test_a_builder_can_refuse() -> None:
    grammar = Grammar()
    grammar.rule("one", "x:A")(lambda **_: None)
    assert chart(grammar, "a").parses("one", 0) == []


def test_the_same_meaning_is_kept_once_at_its_lowest_cost() -> None:
    grammar = Grammar()
    grammar.constant("one", "meaning", "A", cost=3)
    grammar.constant("one", "meaning", "A", cost=1)
    grammar.constant("one", "other", "A", cost=2)
    found = chart(grammar, "a").parses("one", 0)
    assert [(parse.value, parse.cost) for parse in found] == [("meaning", 1), ("other", 2)]


def test_left_recursion_ends() -> None:
    grammar = Grammar()
    grammar.add("one", "x:one A", "x:A")
    assert [parse.end for parse in chart(grammar, "a a").parses("one", 0)] == [1]
