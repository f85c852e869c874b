"""A plan as rows: one for each sample, since a sample's files are kept or dropped together."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from textual.content import Content

from tagsmith.tools.plan import Kind, Plan, Totals, tag_changes
from tagsmith.tui.changes import Group, hidden_characters
from tagsmith.tui.language import many, say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.diff import HIDES, NOTE, OUTSIDE, fit_tail, signs
from tagsmith.tui.widgets.palette import ADDED, MINUS, MUTED, REMOVED, WARNING

# A list that is wide enough tells the tags themselves beside the names.
SIGNS_FROM, NAME = 40, 20


def totals_line(totals: Totals) -> Content:
    """Return a plan in numbers, without the ones that are zero."""
    removed, added = totals.tags_removed, totals.tags_added
    numbers = [
        (removed, MINUS + many(removed, "{n} tag", "{n} tags"), REMOVED),
        (added, "+" + many(added, "{n} tag", "{n} tags"), ADDED),
        (
            totals.created,
            many(totals.created, "{n} caption created", "{n} captions created"),
            ADDED,
        ),
        (totals.moved, many(totals.moved, "{n} file moved", "{n} files moved"), ""),
        (totals.trashed, many(totals.trashed, "{n} file to trash", "{n} files to trash"), REMOVED),
    ]
    parts = [line(text, style) for number, text, style in numbers if number]
    if not parts:
        parts = [line(say("order or spaces only"))]
    return Content.assemble((" · ", MUTED)).join(parts)


def categories(totals: Totals) -> Content:
    """Return how many tags go and come, and how many files are edited, created, moved, trashed."""
    tags = [
        line(f"{MINUS}{totals.tags_removed:,}", REMOVED) if totals.tags_removed else Content(),
        line(f"+{totals.tags_added:,}", ADDED) if totals.tags_added else Content(),
    ]
    numbers = [
        (totals.edited, many(totals.edited, "{n} edit", "{n} edits"), ""),
        (totals.created, say("{n} new", n=f"{totals.created:,}"), ADDED),
        (totals.moved, say("{n} moved", n=f"{totals.moved:,}"), ""),
        (totals.trashed, say("{n} to trash", n=f"{totals.trashed:,}"), REMOVED),
    ]
    parts = [Content(" ").join(one for one in tags if one)]
    parts += [line(text, style) for number, text, style in numbers if number]
    shown = [part for part in parts if part]
    return Content.assemble((" · ", MUTED)).join(shown or [line(say("no changes"), MUTED)])


def title(plan: Plan) -> Content:
    """Return a plan's name and size."""
    files = plan.totals.files
    return line(
        many(files, "Plan {id} · {n} file would change", "Plan {id} · {n} files would change",
             id=plan.id[:4])
    )  # fmt: skip


class PlanRows:
    """Rows of a review: a mark, the name, tags removed and added, and what else is worth a word.

    ``shown`` are the groups that have a row, in order; ``outside`` the samples that no query names.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        dropped: Callable[[Group], bool],
        shown: Sequence[int] | None = None,
        outside: Container[str] = (),
    ) -> None:
        self.groups = groups
        self._dropped = dropped
        self._shown = range(len(groups)) if shown is None else shown
        self._outside = outside

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self._shown)

    def row(self, index: int, width: int) -> Content:
        """Return one row; the numbers stand right-aligned at its end."""
        one = self.groups[self._shown[index]]
        dropped = self._dropped(one)
        mark = " " if dropped else "~" if one.yours else "x"
        style = MUTED if dropped else WARNING if one.yours else ""
        numbers = self._numbers(one, dropped)
        room = width - 5 - numbers.cell_length - 1
        shows_signs = room >= SIGNS_FROM and not dropped
        name = fit_tail(line(one.name, MUTED if dropped else ""), NAME if shows_signs else room)
        if shows_signs:
            told = signs(one.changes).truncate(room - NAME - 3, ellipsis=True)
            name = name.pad_right(NAME - name.cell_length + 2) + told
        left = Content.assemble(line(f" [{mark}] ", style), name)
        return left.pad_right(width - left.cell_length - numbers.cell_length - 1) + numbers

    def _numbers(self, one: Group, dropped: bool) -> Content:
        if dropped:
            return line(say("dropped"), MUTED)
        added = removed = 0
        for change in one.changes:
            if change.after is not None:
                more, fewer = tag_changes(change.before, change.after)
                added, removed = added + len(more), removed + len(fewer)
        word, style = _word(one)
        if not (word or added or removed):
            word, style = say("» order"), MUTED
        flags = marks(one) + (OUTSIDE if one.sample in self._outside else "")
        return Content.assemble(
            line(f" {flags} " if flags else "", WARNING),
            line(word, style),
            line((f"{MINUS}{removed}" if removed else "").rjust(5), REMOVED),
            line((f"+{added}" if added else "").rjust(5), ADDED),
        )


def marks(one: Group) -> str:
    """Return the signs of what deserves a look in a group: notes, characters that hide."""
    note = NOTE if any(change.notes for change in one.changes) else ""
    return note + (HIDES if any(map(hidden_characters, one.changes)) else "")


def _word(one: Group) -> tuple[str, str]:
    kinds = {change.kind for change in one.changes}
    if Kind.TRASH in kinds:
        return say("trash"), REMOVED
    if Kind.MOVE in kinds:
        return say("moved"), ""
    if one.yours:
        return say("yours"), WARNING
    return (say("new"), ADDED) if Kind.CREATE in kinds else ("", "")


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
