"""A plan for people: one row a file, the first ones only, and the totals."""

from __future__ import annotations

from collections.abc import Iterator

from tagsmith.tools.caption import Caption, why_not_editable
from tagsmith.tools.paths import display
from tagsmith.tools.plan import Change, Kind, Plan, Totals, tag_changes
from tagsmith.tui.commands.console import Segment
from tagsmith.tui.language import many, say

SHOWN = 20
_WIDEST = 40
_TAGS = 12
_EXCERPT = 24


def rows(plan: Plan, limit: int = SHOWN) -> Iterator[list[Segment]]:
    """Yield the rows of a plan's first files, and how many are left out."""
    chosen = plan.changes[:limit]
    names = [display(change.path) for change in chosen]
    width = min(max(map(len, names), default=0), _WIDEST)
    for name, change in zip(names, chosen, strict=True):
        yield [(f"  {name:<{width}}", ""), *what(change)]
    more = len(plan.changes) - len(chosen)
    if more:
        yield [(many(more, "  and {n} more file", "  and {n} more files"), "dim")]


def totals_text(totals: Totals) -> str:
    """Return ``18 files: 18 tags removed, 24 added, 2 captions created``."""
    removed, added, created = totals.tags_removed, totals.tags_added, totals.created
    numbers = (
        (removed, many(removed, "{n} tag removed", "{n} tags removed")),
        (added, many(added, "{n} tag added", "{n} tags added")),
        (created, many(created, "{n} caption created", "{n} captions created")),
        (totals.moved, many(totals.moved, "{n} file moved", "{n} files moved")),
        (totals.trashed, many(totals.trashed, "{n} file to the trash", "{n} files to the trash")),
    )
    told = ", ".join(text for number, text in numbers if number)
    told = told or say("order, spelling or spacing changed")
    return many(totals.files, "{n} file: {told}", "{n} files: {told}", told=told)


def what(change: Change) -> Iterator[Segment]:
    """Yield what happens to one file, to stand behind its name."""
    if change.kind is Kind.CREATE:
        yield say("  (new)"), "dim"
    if change.kind is Kind.TRASH:
        yield say("  -> trash"), "remove"
    if change.to is not None:
        yield f"  -> {display(change.to)}", ""
    if change.after is not None:
        yield from _content(change.before or b"", change.after)
    for note in change.notes:
        yield f"  ({note})", "bold"


def _content(before: bytes, after: bytes) -> Iterator[Segment]:
    added, removed = tag_changes(before, after)
    yield from _signed(removed, "-", "remove")
    yield from _signed(added, "+", "add")
    if added or removed:
        return
    old, new = _tags(before), _tags(after)
    if old != new:
        dots = ", ..." if len(new) > _TAGS else ""
        yield say("  order: {tags}", tags=f"{', '.join(new[:_TAGS])}{dots}"), ""
    else:
        old_text, new_text = _excerpts(before, after)
        yield f"  {old_text!r}", "remove"
        yield " -> ", ""
        yield f"{new_text!r}", "add"


def _signed(tags: list[str], sign: str, style: str) -> Iterator[Segment]:
    for tag in tags[:_TAGS]:
        yield f"  {sign}{tag}", style
    if len(tags) > _TAGS:
        yield f"  {sign}{say('{n} more', n=len(tags) - _TAGS)}", style


def _tags(data: bytes) -> list[str]:
    return [] if why_not_editable(data) else Caption.parse(data).tags


def _excerpts(before: bytes, after: bytes) -> tuple[str, str]:
    """Return both texts around the place where they begin to differ."""
    old, new = (data.decode("utf-8", "backslashreplace") for data in (before, after))
    same = 0
    for left, right in zip(old, new, strict=False):
        if left != right:
            break
        same += 1
    start = max(0, same - _EXCERPT // 2)
    return old[start : start + _EXCERPT], new[start : start + _EXCERPT]
