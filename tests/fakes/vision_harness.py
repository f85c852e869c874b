"""What a run does with a model, in the fewest steps: labels, contract, inference, values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import onnxruntime

from tagsmith.tools.vision.contract import Port, Signature, check, check_values, wiring
from tagsmith.tools.vision.labels import Labels, read_labels
from tagsmith.tools.vision.spec import ModelSpec, find_spec


@lru_cache
def labels_of(name: str, folder: str) -> Labels:
    """Read a shipped model's labels once."""
    return read_labels(find_spec(name), folder)


def run(spec: ModelSpec, graph: bytes, labels: Labels, batch: Sequence[np.ndarray]) -> np.ndarray:
    """Check the graph, run it on one picture after the other, check the values."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    signature = Signature(_ports(session.get_inputs()), _ports(session.get_outputs()))
    check(spec, labels, signature)
    used = wiring(spec, signature)
    output = np.concatenate(
        [session.run([used.scores.name], {used.pixels.name: one[None]})[0] for one in batch]
    )
    check_values(spec, output, labels)
    return output


def _ports(found: list) -> tuple[Port, ...]:
    return tuple(Port(port.name, port.type, tuple(port.shape)) for port in found)
