"""Aliases, implications and categories that were imported for a dataset: ``.tagsmith`` keeps them.

::

    {"version": 1, "files": [...], "aliases": {"sunglass": "sunglasses"},
     "implications": {"kitten": ["cat"]}, "categories": {"hatsune miku": "character"}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from tagsmith.tools import state_files
from tagsmith.tools.errors import DatasetError
from tagsmith.tools.paths import STATE_FOLDER

FILE = "knowledge-imported.json"
LARGEST = 256 << 20
_VERSION = 1
_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Imported:
    """Keys to keys: ``aliases`` to the usual tag, ``implications`` to what they say as well.

    ``categories`` are Danbooru's: general, artist, copyright, character, meta.
    """

    aliases: Mapping[str, str] = field(default_factory=lambda: _NONE)
    implications: Mapping[str, frozenset[str]] = field(default_factory=lambda: _NONE)
    categories: Mapping[str, str] = field(default_factory=lambda: _NONE)
    files: tuple[str, ...] = ()

    def category(self, tag_key: str) -> str:
        """Return the category of a key, empty where it is not known."""
        return self.categories.get(tag_key, "")

    def implied(self, tag_key: str) -> frozenset[str]:
        """Return what a key implies directly."""
        return self.implications.get(tag_key, frozenset())

    def joined(self, other: Imported) -> Imported:
        """Return both together; where they differ, the other one counts."""
        implications = dict(self.implications)
        for one, implied in other.implications.items():
            implications[one] = implications.get(one, frozenset()) | implied
        return Imported(
            {**self.aliases, **other.aliases},
            implications,
            {**self.categories, **other.categories},
            tuple(dict.fromkeys((*self.files, *other.files))),
        )


def load(root: str) -> Imported:
    """Read what was imported for a dataset. Raises DatasetError where the file is damaged."""
    data = state_files.read(root, FILE, LARGEST)
    if data is None:
        return Imported()
    try:
        found = json.loads(data)
        if found["version"] != _VERSION:
            raise ValueError("it was written by another version")
        return Imported(
            {str(one): str(usual) for one, usual in found["aliases"].items()},
            {one: frozenset(map(str, tags)) for one, tags in found["implications"].items()},
            {str(one): str(name) for one, name in found["categories"].items()},
            tuple(map(str, found["files"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DatasetError(
            f"{STATE_FOLDER}/{FILE} is damaged: {error}.",
            "Move it away and import the knowledge again.",
        ) from error


def save(root: str, imported: Imported) -> None:
    """Write what was imported, whole or not at all. Raises DatasetError."""
    found = {
        "version": _VERSION,
        "files": list(imported.files),
        "aliases": dict(imported.aliases),
        "implications": {one: sorted(tags) for one, tags in imported.implications.items()},
        "categories": dict(imported.categories),
    }
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    state_files.write(root, FILE, text.encode("utf-8", "surrogatepass"))
