"""A plan as the user decides on it, whatever shows it: by sample, by caption, by size."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import overload

from tagsmith.tools.caption import BOM, Caption, why_not_editable
from tagsmith.tools.plan import Change, Plan, Totals
from tagsmith.tools.refusals import TagChange, tag_changes_of
from tagsmith.tui.text import hidden

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


class Groups(Sequence[Group]):
    """Changes by sample, in the order of their paths; a group is made when it is asked for."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._changes = changes if isinstance(changes, tuple) else tuple(changes)
        owners = [change.sample or change.path for change in self._changes]
        self.samples = list(dict.fromkeys(owners))
        self._members = None if len(self.samples) == len(owners) else self._grouped(owners)
        self._put: dict[int, Group] = {}

    def _grouped(self, owners: list[str]) -> list[list[int]]:
        members: dict[str, list[int]] = {}
        for index, owner in enumerate(owners):
            if owner in members:
                members[owner].append(index)
            else:
                members[owner] = [index]
        return list(members.values())

    def __len__(self) -> int:
        return len(self.samples)

    @overload
    def __getitem__(self, index: int) -> Group: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Group]: ...
    def __getitem__(self, index: int | slice) -> Group | Sequence[Group]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        if index in self._put:
            return self._put[index]
        if self._members is None:
            return Group(self.samples[index], (self._changes[index],))
        members = self._members[index]
        return Group(self.samples[index], tuple(self._changes[one] for one in members))

    def put(self, index: int, changed: Group) -> None:
        """Replace a group."""
        self._put[index] = changed


def group(changes: Iterable[Change]) -> Groups:
    """Group changes by sample, in the order of their paths."""
    return Groups(changes)


def needs_count(totals: Totals, samples: int) -> bool:
    """Tell whether applying asks for the count in digits: deletions, over a tenth of the set."""
    return totals.trashed > 0 or totals.files > COUNTED_FROM * samples


def sum_of(totals: Totals, more: Totals, sign: int = 1) -> Totals:
    """Return two totals added, or, with a sign of -1, the second taken from the first."""
    names = (one.name for one in fields(Totals))
    return Totals(**{name: getattr(totals, name) + sign * getattr(more, name) for name in names})


@dataclass(frozen=True, slots=True)
class TagFiles:
    """A tag change with the samples whose captions it is made in.

    ``first``: it stands first wherever it is added.
    """

    change: TagChange
    samples: tuple[str, ...]
    first: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """A plan by tag change, most files first, and by step; ``others`` have no tag change."""

    tags: tuple[TagFiles, ...]
    others: tuple[str, ...]
    steps: Mapping[int, tuple[str, ...]]


def tally(texts: Iterable[tuple[str, bytes | None, bytes]], plan: Plan) -> Tally:
    """Count tag changes (of ``Workspace.texts``, so refused ones too) and a plan's files by step.

    Takes long for a large plan: to be called in a thread.
    """
    found: dict[TagChange, list[str]] = {}
    not_first: set[TagChange] = set()
    for sample, before, after in texts:
        for change in tag_changes_of(before, after):
            found.setdefault(change, []).append(sample)
            if change.added and change not in not_first and tags_of(after)[:1] != [change.tag]:
                not_first.add(change)
    rows = [
        TagFiles(one, tuple(sorted(some)), one.added and one not in not_first)
        for one, some in found.items()
    ]
    rows.sort(key=lambda row: (-len(row.samples), row.change))
    known = {sample for row in rows for sample in row.samples}
    others = dict.fromkeys(one.sample or one.path for one in plan.changes)
    return Tally(tuple(rows), tuple(one for one in others if one not in known), by_step(plan))


def by_step(plan: Plan) -> dict[int, tuple[str, ...]]:
    """Return the samples that each step changes."""
    found: dict[int, dict[str, None]] = {}
    for change in plan.changes:
        for number in change.steps:
            found.setdefault(number, {})[change.sample or change.path] = None
    return {number: tuple(samples) for number, samples in found.items()}


def hidden_characters(change: Change) -> int:
    """Count what hides or steers in a change's new text and in the name that the file gets."""
    text = "" if change.after is None else text_of(change.after)
    return hidden(text) + hidden(change.to or change.path)


def tags_of(data: bytes | None) -> list[str]:
    """Return the tags of a caption's bytes; none where it is missing or not editable."""
    if not data or why_not_editable(data):
        return []
    return Caption.parse(data).tags


def has_prose(data: bytes | None) -> bool:
    """Tell whether some line of a caption's bytes is written in sentences."""
    return bool(data) and why_not_editable(data or b"") is None and Caption.parse(data or b"").prose


def text_of(data: bytes | None) -> str:
    """Return a caption's bytes as text, whatever they are."""
    return (data or b"").removeprefix(BOM).decode("utf-8", "surrogateescape")


def moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """Return the tags that stand as often as before, so that a difference is one of place."""
    old, new = Counter(before), Counter(after)
    return {tag for tag in old.keys() & new.keys() if old[tag] == new[tag]}
