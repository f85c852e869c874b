"""The files beside an image in which downloaders keep what its source says.

``x.jpg.json`` is gallery-dl's name, ``x.json`` that of others, ``x.jpg.txt`` a list of tags (a
caption is called ``x.txt``). They belong to the image by the rules of tools/pairing.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from tagsmith.tools.metadata.booru import Sourced, parse_lines, parse_source
from tagsmith.tools.metadata.bounded import MetadataError
from tagsmith.tools.metadata.files import Beneath
from tagsmith.tools.pairing import groups

MAX_BYTES = 1 << 20


def sidecars(files: Beneath, images: Iterable[str]) -> dict[str, list[str]]:
    """Return the paths of the sidecars of images (both as they lie on disk), the best first."""
    folders: dict[str, list[str]] = {}
    for image in images:
        folder, _, name = image.rpartition("/")
        folders.setdefault(folder, []).append(name)
    found = {}
    for folder, names in folders.items():
        stems = {os.path.splitext(name)[0] for name in names}
        members = groups(files.names(folder), stems)
        for name in names:
            stem = os.path.splitext(name)[0]
            ranked = {f"{name}.json": 0, f"{stem}.json": 1, f"{name}.txt": 2}
            chosen = sorted((one for one in members[stem] if one in ranked), key=ranked.__getitem__)
            lead = f"{folder}/" if folder else ""
            found[lead + name] = [lead + one for one in chosen]
    return found


def read_sidecar(files: Beneath, path: str) -> Sourced:
    """Read a sidecar. Raises MetadataError where it is too large, damaged, or something else."""
    with files.open(path) as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise MetadataError(f"it is larger than {MAX_BYTES >> 20} MiB")
    return parse_lines(data) if path.endswith(".txt") else parse_source(data)
