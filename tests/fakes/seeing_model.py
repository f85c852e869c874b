"""A vision model for the fake server: it sees the probe, and answers images from a script."""

from __future__ import annotations

import base64
import io

from model_replies import Reply, text
from model_server import Json
from PIL import Image

from tagsmith.agent.captioner import COLOURS

SENTENCE = "A black dog runs along the beach with a stick in its mouth."


def picture_of(request: Json) -> Image.Image:
    """The picture that a request holds."""
    (_, part) = request["messages"][-1]["content"]
    head, _, data = part["image_url"]["url"].partition(";base64,")
    assert head in ("data:image/png", "data:image/jpeg")
    return Image.open(io.BytesIO(base64.b64decode(data, validate=True)))


def question_of(request: Json) -> str:
    (part, _) = request["messages"][-1]["content"]
    assert isinstance(part["text"], str)
    return part["text"]


def is_probe(request: Json) -> bool:
    return "left half" in question_of(request)


def colours_of(request: Json) -> str:
    """What a model that sees says of the probe."""
    shown = picture_of(request).convert("RGB")
    names = {colour: name for name, colour in COLOURS.items()}
    return " and ".join(names[shown.getpixel((x, 50))].title() for x in (10, 200)) + "."


class Seeing:
    """A vision model: it names the colours of the probe, then answers images from a script."""

    def __init__(self, *answers: Reply | str) -> None:
        self.answers = list(answers)
        self.images: list[Json] = []

    def __call__(self, request: Json) -> Reply:
        if is_probe(request):
            return text(colours_of(request))
        self.images.append(request)
        answer = self.answers.pop(0) if self.answers else SENTENCE
        return text(answer) if isinstance(answer, str) else answer
