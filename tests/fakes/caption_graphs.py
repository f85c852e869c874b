"""Tiny captioners: graphs with the signatures of Florence-2 and BLIP, and tokenizers for them.

The decoders answer by position from a table: what a picture is captioned with is known beforehand.
Which row of the table they read comes from the picture itself, through the whole chain of graphs:
row 0 for a picture that is more red than not, row 1 otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tagsmith.tools.vision.schema import ModelSpec
from tagsmith.tools.vision.spec import find_spec

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
WIDTH, FEATURES = 4, 3
FLORENCE_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
BLIP_WORDS = "[PAD] [UNK] [CLS] [SEP] a dog red ball on the sand ##s run blue cat".split()
BLIP_STOP, BLIP_START, BLIP_VOCABULARY, BLIP_LOGITS = 102, 30522, 30522, 30524
PAST = "past_key_values"
_MARGIN = 10.0

Ports = Mapping[str, tuple[int, Sequence[int | str]]]


def small(name: str, size: int = 16) -> ModelSpec:
    """A shipped captioner's spec, for small pictures."""
    spec = find_spec(name)
    return spec.model_copy(update={"input": spec.input.model_copy(update={"size": (size, size)})})


def table(rows: Sequence[Sequence[int]], vocabulary: int) -> np.ndarray:
    """Logits (rows, positions, vocabulary) whose greedy decoding gives these ids.

    The second best is always the id above; behind its end a row repeats its last id.
    """
    length = max(map(len, rows))
    logits = np.zeros((len(rows), length, vocabulary), dtype=np.float32)
    for row, ids in enumerate(rows):
        for position in range(length):
            wanted = ids[min(position, len(ids) - 1)]
            logits[row, position, (wanted + 1) % vocabulary] = _MARGIN / 2
            logits[row, position, wanted] = _MARGIN
    return logits


