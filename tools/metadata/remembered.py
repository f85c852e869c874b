"""What files said when they were read last: dropping a step of the plan runs its tools again."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from tagsmith.tools import content
from tagsmith.tools.metadata.files import Beneath
from tagsmith.tools.metadata.found import Found
from tagsmith.tools.metadata.readers import read
from tagsmith.tools.workspace import Workspace

# Characters of text kept for a workspace: the prompts of some ten thousand pictures.
_ROOM = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says, and what was passed over in it and why."""

    found: tuple[Found, ...]
    notes: tuple[str, ...]

    @property
    def size(self) -> int:
        """About how many characters it holds."""
        texts = [text for one in self.found for text in _texts(one)]
        return 500 + sum(map(len, texts))


class Remembered:
    """Reads the files of one workspace; those that have not changed are not read again."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, frozenset[str]], tuple[bytes, Reading]] = {}
        self._room = _ROOM

    @classmethod
    def of(cls, workspace: Workspace) -> Remembered:
        """Return what is remembered for a workspace; it goes with the workspace."""
        return _remembered.setdefault(workspace, cls())

    def read(self, files: Beneath, path: str, sources: frozenset[str]) -> Reading:
        """Read a file. Raises MetadataError where it is no image or cannot be opened."""
        now = time.time_ns()
        with files.open(path) as file:
            stamp = content.settled_stamp(os.fstat(file.fileno()), now)
            known = self._known.get((path, sources))
            if known is not None and known[0] == stamp:
                return known[1]
            found, notes = read(file, sources)
        reading = Reading(tuple(found), tuple(notes))
        if known is not None:
            del self._known[path, sources]
            self._room += known[1].size
        if stamp is not None and reading.size <= self._room:
            self._room -= reading.size
            self._known[path, sources] = stamp, reading
        return reading


_remembered: WeakKeyDictionary[Workspace, Remembered] = WeakKeyDictionary()


def _texts(found: Found) -> list[str]:
    settings = [text for pair in found.settings.items() for text in pair]
    texts = [found.prompt, found.negative, found.description, found.camera, found.note]
    return [*texts, *found.keywords, *found.place, *settings]
