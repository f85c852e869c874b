"""Small ONNX graphs with the exact signature of real taggers, and label files to go with them.

A real tagger's numbers mean nothing to a test. These graphs take the same input, under the same
names and shapes, and answer with what they saw: the mean of every channel in every field of a grid,
as a share of the byte range (0 = byte 0, 1 = byte 255) *if* the pixels kept to the spec's contract.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tagsmith.tools.vision.schema import LabelSpec, ModelSpec

# Two outputs that no picture changes, so that no picture looks like a squashed or an all-flat one.
ANCHORS = (0.02, 0.98)
_STEEP = 8.0


@dataclass(frozen=True)
class Extra:
    """Another output of the real graph, beside the scores."""

    name: str
    width: int
    dtype: int = TensorProto.FLOAT


# What the real graphs have beside the scores; width 0 is one value a label.
EXTRAS = {
    "pixai-v0.9": (Extra("embedding", 1024), Extra("logits", 0)),
    "camie-v2": (
        Extra("initial_predictions", 0),
        Extra("selected_candidates", 256, TensorProto.INT64),
    ),
}
# What Keras exports are called; their specs leave the names open.
NAMES = dict.fromkeys(("wd-v1-4-swinv2-v2", "z3d-e621"), ("input_1:0", "predictions_sigmoid"))


def signature_graph(
    spec: ModelSpec,
    labels: int | Sequence[str],
    *,
    grid: int = 2,
    squash: bool = False,
    batch: int | str | None = None,
    names: tuple[str, str] | None = None,
    extras: Sequence[Extra] | None = None,
) -> bytes:
    """Return a graph that answers label ``i`` with ``values()[i % len(values())]``.

    In order: for each channel as the model gets it, for each row and column of the grid, the mean
    share of the byte range; then ANCHORS. ``squash`` puts a sigmoid behind the last node.
    """
    count = labels if isinstance(labels, int) else len(labels)
    entry, leave = names or port_names(spec)
    axis = _axis(spec, batch)
    nodes, tensors = _look(spec, entry, grid)
    nodes += _answer(spec, count, leave, grid, tensors, squash=squash)
    found = EXTRAS.get(spec.name, ()) if extras is None else extras
    outputs = [helper.make_tensor_value_info(leave, TensorProto.FLOAT, [axis, count])]
    for extra in found:
        outputs.append(_extra(extra, count, axis, "all", nodes, tensors))
    return _model(nodes, [_pixels(spec, entry, axis)], outputs, tensors)


def constant_graph(
    spec: ModelSpec,
    values: Sequence[float],
    *,
    batch: int | str | None = None,
    names: tuple[str, str] | None = None,
    dtype: int = TensorProto.FLOAT,
) -> bytes:
    """Return a graph with the spec's input that answers every picture with ``values``."""
    entry, leave = names or port_names(spec)
    axis = _axis(spec, batch)
    tensors = {
        "answer": np.asarray([values], dtype=np.float32),
        "first": np.asarray([0], dtype=np.int64),
        "second": np.asarray([1], dtype=np.int64),
        "one": np.asarray([1], dtype=np.int64),
    }
    nodes = [
        helper.make_node("Shape", [entry], ["shape"]),
        helper.make_node("Slice", ["shape", "first", "second"], ["images"]),
        helper.make_node("Concat", ["images", "one"], ["repeats"], axis=0),
        helper.make_node("Tile", ["answer", "repeats"], ["tiled"]),
        helper.make_node("Cast", ["tiled"], [leave], to=dtype),
    ]
    outputs = [helper.make_tensor_value_info(leave, dtype, [axis, len(values)])]
    for extra in EXTRAS.get(spec.name, ()):
        outputs.append(_extra(extra, len(values), axis, "tiled", nodes, tensors))
    return _model(nodes, [_pixels(spec, entry, axis)], outputs, tensors)


def shares(spec: ModelSpec, output: np.ndarray, grid: int = 2) -> np.ndarray:
    """Undo the graph's last step: (images, channels in RGB order, rows, columns) of byte shares.

    ``output`` is what the graph gave (logits or probabilities, as the spec says).
    """
    raw = np.asarray(output, dtype=np.float64)[:, : 3 * grid * grid]
    if spec.output.activation == "logits":
        raw = raw / _STEEP + 0.5
    seen = raw.reshape(len(raw), 3, grid, grid)
    return seen[:, ::-1] if spec.input.colour == "BGR" else seen


