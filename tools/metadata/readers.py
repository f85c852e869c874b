"""The readers in the order in which they are asked; the first that finds a prompt wins.

The order is that of receyuki/stable-diffusion-prompt-reader (sd_prompt_reader/
image_data_reader.py at 32b2eea): the more telling chunk before the vaguer one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import BinaryIO

from tagsmith.tools.metadata import photo
from tagsmith.tools.metadata.a1111 import read_a1111
from tagsmith.tools.metadata.bounded import MetadataError
from tagsmith.tools.metadata.chunks import Chunks
from tagsmith.tools.metadata.comfyui import read_comfyui
from tagsmith.tools.metadata.comment import parse_payload, read_comment
from tagsmith.tools.metadata.containers import read_chunks
from tagsmith.tools.metadata.fields import (
    read_drawthings,
    read_easydiffusion,
    read_fooocus,
    read_fooocus_comment,
    read_swarmui,
)
from tagsmith.tools.metadata.found import Found
from tagsmith.tools.metadata.invokeai import read_invokeai
from tagsmith.tools.metadata.midjourney import read_midjourney
from tagsmith.tools.metadata.novelai import read_novelai
from tagsmith.tools.metadata.stealth import read_stealth

Reader = Callable[[Chunks], Found | None]

_PROMPTS: tuple[Reader, ...] = (
    read_swarmui,
    read_fooocus,
    read_a1111,
    read_easydiffusion,
    read_invokeai,
    read_novelai,
    read_comfyui,
    read_fooocus_comment,
    read_drawthings,
    read_midjourney,
    read_comment,
)
_PHOTO: tuple[Reader, ...] = (photo.read_xmp, photo.read_iptc, photo.read_exif)

# Every source, with the name of the program; the first ones write prompts.
PROMPT_SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "a1111": "A1111, Forge, SD.Next and others",
        "swarmui": "SwarmUI",
        "easydiffusion": "Easy Diffusion",
        "invokeai": "InvokeAI",
        "novelai": "NovelAI",
        "comfyui": "ComfyUI",
        "fooocus": "Fooocus",
        "drawthings": "Draw Things",
        "midjourney": "Midjourney",
    }
)
PHOTO_SOURCES = ("xmp", "iptc", "exif")
SOURCES = (*PROMPT_SOURCES, *PHOTO_SOURCES)


def read(
    file: BinaryIO, sources: frozenset[str] = frozenset(SOURCES)
) -> tuple[list[Found], list[str]]:
    """Return what an open file says, by these sources, and what was passed over and why.

    Prompts come from one source at most; the photo's own metadata stands beside it.
    Raises MetadataError for what is no image, OSError where it cannot be read.
    """
    chunks = read_chunks(file)
    found: list[Found] = []
    for reader in (*_PROMPTS, _hidden(file)):
        one = _ask(reader, chunks)
        if one is not None and one.source in sources:
            found.append(one)
            break
    for reader in _PHOTO:
        one = _ask(reader, chunks)
        if one is not None and one.source in sources:
            found.append(one)
    return found, list(dict.fromkeys(chunks.notes))


def _hidden(file: BinaryIO) -> Reader:
    """Return the reader of what the pixels hide, the last to be asked: it unpacks some of them."""

    def read_hidden(chunks: Chunks) -> Found | None:
        text = read_stealth(file) if chunks.format == "PNG" else ""
        return parse_payload(text) if text.strip() else None

    return read_hidden


def _ask(reader: Reader, chunks: Chunks) -> Found | None:
    try:
        found = reader(chunks)
    except MetadataError as error:
        chunks.notes.append(error.reason)
        return None
    return None if found is None or found.empty else found
