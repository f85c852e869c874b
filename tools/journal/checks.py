"""What a plan must satisfy before the journal touches anything."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from tagsmith.tools import content
from tagsmith.tools.errors import DatasetError, JournalError, ReadOnlyError, UsageError
from tagsmith.tools.journal.files import Look
from tagsmith.tools.journal.layout import in_state, in_trash
from tagsmith.tools.journal.place import is_as_seen
from tagsmith.tools.journal.record import Was, plan_bytes
from tagsmith.tools.journal.tree import Tree
from tagsmith.tools.paths import STATE_FOLDER, check_relative, collision_key, display
from tagsmith.tools.plan import Change, Kind, Plan

BATCH = 8192
MARGIN = 64 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """One change against the disk: the file as it is, and what a rewrite of it must keep."""

    was: Was | None
    look: Look | None


def ignores_case(tree: Tree) -> bool:
    """Tell whether the file system takes ``A`` and ``a`` for one name."""
    own, other = tree.status(STATE_FOLDER), tree.status(STATE_FOLDER.upper())
    return own is not None and other is not None and own.st_ino == other.st_ino


def late_targets(changes: Iterable[Change], *, fold: bool) -> frozenset[int]:
    """Return the numbers of changes whose target is another change's source, after its own.

    Also refuses (UsageError, DatasetError) a plan in which two changes touch one file, or that
    reaches into ``.tagsmith``. With ``fold``, names are one if they differ in case only.
    """
    sources: set[str] = set()
    vacated: set[str] = set()
    targets: dict[str, str] = {}
    moved: list[tuple[int, str]] = []
    for number, change in enumerate(changes):
        _check_shape(change)
        if change.kind is not Kind.CREATE:
            if change.path in sources:
                raise UsageError(f"The plan changes {display(change.path)} twice.")
            sources.add(change.path)
        if change.kind in (Kind.MOVE, Kind.TRASH):
            vacated.add(collision_key(change.path) if fold else change.path)
        if change.kind in (Kind.MOVE, Kind.CREATE):
            target = target_of(change)
            key = collision_key(target) if fold else target
            if key in targets:
                raise _collision(targets[key], target)
            targets[key] = target
            moved.append((number, key))
    return frozenset(number for number, key in moved if key in vacated)


def target_of(change: Change) -> str:
    """Return the name under which the changed file will be found (trashed: the old one)."""
    return change.to if change.kind is Kind.MOVE and change.to is not None else change.path


def check_space(tree: Tree, plan: Plan) -> None:
    """Refuse a plan that the disk has no room for: journal, largest batch and a margin.

    Raises JournalError.
    """
    free, block = tree.files.free_bytes(tree.root)
    journal = largest = 0
    changes = iter(plan.changes)
    while batch := list(islice(changes, BATCH)):
        journal += sum(map(plan_bytes, batch))
        staged = sum(-(-len(change.after) // block) * block for change in batch if change.after)
        largest = max(largest, staged)
    needed = journal + largest + MARGIN
    if free < needed:
        raise JournalError(
            f"The disk has {free / 1e6:.0f} MB free; this plan needs {needed / 1e6:.0f} MB "
            "for its journal, its new files and a margin.",
            "Free some space (prune-history drops the oldest history) and apply again. "
            "Nothing was changed.",
        )


class Inspector:
    """Compares every change with the disk. ``conflicts`` collects files that are not as seen."""

    def __init__(self, tree: Tree, vacated: frozenset[int]) -> None:
        self._tree = tree
        self._vacated = vacated
        self._folders: set[str] = set()
        self._looks: dict[Look, Look] = {}
        self.conflicts: list[str] = []
        self.missing: dict[str, None] = {}

    def inspect(self, number: int, change: Change) -> Found:
        """Look at one change. Raises ReadOnlyError or DatasetError where it can never work."""
        found = Found(None, None)
        if change.kind is not Kind.CREATE:
            found = self._source(change)
        if change.kind in (Kind.CREATE, Kind.MOVE):
            self._target(target_of(change), number)
        return found

    def _source(self, change: Change) -> Found:
        tree, path = self._tree, change.path
        status = tree.status(path)
        if (
            status is None
            or not content.is_regular(status)
            or (change.stamp != content.stamp(status) and not is_as_seen(tree, path, change))
        ):
            self.conflicts.append(path)
            return Found(None, None)
        self._device(status.st_dev, path)
        self._folder(path)
        try:
            look = None if change.after is None else self._look(path, status)
        except FileNotFoundError:
            self.conflicts.append(path)
            return Found(None, None)
        was = Was(status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size, status.st_nlink)
        return Found(was, look)

    def _look(self, path: str, status: os.stat_result) -> Look:
        files = self._tree.files
        folder, name = self._tree.where(path)
        if not files.may_write(folder, name):
            files.status(folder, name)
            raise _read_only(path)
        mode = status.st_mode & 0o7777
        look = Look(mode, status.st_uid, status.st_gid, files.xattrs(folder, name))
        return self._looks.setdefault(look, look)

    def _target(self, path: str, number: int) -> None:
        try:
            missing = self._tree.missing_folders(path)
        except NotADirectoryError as error:
            raise DatasetError(
                f"{display(path)} cannot be made: a folder on its way is a file or a link.",
                "Nothing was changed.",
            ) from error
        self.missing.update(dict.fromkeys(missing))
        if not missing:
            self._folder(path)
            if number not in self._vacated and self._tree.status(path) is not None:
                self.conflicts.append(path)

    def _folder(self, path: str) -> None:
        folder = path.rpartition("/")[0]
        if folder in self._folders:
            return
        descriptor = self._tree.folder(folder)
        self._folders.add(folder)
        self._device(self._tree.files.status(descriptor, ".").st_dev, folder)
        if not self._tree.files.may_write(descriptor, "."):
            raise _read_only(folder or ".")

    def _device(self, device: int, path: str) -> None:
        if device != self._tree.device:
            raise DatasetError(
                f"{display(path) or 'The folder'} lies on another file system than the dataset's "
                "folder, so it cannot be changed all or nothing.",
                "Open that folder as a dataset of its own. Nothing was changed.",
            )


def _check_shape(change: Change) -> None:
    check_relative(change.path)
    if in_state(change.path) and not (change.kind is Kind.MOVE and in_trash(change.path)):
        raise UsageError(f"A plan cannot touch Tagsmith's own files ({display(change.path)}).")
    if change.kind is Kind.MOVE:
        if change.to is None or in_state(check_relative(change.to)):
            raise UsageError(f"The move of {display(change.path)} goes nowhere.")
    elif change.kind is Kind.EDIT and (change.before is None or change.after is None):
        raise UsageError(f"The edit of {display(change.path)} lacks its bytes.")
    elif change.kind is Kind.CREATE and change.after is None:
        raise UsageError(f"The new file {display(change.path)} lacks its bytes.")
    if change.kind is Kind.MOVE and change.after is not None and change.before is None:
        raise UsageError(f"The edit of {display(change.path)} lacks the bytes that it replaces.")


def _collision(one: str, other: str) -> DatasetError:
    if one == other:
        return DatasetError(
            f"The plan makes {display(one)} twice.", "Nothing was changed; leave one of them out."
        )
    return DatasetError(
        f"The plan makes {display(one)} and {display(other)}, which are one file on this disk.",
        "Nothing was changed; leave one of them out.",
    )


def _read_only(path: str) -> ReadOnlyError:
    return ReadOnlyError(
        f"{display(path)} is read-only for this user.",
        "Change its permissions or leave it out of the plan. Nothing was changed.",
    )