def probability(spec: ModelSpec, share: float) -> float:
    """Return the probability that stands for a byte share, after the sigmoid if there is one."""
    if spec.output.activation == "probabilities":
        return share
    return float(1 / (1 + np.exp(-(share - 0.5) * _STEEP)))


def with_count(spec: ModelSpec, count: int | None) -> ModelSpec:
    """Return the spec with another promised number of labels."""
    labels = spec.labels.model_copy(update={"count": count})
    return spec.model_copy(update={"labels": labels})


def label_text(spec: LabelSpec, names: Sequence[str], categories: Sequence[str]) -> str:
    """Write labels in the form of ``spec``; ``categories`` in the file's own words."""
    if spec.format == "lines":
        return "\n".join(names)
    if spec.format == "csv":
        return _csv(spec, names, categories)
    pairs = list(zip(names, categories, strict=True))
    if spec.format == "json_map":
        found = {str(i): {"tag": name, "category": word} for i, (name, word) in enumerate(pairs)}
    elif spec.format == "json_idx":
        found = {
            "idx_to_tag": {str(i): name for i, name in enumerate(names)},
            "tag_to_category": dict(pairs),
        }
    else:
        found = {"categories": _groups(pairs)}
    for outer in reversed(spec.nested):
        found = {outer: found}
    return json.dumps(found, ensure_ascii=False)


