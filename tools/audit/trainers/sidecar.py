"""Caption files beside images: the names of a folder, and which caption a stem has there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from tagsmith.tools.audit.trainers.reading import (
    Files,
    Lint,
    Row,
    decode,
    stem_of,
    suffix_of,
    why_unread,
)
from tagsmith.tools.dataset import join
from tagsmith.tools.pairing import CAPTION_SUFFIXES

Noticed = list[tuple[Row, str]]


class Here:
    """The names of one folder, as a file system that tells cases apart finds them."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    @cached_property
    def _lowered(self) -> dict[str, str]:
        return {name.lower(): name for name in self.names}

    def otherwise(self, stem: str, extension: str) -> Iterator[tuple[Row, str]]:
        """Yield the captions of a stem that stand here under a name that is not read."""
        for suffix in CAPTION_SUFFIXES:
            if suffix != extension and stem + suffix in self:
                yield Row.EXTENSION, f"{stem + suffix} is not read, {extension} is"
        name = self._lowered.get((stem + extension).lower())
        if name is not None and stem_of(name) == stem:
            yield Row.CASE, f"{name} is not {extension}"


def text_of(
    files: Files, folder: str, stem: str, extension: str, here: Here
) -> tuple[str | None, str, Noticed]:
    """Return the text of an image's caption (None: not UTF-8), its file, and what is to be noted.

    Both are empty where there is no file.
    """
    name = stem + extension
    if name not in here:
        missing = (Row.MISSING, "no caption: an empty one instead")
        return "", "", [missing, *here.otherwise(stem, extension)]
    source = join(folder, name)
    data = files.read(source)
    text = None if data is None else decode(data)
    if text is None:
        return None, source, [(Row.ENCODING, f"{source} {why_unread(data)}")]
    return text, source, []


def note_suffix(lint: Lint, path: str) -> None:
    """Note an image of a kind that the trainer does not read."""
    lint.note(Row.SUFFIX, path, f"{suffix_of(path)} is not read")
