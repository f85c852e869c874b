"""prune-history: the only thing that ever deletes what was applied, trashed or replaced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tagsmith.tools.errors import UsageError
from tagsmith.tools.journal.history import Entry, entries
from tagsmith.tools.journal.layout import PRUNED, folder_of, trash_of
from tagsmith.tools.journal.rollback import drop
from tagsmith.tools.journal.state import Mark, StateLog, load, now
from tagsmith.tools.journal.tree import Tree

KEEP_PLANS = 20
KEEP_DAYS = 30


@dataclass(frozen=True, slots=True)
class Pruned:
    """The entries that were (or, on a dry run, would be) deleted, and the bytes that frees."""

    entries: tuple[Entry, ...] = ()
    freed: int = 0


def prune(
    tree: Tree, keep: int = KEEP_PLANS, days: int = KEEP_DAYS, *, dry_run: bool = False
) -> Pruned:
    """Delete the oldest plans and their trash; the caller holds the lock.

    Kept are the latest ``keep`` plans and all younger than ``days``, and whatever is newer than a
    plan that is kept. Raises UsageError below 20 plans or 30 days.
    """
    if keep < KEEP_PLANS or days < KEEP_DAYS:
        raise UsageError(
            f"prune-history always keeps the last {KEEP_PLANS} plans and {KEEP_DAYS} days."
        )
    limit = now() - timedelta(days=days)
    old: list[Entry] = []
    for entry in reversed(entries(tree)[keep:]):
        if entry.time > limit:
            break
        old.append(entry)
    freed = sum(_size(tree, entry.id) for entry in old)
    if not dry_run and old:
        for entry in old:
            _mark(tree, entry.id)
        _log(tree, old, freed)
        for entry in old:
            drop_pruned(tree, entry.id)
    return Pruned(tuple(old), freed)


def drop_pruned(tree: Tree, tx: str) -> None:
    """Delete a transaction and what it had trashed."""
    folder = trash_of(tx)
    if tree.status(folder) is not None:
        for name in tree.files.names(tree.folder(folder)):
            tree.files.unlink(tree.folder(folder), name)
    drop(tree, tx)


def _mark(tree: Tree, tx: str) -> None:
    log = StateLog(tree, tx, load(tree, tx).size)
    try:
        log.add(Mark.PRUNING)
    finally:
        log.close()


def _log(tree: Tree, old: list[Entry], freed: int) -> None:
    descriptor = tree.files.open_log(*tree.where(PRUNED))
    try:
        names = " ".join(entry.id for entry in old)
        line = f"{now().isoformat()}\t{freed} bytes\t{names}\n"
        tree.files.append(descriptor, line.encode())
        tree.files.flush(descriptor)
    finally:
        tree.files.close(descriptor)


def _size(tree: Tree, tx: str) -> int:
    total = 0
    for folder in (folder_of(tx), trash_of(tx)):
        if tree.status(folder) is None:
            continue
        for name in tree.files.names(tree.folder(folder)):
            status = tree.status(f"{folder}/{name}")
            total += status.st_size if status is not None else 0
    return total
