"""NovelAI: ``Description`` and ``Comment`` of its PNGs, and the same in a picture's lowest bits.

novelai/novelai-image-metadata (nai_meta.py): ``Comment`` is JSON with ``prompt`` and ``uc``;
version 4 adds ``v4_prompt.caption`` with a base caption and one for each character.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tagsmith.tools.metadata.bounded import MetadataError, json_object, string
from tagsmith.tools.metadata.chunks import Chunks
from tagsmith.tools.metadata.found import Found

SOURCE = "novelai"
_MAX_CHARACTERS = 32


def read_novelai(chunks: Chunks) -> Found | None:
    """Read the text chunks of a PNG of NovelAI."""
    if not chunks.texts.get("Software", "").startswith("NovelAI"):
        return None
    return parse_novelai(chunks.texts)


def parse_novelai(fields: Mapping[str, Any]) -> Found | None:
    """Read ``Description`` and ``Comment``; None where neither has a prompt."""
    description = string(fields.get("Description"))
    comment = _comment(fields.get("Comment"))
    caption = _captions(comment.get("v4_prompt"))
    prompt = caption or string(comment.get("prompt")) or description
    if not prompt.strip():
        return None
    negative = _captions(comment.get("v4_negative_prompt")) or string(comment.get("uc"))
    settings = {
        name: str(value) for name, value in comment.items() if isinstance(value, str | int | float)
    }
    return Found(SOURCE, prompt, negative, "novelai", settings=settings)


def _comment(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    try:
        return json_object(value) if isinstance(value, str) and value else {}
    except MetadataError:
        # The description is enough.
        return {}


def _captions(prompt: Any) -> str:
    """Return the captions of a prompt of version 4: the base, then each character's."""
    caption = prompt.get("caption") if isinstance(prompt, dict) else None
    if not isinstance(caption, dict):
        return ""
    parts = [string(caption.get("base_caption"))]
    characters = caption.get("char_captions")
    for one in characters[:_MAX_CHARACTERS] if isinstance(characters, list) else ():
        parts.append(string(one.get("char_caption")) if isinstance(one, dict) else "")
    return ", ".join(part for part in parts if part.strip())
