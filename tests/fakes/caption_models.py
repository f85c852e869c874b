"""What the tiny captioners of the tests are asked, and what they then say."""

from __future__ import annotations

import io

import caption_graphs as tiny
from PIL import Image

from tagsmith.tools.vision.captioners.captioner import Request
from tagsmith.tools.vision.captioners.local import LocalCaptioner
from tagsmith.tools.vision.fitted import fitted
from tagsmith.tools.watch import Watch

RED, BLUE = (255, 0, 0), (0, 0, 255)
TOKENIZER = tiny.florence_tokenizer()
BEGIN, PAD, END = 0, 1, 2
SENTENCE, OTHER = "A red ball on sand.", "The blue cat runs."
# [DEC] a red ball [SEP], and one with a word of two pieces: "dogs".
BLIP_RED, BLIP_BLUE = [2000, 2002, 2003, 102], [2001, 2007, 2008, 102]


def ids(text: str) -> list[int]:
    return list(TOKENIZER.encode(text, add_special_tokens=False).ids)


def written(text: str) -> list[int]:
    return [BEGIN, *ids(text), END]


def picture(colour: tuple[int, int, int]) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (40, 20), colour).save(target, "PNG")
    return target.getvalue()


def caption(
    captioner: LocalCaptioner,
    colour: tuple[int, int, int] = RED,
    watch: Watch | None = None,
    **asked: str,
) -> str:
    captioner.open(Watch())
    pixels = fitted(picture(colour), captioner.spec.input)
    return captioner.caption(pixels, Request(**asked), watch or Watch())
