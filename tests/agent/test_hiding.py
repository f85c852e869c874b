"""Keys are taken out of text, whole or in pieces, and of whatever JSON holds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tagsmith.agent.hiding import HIDDEN, Hider, HidingStream

KEY = "sk-sk-canary-sk-4f1d"
LONGER = f"{KEY}-and-more"
HIDER = Hider([SecretStr(KEY), None, SecretStr("ollama"), SecretStr(LONGER)])


@given(st.lists(st.sampled_from([KEY, KEY[:3], KEY[:9], KEY[5:], "sk-", " ", "word"])))
def test_a_key_is_hidden_however_text_is_cut(pieces: list[str]) -> None:
    text, hider = "".join(pieces), Hider([SecretStr(KEY)])
    for size in (1, 2, 7, 100):
        stream = HidingStream(hider)
        cut = [text[at : at + size] for at in range(0, len(text), size)]
        shown = "".join(map(stream.feed, cut)) + stream.rest()
        assert shown == text.replace(KEY, HIDDEN)


def test_text_without_a_key_comes_at_once_and_unchanged() -> None:
    stream = HidingStream(HIDER)
    assert stream.feed("hello ") == "hello "
    assert stream.feed("task") == "ta"
    assert stream.feed("!") == "sk!"
    assert stream.feed("task") == "ta"
    assert stream.rest() == "sk"


def test_a_longer_key_is_hidden_before_its_beginning() -> None:
    assert HIDER.text(f"<{LONGER}>") == f"<{HIDDEN}>"


def test_words_that_servers_accept_as_keys_are_no_secrets() -> None:
    assert HIDER.text("I use ollama.") == "I use ollama."


def test_a_key_spelled_in_the_escapes_of_json_is_hidden() -> None:
    spelled = "".join(f"\\u{ord(one):04X}" for one in KEY)
    for text in (spelled, spelled.lower(), spelled.replace("\\", "\\\\"), KEY[:5] + spelled[30:]):
        assert HIDER.text(f'{{"trigger": "{text}"}}') == f'{{"trigger": "{HIDDEN}"}}'
    slashed = Hider([SecretStr("a/b/c/d/e/f")])
    assert slashed.text("a\\/b\\/c\\/d\\/e\\/f") == HIDDEN


def test_names_and_values_at_any_depth() -> None:
    value = {"a": [KEY, {KEY: 1, "b": None}], "c": 2.5, "d": True}
    expected = {"a": [HIDDEN, {HIDDEN: 1, "b": None}], "c": 2.5, "d": True}
    assert HIDER.value(value) == expected
    assert Hider([]).value(value) is value
