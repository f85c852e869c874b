"""A decoder with a cache: keys and values of earlier tokens go back in, a step costs one token.

Optimum's merged decoders take ``past_key_values.N.decoder.key`` and the like, and the flag
``use_cache_branch``, and give ``present.N.decoder.key``. The names are read from the graph; one
that has other names is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tagsmith.tools.vision.captioners.graphs import FLOAT, Array, Expected, Floats, Graphs
from tagsmith.tools.vision.contract import Port, Signature

BRANCH = "use_cache_branch"
_PAST, _PRESENT, _ENCODERS = "past_key_values.", "present.", ".encoder."
_BOOL = "tensor(bool)"


@dataclass(frozen=True, slots=True)
class Past:
    """What goes round: ``names`` maps each input of the past to the output of the present.

    ``shapes`` are the inputs' (heads, values a head), ``logits`` is the output of the answer.
    """

    names: Mapping[str, str]
    shapes: Mapping[str, tuple[int, int]]
    logits: str

    def empty(self) -> dict[str, Array]:
        """Return the past before the first token."""
        return {
            name: np.zeros((1, heads, 0, size), dtype=np.float32)
            for name, (heads, size) in self.shapes.items()
        }


def past_of(graph: Signature, plain: Expected) -> Past | None:
    """Return the cache of a merged decoder; None where the graph is not one of this kind.

    ``plain`` is what the same decoder takes without a cache.
    """
    inputs = {port.name: port for port in graph.inputs}
    outputs = {port.name for port in graph.outputs}
    past = [port for name, port in inputs.items() if name.startswith(_PAST)]
    names = {port.name: _PRESENT + port.name.removeprefix(_PAST) for port in past}
    shapes = {port.name: shape for port in past if (shape := _shape(port)) is not None}
    others = {BRANCH: (_BOOL, 1), **plain.inputs}
    if (
        not past
        or set(inputs) != {*names, *others}
        or not outputs.issuperset({*names.values(), "logits"})
        or len(shapes) < len(past)
        or any((inputs[name].dtype, len(inputs[name].shape)) != one for name, one in others.items())
    ):
        return None
    return Past(names, shapes, "logits")


def stepping(
    graphs: Graphs,
    part: str,
    past: Past,
    embed: Callable[[Sequence[int]], Floats],
    fixed: Mapping[str, Array],
) -> Callable[[Sequence[int]], Floats]:
    """Return what gives the logits of the next token, for one caption from its first token on.

    ``fixed`` are the inputs that stay the same. It must be asked with one token more each time.
    """
    held = past.empty()
    known = 0

    def following(ids: Sequence[int]) -> Floats:
        nonlocal known
        feeds = {
            **fixed,
            **held,
            "inputs_embeds": embed(ids[known:]),
            BRANCH: np.asarray([known > 0]),
        }
        logits, *present = graphs.run_all(part, feeds, [past.logits, *past.names.values()])
        for name, value in zip(past.names, present, strict=True):
            # With a past, what is given for the encoder is empty: it has not changed.
            if not (known and _ENCODERS in name):
                held[name] = value
        known = len(ids)
        last: Floats = logits[0, -1]
        return last

    return following


def _shape(port: Port) -> tuple[int, int] | None:
    """Return heads and size of (batch, heads, length, size); None where the port is no such."""
    if port.dtype != FLOAT or len(port.shape) != 4:
        return None
    heads, size = port.shape[1], port.shape[3]
    return (heads, size) if isinstance(heads, int) and isinstance(size, int) else None
