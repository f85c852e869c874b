"""The way back from applied plans: new plans with before and after swapped.

They are applied like any plan, with the same checks, so a file edited by hand since then is left
as it is and listed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from tagsmith.tools import content
from tagsmith.tools.journal.checks import target_of
from tagsmith.tools.journal.layout import in_trash, trash_of
from tagsmith.tools.journal.place import is_as_seen
from tagsmith.tools.journal.record import Record, read_plan
from tagsmith.tools.journal.tree import Tree
from tagsmith.tools.plan import Change, Kind

# Behind the path of a file that a plan created; no path holds NUL.
_NEW = "\0"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that an undo leaves as it is, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reversal:
    """What takes entries back, against the disk as it is now."""

    changes: list[Change] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def reverse(
    tree: Tree, names: Iterable[str], only: Callable[[str], bool] | None = None
) -> Reversal:
    """Build what takes transactions back, given newest first; ``only`` chooses by path.

    A file that no longer is as the newest of them left it is skipped and listed.
    """
    result = Reversal()
    back: dict[str, Change] = {}
    for tx in names:
        back = _reverse_one(tree, tx, only, back, result)
    result.changes[:] = back.values()
    while blocked := _blocked(tree, result.changes):
        # A file that cannot leave also keeps its name from the one that wants it.
        result.skipped.extend(
            Skipped(change.to or "", "another file has this name now") for change in blocked
        )
        result.changes[:] = [change for change in result.changes if change not in blocked]
    return result


def _blocked(tree: Tree, changes: list[Change]) -> list[Change]:
    vacated = {change.path for change in changes if change.kind is not Kind.EDIT}
    return [
        change
        for change in changes
        if change.kind is Kind.MOVE and change.to not in vacated and _exists(tree, change.to)
    ]


def _reverse_one(
    tree: Tree,
    tx: str,
    only: Callable[[str], bool] | None,
    newer: dict[str, Change],
    result: Reversal,
) -> dict[str, Change]:
    """Return the reverses by the path that each file has before ``tx``, the newer ones included.

    What ``tx`` created had none: another file may have left that path in the same plan.
    """
    left = dict(newer)
    back: dict[str, Change] = {}
    for record in read_plan(tree, tx):
        change = record.change
        if only is not None and not (only(change.path) or only(target_of(change))):
            continue
        place = _location(tx, record)
        standing = left.pop(place, None) or left.pop(place + _NEW, None)
        found = _joined(standing, record) if standing else _reversed(tree, tx, record)
        if isinstance(found, Skipped):
            result.skipped.append(found)
            if standing is not None:
                back[target_of(standing)] = standing
        elif found is not None:
            back[change.path + (_NEW if change.kind is Kind.CREATE else "")] = found
    return left | back


def _joined(newer: Change, record: Record) -> Change | Skipped | None:
    """Join the reverse of a newer plan with that of an older one on the same file.

    None where the file is then where and as it was; Skipped where something else happened to it
    between the two plans.
    """
    older = record.change
    between = newer.digest if newer.after is None else content.digest(newer.after)
    left = older.digest if older.after is None else content.digest(older.after)
    if between != left:
        return Skipped(older.path, "it was changed between the plans by somebody else")
    if older.kind is Kind.CREATE or in_trash(older.path):
        if in_trash(newer.path):
            return None
        gone = replace(newer, kind=Kind.TRASH, to=None, seen=newer.digest, mtime_ns=None)
        return replace(gone, before=None, after=None)
    after = newer.after if older.after is None else older.before
    before = older.after if newer.before is None and older.after is not None else newer.before
    unwritten = after is None or after == before
    mtime = record.was.mtime_ns if record.was is not None and older.after is not None else None
    made = replace(
        newer,
        kind=Kind.EDIT if newer.path == older.path else Kind.MOVE,
        to=None if newer.path == older.path else older.path,
        seen=newer.digest,
        before=None if unwritten else before,
        after=None if unwritten else after,
        mtime_ns=mtime or newer.mtime_ns,
    )
    return None if made.kind is Kind.EDIT and unwritten else made


def _exists(tree: Tree, path: str | None) -> bool:
    return path is not None and tree.status(path) is not None


def _reversed(tree: Tree, tx: str, record: Record) -> Change | Skipped:
    """Return the reverse of one change against the disk."""
    change = record.change
    now = _location(tx, record)
    status = tree.status(now)
    if status is None or not content.is_regular(status):
        return Skipped(change.path, _why_gone(change))
    seen = change.seen if change.after is None else content.digest(change.after)
    held = replace(change, path=now, before=change.after, seen=seen)
    if change.kind is Kind.TRASH or (change.kind is Kind.MOVE and change.after is None):
        held = replace(held, before=change.before)
    if not is_as_seen(tree, now, held):
        if change.before is not None and tree.holds(now, change.before):
            return Skipped(change.path, "it is as before already")
        return Skipped(
            now if now != change.path and not in_trash(now) else change.path,
            "it was changed since by somebody else",
        )
    stamp = content.stamp(status) if content.settled(status, time.time_ns()) else None
    mtime = record.was.mtime_ns if record.was is not None and change.after is not None else None
    made = Change(
        Kind.MOVE,
        now,
        to=change.path,
        seen=seen,
        stamp=stamp,
        sample=change.sample,
        mtime_ns=mtime,
    )
    if change.kind is Kind.CREATE or in_trash(change.path):
        # What was created or brought out of the trash goes (back) there.
        return replace(made, kind=Kind.TRASH, to=None, mtime_ns=None)
    if change.after is not None:
        made = replace(made, before=change.after, after=change.before, seen=None)
    if change.kind is Kind.EDIT:
        return replace(made, kind=Kind.EDIT, to=None)
    return made


def _location(tx: str, record: Record) -> str:
    if record.change.kind is Kind.TRASH:
        return f"{trash_of(tx)}/{record.number}"
    return target_of(record.change)


def _why_gone(change: Change) -> str:
    if change.kind is Kind.TRASH:
        return "it is no longer in the trash"
    return "it is gone or no longer an ordinary file"
