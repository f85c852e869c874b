"""A plan as the user decides on it, whatever shows it: by sample, by caption, by size."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tagsmith.tools.caption import BOM, Caption, why_not_editable
from tagsmith.tools.plan import Change, Totals

COUNTED_FROM = 0.10


@dataclass(frozen=True, slots=True)
class Group:
    """What happens to one sample: its image's path and the changes of its files."""

    sample: str
    changes: tuple[Change, ...]

    @property
    def yours(self) -> bool:
        """Whether a caption of it was edited by hand."""
        return any(change.yours for change in self.changes)

    @property
    def name(self) -> str:
        """The path without its suffix: what image and caption share."""
        return os.path.splitext(self.changes[0].path)[0]

    def with_change(self, old: Change, new: Change) -> Group:
        """Return the group with one change replaced."""
        return replace(self, changes=tuple(new if one is old else one for one in self.changes))


def group(changes: Iterable[Change]) -> list[Group]:
    """Group changes by sample, in the order of their paths."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.sample or change.path, []).append(change)
    return [Group(sample, tuple(some)) for sample, some in found.items()]


def needs_count(totals: Totals, samples: int) -> bool:
    """Tell whether applying asks for the count in digits: deletions, over a tenth of the set."""
    return totals.trashed > 0 or totals.files > COUNTED_FROM * samples


def tags_of(data: bytes | None) -> list[str]:
    """Return the tags of a caption's bytes; none where it is missing or not editable."""
    if not data or why_not_editable(data):
        return []
    return Caption.parse(data).tags


def text_of(data: bytes | None) -> str:
    """Return a caption's bytes as text, whatever they are."""
    return (data or b"").removeprefix(BOM).decode("utf-8", "surrogateescape")


def moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """Return the tags that stand as often as before, so that a difference is one of place."""
    old, new = Counter(before), Counter(after)
    return {tag for tag in old.keys() & new.keys() if old[tag] == new[tag]}
