"""Whether a graph is the model that its spec promises: asked when it loads, and after it ran."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision.labels import Labels
from tagsmith.tools.vision.schema import ModelSpec

_FLOAT = "tensor(float)"
_HINT = "The file is not the model that its spec describes; nothing was tagged with it."
_ROUNDING = 1e-4
# sigmoid(0) and sigmoid(1): where everything lands that goes through a second sigmoid.
_TWICE = (0.5, 0.7311)
# With fewer labels, values that happen to lie close together prove nothing.
_ENOUGH = 16


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output: ``dtype`` as onnxruntime spells it (``tensor(float)``).

    A dimension is a number, or the name (or None) of one that is free.
    """

    name: str
    dtype: str
    shape: tuple[int | str | None, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """The inputs and outputs of a graph, in its order."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


@dataclass(frozen=True, slots=True)
class Wiring:
    """The ports to use: where the pixels go in, where scores (and the embedding) come out."""

    pixels: Port
    scores: Port
    embedding: Port | None


def wiring(spec: ModelSpec, graph: Signature) -> Wiring:
    """Choose the ports that the spec names, or the first; raises ModelError if there is none."""
    if len(graph.inputs) != 1:
        names = ", ".join(port.name for port in graph.inputs) or "none"
        raise _refuse(spec, f"one input was expected; the graph has {len(graph.inputs)} ({names})")
    pixels = _port(spec, "input", graph.inputs, spec.input.name)
    scores = _port(spec, "output", graph.outputs, spec.output.name)
    embedding = None
    if spec.output.embedding is not None:
        embedding = _port(spec, "output", graph.outputs, spec.output.embedding)
    return Wiring(pixels, scores, embedding)


def check(spec: ModelSpec, labels: Labels, graph: Signature) -> None:
    """Raise ModelError, naming the file and the difference, unless the graph fits its spec.

    Asked: number and names of the ports, types, ranks, layout, size, batch axis, label count.
    """
    ports = wiring(spec, graph)
    _check_type(spec, "input", ports.pixels, rank=4)
    _check_type(spec, "output", ports.scores, rank=2)
    _check_layout(spec, ports.pixels)
    _check_batch(spec, ports)
    _check_width(spec, labels, ports.scores)


def check_values(
    spec: ModelSpec, output: NDArray[np.float32], labels: Labels | None = None
) -> None:
    """Raise ModelError unless the graph's raw ``output`` (images, labels) can be what it should be.

    Finite; probabilities within 0..1 and not squashed a second time; logits not already squashed.
    """
    if output.ndim != 2:
        raise _refuse(spec, f"the output has {output.ndim} dimensions, not 2")
    if labels is not None and output.shape[1] != len(labels.names):
        raise _refuse(spec, _counts(spec, output.shape[1], labels))
    if not output.size:
        return
    if not np.isfinite(output).all():
        raise _refuse(spec, "the output holds values that are no numbers (NaN or infinite)")
    _check_range(spec, output)


def _check_range(spec: ModelSpec, output: NDArray[np.float32]) -> None:
    low, high = float(output.min()), float(output.max())
    between = f"the output lies between {low:.3g} and {high:.3g}"
    enough = output.shape[1] >= _ENOUGH
    if spec.output.activation == "logits":
        if enough and low >= 0 and high <= 1:
            raise _refuse(spec, f"{between}: probabilities, where the spec says logits")
        return
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise _refuse(spec, f"{between}: no probabilities, as the spec says")
    if enough and low >= _TWICE[0] - _ROUNDING and high <= _TWICE[1] + _ROUNDING:
        raise _refuse(spec, f"{between}: the sigmoid was applied twice")


def _port(spec: ModelSpec, what: str, ports: tuple[Port, ...], name: str | None) -> Port:
    for port in ports:
        if name in (None, port.name):
            return port
    names = ", ".join(repr(port.name) for port in ports) or "none"
    wanted = f"{what} {name!r}" if name else f"an {what}"
    raise _refuse(spec, f"{wanted} was expected; the graph has {names}")


def _check_type(spec: ModelSpec, what: str, port: Port, *, rank: int) -> None:
    if port.dtype != _FLOAT:
        raise _refuse(spec, f"{what} {port.name!r} is {port.dtype}, not {_FLOAT}")
    if len(port.shape) != rank:
        raise _refuse(
            spec,
            f"{what} {port.name!r} has {len(port.shape)} dimensions {_shape(port)}, not {rank}",
        )


def _check_layout(spec: ModelSpec, port: Port) -> None:
    channel_axis = {"NHWC": 3, "NCHW": 1}
    wanted, other = spec.input.layout, "NCHW" if spec.input.layout == "NHWC" else "NHWC"
    channels = port.shape[channel_axis[wanted]]
    if channels != 3:
        seen = f"input {port.name!r} is {_shape(port)}"
        if port.shape[channel_axis[other]] == 3:
            raise _refuse(spec, f"{seen}: {other}, where the spec says {wanted}")
        raise _refuse(spec, f"{seen}: {channels} channels where the spec says 3 ({wanted})")
    sides = [side for axis, side in enumerate(port.shape) if axis not in (0, channel_axis[wanted])]
    for side, size in zip(sides, spec.input.size, strict=True):
        if isinstance(side, int) and side != size:
            height, width = spec.input.size
            raise _refuse(
                spec, f"input {port.name!r} takes {_shape(port)}, the spec says {height} x {width}"
            )


def _check_batch(spec: ModelSpec, ports: Wiring) -> None:
    batch = ports.pixels.shape[0]
    if not isinstance(batch, int) or (spec.output.batch == "one" and batch == 1):
        return
    allowed = "a free one" if spec.output.batch == "dynamic" else "one image, or a free one"
    raise _refuse(
        spec, f"input {ports.pixels.name!r} has a batch axis fixed to {batch}, not {allowed}"
    )


def _check_width(spec: ModelSpec, labels: Labels, port: Port) -> None:
    width = port.shape[1]
    if isinstance(width, int) and width != len(labels.names):
        raise _refuse(spec, _counts(spec, width, labels))


def _counts(spec: ModelSpec, width: int, labels: Labels) -> str:
    file = spec.labels.file if spec.labels else "the label file"
    return f"the output has {width:,} values, {file} has {len(labels.names):,} labels"


def _shape(port: Port) -> str:
    return "x".join("?" if size is None else str(size) for size in port.shape)


def _refuse(spec: ModelSpec, difference: str) -> ModelError:
    return ModelError(f"{spec.name}: {spec.graph.path}: {difference}.", _HINT)
