"""What is under review, apart from how it is shown: which files, what is kept, where to look."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from tagsmith.tools.plan import Plan, Totals, count
from tagsmith.tools.selection import Outside
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.changes import Group, Groups, group, sum_of
from tagsmith.tui.widgets.plan_rows import marks

Samples = Collection[str]
Item = TypeVar("Item")
BREATH = 128  # changes that are looked at in about a millisecond


class View(Enum):
    """What the list on the left is a list of."""

    FILES = "files"
    STEPS = "steps"
    TAGS = "tags"


@dataclass(frozen=True, slots=True)
class Marked:
    """Rows of the groups that deserve a look, and which samples no query of the plan names."""

    rows: Sequence[int] = ()
    outside: Mapping[str, tuple[Outside, ...]] = field(default_factory=dict)


def find_marked(workspace: Workspace, groups: Groups) -> Marked:
    """Look at every change of a plan: to be called in a thread."""
    outside = workspace.outside()
    rows = [
        row
        for row, one in enumerate(politely(groups))
        if one.sample in outside or one.yours or marks(one)
    ]
    return Marked(rows, outside)


def politely(items: Iterable[Item]) -> Iterator[Item]:
    """Yield items, letting the thread that draws go first every now and then."""
    for index, item in enumerate(items):
        if index % BREATH == 0:
            time.sleep(0)
        yield item


class Reviewed:
    """A plan with what was dropped from it, the rows in sight, and the totals of what is kept."""

    def __init__(self, workspace: Workspace, plan: Plan, kept: Totals) -> None:
        self._workspace = workspace
        self.where = ""
        self._matching: Samples | None = None
        self._matched: Samples = ()
        self._narrowed: Samples | None = None
        self.adopt(plan, kept)

    def adopt(self, plan: Plan, kept: Totals) -> None:
        """Take up a plan that was counted again; the filter stays."""
        self.plan = plan
        self.kept = kept
        self.groups = group(plan.changes)
        self.marked = Marked()
        self._known = frozenset(self.groups.samples)
        self._places: dict[str, int] = {}
        self._left_out = self._count_left_out()
        self._limit()

    def _count_left_out(self) -> int:
        return len(self._known & self._workspace.dropped)

    # Rows

    def filter(self, where: str, samples: Samples | None) -> None:
        """Show the samples that a query matches; None shows all."""
        self.where, self._matching = where, samples
        if samples is not None:
            self._matched = samples
        self._limit()

    def narrow(self, samples: Samples | None) -> None:
        """Show the files of a step or of a tag change; None shows all."""
        self._narrowed = None if samples is None else frozenset(samples)
        self._limit()

    def _limit(self) -> None:
        limits = [frozenset(one) for one in (self._matching, self._narrowed) if one is not None]
        self.shown: Sequence[int] = range(len(self.groups))
        if limits:
            wanted = frozenset.intersection(*limits)
            self.shown = [row for row, one in enumerate(self.groups.samples) if one in wanted]

    @property
    def narrowed(self) -> bool:
        """Whether the files of one step or one tag change are shown."""
        return self._narrowed is not None

    @property
    def hidden(self) -> int:
        """Number of files that the filter hides, or the group they are not in."""
        return len(self.groups) - len(self.shown)

    def at(self, index: int) -> Group | None:
        """Return the group in a row of the list; None where there is none."""
        return self.groups[self.shown[index]] if index < len(self.shown) else None

    def find(self, sample: str) -> Group | None:
        """Return the group of a sample; None where the plan leaves it alone."""
        if not self._places:
            self._places = {one: row for row, one in enumerate(self.groups.samples)}
        row = self._places.get(sample)
        return None if row is None else self.groups[row]

    def near(self, index: int, reach: int) -> list[str]:
        """Return the samples in the rows around one, the nearest first."""
        around = (index + sign * step for step in range(1, reach + 1) for sign in (1, -1))
        return [
            self.groups.samples[self.shown[one]] for one in around if 0 <= one < len(self.shown)
        ]

    def next(self, index: int, *, back: bool) -> int | None:
        """Return the next row of the list that the filter matches, going round.

        Without a filter the last one that was there counts, or else what is marked. None where
        nothing else is to be found.
        """
        targets = self._targets()
        if not targets:
            return None
        here = self.shown[index] if index < len(self.shown) else -1
        at = bisect_left(targets, here) - 1 if back else bisect_right(targets, here)
        return bisect_left(self.shown, targets[at % len(targets)])

    def _targets(self) -> Sequence[int]:
        if self._matching is not None:
            return self.shown
        if self._matched:
            samples = self.groups.samples
            return [row for row in self.shown if samples[row] in self._matched]
        shown = self.shown if isinstance(self.shown, range) else frozenset(self.shown)
        return [row for row in self.marked.rows if row in shown]

    # What is kept

    @property
    def accepted(self) -> int:
        """Number of groups that are kept."""
        return len(self.groups) - self._left_out

    def is_dropped(self, one: Group) -> bool:
        """Tell whether a group was dropped."""
        return one.sample in self._workspace.dropped

    def set(self, one: Group, *, keep: bool) -> None:
        """Keep or drop a group, with all its files."""
        if keep is not self.is_dropped(one):
            return
        dropped = self._workspace.dropped
        (dropped.discard if keep else dropped.add)(one.sample)
        self._left_out += -1 if keep else 1
        self.kept = sum_of(self.kept, count(one.changes), 1 if keep else -1)

    def set_all(self, *, keep: bool) -> bool:
        """Keep or drop what is in sight; whether what is kept has to be counted again."""
        samples, dropped = self._known, self._workspace.dropped
        if self.hidden:
            samples = frozenset(map(self.groups.samples.__getitem__, self.shown))
        (dropped.difference_update if keep else dropped.update)(samples)
        if self.hidden:
            self._left_out = self._count_left_out()
            return True
        self._left_out = 0 if keep else len(samples)
        self.kept = self.plan.totals if keep else Totals()
        return False

    def replace(self, index: int, changed: Group) -> None:
        """Put a group whose caption was edited by hand in its place, and keep it."""
        row = self.shown[index]
        before = self.groups[row]
        self.set(before, keep=True)
        self.groups.put(row, changed)
        for one, sign in ((before, -1), (changed, 1)):
            self.kept = sum_of(self.kept, count(one.changes), sign)
