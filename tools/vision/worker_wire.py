"""The bytes between Tagsmith and its image workers.

A worker decodes hostile files, so nothing it sends is trusted: answers are JSON and raw buffers,
bounded, never pickles. A frame is two little-endian numbers (size of the JSON, size of all the
buffers), the JSON, and the buffers one after the other. Within the JSON, bytes and arrays stand as
``{"$": [offset, size], "dtype": ..., "shape": ...}``; dtype and shape are those of an array.
"""

from __future__ import annotations

import json
import struct
from math import prod
from typing import Any, BinaryIO

import numpy as np

# An answer of 256 MiB is 300 times a model's input; a larger claim is a broken worker.
MAX_FRAME_BYTES = 256 * 1024 * 1024

_LENGTHS = struct.Struct("<IQ")
_REFERENCE = "$"
_DTYPES = frozenset({"uint8", "uint16", "int32", "int64", "float16", "float32", "float64"})


class WireError(Exception):
    """The other side is gone, or what it sent is no frame."""


def send(file: BinaryIO, message: Any) -> None:
    """Write a frame: JSON values, bytes and arrays; tuples arrive as lists, keys as strings.

    Raises TypeError for other values, OSError where nobody reads any more.
    """
    buffers = _Buffers()
    text = json.dumps(message, default=buffers.take).encode()
    file.write(_LENGTHS.pack(len(text), buffers.size))
    file.write(text)
    for part in buffers.parts:
        file.write(part)
    file.flush()


def receive(file: BinaryIO) -> Any:
    """Read a frame; arrays in it are writable. Raises WireError at the end, or if it is none."""
    text_size, buffer_size = _LENGTHS.unpack(_read(file, _LENGTHS.size))
    if text_size + buffer_size > MAX_FRAME_BYTES:
        raise WireError("a frame that is too large")
    text, buffers = _read(file, text_size), memoryview(_read(file, buffer_size))
    try:
        return json.loads(text, object_hook=lambda found: _restore(found, buffers))
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise WireError("a frame that cannot be read") from error


class _Buffers:
    """The buffers of a frame that is being written."""

    def __init__(self) -> None:
        self.parts: list[memoryview] = []
        self.size = 0

    def take(self, value: Any) -> Any:
        """Return what stands in the JSON for a value that is none of JSON's."""
        if isinstance(value, np.generic):
            return value.item()
        described: dict[str, Any] = {}
        if isinstance(value, np.ndarray):
            if value.dtype.name not in _DTYPES:
                raise TypeError(f"A worker cannot answer with an array of {value.dtype}.")
            described = {"dtype": value.dtype.name, "shape": value.shape}
            value = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
        elif not isinstance(value, bytes | bytearray):
            raise TypeError(f"A worker cannot answer with a {type(value).__name__}.")
        part = memoryview(value)
        reference = {_REFERENCE: [self.size, part.nbytes], **described}
        self.parts.append(part)
        self.size += part.nbytes
        return reference


def _restore(found: dict[str, Any], buffers: memoryview) -> Any:
    """Return the bytes or the array that a reference stands for; other objects as they are."""
    if _REFERENCE not in found:
        return found
    offset, size = found[_REFERENCE]
    if not 0 <= offset <= offset + size <= len(buffers):
        raise ValueError("a buffer outside the frame")
    part = buffers[offset : offset + size]
    if "dtype" not in found:
        return bytes(part)
    if found["dtype"] not in _DTYPES or any(side < 0 for side in found["shape"]):
        raise ValueError("an array that no worker sends")
    dtype = np.dtype(found["dtype"])
    if prod(found["shape"]) * dtype.itemsize != size:
        raise ValueError("an array whose shape is not that of its bytes")
    return np.frombuffer(part, dtype).reshape(found["shape"])


def _read(file: BinaryIO, size: int) -> bytearray:
    data = bytearray(size)
    view, done = memoryview(data), 0
    while done < size:
        count = file.readinto(view[done:])  # type: ignore[attr-defined]
        if not count:
            raise WireError("the other side is gone")
        done += count
    return data
