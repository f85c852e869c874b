"""A llama of two layers with random weights, as a GGUF file: a real server has to load something.

Run as a program, because the ``gguf`` package need not be where the tests run:
``python tiny_llama.py FILE``.
"""

from __future__ import annotations

import sys

CONTEXT = 4096
WIDTH, HEADS, LAYERS, INNER = 64, 4, 2, 128
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6  # gguf.TokenType


def vocabulary() -> tuple[list[bytes], list[int], list[float]]:
    """Return tokens, types and scores: three control tokens, every byte, printable ASCII."""
    control = [b"<unk>", b"<s>", b"</s>"]
    every_byte = [f"<0x{value:02X}>".encode() for value in range(256)]
    printable = ["\u2581".encode() if code == 32 else bytes([code]) for code in range(32, 127)]
    types = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256, *[NORMAL] * len(printable)]
    scores = [0.0] * (3 + 256) + [-1.0 - place for place in range(len(printable))]
    return control + every_byte + printable, types, scores


def shapes(words: int) -> dict[str, tuple[int, ...]]:
    """Return the tensors that llama.cpp expects of the architecture."""
    found: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (words, WIDTH),
        "output_norm.weight": (WIDTH,),
        "output.weight": (words, WIDTH),
    }
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        found |= {f"{block}{name}_norm.weight": (WIDTH,) for name in ("attn", "ffn")}
        names = ("attn_q", "attn_k", "attn_v", "attn_output")
        found |= {f"{block}{name}.weight": (WIDTH, WIDTH) for name in names}
        found |= {f"{block}ffn_{name}.weight": (INNER, WIDTH) for name in ("gate", "up")}
        found[f"{block}ffn_down.weight"] = (WIDTH, INNER)
    return found


def write(path: str) -> None:
    import gguf
    import numpy as np

    tokens, types, scores = vocabulary()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    random = np.random.default_rng(7)
    for name, shape in shapes(len(tokens)).items():
        flat = name.endswith("norm.weight")
        weights = np.ones(shape) if flat else 0.3 * random.standard_normal(shape)
        writer.add_tensor(name, weights.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(sys.argv[1])
