"""The data: every language says the same things, and no word means two by accident."""

from __future__ import annotations

import inspect
from collections import defaultdict
from itertools import combinations

import pytest

from tagsmith.agent.offline.answers import answers
from tagsmith.agent.offline.grammar import grammar
from tagsmith.agent.offline.lexicon import LANGUAGES, lexicon, load, one_slip
from tagsmith.agent.offline.spans import TERMINALS
from tagsmith.agent.offline.words import sentences

INTENTS = {
    *("replace", "prune", "add", "move", "isolate", "delete", "dedupe", "sort", "clean", "find"),
    *("count", "frequencies", "sample", "cooccur", "undo", "redo", "restore", "show", "cancel"),
    *("tagger", "caption", "metadata", "doubts"),
}
# Classes that the grammar does not name: what is skipped, and what only ends a new tag.
UNNAMED = {"FILLER", "POLITE", "REQUEST", "PARTICIPLE"}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_intent_has_verbs_in_every_language(code: str) -> None:
    verbs = load(code).verbs
    assert {intent for one in verbs.values() for intent in one.intents} == INTENTS
    assert all(one.forms for one in verbs.values())


def test_languages_have_the_same_classes_and_templates() -> None:
    english, *others = (load(code) for code in LANGUAGES)
    for other in others:
        assert set(other.verbs) == set(english.verbs)
        assert set(other.words) == set(english.words)
        ours, theirs = answers(english.code).templates, answers(other.code).templates
        assert {name: set(section) for name, section in ours.items()} == {
            name: set(section) for name, section in theirs.items()
        }


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_verb_has_two_classes_unless_it_is_listed(code: str) -> None:
    language = load(code)
    classes: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for name, verbs in language.verbs.items():
        for form in verbs.forms:
            classes[form].add(name)
    shared = {pair for names in classes.values() for pair in combinations(sorted(names), 2)}
    assert shared == set(language.ambiguous)


def test_the_grammar_and_the_lexicon_name_the_same_classes() -> None:
    symbols = grammar().symbols()
    used = set().union(*symbols.values())
    terminals = {symbol for symbol in used if symbol.isupper()}
    known = {name for code in LANGUAGES for name in (*load(code).verbs, *load(code).words)}
    assert terminals - known - TERMINALS == set()
    assert known - terminals == UNNAMED
    assert used - terminals == set(symbols) - {"sentence"}


def test_every_builder_gets_what_its_patterns_give() -> None:
    for symbol in grammar().symbols():
        for rule in grammar().rules(symbol):
            if rule.build is None:
                continue
            given = {one.label for one in rule.elements if one.label} | rule.plural
            sure = {one.label for one in rule.elements if one.label and not one.optional}
            parameters = inspect.signature(rule.build).parameters.values()
            if any(one.kind is one.VAR_KEYWORD for one in parameters):
                continue
            needed = {one.name for one in parameters if one.default is one.empty}
            assert needed <= sure | rule.plural, (symbol, rule.build)
            assert given <= {one.name for one in parameters}, (symbol, rule.build)


@pytest.mark.parametrize(
    ("text", "language"),
    [("quita watermark", "es"), ("remove watermark", "en"), ("quita watermark and hat", "es")],
)
def test_the_verb_speaks_loudest_for_a_language(text: str, language: str) -> None:
    assert lexicon().language(sentences(text)[0].tokens, "en") == language


@pytest.mark.parametrize("before", ["en", "es"])
@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("remove hat", "en"),
        ("remove *hair", "en"),
        ("move hat first", "en"),
        ("show me a random image", "en"),
        ("remové hat", "es"),
        ("remueve hat", "es"),
        ("quítame watermark", "es"),
        ("muéstrame una imagen", "es"),
    ],
)
def test_what_is_clearly_in_a_language_is_not_taken_for_the_one_before(
    text: str, language: str, before: str
) -> None:
    assert lexicon().language(sentences(text)[0].tokens, before) == language


@pytest.mark.parametrize("text", ["hat -> cap", "top 5", "1girl"])
def test_what_belongs_to_no_language_keeps_the_one_before(text: str) -> None:
    for before in ("en", "es"):
        assert lexicon().language(sentences(text)[0].tokens, before) == before


@pytest.mark.parametrize(
    ("typed", "meant"), [("teh", "the"), ("form", "from"), ("imgaes", "images"), ("ot", "to")]
)
def test_a_slip_of_the_finger(typed: str, meant: str) -> None:
    assert one_slip(typed, meant)


@pytest.mark.parametrize(
    ("typed", "meant"), [("cap", "cat"), ("nlos", "los"), ("a", "an"), ("al", "all")]
)
def test_not_a_slip_of_the_finger(typed: str, meant: str) -> None:
    assert not one_slip(typed, meant)
