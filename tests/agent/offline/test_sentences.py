"""The lexicon's own tests: exact calls for sentences, and many ways to say one thing."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
LANGUAGES = ("en", "es")

Calls = list[tuple[str, dict[str, Any]]]


def sentences() -> Iterator[tuple[str, Calls]]:
    for language in LANGUAGES:
        text = (HERE / f"sentences_{language}.txt").read_text(encoding="utf-8")
        for block in text.split("\n\n"):
            lines = [line for line in block.splitlines() if line and not line.startswith("#")]
            if lines:
                calls = [line.strip().split(" ", 1) for line in lines[1:]]
                yield lines[0], [(tool, json.loads(given)) for tool, given in calls]


def phrases(language: str) -> dict[str, Any]:
    return tomllib.loads((HERE / f"phrases_{language}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("text", "expected"), sentences())
def test_a_sentence_leads_to_exactly_these_calls(
    talk: Callable[..., Any], text: str, expected: Calls
) -> None:
    assert talk(text).calls == expected


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("group", "name", "value"),
    [
        ("everywhere", "where", None),
        ("first", "position", "first"),
        ("where_dog", "where", "dog"),
        ("where_not_dog", "where", "not dog"),
    ],
)
def test_every_way_to_say_it_means_the_same_in_every_frame(
    talk: Callable[..., Any], language: str, group: str, name: str, value: str | None
) -> None:
    said = phrases(language)[group]
    texts = [frame.format(part) for frame, part in product(said["frames"], said["phrases"])]
    understood = {text: talk(text).calls for text in texts}
    wrong = {
        text: calls
        for text, calls in understood.items()
        if len(calls) != 1 or calls[0][1].get(name) != value
    }
    assert wrong == {}
    assert len(texts) > 30


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_way_to_ask_leads_to_the_same_tool(talk: Callable[..., Any], language: str) -> None:
    wrong = {}
    for question in phrases(language)["questions"]:
        for text in question["phrases"]:
            conversation = talk(text)
            tools = [tool for tool, _ in conversation.calls]
            given = conversation.calls[0][1] if conversation.calls else {}
            fits = all(given.get(key) == value for key, value in question["arguments"].items())
            if tools != [question["tool"]] or not fits or conversation.steps:
                wrong[text] = conversation.calls
    assert wrong == {}


def follow_ups() -> list[tuple[list[str], list[Any], str]]:
    return [
        (group["before"], group["steps"], text)
        for language in LANGUAGES
        for group in phrases(language)["follow_ups"]
        for text in group["phrases"]
    ]


@pytest.mark.parametrize(("before", "steps", "text"), follow_ups())
def test_a_follow_up_leaves_exactly_these_steps_pending(
    talk: Callable[..., Any], before: list[str], steps: list[Any], text: str
) -> None:
    conversation = talk(*before, text)
    assert [list(step) for step in conversation.steps] == steps
