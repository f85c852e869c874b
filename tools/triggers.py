"""Triggers by button: which of a set's triggers a caption has, and what presses make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tagsmith.tools.caption import Caption
from tagsmith.tools.tags import key

Position = Literal["first", "last"]
# A trigger and whether it shall stand, in the order in which that was said.
Marks = Mapping[str, bool]

MOST_BUTTONS = 10


@dataclass(frozen=True, slots=True)
class TriggerSet:
    """Up to ten triggers under a name, and where in a caption they are put."""

    name: str
    triggers: tuple[str, ...] = ()
    position: Position = "first"


def marked(caption: Caption, marks: Marks, position: Position, *, prose: bool = False) -> Caption:
    """Put and remove triggers, one after the other, as add_trigger and prune_tags do.

    Doing it twice is doing it once. With ``prose`` a caption in sentences is taken as a tag list.
    """
    if prose and caption.prose:
        caption = caption.as_tags()
    found = caption
    for tag, stands in marks.items():
        found = found.put(tag, position) if stands else found.remove(key(tag).__eq__)
    # Where the tags stand as they stood, only empty places between them have moved.
    return caption if _tags_of(found) == _tags_of(caption) else found


def _tags_of(caption: Caption) -> list[str]:
    return [one for one in caption.keys if one]


def marked_bytes(
    data: bytes | None, marks: Marks, position: Position, *, prose: bool = False
) -> bytes | None:
    """Return what a caption's bytes become; None is a caption that is not there.

    A caption is created by the first trigger that is put, and by nothing else.
    """
    if data is None:
        return marked(Caption.parse(b""), marks, position).to_bytes() or None
    return marked(Caption.parse(data), marks, position, prose=prose).to_bytes()


def caption_keys(data: bytes | None, *, prose: bool = False) -> frozenset[str]:
    """Return the keys that stand in a caption; with ``prose`` those of its sentences too."""
    if data is None:
        return frozenset()
    caption = Caption.parse(data)
    return frozenset((caption.as_tags() if prose else caption).keys)


def held(keys: frozenset[str] | set[str], wanted: Sequence[str]) -> int:
    """Return which of the wanted keys are there: bit ``n`` stands for the one at ``n``."""
    return sum(1 << bit for bit, one in enumerate(wanted) if one in keys)
