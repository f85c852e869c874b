"""Applied plans, newest first, and which of them undo and redo mean.

The history only grows: undo is a new plan, redo is the undo of an undo.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tagsmith.tools.errors import UsageError
from tagsmith.tools.journal.layout import TRANSACTIONS, number_of
from tagsmith.tools.journal.state import load
from tagsmith.tools.journal.tree import Tree
from tagsmith.tools.plan import Totals


@dataclass(frozen=True, slots=True)
class Entry:
    """One applied plan. ``undone`` names the entry that took it back, if one did.

    ``forward`` is False for an undo, and True for a plan of the user or the redo of one.
    """

    id: str
    plan_id: str
    title: str
    origin: str
    time: datetime
    totals: Totals
    undoes: tuple[str, ...] = ()
    undone: str | None = None
    forward: bool = True

    @property
    def state(self) -> str:
        """Return ``applied`` or ``undone``."""
        return "undone" if self.undone else "applied"


def transactions(tree: Tree) -> list[str]:
    """Return the names of all transactions, oldest first; foreign names are none of ours."""
    if tree.status(TRANSACTIONS) is None:
        return []
    names = tree.files.names(tree.folder(TRANSACTIONS))
    numbered = [(number, name) for name in names if (number := number_of(name)) is not None]
    return [name for _, name in sorted(numbered)]


def entries(tree: Tree) -> list[Entry]:
    """Return the applied plans, newest first; reads only their small state files."""
    found: dict[str, Entry] = {}
    for tx in transactions(tree):
        state = load(tree, tx)
        header = state.header
        if header is None or not state.committed:
            continue
        undone = [found[name] for name in header.undoes if name in found]
        for entry in () if header.partial else undone:
            found[entry.id] = replace(entry, undone=tx)
        found[tx] = Entry(
            id=tx,
            plan_id=header.plan_id,
            title=header.title,
            origin=header.origin,
            time=header.time,
            totals=header.totals,
            undoes=header.undoes,
            forward=not header.undoes or any(not entry.forward for entry in undone),
        )
    return list(found.values())[::-1]


def undoable(history: list[Entry], steps: int = 1) -> list[Entry]:
    """Return up to ``steps`` entries that undo takes back, in the order to do so."""
    return [entry for entry in history if entry.forward and not entry.undone][:steps]


def redoable(history: list[Entry], steps: int = 1) -> list[Entry]:
    """Return up to ``steps`` undos that redo takes back, the latest first.

    A plan applied after an undo ends what can be redone.
    """
    found: list[Entry] = []
    for entry in history:
        if not entry.undoes:
            break
        if not entry.forward and not entry.undone:
            found.append(entry)
    return found[:steps]


def find(history: list[Entry], name: str) -> Entry:
    """Return the entry that ``name`` means: its id, its number, or the plan's id or a beginning.

    Raises UsageError where there is none.
    """
    for entry in history:
        number = number_of(entry.id)
        if name == entry.id or (name.isdecimal() and int(name) == number):
            return entry
    for entry in history:
        if len(name) >= 4 and entry.plan_id.startswith(name):
            return entry
    raise UsageError(
        f"The history has no plan {name!r}.", "`tagsmith history` lists the plans and their ids."
    )


def active(history: list[Entry], name: str) -> Entry:
    """Return the entry to take back so that the plan ``name`` is undone.

    That is the plan itself, or its latest redo. Raises UsageError where it is undone already.
    """
    entry = _latest(history, name)
    if not entry.forward:
        raise UsageError(f"The plan {name} is undone already.", "`tagsmith redo` brings it back.")
    return entry


def undoing(history: list[Entry], name: str) -> Entry:
    """Return the undo to take back so that the plan ``name`` is applied again.

    Raises UsageError where it is not undone.
    """
    entry = _latest(history, name)
    if entry.forward:
        raise UsageError(f"The plan {name} is not undone.", "`tagsmith history` lists the plans.")
    return entry


def _latest(history: list[Entry], name: str) -> Entry:
    """Follow a plan to its undo, the redo of that, and so on, to the one that stands."""
    by_id = {entry.id: entry for entry in history}
    entry = find(history, name)
    while entry.undone and entry.undone in by_id:
        entry = by_id[entry.undone]
    return entry
