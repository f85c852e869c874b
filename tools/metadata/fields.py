"""Generators that write a JSON object with the prompt in a field of its own.

SwarmUI (src/Text2Image/T2IParamInput.cs: ``sui_image_params``), Fooocus (modules/meta_parser.py),
Easy Diffusion (ui/easydiffusion/utils/save_utils.py) and Draw Things (XMP ``exif:UserComment``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tagsmith.tools.metadata.bounded import MetadataError, json_object, string
from tagsmith.tools.metadata.chunks import Chunks
from tagsmith.tools.metadata.found import Found
from tagsmith.tools.metadata.xmp import parse_xmp

_SWARM = "sui_image_params"
_OBJECT = re.compile(r'\s*\{\s*"')
# Easy Diffusion and Fooocus name their prompts alike.
_NAMES = (("prompt", "negative_prompt"), ("Prompt", "Negative Prompt"))
_EASY_MODELS = ("use_stable_diffusion_model", "Stable Diffusion model")
# What tells Fooocus' objects from those of Easy Diffusion, which have the same prompts.
_FOOOCUS_ONLY = frozenset(
    {"styles", "Styles", "performance", "Performance", "full_prompt", "Fooocus V2 Expansion"}
    | {"base_model", "Base Model", "adm_guidance", "metadata_scheme"}
)


def read_swarmui(chunks: Chunks) -> Found | None:
    """Read SwarmUI's object out of ``parameters``."""
    text = chunks.texts.get("parameters", "")
    return parse_swarmui(text) if _SWARM in text[:4096] else None


def parse_swarmui(text: str) -> Found:
    """Read SwarmUI's object. Raises MetadataError where it is damaged."""
    given = json_object(text).get(_SWARM)
    fields = given if isinstance(given, dict) else {}
    return Found(
        "swarmui",
        string(fields.get("prompt")),
        string(fields.get("negativeprompt")),
        settings=_settings(fields),
    )


def read_easydiffusion(chunks: Chunks) -> Found | None:
    """Read Easy Diffusion's text chunks: everything stands in one of its own."""
    texts = chunks.texts
    for (prompt, negative), model in zip(_NAMES, _EASY_MODELS, strict=True):
        if prompt in texts and (negative in texts or model in texts):
            settings = _settings(texts)
            return Found("easydiffusion", texts[prompt], texts.get(negative, ""), settings=settings)
    return None


def read_fooocus(chunks: Chunks) -> Found | None:
    """Read Fooocus' object out of ``parameters``."""
    return _object(chunks.texts.get("parameters", ""))


def read_fooocus_comment(chunks: Chunks) -> Found | None:
    """Read Fooocus' object out of a comment, where its first versions put it."""
    return _object(chunks.texts.get("Comment") or chunks.texts.get("comment", ""))


def _object(text: str) -> Found | None:
    # A prompt of A1111 may begin with a brace, too.
    return parse_object(text) if _OBJECT.match(text) else None


def parse_object(text: str) -> Found | None:
    """Read an object that has a prompt: Fooocus', SwarmUI's or Easy Diffusion's.

    Raises MetadataError where it is damaged.
    """
    if _SWARM in text[:4096]:
        return parse_swarmui(text)
    fields = json_object(text)
    for prompt, negative in _NAMES:
        if isinstance(fields.get(prompt), str):
            source = "fooocus" if _FOOOCUS_ONLY & fields.keys() else "easydiffusion"
            return Found(
                source, fields[prompt], string(fields.get(negative)), settings=_settings(fields)
            )
    return None


def read_drawthings(chunks: Chunks) -> Found | None:
    """Read Draw Things' object out of the XMP: ``c`` is the prompt, ``uc`` the negative one."""
    if b"Draw Things" not in chunks.xmp:
        return None
    packet = parse_xmp(chunks.xmp)
    text = packet.first("comment")
    if not text.startswith("{"):
        return None
    fields = json_object(text)
    found = Found(
        "drawthings", string(fields.get("c")), string(fields.get("uc")), settings=_settings(fields)
    )
    if not found.prompt:
        raise MetadataError("its Draw Things data has no prompt")
    return found


def _settings(fields: Mapping[str, Any]) -> dict[str, str]:
    kinds = (str, int, float)
    return {str(name): str(value) for name, value in fields.items() if isinstance(value, kinds)}
