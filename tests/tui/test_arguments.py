"""Arguments of a call as they are shown: no brackets, no quotes of a programming language."""

from __future__ import annotations

import pytest

from tagsmith.agent.events import Call
from tagsmith.tui.plain import voice
from tagsmith.tui.widgets import messages

PUT = {"b.png": ["rex", "coco"], "[a].png": ["coco"]}


@pytest.mark.parametrize(
    ("value", "chat", "plain"),
    [
        (["dog", "cat"], "dog, cat", "put dog, cat"),
        (PUT, "b.png: rex, coco, [a].png: coco", "put b.png: rex, coco, [a].png: coco"),
        (3, "put 3", "put 3"),
        ("first", "put first", "put first"),
    ],
)
def test_values_are_words(value: object, chat: str, plain: str) -> None:
    assert messages.arguments(Call("set_triggers", {"put": value})).plain == chat
    assert voice.arguments({"put": value}) == plain
