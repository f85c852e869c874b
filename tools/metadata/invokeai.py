"""InvokeAI: ``invokeai_metadata`` of version 3 on, ``sd-metadata`` of 2, ``Dream`` of 1.

invoke-ai/InvokeAI, invokeai/frontend/web (metadata schema) and ldm/invoke/pngwriter.py. Before
version 3 the negative prompt stands within the prompt, in square brackets.
"""

from __future__ import annotations

import re
from typing import Any

from tagsmith.tools.metadata.bounded import json_object, string
from tagsmith.tools.metadata.chunks import Chunks
from tagsmith.tools.metadata.found import Found

SOURCE = "invokeai"
_NEGATIVE = re.compile(r"\[([^\[\]]*)\]")
_DREAM = re.compile(r'\A\s*"((?:[^"\\]|\\.)*)"', re.DOTALL)


def read_invokeai(chunks: Chunks) -> Found | None:
    """Read whichever form the file has, the newest first."""
    texts = chunks.texts
    if text := texts.get("invokeai_metadata"):
        return _version_3(json_object(text))
    if text := texts.get("sd-metadata"):
        return _version_2(json_object(text))
    if text := texts.get("Dream") or texts.get("dream"):
        return _dream(text)
    return None


def _version_3(fields: dict[str, Any]) -> Found:
    prompts = [string(fields.get(f"positive_{name}")) for name in ("prompt", "style_prompt")]
    settings = {
        name: str(value) for name, value in fields.items() if isinstance(value, str | int | float)
    }
    # Where the style prompt is joined, it repeats the prompt.
    prompt = ", ".join(dict.fromkeys(one for one in prompts if one.strip()))
    negative = string(fields.get("negative_prompt"))
    return Found(SOURCE, prompt, negative, "invokeai", settings=settings)


def _version_2(fields: dict[str, Any]) -> Found:
    image = fields.get("image")
    given = image.get("prompt") if isinstance(image, dict) else None
    if isinstance(given, list):
        parts = [string(one.get("prompt")) for one in given if isinstance(one, dict)]
        given = ", ".join(parts)
    return _split(string(given))


def _dream(text: str) -> Found:
    match = _DREAM.match(text)
    return _split(match[1].replace('\\"', '"') if match else "")


def _split(prompt: str) -> Found:
    """Take the negative prompt out of the prompt."""
    negative = ", ".join(_NEGATIVE.findall(prompt))
    return Found(SOURCE, _NEGATIVE.sub("", prompt), negative, "invokeai")
