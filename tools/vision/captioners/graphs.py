"""The graphs of a captioner: found by what they do, checked when they load, stopped together."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tagsmith.tools.errors import ModelError, StoppedError
from tagsmith.tools.vision import runtime
from tagsmith.tools.vision.captioners.tokens import Tokens
from tagsmith.tools.vision.contract import Port
from tagsmith.tools.vision.runtime import Graph
from tagsmith.tools.vision.schema import ModelSpec

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]

FLOAT, INT64 = "tensor(float)", "tensor(int64)"
# How exporters call the same graph in other precisions.
_VARIANT = r"(?:_(?:fp16|int8|uint8|quantized|q4|q4f16|bnb4))?"
_HINT = "The file is not the model that its spec describes; nothing was captioned with it."
# Exporters round vocabularies up; more than this is the tokenizer of another model.
_SPARE_TOKENS = 2048


@dataclass(frozen=True, slots=True)
class Expected:
    """What a graph must take and give: name -> (type, rank); no other inputs.

    ``output`` is the first output's (type, rank), whatever its name is.
    """

    inputs: Mapping[str, tuple[str, int]]
    output: tuple[str, int] = (FLOAT, 3)


@dataclass(slots=True)
class Graphs:
    """The loaded graphs of a model by their part, which run one at a time."""

    spec: ModelSpec
    parts: dict[str, Graph] = field(default_factory=dict)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, part: str, feeds: Mapping[str, Array]) -> Floats:
        """Run a graph; returns its first output. Raises what ``run_all`` raises."""
        return self.run_all(part, feeds, [self.parts[part].signature.outputs[0].name])[0]

    def run_all(
        self, part: str, feeds: Mapping[str, Array], outputs: Sequence[str]
    ) -> list[Floats]:
        """Run a graph; returns these outputs, of which the first must be numbers.

        Raises StoppedError after ``stop``, ModelError for faults and values that are no numbers.
        """
        if self._stopped.is_set():
            raise StoppedError(f"{self.spec.name} was stopped.")
        graph = self.parts[part]
        found: list[Floats] = graph.run(feeds, outputs)
        if not np.isfinite(found[0]).all():
            raise refuse(self.spec, graph.path, "its output holds values that are no numbers")
        return found

    def begin(self) -> None:
        """Allow runs again after ``stop``."""
        self._stopped.clear()

    def stop(self) -> None:
        """End what runs, and let nothing else begin; may come from another thread."""
        self._stopped.set()
        for graph in self.parts.values():
            graph.stop()

    def close(self) -> None:
        """Free the memory of all graphs."""
        for graph in self.parts.values():
            graph.close()
        self.parts.clear()


def part_path(spec: ModelSpec, part: str) -> str:
    """Return the path of the graph that is called ``part``, in whatever precision.

    Raises ModelError where the spec has none.
    """
    named = re.compile(rf"{re.escape(part)}{_VARIANT}\.onnx")
    for file in spec.files:
        if file.kind == "graph" and named.fullmatch(os.path.basename(file.path)):
            return file.path
    raise ModelError(f"The spec of {spec.name} names no {part}.onnx.", "See docs/captions.md.")


def has_part(spec: ModelSpec, folder: str, part: str) -> bool:
    """Tell whether the spec names a graph, and whether it lies in the folder."""
    try:
        return os.path.isfile(os.path.join(folder, part_path(spec, part)))
    except ModelError:
        return False


def load_graphs(spec: ModelSpec, folder: str, wanted: Mapping[str, Expected]) -> Graphs:
    """Load the graphs and check each; raises ModelError naming the file and the difference."""
    graphs = Graphs(spec)
    try:
        for part, expected in wanted.items():
            graph = open_part(spec, folder, part)
            graphs.parts[part] = graph
            _check(spec, graph, expected)
    except BaseException:
        graphs.close()
        raise
    return graphs


def open_part(spec: ModelSpec, folder: str, part: str) -> Graph:
    """Open one graph, without looking at what it takes. Raises ModelError."""
    path = os.path.join(folder, part_path(spec, part))
    return runtime.open_graph(path, spec.name, min_runtime=spec.min_runtime)


def check_pixels(spec: ModelSpec, graph: Graph) -> None:
    """Raise ModelError unless the image input has the spec's layout and size."""
    port = graph.signature.inputs[0]
    height, width = spec.input.size
    nchw = spec.input.layout == "NCHW"
    wanted = (3, height, width) if nchw else (height, width, 3)
    for side, size in zip(port.shape[1:], wanted, strict=True):
        if isinstance(side, int) and side != size:
            raise refuse(spec, graph.path, f"{_shown(port)}, the spec says {wanted}")


def check_widths(spec: ModelSpec, graphs: Graphs, ports: Iterable[tuple[str, str]]) -> None:
    """Raise ModelError unless the last axes of these ports, (part, name), are alike.

    The name "" is the first output; axes that are free tell nothing.
    """
    first: tuple[str, int] | None = None
    for part, name in ports:
        graph = graphs.parts[part]
        found = _named(graph, name) if name else graph.signature.outputs[0]
        width = found.shape[-1]
        if not isinstance(width, int):
            continue
        if first is None:
            first = (os.path.basename(graph.path), width)
        elif width != first[1]:
            raise refuse(spec, graph.path, f"{_shown(found)}, but {first[0]} has {first[1]}")


def check_vocabulary(
    spec: ModelSpec, path: str, width: int | str | None, tokens: Tokens, ids: Sequence[int]
) -> None:
    """Raise ModelError unless logits of this width fit the tokenizer and the spec's own ids."""
    if not isinstance(width, int):
        return
    if tokens.size > width or width - tokens.size > _SPARE_TOKENS:
        raise refuse(spec, path, f"it knows {width:,} tokens, the tokenizer has {tokens.size:,}")
    beyond = [one for one in ids if one >= width]
    if beyond:
        raise refuse(spec, path, f"the spec's token {beyond[0]} is beyond its {width:,}")


def named_output(graph: Graph, name: str) -> Port:
    """Return an output by its name, or else the first."""
    outputs = graph.signature.outputs
    return next((port for port in outputs if port.name == name), outputs[0])


def refuse(spec: ModelSpec, path: str, difference: str) -> ModelError:
    """Return the error for a graph that is not what its spec promises."""
    return ModelError(f"{spec.name}: {os.path.basename(path)}: {difference}.", _HINT)


def _check(spec: ModelSpec, graph: Graph, expected: Expected) -> None:
    found = {port.name: port for port in graph.signature.inputs}
    if set(found) != set(expected.inputs):
        names = ", ".join(found) or "none"
        wanted = ", ".join(expected.inputs)
        raise refuse(spec, graph.path, f"inputs {wanted} were expected; it has {names}")
    for name, (kind, rank) in expected.inputs.items():
        _check_port(spec, graph, found[name], kind, rank)
    if not graph.signature.outputs:
        raise refuse(spec, graph.path, "it has no output")
    _check_port(spec, graph, graph.signature.outputs[0], *expected.output)


def _check_port(spec: ModelSpec, graph: Graph, port: Port, kind: str, rank: int) -> None:
    if port.dtype != kind:
        raise refuse(spec, graph.path, f"{port.name!r} is {port.dtype}, not {kind}")
    if len(port.shape) != rank:
        raise refuse(spec, graph.path, f"{_shown(port)}, not {rank} dimensions")


def _named(graph: Graph, name: str) -> Port:
    return next(port for port in graph.signature.inputs if port.name == name)


def _shown(port: Port) -> str:
    sizes = "x".join("?" if size is None else str(size) for size in port.shape)
    return f"{port.name!r} is {sizes}"
