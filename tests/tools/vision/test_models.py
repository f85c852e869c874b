"""Every shipped model end to end, on a graph of its exact signature.

The graphs answer with the mean colour of the four quarters of the picture, as a share of the byte
range, if and only if the pixels came in the order, range, layout and geometry of the spec.
"""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import vision_graphs as graphs
from vision_harness import labels_of, run
from vision_pictures import PICTURES, RED, TOLERANCE, decoded, golden, plain

from tagsmith.tools.vision.prepare import fit, tensor
from tagsmith.tools.vision.runtime import load
from tagsmith.tools.vision.spec import find_spec, specs

TAGGERS = [spec.name for spec in specs().values() if spec.role == "tagger"]


@pytest.mark.parametrize("name", TAGGERS)
def test_a_graph_with_the_model_s_signature_sees_every_picture_right(name, labelled) -> None:
    spec = find_spec(name)
    labels = labels_of(name, str(labelled(name)))
    pictures = [fit(decoded(data), spec.input) for data in PICTURES.values()]
    batch = tensor(pictures, spec.input)
    output = run(spec, graphs.signature_graph(spec, labels.names), labels, list(batch))
    seen = graphs.shares(spec, output)
    for picture, shares in zip(PICTURES, seen, strict=True):
        expected = golden(spec, picture)
        assert np.abs(shares - expected).max() < TOLERANCE, f"{picture}: {shares} for {expected}"


@pytest.mark.parametrize("name", TAGGERS)
def test_output_i_belongs_to_label_i(name, labelled) -> None:
    spec = find_spec(name)
    labels = labels_of(name, str(labelled(name)))
    red = fit(plain("RGB", (64, 64), RED), spec.input)
    output = run(
        spec, graphs.signature_graph(spec, labels.names), labels, [tensor([red], spec.input)[0]]
    )
    raw = output[0] / 8 + 0.5 if spec.output.activation == "logits" else output[0]
    red_plane = range(8, 12) if spec.input.colour == "BGR" else range(4)
    expected = [i % 14 in red_plane for i in range(len(labels.names))]
    anchors = [i % 14 >= 12 for i in range(len(labels.names))]
    assert ((raw > 0.99) == expected)[~np.asarray(anchors)].all()


@pytest.mark.parametrize("name", TAGGERS)
def test_the_runtime_gives_the_same_as_probabilities(name, labelled, tmp_path) -> None:
    spec = find_spec(name)
    folder = shutil.copytree(labelled(name), tmp_path / name)
    graph = graphs.signature_graph(spec, graphs.count_of(spec))
    (folder / spec.graph.path).write_bytes(graph)
    model = load(spec, str(folder), provider="cpu")
    pictures = [fit(decoded(PICTURES[picture]), spec.input) for picture in ("wide", "red")]
    found = model.run(tensor(pictures, spec.input))
    model.close()
    channels = [2, 1, 0] if spec.input.colour == "BGR" else [0, 1, 2]
    for picture, scores in zip(("wide", "red"), found, strict=True):
        shares = golden(spec, picture)[channels].ravel()
        expected = [graphs.probability(spec, share) for share in shares]
        assert np.abs(scores[:12] - expected).max() < 2 * TOLERANCE