def save(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def graph(
    nodes: Sequence[onnx.NodeProto], inputs: Ports, outputs: Ports, **tensors: object
) -> bytes:
    """A checked graph; ports are name -> (type, shape)."""
    initial = [numpy_helper.from_array(np.asarray(value), name) for name, value in tensors.items()]
    ports = [
        [helper.make_tensor_value_info(name, *port) for name, port in one.items()]
        for one in (inputs, outputs)
    ]
    made = helper.make_graph(nodes, "tiny", *ports, initial)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def node(kind: str, inputs: str, outputs: str, **settings: object) -> onnx.NodeProto:
    return helper.make_node(kind, inputs.split(), outputs.split(), **settings)


def vision(output: str, size: int, *, name: str = "pixel_values", width: int = WIDTH) -> bytes:
    """Features (1, FEATURES, width): how much more red than the rest, after normalisation."""
    nodes = [
        node("ReduceMean", f"{name}", "means", axes=[2, 3], keepdims=0),
        node("MatMul", "means weights", "red"),
        node("Unsqueeze", "red one", "column"),
        node("Expand", "column shape", output),
    ]
    return graph(
        nodes,
        {name: (FLOAT, (1, 3, size, size))},
        {output: (FLOAT, (1, FEATURES, width))},
        weights=np.asarray([[1.0], [-0.5], [-0.5]], dtype=np.float32),
        one=np.asarray([1], dtype=np.int64),
        shape=np.asarray([1, FEATURES, width], dtype=np.int64),
    )


def embed(*, width: int = WIDTH) -> bytes:
    """Every id as -5 - id, in every place: no feature of a picture looks like that."""
    nodes = [
        node("Cast", "input_ids", "numbers", to=FLOAT),
        node("Neg", "numbers", "negative"),
        node("Sub", "negative five", "below"),
        node("Unsqueeze", "below two", "column"),
        node("Tile", "column repeats", "inputs_embeds"),
    ]
    return graph(
        nodes,
        {"input_ids": (INT64, ("batch", "tokens"))},
        {"inputs_embeds": (FLOAT, ("batch", "tokens", width))},
        five=np.float32(5),
        two=np.asarray([2], dtype=np.int64),
        repeats=np.asarray([1, 1, width], dtype=np.int64),
    )


def encoder(*, width: int = WIDTH, states: int = WIDTH) -> bytes:
    """What comes in goes out, as far as it is attended to."""
    nodes = [
        node("Cast", "attention_mask", "mask", to=FLOAT),
        node("Unsqueeze", "mask two", "column"),
        node("Mul", "inputs_embeds column", "last_hidden_state"),
    ]
    return graph(
        nodes,
        {
            "attention_mask": (INT64, ("batch", "tokens")),
            "inputs_embeds": (FLOAT, ("batch", "tokens", width)),
        },
        {"last_hidden_state": (FLOAT, ("batch", "tokens", states))},
        two=np.asarray([2], dtype=np.int64),
    )


def _read_table(sequence: str) -> list[onnx.NodeProto]:
    """From the first value of ``states`` and the length of ``sequence`` to logits (1, T, V)."""
    return [
        node("Reshape", "states flat", "values"),
        node("Gather", "values zero", "first", axis=0),
        node("Less", "first threshold", "is_other"),
        node("Cast", "is_other", "row", to=INT64),
        node("Gather", "table row", "rows", axis=0),
        node("Shape", sequence, "shape"),
        node("Gather", "shape unit", "length", axis=0),
        node("Range", "zero length unit", "positions"),
        node("Min", "positions most", "places"),
        node("Gather", "rows places", "all", axis=0),
        node("Unsqueeze", "all axis", "logits"),
    ]


def _constants(logits: np.ndarray) -> dict[str, object]:
    return {
        "table": logits,
        "flat": np.asarray([-1], dtype=np.int64),
        "zero": np.int64(0),
        "unit": np.int64(1),
        "axis": np.asarray([0], dtype=np.int64),
        "most": np.int64(logits.shape[1] - 1),
        "threshold": np.float32(0),
    }


def florence_decoder(logits: np.ndarray, *, width: int = WIDTH) -> bytes:
    nodes = [
        node("Cast", "encoder_attention_mask", "mask", to=FLOAT),
        node("Unsqueeze", "mask two", "column"),
        node("Mul", "encoder_hidden_states column", "states"),
        *_read_table("inputs_embeds"),
    ]
    return graph(
        nodes,
        {
            "encoder_attention_mask": (INT64, ("batch", "seen")),
            "encoder_hidden_states": (FLOAT, ("batch", "seen", width)),
            "inputs_embeds": (FLOAT, ("batch", "tokens", width)),
        },
        {"logits": (FLOAT, (1, "tokens", logits.shape[2]))},
        two=np.asarray([2], dtype=np.int64),
        **_constants(logits),
    )


def merged_decoder(logits: np.ndarray, *, width: int = WIDTH, past: str = PAST) -> bytes:
    """The decoder with a cache: the place in the table comes from the length of the past.

    The row comes from what the encoder said, which is given once, and is empty afterwards, as
    Optimum's graphs have it: it has to be kept.
    """
    mine, theirs = f"{past}.0.decoder.key", f"{past}.0.encoder.key"
    nodes = [
        node("Slice", "encoder_hidden_states zeros ones_ last", "column"),
        node("Unsqueeze", "column axis", "fresh"),
        node("Not", "use_cache_branch", "first_time"),
        node("Cast", "first_time", "how_often", to=INT64),
        node("Mul", "how_often plenty", "end"),
        node("Slice", "fresh zeros end second", "present.0.encoder.key"),
        node("Concat", f"{theirs} present.0.encoder.key", "states", axis=2),
        node("Slice", "inputs_embeds zeros ones_ last", "token"),
        node("Unsqueeze", "token axis", "added"),
        node("Concat", f"{mine} added", "present.0.decoder.key", axis=2),
        node("Shape", mine, "mine_shape"),
        node("Gather", "mine_shape two_", "known", axis=0),
        node("Shape", "present.0.decoder.key", "all_shape"),
        node("Gather", "all_shape two_", "until", axis=0),
        node("Reshape", "states flat", "values"),
        node("Gather", "values zero", "first", axis=0),
        node("Less", "first threshold", "is_other"),
        node("Cast", "is_other", "row", to=INT64),
        node("Gather", "table row", "rows", axis=0),
        node("Range", "known until unit", "positions"),
        node("Min", "positions most", "places"),
        node("Gather", "rows places", "all", axis=0),
        node("Unsqueeze", "all front", "logits"),
    ]
    return graph(
        nodes,
        {
            "encoder_attention_mask": (INT64, ("batch", "seen")),
            "encoder_hidden_states": (FLOAT, ("batch", "seen", width)),
            "inputs_embeds": (FLOAT, ("batch", "tokens", width)),
            mine: (FLOAT, ("batch", 1, "past", 1)),
            theirs: (FLOAT, ("batch", 1, "past seen", 1)),
            "use_cache_branch": (TensorProto.BOOL, (1,)),
        },
        {
            "logits": (FLOAT, (1, "tokens", logits.shape[2])),
            "present.0.decoder.key": (FLOAT, ("batch", 1, "all", 1)),
            "present.0.encoder.key": (FLOAT, ("batch", 1, "some", 1)),
        },
        zeros=np.asarray([0], dtype=np.int64),
        ones_=np.asarray([1], dtype=np.int64),
        last=np.asarray([2], dtype=np.int64),
        second=np.asarray([2], dtype=np.int64),
        plenty=np.asarray([1_000_000], dtype=np.int64),
        two_=np.int64(2),
        front=np.asarray([0], dtype=np.int64),
        **{**_constants(logits), "axis": np.asarray([1], dtype=np.int64)},
    )


def blip_decoder(logits: np.ndarray, *, width: int = WIDTH) -> bytes:
    nodes = [node("Identity", "encoder_hidden_states", "states"), *_read_table("input_ids")]
    return graph(
        nodes,
        {
            "input_ids": (INT64, (1, "tokens")),
            "encoder_hidden_states": (FLOAT, (1, "seen", width)),
        },
        {"logits": (FLOAT, (1, "tokens", logits.shape[2]))},
        **_constants(logits),
    )


def florence_tokenizer():
    """Byte-level BPE without merges: a token a byte, behind the special ones of BART."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {one: index for index, one in enumerate([*FLORENCE_SPECIAL, *letters])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(one, special=True) for one in FLORENCE_SPECIAL])
    return tokenizer


def blip_tokenizer():
    """BERT's WordPiece with its 30,522 places, most of them empty."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    vocabulary = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": BLIP_STOP}
    vocabulary |= {word: 2000 + index for index, word in enumerate(BLIP_WORDS[4:])}
    taken = set(vocabulary.values())
    vocabulary |= {f"[unused{at}]": at for at in range(BLIP_VOCABULARY) if at not in taken}
    tokenizer = Tokenizer(models.WordPiece(vocab=vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    return tokenizer


def make_florence(
    folder: Path, rows: Sequence[Sequence[int]], size: int = 16, *, merged: bool = False
) -> None:
    """Put a tiny Florence-2 into a folder, that writes these ids; ``merged``: with a cache."""
    tokenizer = florence_tokenizer()
    logits = table(rows, tokenizer.get_vocab_size())
    for name, data in {
        "onnx/vision_encoder.onnx": vision("image_features", size),
        "onnx/embed_tokens.onnx": embed(),
        "onnx/encoder_model.onnx": encoder(),
        "onnx/decoder_model.onnx": florence_decoder(logits),
        "tokenizer.json": tokenizer.to_str().encode(),
    }.items():
        save(folder / name, data)
    if merged:
        save(folder / "onnx/decoder_model_merged.onnx", merged_decoder(logits))
        save(folder / "onnx/decoder_model.onnx", b"not to be opened")


def make_blip(folder: Path, rows: Sequence[Sequence[int]], size: int = 16) -> None:
    """Put a tiny BLIP into a folder, that writes these ids."""
    for name, data in {
        "blip_vision_encoder.onnx": vision("encoder_hidden_states", size),
        "blip_text_decoder.onnx": blip_decoder(table(rows, BLIP_LOGITS)),
        "tokenizer.json": blip_tokenizer().to_str().encode(),
    }.items():
        save(folder / name, data)
