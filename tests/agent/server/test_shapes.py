"""Every shape of a stream means one message, however it is cut into pieces."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_shapes import SHAPES, Shape

from tagsmith.agent.server.client import Answer, ChatClient
from tagsmith.agent.server.sse import Reader
from tagsmith.agent.server.wire import Assembly, Delta


def test_there_are_at_least_thirty() -> None:
    assert len(SHAPES) >= 30


def read(parts: tuple[bytes, ...]) -> dict[str, Any]:
    reader, assembly = Reader(), Assembly()

    def chunks() -> Iterator[dict[str, Any]]:
        for part in parts:
            yield from reader.feed(part)
            if reader.done:
                return
        yield from reader.finish()

    for chunk in chunks():
        assembly.add(chunk)
    assert assembly.complete
    return assembly.message()


def check(message: dict[str, Any], shape: Shape) -> None:
    found = [one["function"] for one in message["tool_calls"]]
    assert tuple((one["name"], one["arguments"]) for one in found) == shape.calls
    assert message["content"] == shape.content
    assert message["reasoning"] == shape.reasoning
    assert message["finish_reason"] == shape.finish
    assert (message["usage"] or {}).get("prompt_tokens") == shape.usage
    if shape.ids is not None:
        assert tuple(one["id"] for one in message["tool_calls"]) == shape.ids


@pytest.mark.parametrize("name", SHAPES)
def test_over_http(name: str, model_server: Any, client: ChatClient) -> None:
    shape = SHAPES[name]
    model_server.script(shape.reply)
    *shown, answer = client.stream({"messages": []})
    assert isinstance(answer, Answer)
    check(answer.message, shape)
    deltas = [one for one in shown if isinstance(one, Delta)]
    assert "".join(one.text for one in deltas) == shape.content
    assert "".join(one.reasoning for one in deltas) == shape.reasoning
    assert len([one for one in deltas if one.tool]) <= len(shape.calls)


@given(name=st.sampled_from(sorted(SHAPES)), data=st.data())
def test_cut_into_pieces_anywhere(name: str, data: st.DataObject) -> None:
    shape = SHAPES[name]
    body = b"".join(shape.parts)
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=8).map(sorted))
    bounds = itertools.pairwise([0, *cuts, len(body)])
    parts = tuple(body[start:end] for start, end in bounds)
    check(read(parts), shape)
