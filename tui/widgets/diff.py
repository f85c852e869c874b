"""What a change does, drawn: signs beside colours, tags as they stand, nothing from markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from difflib import SequenceMatcher

from textual.content import Content

from tagsmith.tools.plan import Change, Kind, tag_changes
from tagsmith.tui.changes import has_prose, moved, tags_of, text_of
from tagsmith.tui.language import many, say
from tagsmith.tui.text import block, hidden, line
from tagsmith.tui.widgets.palette import ADDED, MINUS, MOVED, MUTED, REMOVED, WARNING

TRUSTED_TAGS = 2_000
# The signs of a row that deserves a look, and of the line that says why.
NOTE, HIDES, OUTSIDE = "!", "?", "○"


def signs(changes: Iterable[Change]) -> Content:
    """Return the tags that changes remove and add, such as ``-watermark  +coco » first``."""
    parts: list[Content] = []
    for change in changes:
        if change.kind is Kind.TRASH:
            parts.append(line(say("to trash"), REMOVED))
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
        first = Content.assemble(" ", line(say("» first"), MUTED))
        parts.append(part + first if after[0] == tag else part)
    if not parts and change.before != change.after:
        reordered = tags_of(change.before) != tags_of(change.after)
        parts.append(line(say("» new order") if reordered else say("spaces or text"), MOVED))
    if change.kind is Kind.CREATE:
        parts.append(line(say("new file"), ADDED))
    return parts


def chips(change: Change) -> Content:
    """Return the caption's tags in their new order with what was removed in its old place.

    ``-gone``, ``+new``, ``»moved``, and, muted, what stays. Sentences are compared by their words.
    """
    if has_prose(change.before) or has_prose(change.after):
        return _words(text_of(change.before), text_of(change.after))
    before, after = tags_of(change.before), tags_of(change.after)
    elsewhere = moved(before, after)
    return Content.assemble((", ", MUTED)).join(_compared(before, after, elsewhere))


def _words(before: str, after: str) -> Content:
    return Content(" ").join(_compared(before.split(), after.split(), frozenset()))


def _compared(before: list[str], after: list[str], elsewhere: Set[str]) -> list[Content]:
    parts: list[Content] = []
    matcher = SequenceMatcher(None, before[:TRUSTED_TAGS], after[:TRUSTED_TAGS], autojunk=False)
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            parts += [line(one, MUTED) for one in after[new_from:new_to]]
            continue
        gone = [one for one in before[old_from:old_to] if one not in elsewhere]
        parts += [Content.assemble((MINUS, REMOVED), line(one, REMOVED)) for one in gone]
        for one in after[new_from:new_to]:
            sign, style = ("»", MOVED) if one in elsewhere else ("+", f"{ADDED} bold")
            parts.append(line(sign, style) + line(one, style))
    return parts


def detail(change: Change) -> Content:
    """Return everything about one change: its file, its tags, the text before and after."""
    parts = [_heading(change)]
    if change.after is not None:
        marks = chips(change)
        if marks:
            parts += [Content(), marks]
        parts += [
            Content(),
            line(say("before"), MUTED),
            block(text_of(change.before), REMOVED if not change.after else "")
            if change.before is not None
            else line(say("no caption"), MUTED),
            Content(),
            line(say("after"), MUTED),
            block(text_of(change.after)),
        ]
    return Content("\n").join([*parts, *warnings(change)])


def warnings(change: Change) -> list[Content]:
    """Return what a person must know of a change, each with the sign that its row has."""
    told = [warning(NOTE, note) for note in change.notes]
    new = hidden(text_of(change.after)) if change.after is not None else 0
    if new:
        text = many(
            new, "{n} hidden character in the new text", "{n} hidden characters in the new text"
        )
        told.append(warning(HIDES, text))
    if name := hidden(change.to or change.path):
        text = many(name, "{n} hidden character in the name", "{n} hidden characters in the name")
        told.append(warning(HIDES, text))
    return told


def warning(sign: str, text: str) -> Content:
    """Return a sign and what it stands for."""
    return line(f"{sign} {text}", WARNING)


def _heading(change: Change) -> Content:
    name = line(change.path, "bold")
    if change.kind is Kind.TRASH:
        return Content.assemble(name, "  ", line(say("to trash; undo brings it back"), REMOVED))
    if change.kind is Kind.MOVE and change.to is not None:
        return Content.assemble(name, ("  » ", MOVED), line(change.to, MOVED))
    if change.kind is Kind.CREATE:
        return Content.assemble(name, "  ", line(say("new file"), ADDED))
    return Content.assemble(name, "  ", line(say("yours"), WARNING)) if change.yours else name


def fit_tail(content: Content, width: int) -> Content:
    """Return content cut at its front to ``width`` cells: names differ at their ends."""
    if content.cell_length <= width:
        return content
    start = len(content) - max(0, width - 1)
    while start < len(content) and content[start:].cell_length > width - 1:
        start += 1
    return Content("…") + content[start:]
