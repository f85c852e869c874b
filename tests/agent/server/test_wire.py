"""Putting answers together: cut ones say so, floods are stopped, nothing is made up."""

from __future__ import annotations

import itertools
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_replies import call, chunk
from stream_shapes import WRITTEN

from tagsmith.agent.server.faults import Fault, Kind
from tagsmith.agent.server.sse import MAX_EVENT, Reader
from tagsmith.agent.server.wire import MAX_CALLS, MAX_TEXT, MAX_TURN, Assembly

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FUNCTION = st.fixed_dictionaries(
    {}, optional={"name": st.sampled_from(["undo", "", "prune_tags"]) | JSON, "arguments": JSON}
)
ENTRY = st.fixed_dictionaries(
    {},
    optional={
        "index": st.integers(0, 3) | JSON,
        "id": st.sampled_from(["", "a", "b"]) | JSON,
        "function": FUNCTION | JSON,
    },
)
DELTA = st.fixed_dictionaries(
    {},
    optional={
        "content": st.text(max_size=9) | JSON,
        "reasoning": st.text(max_size=9) | JSON,
        "tool_calls": st.lists(ENTRY | JSON, max_size=3) | JSON,
    },
)
CHUNK = st.builds(
    lambda delta, finish: {"choices": [{"delta": delta, "finish_reason": finish}]},
    DELTA | JSON,
    st.none() | st.sampled_from(["stop", "length", ""]) | JSON,
)


def assembled(*chunks: dict[str, Any]) -> Assembly:
    assembly = Assembly()
    for one in chunks:
        assembly.add(one)
    return assembly


@given(st.lists(CHUNK | st.dictionaries(st.text(max_size=8), JSON, max_size=3), max_size=6))
def test_any_chunks_give_a_message_of_the_right_shape(chunks: list[dict[str, Any]]) -> None:
    assembly = assembled(*chunks)
    message = assembly.message()
    json.dumps(message)
    assert isinstance(message["content"], str)
    assert isinstance(message["reasoning"], str)
    for one in message["tool_calls"]:
        assert isinstance(one["id"], str)
        assert isinstance(one["function"]["name"], str)
        assert isinstance(one["function"]["arguments"], str | dict | list)
    assert (message["finish_reason"] is None) == (not assembly.ended)


@given(st.data())
def test_a_call_cut_anywhere_is_not_complete_and_not_completed(data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(WRITTEN)))
    sizes = data.draw(st.lists(st.integers(0, cut), max_size=5).map(sorted))
    bounds = [0, *sizes, cut]
    head = chunk({"tool_calls": [call(0, "replace_tags", "", "call_0")]})
    rest = [
        chunk({"tool_calls": [call(0, None, WRITTEN[a:b], None)]})
        for a, b in itertools.pairwise(bounds)
    ]
    assembly = assembled(head, *rest)
    assert not assembly.complete
    (found,) = assembly.message()["tool_calls"]
    assert found["function"]["arguments"] == WRITTEN[:cut]
    assembly.add(chunk({}, "length"))
    assert not assembly.complete
    assert assembly.message()["finish_reason"] == "length"


@pytest.mark.parametrize(
    "reasons", [("stop", "length"), ("length", "stop"), ("tool_calls", "abort")]
)
def test_a_reason_that_tells_of_a_cut_wins(reasons: tuple[str, str]) -> None:
    assembly = assembled(*(chunk({}, one) for one in reasons))
    assert assembly.ended
    assert not assembly.complete


def test_pieces_of_different_calls_are_never_valid_together() -> None:
    """Two objects under one call stay what came: no JSON, so that nobody can run half of each."""
    assembly = assembled(
        chunk({"tool_calls": [call(0, "prune_tags", {"tags": ["a"]}, "a")]}),
        chunk({"tool_calls": [call(0, None, {"tags": ["b"]}, None)]}),
        chunk({}, "tool_calls"),
    )
    (found,) = assembly.message()["tool_calls"]
    with pytest.raises(ValueError, match="Extra data"):
        json.loads(found["function"]["arguments"])


def test_a_repeated_name_without_arguments_begins_no_call() -> None:
    """``undo`` needs no argument: an empty call to it would undo once more."""
    assembly = assembled(
        chunk({"tool_calls": [call(0, "undo", '{"steps": 2}', "a")]}),
        chunk({"tool_calls": [call(0, "undo", "", "a")]}),
        chunk({"tool_calls": [call(0, "undo", None, None)]}, "tool_calls"),
    )
    assert len(assembly.message()["tool_calls"]) == 1


FLOODS = {
    "text": ({"content": "x" * 1000}, MAX_TEXT // 1000 + 1),
    "wide text": ({"content": "漢" * 1000}, MAX_TEXT // 3000 + 1),
    "reasoning": ({"reasoning": "x" * 1000}, MAX_TURN // 1000 + 1),
    "arguments": ({"tool_calls": [call(0, None, "x" * 1000, None)]}, MAX_TURN // 1000 + 1),
}


@pytest.mark.parametrize("name", FLOODS)
def test_floods_are_stopped_at_their_bound(name: str) -> None:
    delta, times = FLOODS[name]
    assembly = assembled(*[chunk(delta)] * (times - 1))
    with pytest.raises(Fault) as caught:
        assembly.add(chunk(delta))
    assert caught.value.kind is Kind.FLOOD


def test_the_number_of_calls_is_bounded() -> None:
    many = [chunk({"tool_calls": [call(at, "undo", "{}")]}) for at in range(MAX_CALLS)]
    assembly = assembled(*many)
    with pytest.raises(Fault):
        assembly.add(chunk({"tool_calls": [call(MAX_CALLS, "undo", "{}")]}))


def test_the_model_that_answered_is_kept() -> None:
    assert assembled(chunk({"content": "x"}, "stop")).message()["model"] == "qwen3.5-9b"


@given(st.lists(st.binary(max_size=40), max_size=6), st.sampled_from([b"", b"data: ", b"data: {"]))
def test_any_bytes_are_chunks_or_a_fault(pieces: list[bytes], start: bytes) -> None:
    reader = Reader()
    with suppress(Fault):
        for piece in (start, *pieces):
            assert all(isinstance(one, dict) for one in reader.feed(piece))
        assert all(isinstance(one, dict) for one in reader.finish())


def test_a_line_without_end_is_stopped() -> None:
    reader = Reader()
    assert list(reader.feed(b"data: ")) == []
    with pytest.raises(Fault) as caught:
        list(reader.feed(b"x" * MAX_EVENT))
    assert caught.value.kind is Kind.FLOOD
