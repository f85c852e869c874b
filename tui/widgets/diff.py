"""What a change does, drawn: signs beside colours, tags as they stand, nothing from markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from textual.content import Content

from tagsmith.tools.plan import Change, Kind, tag_changes
from tagsmith.tui.changes import moved, tags_of, text_of
from tagsmith.tui.text import block, line
from tagsmith.tui.widgets.palette import ADDED, MINUS, MOVED, MUTED, REMOVED, WARNING

TRUSTED_TAGS = 2_000


def signs(changes: Iterable[Change]) -> Content:
    """Return the tags that changes remove and add, such as ``-watermark  +coco » first``."""
    parts: list[Content] = []
    for change in changes:
        if change.kind is Kind.TRASH:
            parts.append(Content.styled("to trash", REMOVED))
        elif change.kind is Kind.MOVE and change.to is not None:
            parts.append(Content.assemble(("» ", MOVED), line(change.to, MOVED)))
        if change.after is not None:
            parts += _tag_signs(change)
    return Content("  ").join(_unique(parts))


def _unique(parts: Sequence[Content]) -> list[Content]:
    return list({part.plain: part for part in parts}.values())


def _tag_signs(change: Change) -> list[Content]:
    added, removed = tag_changes(change.before, change.after)
    parts = [Content.assemble((MINUS, REMOVED), line(tag, REMOVED)) for tag in removed]
    after = tags_of(change.after) if added else []
    for tag in added:
        part = Content.assemble(("+", ADDED), line(tag, ADDED))
        parts.append(part + Content.styled(" » first", MUTED) if after[0] == tag else part)
    if not parts and change.before != change.after:
        reordered = tags_of(change.before) != tags_of(change.after)
        parts.append(Content.styled("» new order" if reordered else "spaces or text", MOVED))
    if change.kind is Kind.CREATE:
        parts.append(Content.styled("new file", ADDED))
    return parts


def chips(change: Change) -> Content:
    """Return the caption's tags in their new order with what was removed in its old place.

    ``-gone``, ``+new``, ``»moved``, and, muted, what stays.
    """
    before, after = tags_of(change.before), tags_of(change.after)
    parts: list[Content] = []
    elsewhere = moved(before, after)
    matcher = SequenceMatcher(None, before[:TRUSTED_TAGS], after[:TRUSTED_TAGS], autojunk=False)
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            parts += [line(tag, MUTED) for tag in after[new_from:new_to]]
            continue
        gone = [tag for tag in before[old_from:old_to] if tag not in elsewhere]
        parts += [Content.assemble((MINUS, REMOVED), line(tag, REMOVED)) for tag in gone]
        for tag in after[new_from:new_to]:
            sign, style = ("»", MOVED) if tag in elsewhere else ("+", f"{ADDED} bold")
            parts.append(line(sign, style) + line(tag, style))
    return Content.assemble((", ", MUTED)).join(parts)


def detail(change: Change) -> Content:
    """Return everything about one change: its file, its tags, the text before and after."""
    parts = [_heading(change)]
    if change.after is not None:
        marks = chips(change)
        if marks:
            parts += [Content(), marks]
        parts += [
            Content(),
            Content.styled("before", MUTED),
            block(text_of(change.before), REMOVED if not change.after else "")
            if change.before is not None
            else Content.styled("no caption", MUTED),
            Content(),
            Content.styled("after", MUTED),
            block(text_of(change.after)),
        ]
    parts += [Content.assemble(("! ", WARNING), line(note, WARNING)) for note in change.notes]
    return Content("\n").join(parts)


def _heading(change: Change) -> Content:
    name = line(change.path, "bold")
    if change.kind is Kind.TRASH:
        return Content.assemble(name, ("  to trash; undo brings it back", REMOVED))
    if change.kind is Kind.MOVE and change.to is not None:
        return Content.assemble(name, ("  » ", MOVED), line(change.to, MOVED))
    if change.kind is Kind.CREATE:
        return Content.assemble(name, ("  new file", ADDED))
    return Content.assemble(name, ("  yours", WARNING)) if change.yours else name


def fit_tail(content: Content, width: int) -> Content:
    """Return content cut at its front to ``width`` cells: names differ at their ends."""
    if content.cell_length <= width:
        return content
    start = len(content) - max(0, width - 1)
    while start < len(content) and content[start:].cell_length > width - 1:
        start += 1
    return Content("…") + content[start:]
