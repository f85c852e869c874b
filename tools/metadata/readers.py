"""The readers in the order in which they are asked; the first that finds a prompt wins.

The order is that of models.md's source, receyuki/stable-diffusion-prompt-reader
(sd_prompt_reader/image_data_reader.py): the more telling chunk before the vaguer one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from tagsmith.tools.metadata.a1111 import read_a1111
from tagsmith.tools.metadata.bounded import MetadataError
from tagsmith.tools.metadata.chunks import Chunks
from tagsmith.tools.metadata.containers import read_chunks
from tagsmith.tools.metadata.found import Found

Reader = Callable[[Chunks], Found | None]

PROMPTS: dict[str, Reader] = {
    "a1111": read_a1111,
}
PHOTOS: dict[str, Reader] = {}
SOURCES = (*PROMPTS, *PHOTOS)


def read(
    file: BinaryIO, sources: frozenset[str] = frozenset(SOURCES)
) -> tuple[list[Found], list[str]]:
    """Return what the file says, and what was passed over and why.

    Never more than one source of prompts; the photo's own metadata stands beside it.
    """
    chunks = read_chunks(file)
    found = []
    for name, reader in PROMPTS.items():
        if name in sources and (one := _ask(reader, chunks)):
            found.append(one)
            break
    return found, chunks.notes


def _ask(reader: Reader, chunks: Chunks) -> Found | None:
    try:
        found = reader(chunks)
    except MetadataError as error:
        chunks.notes.append(error.reason)
        return None
    return None if found is None or found.empty else found
