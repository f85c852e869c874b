"""Hostile sizes: long, deep and repeated text is answered soon, without a call and a crash."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

CALL = '<tool_call>{"name": "prune_tags", "arguments": {"tags": ["lowres"]}}</tool_call>'
REPEATS = [
    *("{", "[", "[{", '{"a":', '{"name":', '"', "'", "\\", '\\"', '{\\"', "(", "[[", "\\n", " "),
    *("<", "<a", "<think>", "</think>", "<tool_call>", "<function=x>", "<parameter=a>"),
    *("<function=x><parameter=a>1", "<arg_key>a</arg_key>", "[TOOL_CALLS]a", "a[ARGS]{", "to=x {"),
    *("Action: x\nAction Input: ", ">>>x\n{", "call:x{a:", "prune_tags(", "```json\n{", "a:1 "),
    *("the caption says ", "e.g. ", "“", "`", "\n\n", "1", "-", "\\u0041", '<|open|>call tool="x"'),
    json.dumps({"name": "prune_tags", "arguments": {"tags": ["a"]}}) + " x ",
    CALL + " x ",
]
PREFIXES = ["", "<tool_call>", '{"name": "prune_tags", "arguments": {"tags": ["']
SECONDS = 5.0  # measured: at most 0.8 s on a shared core


@pytest.mark.parametrize("repeat", REPEATS)
def test_repeated_text_is_answered_soon(ask: Any, repeat: str) -> None:
    for prefix in PREFIXES:
        text = prefix + repeat * (190_000 // len(repeat))
        start = time.perf_counter()
        result = ask(text)
        assert time.perf_counter() - start < SECONDS
        assert len(result.calls) <= 1
        assert len(result.rejected) <= 250


@pytest.mark.parametrize("size", [250_000, 1_000_000])
def test_a_message_too_long_to_be_one_is_refused_at_once(ask: Any, size: int) -> None:
    start = time.perf_counter()
    in_text = ask("a" * size + CALL)
    tags = json.dumps({"tags": ["a" * size]})
    as_arguments = ask(ask.native(("prune_tags", tags)))
    assert time.perf_counter() - start < SECONDS
    assert in_text.calls == as_arguments.calls == []
    assert "too long" in in_text.rejected[0].reason


@pytest.mark.parametrize("opening", ["[", '{"tags":', "(", '{"arguments":'])
def test_deep_nesting_does_not_reach_the_stack(ask: Any, opening: str) -> None:
    closing = {"[": "]", "(": ")"}.get(opening, "}")
    for depth in (40, 5_000):
        text = opening * depth + '"a"' + closing * depth
        assert ask(ask.native(("prune_tags", text))).calls == []
        assert ask(f'{{"name": "prune_tags", "arguments": {text}}}').calls == []


def test_deep_objects_of_a_server_are_refused(ask: Any) -> None:
    value: Any = "a"
    for _ in range(500):
        value = [value]
    assert ask(ask.native(("prune_tags", {"tags": value}))).calls == []


def test_a_thousand_tags_are_no_problem(ask: Any) -> None:
    tags = [f"tag {number}" for number in range(1000)]
    text = json.dumps({"name": "prune_tags", "arguments": {"tags": tags}})
    assert ask.calls(text) == [{"name": "prune_tags", "arguments": {"tags": tags}}]
