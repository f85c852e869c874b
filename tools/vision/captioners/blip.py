"""BLIP from two ONNX graphs, as models.md 5.1 has it: no prompt, and no cache in its decoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tagsmith.tools.vision.captioners.captioner import Style
from tagsmith.tools.vision.captioners.graphs import (
    FLOAT,
    INT64,
    Array,
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

VISION, DECODER = "blip_vision_encoder", "blip_text_decoder"
_STATES = "encoder_hidden_states"
_WANTED = {
    VISION: Expected({"pixel_values": (FLOAT, 4)}),
    DECODER: Expected({"input_ids": (INT64, 2), _STATES: (FLOAT, 3)}),
}


class Blip:
    """A loaded BLIP; raises ModelError where the files are not the spec's."""

    styles: tuple[Style, ...] = ("sentence",)

    def __init__(self, spec: ModelSpec, captions: CaptionSpec, folder: str, tokens: Tokens) -> None:
        self._captions = captions
        self.graphs = load_graphs(spec, folder, _WANTED)
        try:
            self._check(spec, tokens)
        except BaseException:
            self.graphs.close()
            raise

    def write(self, pixels: Floats, style: Style) -> Decoded:
        """Return the tokens of a caption; ``pixels`` is one image, (1, 3, height, width)."""
        del style
        states = self.graphs.run(VISION, {"pixel_values": pixels})

        def following(ids: Sequence[int]) -> Floats:
            feeds: dict[str, Array] = {
                "input_ids": np.asarray([ids], dtype=np.int64),
                _STATES: states,
            }
            last: Floats = self.graphs.run(DECODER, feeds)[0, -1]
            return last

        captions = self._captions
        return greedy(following, Rules(captions.start, captions.stop, captions.max_tokens))

    def _check(self, spec: ModelSpec, tokens: Tokens) -> None:
        decoder, captions = self.graphs.parts[DECODER], self._captions
        check_pixels(spec, self.graphs.parts[VISION])
        check_widths(spec, self.graphs, [(VISION, ""), (DECODER, _STATES)])
        width = decoder.signature.outputs[0].shape[-1]
        ids = (captions.start, captions.stop, captions.pad)
        check_vocabulary(spec, decoder.path, width, tokens, ids)
