"""Prompts in EXIF's ``UserComment``: how generators mark JPEGs, WebPs and AVIFs."""

from __future__ import annotations

from tagsmith.tools.metadata.a1111 import SOURCE, parse_infotext
from tagsmith.tools.metadata.bounded import MetadataError, json_object
from tagsmith.tools.metadata.chunks import Chunks
from tagsmith.tools.metadata.containers import exif_of
from tagsmith.tools.metadata.fields import parse_object
from tagsmith.tools.metadata.found import Found
from tagsmith.tools.metadata.novelai import parse_novelai

# A comment without one of these is a person's or a camera's, not a generator's.
_MARKS = ("Steps: ", "Negative prompt:", "Sampler: ", "<lora:")


def read_comment(chunks: Chunks) -> Found | None:
    """Read A1111's text, or the object of SwarmUI, Fooocus, Easy Diffusion or NovelAI."""
    text = exif_of(chunks).comment
    if text.startswith("{"):
        return _object(text)
    return parse_infotext(text) if any(mark in text for mark in _MARKS) else None


def _object(text: str) -> Found | None:
    fields = json_object(text)
    if "Comment" in fields or "Description" in fields:
        return parse_novelai(fields)
    return parse_object(text)


def parse_payload(text: str) -> Found | None:
    """Read what a picture's lowest bits hold: NovelAI's object, or A1111's text."""
    try:
        fields = json_object(text)
    except MetadataError:
        found = parse_infotext(text)
        return Found(SOURCE, found.prompt, found.negative, settings=found.settings)
    return parse_novelai(fields)
