"""Each single way to get a model wrong: a picture shows it, or the model is refused.

docs/models.md has the table; the last test keeps the two together.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest
import vision_graphs as graphs
from PIL import Image
from vision_harness import labels_of, run
from vision_pictures import PICTURES, TOLERANCE, WHITE, decoded, golden

from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision.labels import read_labels
from tagsmith.tools.vision.prepare import fit, tensor
from tagsmith.tools.vision.spec import ModelSpec, find_spec, specs

TAGGERS = [spec.name for spec in specs().values() if spec.role == "tagger"]


def always(spec: ModelSpec) -> bool:
    return True


@dataclass(frozen=True)
class Deviation:
    """One thing done differently from the spec: to the pixels, to the graph or to the labels."""

    name: str
    input: Callable[[ModelSpec], dict] | None = None
    graph: Callable[[ModelSpec, int], bytes] | None = None
    labels: Callable[[ModelSpec, int], str] | None = None
    opener: Callable[[bytes], Image.Image] = decoded
    fitter: Callable[..., np.ndarray] = fit
    applies: Callable[[ModelSpec], bool] = always
    says: str = ""

    def prepared(self, spec: ModelSpec) -> ModelSpec:
        changes = self.input(spec) if self.input else {}
        return spec.model_copy(update={"input": spec.input.model_copy(update=changes)})


def other_colour(spec: ModelSpec) -> dict:
    return {"colour": "RGB" if spec.input.colour == "BGR" else "BGR"}


def other_range(spec: ModelSpec) -> dict:
    return {"scale": spec.input.scale / 255 if spec.input.scale == 1 else 1.0}


def other_mean(spec: ModelSpec) -> dict:
    plain_mean = spec.input.mean == (0, 0, 0)
    return {
        "mean": (0.5,) * 3 if plain_mean else (0.0,) * 3,
        "std": (0.5,) * 3 if plain_mean else (1.0,) * 3,
    }


def other_fill(spec: ModelSpec) -> dict:
    return {"fill": (0, 0, 0) if spec.input.fill == WHITE else WHITE}


def other_geometry(spec: ModelSpec) -> dict:
    return {"geometry": "pad" if spec.input.geometry == "stretch" else "stretch"}


def into_the_corner(image: Image.Image, spec) -> np.ndarray:
    square = Image.new("RGB", (max(image.size),) * 2, spec.fill)
    square.paste(image, (0, 0))
    return np.asarray(square.resize(spec.size[::-1]))


def as_pillow_opens(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def over_black(data: bytes) -> Image.Image:
    return decoded(data, (0, 0, 0))


PIXELS = (
    Deviation("RGB for BGR, BGR for RGB", other_colour),
    Deviation("0-1 for 0-255, 0-255 for 0-1", other_range),
    Deviation("mean and std left out, or put in where none belong", other_mean),
    Deviation(
        "another fill",
        other_fill,
        applies=lambda spec: spec.input.geometry != "stretch",
    ),
    Deviation("stretched for padded, padded for stretched", other_geometry),
    Deviation(
        "padded into a corner",
        fitter=into_the_corner,
        applies=lambda spec: spec.input.geometry != "stretch",
    ),
    Deviation("transparency over black", opener=over_black),
    Deviation("hidden colours, EXIF orientation, clipped 16 bit", opener=as_pillow_opens),
)
CAUGHT_BY = {
    "RGB for BGR, BGR for RGB": {"red", "blue", "wide", "tall"},
    "0-1 for 0-255, 0-255 for 0-1": {"wide", "tall"},
    "another fill": {"wide", "tall"},
    "stretched for padded, padded for stretched": {"wide", "tall"},
    "padded into a corner": {"wide", "tall"},
    "transparency over black": {"transparent", "half transparent", "transparent palette"},
    "hidden colours, EXIF orientation, clipped 16 bit": {
        "transparent",
        "transparent palette",
        "turned by EXIF",
        "16 bit",
    },
}


def pairs(deviations: tuple[Deviation, ...]) -> list:
    return [
        pytest.param(name, deviation, id=f"{name}-{deviation.name.replace(' ', '_')}")
        for name in TAGGERS
        for deviation in deviations
        if deviation.applies(find_spec(name))
    ]


@pytest.mark.parametrize(("name", "deviation"), pairs(PIXELS))
def test_a_picture_shows_every_deviation_of_the_pixels(name, deviation, labelled) -> None:
    spec = find_spec(name)
    labels = labels_of(name, str(labelled(name)))
    wrong = deviation.prepared(spec)
    pictures = [deviation.fitter(deviation.opener(data), wrong.input) for data in PICTURES.values()]
    batch = tensor(pictures, wrong.input)
    seen = graphs.shares(
        spec, run(spec, graphs.signature_graph(spec, labels.names), labels, list(batch))
    )
    caught = {
        picture
        for picture, shares in zip(PICTURES, seen, strict=True)
        if np.abs(shares - golden(spec, picture)).max() > 4 * TOLERANCE
    }
    assert caught >= CAUGHT_BY.get(deviation.name, {"wide"})


def other_size(spec: ModelSpec, count: int) -> bytes:
    smaller = spec.input.model_copy(update={"size": (384, 384)})
    return graphs.signature_graph(spec.model_copy(update={"input": smaller}), count)


def other_layout(spec: ModelSpec, count: int) -> bytes:
    layout = "NCHW" if spec.input.layout == "NHWC" else "NHWC"
    turned_round = spec.input.model_copy(update={"layout": layout})
    return graphs.signature_graph(spec.model_copy(update={"input": turned_round}), count)


def other_names(spec: ModelSpec, count: int, *, entry: bool) -> bytes:
    right = graphs.port_names(spec)
    names = ("pixels", right[1]) if entry else (right[0], "scores")
    return graphs.signature_graph(spec, count, names=names)


def half_precision(spec: ModelSpec, count: int) -> bytes:
    values = np.linspace(0, 1, count)
    return graphs.constant_graph(spec, values, dtype=onnx.TensorProto.FLOAT16)


def with_a_mask(spec: ModelSpec, count: int) -> bytes:
    model = onnx.load_from_string(graphs.signature_graph(spec, count))
    mask = onnx.helper.make_tensor_value_info("padding_mask", onnx.TensorProto.BOOL, [1, 448, 448])
    model.graph.input.append(mask)
    return model.SerializeToString()


def one_channel(spec: ModelSpec, count: int) -> bytes:
    model = onnx.load_from_string(graphs.constant_graph(spec, np.linspace(0, 1, count)))
    axis = 3 if spec.input.layout == "NHWC" else 1
    model.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = 1
    return model.SerializeToString()


def one_label_short(spec: ModelSpec, count: int) -> str:
    return graphs.make_labels(spec, count - 1)


def with_batch(axis: int | str) -> Callable[[ModelSpec, int], bytes]:
    return partial(graphs.signature_graph, batch=axis)


GRAPHS = (
    Deviation("one label more in the graph", says="labels", graph=lambda spec, count:
              graphs.signature_graph(spec, count + 1)),
    Deviation("one label less in the file", labels=one_label_short, says="labels"),
    Deviation("another size", graph=other_size, says="384"),
    Deviation("NCHW for NHWC, NHWC for NCHW", graph=other_layout, says="where the spec says N"),
    Deviation("one channel", graph=one_channel, says="1 channels"),
    Deviation("another input name", graph=partial(other_names, entry=True), says="'pixels'",
              applies=lambda spec: spec.input.name is not None),
    Deviation("another output name", graph=partial(other_names, entry=False), says="'scores'",
              applies=lambda spec: spec.output.name is not None),
    Deviation("half precision", graph=half_precision, says="tensor(float16)"),
    Deviation("a second input", graph=with_a_mask, says="padding_mask"),
    Deviation("a batch fixed to four", graph=with_batch(4), says="fixed to 4"),
    Deviation("a batch fixed to one", graph=with_batch(1), says="fixed to 1",
              applies=lambda spec: spec.output.batch == "dynamic"),
    Deviation("no embedding", graph=partial(graphs.signature_graph, extras=()), says="'embedding'",
              applies=lambda spec: spec.output.embedding is not None),
    Deviation("a second sigmoid", graph=partial(graphs.signature_graph, squash=True),
              says="sigmoid was applied twice",
              applies=lambda spec: spec.output.activation == "probabilities"),
    Deviation("probabilities for logits", graph=partial(graphs.signature_graph, squash=True),
              says="where the spec says logits",
              applies=lambda spec: spec.output.activation == "logits"),
    Deviation("logits for probabilities", says="no probabilities",
              graph=lambda spec, count: graphs.constant_graph(spec, np.linspace(-9, 3, count)),
              applies=lambda spec: spec.output.activation == "probabilities"),
    Deviation("values that are no numbers", says="no numbers",
              graph=lambda spec, count: graphs.constant_graph(spec, [float("nan")] * count)),
)  # fmt: skip


def load_and_run(spec: ModelSpec, deviation: Deviation, folder: Path) -> None:
    count = graphs.count_of(spec)
    labels = labels_of(spec.name, str(folder))
    if deviation.labels:
        (folder / spec.labels.file).write_text(deviation.labels(spec, count))
        labels = read_labels(spec, str(folder))
    graph = (deviation.graph or graphs.signature_graph)(spec, count)
    black = np.zeros((*spec.input.size, 3), dtype=np.uint8)
    run(spec, graph, labels, list(tensor([black], spec.input)))


@pytest.mark.parametrize(("name", "deviation"), pairs(GRAPHS))
def test_a_graph_that_is_not_the_model_is_refused(name, deviation, labelled, tmp_path) -> None:
    spec = find_spec(name)
    folder = labelled(name)
    if deviation.labels:
        folder = shutil.copytree(folder, tmp_path / name)
    with pytest.raises(ModelError) as refused:
        load_and_run(spec, deviation, folder)
    assert deviation.says in refused.value.message
    assert spec.graph.path in refused.value.message or spec.labels.file in refused.value.message


def test_the_document_lists_every_deviation() -> None:
    text = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    for deviation in (*PIXELS, *GRAPHS):
        assert f"| {deviation.name} |" in text
