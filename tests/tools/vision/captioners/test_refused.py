"""What is not the model that its spec describes is refused, with the file and the difference."""

from __future__ import annotations

import caption_graphs as tiny
import numpy as np
import pytest
from caption_models import SENTENCE, TOKENIZER, caption, written

from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision.captioners import graphs as loading
from tagsmith.tools.vision.captioners.local import captioner_of
from tagsmith.tools.vision.spec import find_spec
from tagsmith.tools.watch import Watch


def vision_of(size: int = 16, **changes: object) -> bytes:
    return tiny.vision("image_features", size, **changes)  # type: ignore[arg-type]


def decoder(**changes: object) -> bytes:
    vocabulary = changes.pop("vocabulary", TOKENIZER.get_vocab_size())
    logits = tiny.table([written(SENTENCE)], vocabulary)  # type: ignore[arg-type]
    return tiny.florence_decoder(logits, **changes)  # type: ignore[arg-type]


def half(data: bytes) -> bytes:
    import onnx

    model = onnx.load_from_string(data)
    for port in model.graph.input:
        port.type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    nodes = [tiny.node("Cast", "pixel_values", "wide", to=tiny.FLOAT)]
    model.graph.node[0].input[0] = "wide"
    model.graph.node.insert(0, nodes[0])
    return model.SerializeToString()


DEVIATIONS = {
    "another input": (
        "vision_encoder", lambda: vision_of(name="pixels"),
        "vision_encoder.onnx: inputs pixel_values were expected; it has pixels",
    ),
    "half precision": (
        "vision_encoder", lambda: half(vision_of()),
        "'pixel_values' is tensor(float16), not tensor(float)",
    ),
    "another size": (
        "vision_encoder", lambda: vision_of(24), "'pixel_values' is 1x3x24x24, the spec says",
    ),
    "another width of the embeddings": (
        "embed_tokens", lambda: tiny.embed(width=6),
        "embed_tokens.onnx: 'inputs_embeds' is batchxtokensx6, but vision_encoder.onnx has 4",
    ),
    "another width of the states": (
        "decoder_model", lambda: decoder(width=6), "decoder_model.onnx: 'inputs_embeds' is",
    ),
    "another vocabulary": (
        "decoder_model", lambda: decoder(vocabulary=230), "it knows 230 tokens, the tokenizer has",
    ),
    "the vocabulary of another model": (
        "decoder_model", lambda: decoder(vocabulary=5000), "it knows 5,000 tokens",
    ),
    "the encoder in the decoder's place": (
        "decoder_model", tiny.encoder, "decoder_model.onnx: inputs inputs_embeds, encoder_hidden",
    ),
    "no graph": ("encoder_model", lambda: b"<html>", "encoder_model.onnx is a web page"),
    "an empty file": ("encoder_model", lambda: b"", "encoder_model.onnx is empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", DEVIATIONS)
def test_a_graph_that_is_not_the_spec_s_is_refused(name, florence, models):
    part, make, says = DEVIATIONS[name]
    captioner = florence()
    path = models / captioner.spec.name / "onnx" / f"{part}.onnx"
    path.write_bytes(make())
    with pytest.raises(ModelError) as raised:
        captioner.open(Watch())
    assert says in raised.value.message
    assert "florence-2-base-ft" in raised.value.message


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"{", "tokenizer.json is not valid JSON"),
        (b"\xff\xfe", "tokenizer.json is not valid JSON"),
        (b'{"model": {}}', "tokenizer.json is no tokenizer"),
        (b"[" * 100_000, "tokenizer.json is not valid JSON"),
    ],
    ids=["cut", "bytes", "another json", "deep"],
)
def test_a_tokenizer_that_is_none_is_refused(data, says, florence, models):
    captioner = florence()
    (models / captioner.spec.name / "tokenizer.json").write_bytes(data)
    with pytest.raises(ModelError, match=says):
        captioner.open(Watch())


def test_values_that_are_no_numbers_are_refused(florence, models):
    captioner = florence()
    logits = tiny.table([written(SENTENCE)] * 2, TOKENIZER.get_vocab_size())
    logits[:, 1] = np.nan
    path = models / captioner.spec.name / "onnx" / "decoder_model.onnx"
    path.write_bytes(tiny.florence_decoder(logits))
    with pytest.raises(ModelError, match="no numbers"):
        caption(captioner)


def test_a_model_that_is_not_here_says_how_to_get_it():
    with pytest.raises(ModelError) as raised:
        captioner_of(find_spec("florence-2")).open(Watch())
    assert "tagsmith models pull florence-2-base-ft" in raised.value.hint


def test_other_precisions_of_a_part_are_found():
    spec = find_spec("florence-2")
    files = [
        one.model_copy(update={"path": one.path.replace(".onnx", "_q4f16.onnx")})
        for one in spec.files
    ]
    quantised = spec.model_copy(update={"files": tuple(files)})
    assert loading.part_path(quantised, "decoder_model") == "onnx/decoder_model_q4f16.onnx"
    without = spec.model_copy(update={"files": spec.files[:1]})
    with pytest.raises(ModelError, match="decoder_model"):
        loading.part_path(without, "decoder_model")
