"""Plans from elsewhere: what they may do at all, and whether this folder is theirs."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tagsmith.tools import content
from tagsmith.tools.caption import why_not_editable
from tagsmith.tools.errors import ConflictError, ForeignPlanError
from tagsmith.tools.pairing import METADATA_FILE
from tagsmith.tools.paths import STATE_FOLDER, display
from tagsmith.tools.plan import Change, Kind, Plan
from tagsmith.tools.wording import count, listing

_CAREFULLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

# Whether a change of this kind has bytes before, bytes after, and a digest of what was seen.
_PARTS = {
    Kind.EDIT: {(True, True, True)},
    Kind.CREATE: {(False, True, False)},
    Kind.MOVE: {(False, False, True), (True, True, True)},
    Kind.TRASH: {(False, False, True)},
}


def why_refused(change: Change, suffixes: tuple[str, ...], *, undo: bool) -> str | None:
    """Return why a plan from elsewhere may not hold this change; None where it may.

    Only what Tagsmith's own tools plan passes: captions are written, a metadata.jsonl is created,
    files that are not hidden are moved under the suffix that they have, captions under that of
    captions; an undo also brings files out of the trash.
    """
    shown = display(change.path)
    moved = change.kind is Kind.MOVE
    from_trash = undo and moved and change.path.startswith(f"{STATE_FOLDER}/trash/")
    if _is_hidden(change, from_trash=from_trash):
        return f"{shown} is, or becomes, a hidden file, which Tagsmith never touches"
    if moved != (change.to is not None):
        return f"{shown}: only a move, and every move, says where the file goes"
    if moved and not from_trash and not _keeps_its_kind(change, suffixes):
        return f"the move of {shown} changes its suffix"
    return _why_not_written(change, suffixes) or _why_incomplete(change)


def _is_hidden(change: Change, *, from_trash: bool) -> bool:
    names = [change.to, change.sample] if from_trash else [change.path, change.to, change.sample]
    return any(part.startswith(".") for name in names if name for part in name.split("/"))


def _keeps_its_kind(change: Change, suffixes: tuple[str, ...]) -> bool:
    """Tell whether a file that moves keeps its suffix, or is a caption before and after."""
    before, after = _suffix(change.path), _suffix(change.to or "")
    return before == after or (before in suffixes and after in suffixes)


def _why_not_written(change: Change, suffixes: tuple[str, ...]) -> str | None:
    if change.after is None:
        return None
    path = change.to or change.path
    is_table = change.kind is Kind.CREATE and path.rpartition("/")[2] == METADATA_FILE
    if _suffix(path) not in suffixes and not is_table:
        return f"{display(change.path)} is not a caption, and nothing else is ever written"
    reason = why_not_editable(change.after)
    return reason and f"the new content of {display(change.path)} is no caption: {reason}"


def _why_incomplete(change: Change) -> str | None:
    has = (change.before is not None, change.after is not None, change.digest is not None)
    same = change.before is None or change.digest == content.digest(change.before)
    if has in _PARTS[change.kind] and same:
        return None
    return f"the {change.kind} of {display(change.path)} does not say what it does to what"


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


@dataclass(slots=True)
class _Comparison:
    """The files of a plan beside those of a folder; ``leaving`` are paths that it makes free."""

    here: int = 0
    done: int = 0
    differing: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    leaving: frozenset[str] = frozenset()


def adopt(plan: Plan, root: str) -> Plan:
    """Return the plan with the stamps of this folder's files, each of which is as the plan saw it.

    The stamps spare the journal a second read. Raises ForeignPlanError where not one file of the
    plan is here, ConflictError naming the files that are not as the plan saw them.
    """
    found = _compare(plan.changes, root)
    if plan.changes and not found.here:
        raise ForeignPlanError(
            f"The plan {plan.id} was made for another dataset: none of its "
            f"{count(len(plan.changes), 'file')} is in {display(root)}.",
            "Nothing was changed; give the folder for which it was saved.",
        )
    if found.differing:
        names = listing([display(path) for path in found.differing], 3)
        applied = found.done == len(plan.changes)
        raise ConflictError(
            f"{count(len(found.differing), 'file')} changed since the plan was made: {names}.",
            "The plan seems to be applied already. Nothing was changed."
            if applied
            else "Nothing was changed; make the plan again.",
            paths=tuple(found.differing),
        )
    return replace(plan, changes=tuple(found.changes))


def _compare(changes: Sequence[Change], root: str) -> _Comparison:
    leaving = (one.path for one in changes if one.kind in (Kind.MOVE, Kind.TRASH))
    found = _Comparison(leaving=frozenset(leaving))
    for change in changes:
        if change.kind is Kind.CREATE:
            _compare_new(change, root, found)
            continue
        seen = _look(os.path.join(root, change.path))
        found.here += seen is not None
        if seen is not None and seen[0] == change.digest:
            found.changes.append(replace(change, stamp=seen[1]))
            continue
        found.differing.append(change.path)
        after = None if change.after is None else content.digest(change.after)
        found.done += seen is not None and seen[0] == after
    return found


def _compare_new(change: Change, root: str, found: _Comparison) -> None:
    """A caption that the plan creates belongs here if its image does, and its place is free."""
    found.here += os.path.lexists(os.path.join(root, change.sample or change.path))
    taken = os.path.lexists(os.path.join(root, change.path))
    if taken and change.path not in found.leaving:
        found.differing.append(change.path)
        found.done += 1
    else:
        found.changes.append(change)


def _look(path: str) -> tuple[bytes, bytes | None] | None:
    """Return a file's digest and its stamp where that can be trusted; None where none is there."""
    now = time.time_ns()
    try:
        descriptor = os.open(path, _CAREFULLY)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if not content.is_regular(status):
            return None
        return content.digest_descriptor(descriptor), content.settled_stamp(status, now)
    except OSError:
        return None
    finally:
        os.close(descriptor)
