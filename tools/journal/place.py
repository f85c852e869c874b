"""Putting files in their places such that nobody's bytes are lost, whoever else writes.

Every file that moves passes through a *slot*, a file under a short name inside the transaction's
own folder. Replacing a caption swaps slot and target in one step and then looks at what came out:
if it is not what the plan saw, somebody else wrote it, and it goes straight back.
"""

from __future__ import annotations

import os

from tagsmith.tools import content
from tagsmith.tools.errors import ConflictError
from tagsmith.tools.journal.files import Look
from tagsmith.tools.journal.layout import QUARANTINE, SLOTS, folder_of, trash_of
from tagsmith.tools.journal.record import Was
from tagsmith.tools.journal.tree import Tree
from tagsmith.tools.journal.wording import files, shown
from tagsmith.tools.paths import escape
from tagsmith.tools.plan import Change


class Placer:
    """The slots of one transaction and the moves between them and the dataset.

    ``quarantined`` lists the files of the dataset whose bytes went to the quarantine.
    """

    def __init__(self, tree: Tree, tx: str) -> None:
        self.tree = tree
        self.tx = tx
        self.slots = f"{folder_of(tx)}/{SLOTS}"
        self._any_slot = self.slot("")
        self.trash = trash_of(tx)
        self.quarantined: list[str] = []

    def slot(self, name: str) -> str:
        """Return the path of a slot."""
        return f"{self.slots}/{name}"

    def stage(self, slot: str, data: bytes, look: Look | None, mtime_ns: int | None) -> None:
        """Write a slot: the bytes that a target will hold."""
        self.tree.files.create(self.tree.folder(self.slots), slot, data, look, mtime_ns)
        self.tree.touch(self._any_slot)

    def replace(self, slot: str, path: str, expected: bytes, written: bytes) -> None:
        """Give ``path`` the slot's bytes, ``written``; until now it must hold ``expected``.

        Raises ConflictError, leaving the file as it is, if it holds anything else.
        """
        files, tree = self.tree.files, self.tree
        folder, name = self._where(path)
        slots = tree.folder(self.slots)
        try:
            swapped = files.exchange(slots, slot, folder, name)
        except FileNotFoundError as error:
            raise changed([path]) from error
        if not swapped:
            # Without an exchange, a write in the microseconds after this look would be lost.
            if not tree.holds(path, expected):
                raise changed([path])
            files.rename_over(slots, slot, folder, name)
        elif files.holds(slots, slot, expected):
            files.unlink(slots, slot)
        else:
            self.give_back(slot, path, written)
            raise changed([path])
        tree.touch(path)

    def give_back(self, slot: str, path: str, written: bytes) -> None:
        """Swap somebody's file back out of a slot, against our ``written``.

        What they wrote into ours since then goes to quarantine.
        """
        files = self.tree.files
        folder, name = self._where(path)
        slots = self.tree.folder(self.slots)
        try:
            files.exchange(slots, slot, folder, name)
        except FileNotFoundError:
            files.rename_new(slots, slot, folder, name)
            return
        if not self.tree.holds(self.slot(slot), written):
            self.quarantine(slot, path)

    def put(self, slot: str, path: str) -> None:
        """Move a slot to a name that must be free. Raises ConflictError if it is not."""
        try:
            self.tree.files.rename_new(self.tree.folder(self.slots), slot, *self._where(path))
        except FileExistsError as error:
            raise changed([path]) from error
        self.tree.touch(path)

    def move(self, change: Change, path: str, to: str) -> None:
        """Rename ``path``, the file that ``change`` saw, to the free name ``to``.

        Raises ConflictError, with the file under its old name, if it is another file or ``to`` is
        taken.
        """
        tree = self.tree
        before = self.unchanged(change)
        try:
            tree.files.rename_new(*self._where(path), *self._where(to))
        except FileExistsError as error:
            raise changed([to]) from error
        except FileNotFoundError as error:
            raise changed([path]) from error
        tree.touch(path)
        tree.touch(to)
        after = tree.status(to)
        # A file that is only renamed keeps whatever an edit in between left in it; one that is
        # replaced will be dropped, so its bytes are looked at.
        renamed = change.after is None
        if renamed and (after is None or _identity(after) == _identity(before)):
            return
        if not is_as_seen(tree, to, change):
            tree.files.rename_new(*self._where(to), *self._where(path))
            raise changed([path])

    def unchanged(self, change: Change) -> os.stat_result:
        """Return the status of the file that ``change`` saw. Raises ConflictError if it changed."""
        status = self.tree.status(change.path)
        if (
            status is None
            or not content.is_regular(status)
            or (
                change.stamp != content.stamp(status)
                and not is_as_seen(self.tree, change.path, change)
            )
        ):
            raise changed([change.path])
        return status

    def quarantine(self, slot: str, path: str) -> None:
        """Keep a slot's bytes, found where they should not be, under ``.tagsmith/quarantine``."""
        number = len(self.quarantined)
        folder = f"{QUARANTINE}/{self.tx}"
        self.tree.make_folder(folder, 0o700)
        while True:
            try:
                self.tree.files.rename_new(
                    *self.tree.where(self.slot(slot)), self.tree.folder(folder), str(number)
                )
                break
            except FileExistsError:
                number += 1
        self.quarantined.append(path)
        log = self.tree.files.open_log(self.tree.folder(folder), "names")
        try:
            self.tree.files.append(log, f"{number}\t{escape(path)!r}\n".encode())
        finally:
            self.tree.files.close(log)

    def _where(self, path: str) -> tuple[int, str]:
        try:
            return self.tree.where(path)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise changed([path]) from error


def is_as_seen(tree: Tree, path: str, change: Change) -> bool:
    """Tell whether ``path`` holds what the plan saw; read whole where the plan has the bytes."""
    if change.before is not None:
        return tree.holds(path, change.before)
    if change.seen is None:
        return change.stamp is None and tree.status(path) is not None
    return tree.digest(path) == change.seen


def is_same_file(status: os.stat_result, was: Was) -> bool:
    """Tell whether this is the very file that a record describes."""
    return (status.st_dev, status.st_ino) == (was.device, was.inode)


def changed(paths: list[str]) -> ConflictError:
    """Return the error for files that are not as the plan saw them."""
    return ConflictError(
        f"{files(len(paths))} changed since the plan was made: {shown(paths)}.",
        "Make the plan again from the files as they are now.",
        paths=tuple(paths),
    )


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
