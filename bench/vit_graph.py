"""A graph of a tagger's size with random weights, built with ``onnx.helper`` (test dependency).

The signature is that of the WD taggers: ``input`` float32 [N, size, size, 3] -> ``output``
probabilities float32 [N, labels]. The body is ViT-B/16 (Dosovitskiy et al. 2021, table 1): a patch
embedding, 12 blocks of width 768 with 12 heads and 3072 hidden units, the mean of the patches, one
head and a sigmoid. Speed and memory are those of such a model; what it says is noise.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RATINGS = ("general", "sensitive", "questionable", "explicit")


@dataclass(frozen=True)
class Shape:
    """How large a graph is; the defaults are ViT-B/16 at 448 px with the labels of WD v3."""

    size: int = 448
    patch: int = 16
    width: int = 768
    heads: int = 12
    hidden: int = 3072
    blocks: int = 12
    labels: int = 10_861


SMALL = Shape(width=32, patch=64, heads=2, hidden=64, blocks=1, labels=200)


@dataclass
class _Builder:
    shape: Shape
    random: np.random.Generator
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)

    def op(self, kind: str, *inputs: str, name: str = "", **attributes: object) -> str:
        name = name or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, array: np.ndarray) -> str:
        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, *shape: int, spread: float = 0.02) -> str:
        noise = self.random.standard_normal(shape, dtype=np.float32)
        return self.constant(noise * np.float32(spread))

    def bias(self) -> str:
        noise = self.random.standard_normal(self.shape.labels, dtype=np.float32)
        return self.constant(np.float32(-6) + np.float32(1.6) * noise)

    def ints(self, *values: int) -> str:
        return self.constant(np.array(values, dtype=np.int64))

    def linear(self, source: str, inputs: int, outputs: int) -> str:
        product = self.op("MatMul", source, self.weight(inputs, outputs))
        return self.op("Add", product, self.weight(outputs))

    def norm(self, source: str) -> str:
        scale = self.constant(np.ones(self.shape.width, dtype=np.float32))
        return self.op("LayerNormalization", source, scale, self.weight(self.shape.width))

    def gelu(self, source: str) -> str:
        root = self.constant(np.array(2**0.5, dtype=np.float32))
        one, half = (self.constant(np.array(x, dtype=np.float32)) for x in (1.0, 0.5))
        bent = self.op("Add", self.op("Erf", self.op("Div", source, root)), one)
        return self.op("Mul", self.op("Mul", source, bent), half)

    def attention(self, source: str) -> str:
        width, heads = self.shape.width, self.shape.heads
        apart = self.ints(0, 0, heads, width // heads)
        parts = []
        for order in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]):
            part = self.op("Reshape", self.linear(source, width, width), apart)
            parts.append(self.op("Transpose", part, perm=order))
        query, key, value = parts
        scale = self.constant(np.array((width // heads) ** -0.5, dtype=np.float32))
        weights = self.op("Mul", self.op("MatMul", query, key), scale)
        mixed = self.op("MatMul", self.op("Softmax", weights, axis=-1), value)
        together = self.op("Transpose", mixed, perm=[0, 2, 1, 3])
        joined = self.op("Reshape", together, self.ints(0, 0, width))
        return self.linear(joined, width, width)

    def block(self, source: str) -> str:
        middle = self.op("Add", source, self.attention(self.norm(source)))
        wide = self.linear(self.norm(middle), self.shape.width, self.shape.hidden)
        narrow = self.linear(self.gelu(wide), self.shape.hidden, self.shape.width)
        return self.op("Add", middle, narrow)

    def patches(self, source: str) -> str:
        width, patch = self.shape.width, self.shape.patch
        scaled = self.op("Div", source, self.constant(np.array(255, dtype=np.float32)))
        planes = self.op("Transpose", scaled, perm=[0, 3, 1, 2])
        kernel = self.weight(width, 3, patch, patch)
        grid = self.op("Conv", planes, kernel, strides=[patch, patch], kernel_shape=[patch, patch])
        tokens = self.op("Reshape", grid, self.ints(0, width, -1))
        return self.op("Transpose", tokens, perm=[0, 2, 1])


def build(shape: Shape, seed: int = 0) -> onnx.ModelProto:
    """Return the graph; the same shape and seed give the same weights."""
    builder = _Builder(shape, np.random.default_rng(seed))
    tokens = builder.patches("input")
    count = (shape.size // shape.patch) ** 2
    tokens = builder.op("Add", tokens, builder.weight(1, count, shape.width))
    for _ in range(shape.blocks):
        tokens = builder.block(tokens)
    mean = builder.op("ReduceMean", builder.norm(tokens), axes=[1], keepdims=0)
    # Spread so that some hundreds of labels reach a score that is stored, as with a real tagger.
    logits = builder.op("Add", builder.linear(mean, shape.width, shape.labels), builder.bias())
    builder.op("Sigmoid", logits, name="output")
    image = ["N", shape.size, shape.size, 3]
    graph = helper.make_graph(
        builder.nodes,
        "random_vit",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, image)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", shape.labels])],
        builder.weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def write_model(folder: str, shape: Shape) -> None:
    """Write ``model.onnx`` and ``selected_tags.csv`` in the form of a WD tagger."""
    os.makedirs(folder, exist_ok=True)
    onnx.save(build(shape), os.path.join(folder, "model.onnx"))
    with open(os.path.join(folder, "selected_tags.csv"), "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("tag_id", "name", "category", "count"))
        for number in range(shape.labels):
            rating = number < len(RATINGS)
            name = RATINGS[number] if rating else f"tag_{number}"
            rows.writerow((number, name, 9 if rating else 0, 1000))
