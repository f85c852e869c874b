"""The files beside an image in which programs keep what they know of it.

Downloaders: ``x.jpg.json`` is gallery-dl's name, ``x.json`` that of others, ``x.jpg.txt`` a list of
tags (a caption is called ``x.txt``). Photo programs: ``x.jpg.xmp`` (digiKam, darktable) or
``x.xmp`` (Lightroom). They belong to the image by the rules of tools/pairing.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from tagsmith.tools.metadata.booru import Sourced, parse_lines, parse_source
from tagsmith.tools.metadata.bounded import MetadataError
from tagsmith.tools.metadata.files import Beneath
from tagsmith.tools.pairing import groups

MAX_BYTES = 1 << 20
OF_SOURCES = (("name", ".json"), ("stem", ".json"), ("name", ".txt"))
OF_PHOTOS = (("name", ".xmp"), ("stem", ".xmp"))


def sidecars(
    files: Beneath, images: Iterable[str], endings: Sequence[tuple[str, str]]
) -> dict[str, list[str]]:
    """Return the paths of the sidecars of images (both as they lie on disk), the best first.

    ``endings`` say what stands behind the ``name`` of the image, or behind its ``stem``.
    """
    folders: dict[str, list[str]] = {}
    for image in images:
        folder, _, name = image.rpartition("/")
        folders.setdefault(folder, []).append(name)
    found = {}
    for folder, names in folders.items():
        lead = f"{folder}/" if folder else ""
        stems = {os.path.splitext(name)[0] for name in names}
        members = groups(files.names(folder), stems)
        for name in names:
            stem = os.path.splitext(name)[0]
            whole = {"name": name, "stem": stem}
            ranks = {whole[of] + suffix: rank for rank, (of, suffix) in enumerate(endings)}
            lowered = {one: _lowered(one) for one in members[stem]}
            chosen = [one for one in members[stem] if lowered[one] in ranks]
            chosen.sort(key=lambda one: ranks[lowered[one]])
            found[lead + name] = [lead + one for one in chosen]
    return found


def _lowered(name: str) -> str:
    """Return a name with its suffix in lower case, as suffixes are matched without case."""
    stem, suffix = os.path.splitext(name)
    return stem + suffix.lower()


def read_packet(files: Beneath, path: str) -> bytes:
    """Read a sidecar whole. Raises MetadataError where it is too large or cannot be opened."""
    with files.open(path) as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise MetadataError(f"it is larger than {MAX_BYTES >> 20} MiB")
    return data


def read_sidecar(files: Beneath, path: str) -> Sourced:
    """Read a downloader's. Raises MetadataError where it is too large, damaged, or no such."""
    data = read_packet(files, path)
    return parse_lines(data) if path.lower().endswith(".txt") else parse_source(data)
