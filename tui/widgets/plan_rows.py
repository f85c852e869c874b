"""A plan as rows: one for each sample, since a sample's files are kept or dropped together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from tagsmith.tools.plan import Kind, Plan, Totals, tag_changes
from tagsmith.tools.wording import count
from tagsmith.tui.changes import Group
from tagsmith.tui.text import line
from tagsmith.tui.widgets.diff import fit_tail, signs
from tagsmith.tui.widgets.palette import ADDED, MINUS, MUTED, REMOVED, WARNING


def totals_line(totals: Totals) -> Content:
    """Return a plan in numbers, without the ones that are zero."""
    numbers = [
        (totals.tags_removed, f"{MINUS}{count(totals.tags_removed, 'tag')}", REMOVED),
        (totals.tags_added, f"+{count(totals.tags_added, 'tag')}", ADDED),
        (totals.created, f"{count(totals.created, 'caption')} created", ADDED),
        (totals.moved, f"{count(totals.moved, 'file')} moved", ""),
        (totals.trashed, f"{count(totals.trashed, 'file')} to trash", REMOVED),
    ]
    parts = [line(text, style) for number, text, style in numbers if number]
    if not parts:
        parts = [Content("order or spaces only")]
    return Content.assemble((" · ", MUTED)).join(parts)


def title(plan: Plan) -> Content:
    """Return a plan's name and size."""
    return Content(f"Plan {plan.id[:4]} · {count(plan.totals.files, 'file')} would change")


class PlanRows:
    """Rows of a review: a mark, the name, tags removed and added, and what else is worth a word."""

    def __init__(self, groups: Sequence[Group], dropped: Callable[[Group], bool]) -> None:
        self.groups = groups
        self._dropped = dropped

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self.groups)

    def row(self, index: int, width: int) -> Content:
        """Return one row; the numbers stand right-aligned at its end."""
        one = self.groups[index]
        dropped = self._dropped(one)
        mark = " " if dropped else "~" if one.yours else "x"
        style = MUTED if dropped else WARNING if one.yours else ""
        numbers = self._numbers(one, dropped)
        room = width - 5 - numbers.cell_length - 1
        name = fit_tail(line(one.name, MUTED if dropped else ""), room)
        left = Content.assemble(line(f" [{mark}] ", style), name)
        return left.pad_right(width - left.cell_length - numbers.cell_length - 1) + numbers

    def _numbers(self, one: Group, dropped: bool) -> Content:
        if dropped:
            return Content.styled("dropped", MUTED)
        added = removed = 0
        for change in one.changes:
            if change.after is not None:
                more, fewer = tag_changes(change.before, change.after)
                added, removed = added + len(more), removed + len(fewer)
        word, style = _word(one)
        if not (word or added or removed):
            word, style = "» order", MUTED
        return Content.assemble(
            line(word, style),
            line((f"{MINUS}{removed}" if removed else "").rjust(5), REMOVED),
            line((f"+{added}" if added else "").rjust(5), ADDED),
        )


def _word(one: Group) -> tuple[str, str]:
    kinds = {change.kind for change in one.changes}
    if Kind.TRASH in kinds:
        return "trash", REMOVED
    if Kind.MOVE in kinds:
        return "moved", ""
    if one.yours:
        return "yours", WARNING
    if any(change.notes for change in one.changes):
        return "!", WARNING
    return ("new", ADDED) if Kind.CREATE in kinds else ("", "")


class ChangeRows:
    """Rows of a plan that only is looked at: the name and the signs of what changed."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self.groups = groups

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self.groups)

    def row(self, index: int, width: int) -> Content:
        """Return one row."""
        return sample_row(self.groups[index], width)


def sample_row(one: Group, width: int) -> Content:
    """Return a sample's name and the signs of its changes."""
    name_width = max(8, min(20, width // 3))
    name = fit_tail(line(one.name), name_width)
    left = Content.assemble(" ", name).pad_right(max(0, name_width - name.cell_length) + 2)
    return (left + signs(one.changes)).truncate(width, ellipsis=True)
