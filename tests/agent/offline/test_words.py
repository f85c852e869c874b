"""Tokens, folded words and Spanish verb forms."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.agent.offline.inflect import order_forms, split_clitics
from tagsmith.agent.offline.lexicon import lexicon
from tagsmith.agent.offline.words import Kind, composed, fold, sentences


def kinds(text: str) -> list[tuple[str, Kind]]:
    return [(token.text, token.kind) for part in sentences(text) for token in part.tokens]


def test_quotes_arrows_patterns_and_queries_are_one_token_each() -> None:
    assert kinds('replace "long hair" -> *hair, where tags:<5 don\'t') == [
        ("replace", Kind.WORD),
        ("long hair", Kind.QUOTED),
        ("->", Kind.ARROW),
        ("*hair", Kind.PATTERN),
        (",", Kind.COMMA),
        ("where", Kind.WORD),
        ("tags:<5", Kind.QUERY),
        ("don't", Kind.WORD),
    ]


@pytest.mark.parametrize("arrow", ["->", "-->", "=>", "==>", "→", "⇒", "➡️", " > "])
def test_arrows(arrow: str) -> None:
    assert [kind for _, kind in kinds(f"dog{arrow}cat")] == [Kind.WORD, Kind.ARROW, Kind.WORD]


@pytest.mark.parametrize("quoted", ['"a b"', "'a b'", "“a b”", "\u2018a b\u2019", "«a b»", "`a b`"])
def test_quotes_of_every_kind(quoted: str) -> None:
    assert kinds(f"remove {quoted}")[1] == ("a b", Kind.QUOTED)


def test_sentences_end_at_stops_but_not_inside_words() -> None:
    parts = sentences("Remove hat. ¿Cuántas hay? show img_1.png")
    assert [part.text for part in parts] == ["Remove hat", "Cuántas hay", "show img_1.png"]
    assert [part.asking for part in parts] == [False, True, False]


@given(st.text(max_size=60))
def test_tokens_stand_in_order_and_quote_the_source(text: str) -> None:
    place = 0
    for part in sentences(text):
        for token in part.tokens:
            assert place <= token.start < token.end <= len(text)
            assert token.text in text[token.start : token.end]
            place = token.end


@pytest.mark.parametrize(("word", "folded"), [("Añádele", "anadele"), ("QUÉ", "que")])
def test_accents_and_case_are_folded(word: str, folded: str) -> None:
    assert fold(word) == folded


def test_typed_accents_are_composed_but_quotations_stay_as_typed() -> None:
    apart = unicodedata.normalize("NFD", "quítale «café»")
    assert composed(apart) == "quítale " + unicodedata.normalize("NFD", "«café»")


@pytest.mark.parametrize(
    ("infinitive", "stem", "forms"),
    [
        ("quitar", "", {"quita", "quite", "quiten", "quites", "quitar", "quitad", "quitemos"}),
        ("agregar", "", {"agrega", "agregue", "agreguen"}),
        ("reemplazar", "", {"reemplaza", "reemplace"}),
        ("mover", "muev", {"mueve", "mueva", "move"}),
        ("anadir", "", {"anade", "anada", "anadi", "anadid"}),
    ],
)
def test_forms_that_give_orders(infinitive: str, stem: str, forms: set[str]) -> None:
    assert forms <= order_forms(infinitive, stem)


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("quitaselo", ("quita", "se", "lo")),
        ("ponle", ("pon", "le", "")),
        ("borrarlas", ("borrar", "", "las")),
        ("hola", None),
    ],
)
def test_joined_pronouns(word: str, parts: tuple[str, str, str] | None) -> None:
    assert split_clitics(word, frozenset({"quita", "pon", "borrar"})) == parts


def test_a_verb_of_the_lexicon_is_split_and_keeps_its_spelling() -> None:
    split = lexicon().without_clitics(sentences("Bórralas")[0])
    assert [(token.text, token.kind) for token in split.tokens] == [
        ("Bórra", Kind.WORD),
        ("las", Kind.CLITIC),
    ]
