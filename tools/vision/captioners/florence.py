"""Florence-2 from four ONNX graphs, as models.md 5.2 has it.

The picture's features stand before the embedded prompt; the encoder reads both; the decoder writes
from the end-of-sequence token on: with its cache where the merged decoder is there, else each step
runs over the whole prefix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tagsmith.tools.vision.captioners.cached import Past, past_of, stepping
from tagsmith.tools.vision.captioners.captioner import Style
from tagsmith.tools.vision.captioners.graphs import (
    FLOAT,
    INT64,
    Array,
    Expected,
    check_pixels,
    check_vocabulary,
    check_widths,
    has_part,
    load_graphs,
    named_output,
    open_part,
)
from tagsmith.tools.vision.captioners.greedy import Decoded, Next, Rules, greedy
from tagsmith.tools.vision.captioners.tokens import Tokens
from tagsmith.tools.vision.runtime import Graph
from tagsmith.tools.vision.schema import CaptionSpec, ModelSpec

Floats = npt.NDArray[np.float32]

VISION, EMBED, ENCODER, DECODER = "vision_encoder", "embed_tokens", "encoder_model", "decoder_model"
MERGED = "decoder_model_merged"
# transformers 5.23, models/florence2/processing_florence2.py: <CAPTION>, <MORE_DETAILED_CAPTION>.
PROMPTS: Mapping[Style, str] = {
    "sentence": "What does the image describe?",
    "detailed": "Describe with a paragraph what is shown in the image.",
}
BEGIN = 0
# Its decoder answers the first position with a token that begins, some exports with one that ends.
_EARLY = 2

_DECODER = Expected(
    {
        "inputs_embeds": (FLOAT, 3),
        "encoder_hidden_states": (FLOAT, 3),
        "encoder_attention_mask": (INT64, 2),
    }
)
_WANTED = {
    VISION: Expected({"pixel_values": (FLOAT, 4)}),
    EMBED: Expected({"input_ids": (INT64, 2)}),
    ENCODER: Expected({"inputs_embeds": (FLOAT, 3), "attention_mask": (INT64, 2)}),
}


class Florence:
    """A loaded Florence-2; raises ModelError where the files are not the spec's."""

    styles: tuple[Style, ...] = ("sentence", "detailed")

    def __init__(self, spec: ModelSpec, captions: CaptionSpec, folder: str, tokens: Tokens) -> None:
        self._captions = captions
        self._tokens = tokens
        merged = _merged(spec, folder)
        wanted = _WANTED if merged else {**_WANTED, DECODER: _DECODER}
        self._past = merged[1] if merged else None
        self.graphs = load_graphs(spec, folder, wanted)
        if merged:
            self.graphs.parts[DECODER] = merged[0]
        try:
            self._check(spec)
        except BaseException:
            self.graphs.close()
            raise

    def write(self, pixels: Floats, style: Style) -> Decoded:
        """Return the tokens of a caption; ``pixels`` is one image, (1, 3, height, width)."""
        features = self.graphs.run(VISION, {"pixel_values": pixels})
        asked = [BEGIN, *self._tokens.ids(PROMPTS[style]), self._captions.stop]
        embedded = np.concatenate([features, self._embed(asked)], axis=1)
        attention = np.ones(embedded.shape[:2], dtype=np.int64)
        hidden = self.graphs.run(ENCODER, {"inputs_embeds": embedded, "attention_mask": attention})
        seen: dict[str, Array] = {
            "encoder_hidden_states": hidden,
            "encoder_attention_mask": attention,
        }
        captions = self._captions
        rules = Rules(captions.start, captions.stop, captions.max_tokens, _EARLY)
        return greedy(self._following(seen), rules)

    def _following(self, seen: dict[str, Array]) -> Next:
        """Return what gives the logits of the next token of a picture's caption."""
        if self._past is not None:
            return stepping(self.graphs, DECODER, self._past, self._embed, seen)

        def following(ids: Sequence[int]) -> Floats:
            feeds = {**seen, "inputs_embeds": self._embed(ids)}
            last: Floats = self.graphs.run(DECODER, feeds)[0, -1]
            return last

        return following

    def _embed(self, ids: Sequence[int]) -> Floats:
        return self.graphs.run(EMBED, {"input_ids": np.asarray([ids], dtype=np.int64)})

    def _check(self, spec: ModelSpec) -> None:
        decoder = self.graphs.parts[DECODER]
        captions = self._captions
        check_pixels(spec, self.graphs.parts[VISION])
        widths = [(VISION, ""), (EMBED, ""), (ENCODER, "inputs_embeds"), (DECODER, "inputs_embeds")]
        check_widths(spec, self.graphs, widths)
        check_widths(spec, self.graphs, [(ENCODER, ""), (DECODER, "encoder_hidden_states")])
        width = named_output(decoder, "logits").shape[-1]
        ids = (captions.start, captions.stop, captions.pad)
        check_vocabulary(spec, decoder.path, width, self._tokens, ids)


def _merged(spec: ModelSpec, folder: str) -> tuple[Graph, Past] | None:
    """Open the decoder with a cache, where there is one whose names are known."""
    if not has_part(spec, folder, MERGED):
        return None
    graph = open_part(spec, folder, MERGED)
    past = past_of(graph.signature, _DECODER)
    if past is None:
        graph.close()
        return None
    return graph, past
