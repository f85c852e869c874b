"""What is shown of an answer while it streams: words at once, thoughts and calls never."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.agent.speech import Speech

TOOLS = ("prune_tags", "undo")
CALL = '{"name": "prune_tags", "arguments": {"tags": ["hat"]}}'
CALLS = (
    f"<tool_call>{CALL}</tool_call>",
    f"[TOOL_REQUEST]{CALL}[END_TOOL_REQUEST]",
    f"[TOOL_CALLS][{CALL}]",
    CALL,
    f"```json\n{CALL}\n```",
    'prune_tags(tags=["hat"])',
    "<|tool_call_start|>[prune_tags(tags=['hat'])]<|tool_call_end|>",
    "<function=prune_tags><parameter=tags>hat</parameter></function>",
    'Action: prune_tags\nAction Input: {"tags": ["hat"]}',
    "functions.prune_tags:0{}",
    '✿FUNCTION✿: prune_tags\n✿ARGS✿: {"tags": ["hat"]}',
    '<|channel|>commentary to=functions.prune_tags<|message|>{"tags": ["hat"]}',
)
PLAIN = ("Hello there.", "Two lines\nof words", "1 < 2 and [1] are fine", "pruned `hat`, as said",
         "undoubtedly so", "ñandú 夏目 👩‍🚀")  # fmt: skip


def fed(text: str, size: int) -> tuple[Speech, str]:
    speech = Speech(TOOLS)
    shown = "".join(speech.feed(text[at : at + size]) for at in range(0, len(text), size))
    return speech, shown


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
@pytest.mark.parametrize("call", CALLS)
def test_nothing_of_a_call_is_shown(call, size):
    speech, shown = fed(call, size)
    assert shown == ""
    assert speech.finish(keep=False) == ""
    assert speech.shown == ""


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("call", CALLS)
def test_words_before_a_call_are_shown(call, size):
    _, shown = fed(f"I will do it.\n{call}", size)
    assert shown == "I will do it.\n"


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("text", PLAIN)
def test_plain_words_are_shown_at_once(text, size):
    speech, shown = fed(text, size)
    assert shown == text
    assert speech.finish(keep=True) == ""


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("call", CALLS)
def test_what_looked_like_a_call_and_was_none_is_shown_in_the_end(call, size):
    speech, shown = fed(f"Write {call}", size)
    assert (shown + speech.finish(keep=True)).startswith("Write ")
    assert "hat" in speech.shown or "{}" in speech.shown


@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize(
    "opening", ["<think>", "<thinking>", "[THINK]", "<seed:think>", "<|START_THINKING|>"]
)
def test_thoughts_are_left_out_and_what_follows_is_shown(opening, size):
    closing = opening.replace("<", "</", 1).replace("[", "[/", 1).replace("</|START", "<|END")
    _, shown = fed(f"{opening}a <tool_call> {{b}}\n{closing}\n\nHello.", size)
    assert shown == "Hello."


def test_a_long_thought_costs_little():
    """Each piece looks only at what is new."""
    text = "<think>" + "words and words " * 15_000 + "</think>Hello."
    assert fed(text, 8)[1] == "Hello."


@given(st.text(max_size=200), st.integers(min_value=1, max_value=9))
def test_pieces_do_not_matter_and_nothing_is_said_twice(text, size):
    speech, shown = fed(text, size)
    whole, at_once = fed(text, max(1, len(text)))
    end, other_end = speech.finish(keep=True), whole.finish(keep=True)
    assert shown + end == at_once + other_end == speech.shown
