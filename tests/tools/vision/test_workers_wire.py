"""Frames between Tagsmith and its workers: exact for what ours send, harmless from anybody else."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools.vision import worker_wire
from tagsmith.tools.vision.worker_wire import WireError, receive, send

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text().filter(lambda key: key != "$"), inner)
    ),
    max_leaves=20,
)


def frame(text: bytes, buffers: bytes = b"") -> io.BytesIO:
    return io.BytesIO(struct.pack("<IQ", len(text), len(buffers)) + text + buffers)


def sent(value: Any) -> Any:
    pipe = io.BytesIO()
    send(pipe, value)
    pipe.seek(0)
    return receive(pipe)


@given(VALUES)
def test_what_is_sent_arrives(value: Any) -> None:
    assert sent(value) == value


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int64", "float16", "float32", "float64"])
def test_arrays_keep_their_type_and_shape(dtype: str) -> None:
    for array in (np.arange(24, dtype=dtype).reshape(2, 3, 4), np.zeros((0, 5), dtype)):
        both = sent([array, array[..., ::-1]])
        for got, expected in zip(both, (array, array[..., ::-1]), strict=True):
            assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
            assert np.array_equal(got, expected)


@pytest.mark.parametrize("value", [object(), {1, 2}, 1j, np.array(["a"], object), np.array([True])])
def test_what_no_frame_can_hold_is_a_mistake(value: Any) -> None:
    with pytest.raises(TypeError):
        send(io.BytesIO(), value)


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_any_bytes_are_a_frame_or_none(text: bytes, buffers: bytes) -> None:
    for pipe in (frame(text, buffers), io.BytesIO(text)):
        try:
            receive(pipe)
        except WireError:
            continue


@pytest.mark.parametrize(
    "reference",
    [
        {"$": [0, 9]},
        {"$": [-4, 4]},
        {"$": [4, -4]},
        {"$": [1 << 70, 1]},
        {"$": "text"},
        {"$": [0]},
        {"$": [0, 8], "dtype": "object", "shape": [1]},
        {"$": [0, 8], "dtype": ["float64"], "shape": [1]},
        {"$": [0, 8], "dtype": "float64", "shape": [2]},
        {"$": [0, 8], "dtype": "float64", "shape": [-1]},
        {"$": [0, 8], "dtype": "float64", "shape": [-1, -1]},
        {"$": [0, 8], "dtype": "uint8", "shape": [1 << 40, 1 << 40]},
        {"$": [0, 8], "dtype": "uint8", "shape": "8"},
        {"$": [0, 8], "dtype": "uint8"},
    ],
)
def test_a_buffer_that_is_not_there_is_no_frame(reference: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        receive(frame(json.dumps(reference).encode(), b"\0" * 8))


@pytest.mark.parametrize("text", [b"[" * 100_000, b"{", b"\xff", b"9" * 10_000, b""])
def test_text_that_is_no_json_is_no_frame(text: bytes) -> None:
    with pytest.raises(WireError):
        receive(frame(text))


def test_no_memory_is_taken_for_a_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_wire, "MAX_FRAME_BYTES", 1000)
    assert sent("x" * 998) == "x" * 998
    with pytest.raises(WireError, match="too large"):
        sent("x" * 999)
    with pytest.raises(WireError, match="too large"):
        receive(io.BytesIO(struct.pack("<IQ", 2, 1 << 60)))


def test_the_end_is_told() -> None:
    for size in range(15):
        pipe = frame(b"{}")
        with pytest.raises(WireError, match="gone"):
            receive(io.BytesIO(pipe.getvalue()[: min(size, 13)]))
