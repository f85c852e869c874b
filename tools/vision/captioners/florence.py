"""Florence-2 from four ONNX graphs, as models.md 5.2 has it.

The picture's features stand before the embedded prompt; the encoder reads both; the decoder writes
from the end-of-sequence token on. There is no cache: each step runs the decoder over the prefix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tagsmith.tools.vision.captioners.captioner import Style
from tagsmith.tools.vision.captioners.graphs import (
    FLOAT,
    INT64,
    Expected,
    check_pixels,
    check_vocabulary,
    check_widths,
    load_graphs,
)
from tagsmith.tools.vision.captioners.greedy import Decoded, Rules, greedy
from tagsmith.tools.vision.captioners.tokens import Tokens
from tagsmith.tools.vision.schema import CaptionSpec, ModelSpec

Floats = npt.NDArray[np.float32]

VISION, EMBED, ENCODER, DECODER = "vision_encoder", "embed_tokens", "encoder_model", "decoder_model"
# transformers 5.23, models/florence2/processing_florence2.py: <CAPTION>, <MORE_DETAILED_CAPTION>.
PROMPTS: Mapping[Style, str] = {
    "sentence": "What does the image describe?",
    "detailed": "Describe with a paragraph what is shown in the image.",
}
BEGIN = 0
# Its decoder answers the first position with a token that begins, some exports with one that ends.
_EARLY = 2

_WANTED = {
    VISION: Expected({"pixel_values": (FLOAT, 4)}),
    EMBED: Expected({"input_ids": (INT64, 2)}),
    ENCODER: Expected({"inputs_embeds": (FLOAT, 3), "attention_mask": (INT64, 2)}),
    DECODER: Expected(
        {
            "inputs_embeds": (FLOAT, 3),
            "encoder_hidden_states": (FLOAT, 3),
            "encoder_attention_mask": (INT64, 2),
        }
    ),
}


class Florence:
    """A loaded Florence-2; raises ModelError where the files are not the spec's."""

    styles: tuple[Style, ...] = ("sentence", "detailed")

    def __init__(self, spec: ModelSpec, captions: CaptionSpec, folder: str, tokens: Tokens) -> None:
        self._captions = captions
        self._tokens = tokens
        self.graphs = load_graphs(spec, folder, _WANTED)
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

        def following(ids: Sequence[int]) -> Floats:
            logits = self.graphs.run(
                DECODER,
                {
                    "inputs_embeds": self._embed(ids),
                    "encoder_hidden_states": hidden,
                    "encoder_attention_mask": attention,
                },
            )
            last: Floats = logits[0, -1]
            return last

        captions = self._captions
        return greedy(following, Rules(captions.start, captions.stop, captions.max_tokens, _EARLY))

    def _embed(self, ids: Sequence[int]) -> Floats:
        return self.graphs.run(EMBED, {"input_ids": np.asarray([ids], dtype=np.int64)})

    def _check(self, spec: ModelSpec) -> None:
        decoder = self.graphs.parts[DECODER]
        captions = self._captions
        check_pixels(spec, self.graphs.parts[VISION])
        widths = [(VISION, ""), (EMBED, ""), (ENCODER, "inputs_embeds"), (DECODER, "inputs_embeds")]
        check_widths(spec, self.graphs, widths)
        check_widths(spec, self.graphs, [(ENCODER, ""), (DECODER, "encoder_hidden_states")])
        width = decoder.signature.outputs[0].shape[-1]
        ids = (captions.start, captions.stop, captions.pad)
        check_vocabulary(spec, decoder.path, width, self._tokens, ids)
