"""Properties of any text: nothing raises, and nothing is staged that no order speaks of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagsmith.agent.offline.lexicon import LANGUAGES, load
from tagsmith.agent.offline.words import fold

Talk = Callable[..., Any]

TAGS = ["hat", "dog", "long hair", "gato", "solo", "watermark", "red_dress"]
LANGUAGE_DATA = [load(code) for code in LANGUAGES]
WORDS = sorted(
    {
        word
        for language in LANGUAGE_DATA
        for phrases in language.words.values()
        for phrase in phrases
        for word in phrase
    }
)
# First words of requests: only these may turn a question into an order.
REQUESTS = {phrase[0] for language in LANGUAGE_DATA for phrase in language.words["REQUEST"]}
ORDERS = [
    "remove hat",
    "remove hat and shirt from the dogs",
    "replace dog with puppy where outdoors",
    "add sks to all images",
    "move hat first",
    "quita hat de los dogs",
    "cambia dog por puppy",
    "agrega sks a todas",
    "ordena las etiquetas por nombre",
    "borra las imágenes con lowres",
]
# Each example is a whole conversation on a scanned folder.
any_text = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@any_text
@given(text=st.text(max_size=80))
def test_arbitrary_text_never_raises_and_never_stages(talk: Talk, text: str) -> None:
    assert talk(text).steps == []


@any_text
@given(words=st.lists(st.sampled_from([*WORDS, *TAGS, ",", "?", ".", "->", '"']), max_size=12))
def test_words_of_the_lexicon_in_any_order_never_raise(talk: Talk, words: list[str]) -> None:
    assert talk(" ".join(words)).events


@any_text
@given(words=st.lists(st.sampled_from([*WORDS, *TAGS, ","]), min_size=1, max_size=10))
def test_a_sentence_with_a_question_mark_stages_nothing(talk: Talk, words: list[str]) -> None:
    asked = [word for word in words if fold(word) not in REQUESTS]
    assert talk(f"{' '.join(asked)}?").steps == []


@any_text
@given(
    order=st.sampled_from(ORDERS),
    polite=st.sampled_from(["please", "por favor", "ok,", "hey,", "hola,", "could you"]),
    behind=st.booleans(),
)
def test_courtesy_changes_nothing(talk: Talk, order: str, polite: str, behind: bool) -> None:
    behind = behind and polite in ("please", "por favor")
    text = f"{order}, {polite}" if behind else f"{polite} {order}"
    assert talk(text).steps == talk(order).steps != []


@any_text
@given(order=st.sampled_from(ORDERS), shout=st.sampled_from([str.upper, str.title, str.lower]))
def test_case_changes_nothing_but_the_spelling_of_tags(
    talk: Talk, order: str, shout: Callable[[str], str]
) -> None:
    tools = [tool for tool, _ in talk(order).steps]
    assert [tool for tool, _ in talk(shout(order)).steps] == tools


@pytest.mark.parametrize("accented", ["quítale hat a los dogs", "bórrame hat", "añade sks"])
def test_accents_may_be_left_out(talk: Talk, accented: str) -> None:
    assert talk(fold(accented)).steps == talk(accented).steps != []


@any_text
@given(
    tag=st.text(
        st.characters(categories=["L", "N"], include_characters=" '_-()*,:;?.>"),
        min_size=1,
        max_size=20,
    )
)
def test_a_quoted_new_tag_arrives_verbatim_or_not_at_all(talk: Talk, tag: str) -> None:
    staged = [given["trigger"] for _, given in talk(f'add "{tag}" to all images').steps]
    assert staged in ([], [tag.strip()])