def make_labels(spec: ModelSpec, count: int) -> str:
    """Write ``count`` labels for a spec: four ratings, then two general ones for each other one."""
    words = _words(spec)
    ratings = [f"rating_{word}" for word in ("general", "sensitive", "questionable", "explicit")]
    others = [word for word, category in words.items() if category != "rating"]
    general = next(word for word, category in words.items() if category == "general")
    rating = next((word for word, category in words.items() if category == "rating"), None)
    names = [*(ratings if rating else ()), *(f"tag_{i}" for i in range(count))][:count]
    categories = [
        rating if rating and i < 4 else general if i % 3 else others[i // 3 % len(others)]
        for i in range(count)
    ]
    return label_text(spec.labels, names, categories)


def make_model(spec: ModelSpec, folder: Path, count: int | None = None, **graph: object) -> Path:
    """Put a whole model into ``folder``, at the paths of the spec; returns the folder."""
    count = count or count_of(spec)
    for path, data in (
        (spec.graph.path, signature_graph(spec, count, **graph)),
        (spec.labels.file, make_labels(spec, count).encode()),
    ):
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder


def as_found(spec: ModelSpec, folder: Path) -> ModelSpec:
    """Return the spec with the sizes and hashes of the files that lie in ``folder``."""
    files = []
    for file in spec.files:
        place = folder / file.path
        if place.is_file():
            data = place.read_bytes()
            known = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            files.append(file.model_copy(update=known))
        elif not file.required:
            files.append(file)
    return spec.model_copy(update={"files": tuple(files)})


def count_of(spec: ModelSpec) -> int:
    """Return how many labels to make for a spec: as many as it promises, if it does."""
    return spec.labels.count or 400


def port_names(spec: ModelSpec) -> tuple[str, str]:
    """Return the names of input and output, where the spec leaves them open some that exist."""
    entry, leave = NAMES.get(spec.name, ("input", "output"))
    return spec.input.name or entry, spec.output.name or leave


def _axis(spec: ModelSpec, batch: int | str | None) -> int | str:
    return batch if batch is not None else ("batch" if spec.output.batch == "dynamic" else 1)


def _pixels(spec: ModelSpec, name: str, axis: int | str) -> onnx.ValueInfoProto:
    height, width = spec.input.size
    nhwc = spec.input.layout == "NHWC"
    shape = [axis, height, width, 3] if nhwc else [axis, 3, height, width]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _look(spec: ModelSpec, entry: str, grid: int) -> tuple[list, dict[str, np.ndarray]]:
    """Mean of every channel in every field, then back from the tensor's range to byte shares."""
    height, width = spec.input.size
    fields = [height // grid, width // grid]
    per_field = grid * grid
    scale = np.repeat(np.asarray(spec.input.std) / (255 * spec.input.scale), per_field)
    shift = np.repeat(np.asarray(spec.input.mean) / (255 * spec.input.scale), per_field)
    tensors = {
        "unscale": scale[None].astype(np.float32),
        "unshift": shift[None].astype(np.float32),
    }
    nodes = []
    if spec.input.layout == "NHWC":
        nodes.append(helper.make_node("Transpose", [entry], ["planes"], perm=[0, 3, 1, 2]))
    else:
        nodes.append(helper.make_node("Identity", [entry], ["planes"]))
    nodes += [
        helper.make_node(
            "AveragePool", ["planes"], ["pooled"], kernel_shape=fields, strides=fields
        ),
        helper.make_node("Flatten", ["pooled"], ["means"], axis=1),
        helper.make_node("Mul", ["means", "unscale"], ["scaled"]),
        helper.make_node("Add", ["scaled", "unshift"], ["seen"]),
    ]
    return nodes, tensors


def _answer(
    spec: ModelSpec,
    count: int,
    leave: str,
    grid: int,
    tensors: dict[str, np.ndarray],
    *,
    squash: bool,
) -> list:
    """From byte shares to one value a label."""
    seen = 3 * grid * grid
    tensors["spread"] = np.eye(seen, seen + len(ANCHORS), dtype=np.float32)
    tensors["anchors"] = np.asarray([[0.0] * seen + [*ANCHORS]], dtype=np.float32)
    tensors["which"] = np.arange(count, dtype=np.int64) % (seen + len(ANCHORS))
    tensors["low"], tensors["high"] = np.float32(0), np.float32(1)
    nodes = [
        helper.make_node("MatMul", ["seen", "spread"], ["wide"]),
        helper.make_node("Add", ["wide", "anchors"], ["anchored"]),
        helper.make_node("Gather", ["anchored", "which"], ["all"], axis=1),
        helper.make_node("Clip", ["all", "low", "high"], ["shares"]),
    ]
    last = "shares"
    if spec.output.activation == "logits":
        tensors["steep"], tensors["half"] = np.float32(_STEEP), np.float32(_STEEP / 2)
        nodes.append(helper.make_node("Mul", [last, "steep"], ["stretched"]))
        nodes.append(helper.make_node("Sub", ["stretched", "half"], ["logits_"]))
        last = "logits_"
    nodes.append(helper.make_node("Sigmoid" if squash else "Identity", [last], [leave]))
    return nodes


def _extra(
    extra: Extra,
    count: int,
    axis: int | str,
    source: str,
    nodes: list,
    tensors: dict[str, np.ndarray],
) -> onnx.ValueInfoProto:
    """Another output: ``source``, which has one value a label, repeated to the output's width."""
    width = extra.width or count
    which, wide = f"which_{extra.name}", f"wide_{extra.name}"
    tensors[which] = np.arange(width, dtype=np.int64) % count
    nodes.append(helper.make_node("Gather", [source, which], [wide], axis=1))
    nodes.append(helper.make_node("Cast", [wide], [extra.name], to=extra.dtype))
    return helper.make_tensor_value_info(extra.name, extra.dtype, [axis, width])


def _model(nodes: list, inputs: list, outputs: list, tensors: dict[str, np.ndarray]) -> bytes:
    initial = [numpy_helper.from_array(np.asarray(value), name) for name, value in tensors.items()]
    graph = helper.make_graph(nodes, "looks", inputs, outputs, initial)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _words(spec: ModelSpec) -> dict[str, str]:
    """Return the label file's own words for categories, each with ours."""
    if spec.labels.categories:
        return dict(spec.labels.categories)
    if spec.labels.format == "lines":
        return {"": spec.labels.category}
    return {word: word for word in ("general", "character", "copyright", "artist", "rating")}


def _csv(spec: LabelSpec, names: Sequence[str], categories: Sequence[str]) -> str:
    columns = spec.columns
    header = ["tag_id", columns.name, columns.category, "count", columns.threshold, columns.series]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [name for name in header if name], lineterminator="\n")
    writer.writeheader()
    for index, (name, word) in enumerate(zip(names, categories, strict=True)):
        row = {"tag_id": index, columns.name: name, "count": len(names) - index}
        row |= {columns.category: word} if columns.category else {}
        row |= {columns.threshold: 0.5} if columns.threshold else {}
        row |= {columns.series: "[]"} if columns.series else {}
        writer.writerow(row)
    return out.getvalue()


def _groups(pairs: Sequence[tuple[str, str]]) -> list[dict[str, object]]:
    groups: list[dict] = []
    for index, (name, word) in enumerate(pairs):
        if not groups or groups[-1]["name"] != word:
            groups.append({"name": word, "offset": index, "count": 0, "tags": []})
        groups[-1]["tags"].append(name)
        groups[-1]["count"] += 1
    return groups
