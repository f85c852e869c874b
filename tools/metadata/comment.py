"""Prompts in EXIF's comment and description: how generators mark JPEGs, WebPs and AVIFs."""

from __future__ import annotations

from tagsmith.tools.metadata import comfyui, exif
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
    """Read A1111's text, or the object of SwarmUI, Fooocus, NovelAI and others."""
    values = exif_of(chunks)
    for text in (values.comment, values.text(exif.DESCRIPTION), values.wide(exif.XP_COMMENT)):
        if text.startswith("{"):
            return _object(text)
        if is_infotext(text):
            return parse_infotext(text)
    return None


def is_infotext(text: str) -> bool:
    """Tell whether a text that may be anybody's is a generator's."""
    return any(mark in text for mark in _MARKS)


def _object(text: str) -> Found | None:
    fields = json_object(text)
    if "Comment" in fields or "Description" in fields:
        return parse_novelai(fields)
    return parse_object(text) or comfyui.parse_object(fields)


def parse_payload(text: str) -> Found | None:
    """Read what a picture's lowest bits hold: NovelAI's object, or A1111's text."""
    try:
        fields = json_object(text)
    except MetadataError:
        found = parse_infotext(text)
        return Found(SOURCE, found.prompt, found.negative, settings=found.settings)
    return parse_novelai(fields)
