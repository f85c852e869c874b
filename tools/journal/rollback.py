"""Back to the old files, from what the disk shows: used on errors, by Ctrl-C and after a crash.

Nothing here trusts memory. For each change the slots tell whether its target was touched, and
only what is byte for byte ours is taken away. Whatever else is found belongs to somebody: it
stays and is listed. Every step may be interrupted and done again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, takewhile

from tagsmith.tools.errors import ConflictError
from tagsmith.tools.journal import machine
from tagsmith.tools.journal.checks import BATCH, target_of
from tagsmith.tools.journal.layout import SLOTS, folder_of, trash_of
from tagsmith.tools.journal.place import Placer, is_as_seen, is_same_file
from tagsmith.tools.journal.record import Record, read_plan
from tagsmith.tools.journal.state import Mark, State, StateLog
from tagsmith.tools.journal.tree import Tree
from tagsmith.tools.plan import Kind


@dataclass(slots=True)
class Outcome:
    """What a roll-back did: files brought back, files left to their owners, bytes set aside."""

    restored: int = 0
    left_alone: dict[str, None] = field(default_factory=dict)
    quarantined: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tear:
    """When a file that holds a part of our bytes is a torn write and not somebody's edit.

    Only the loss of power tears files, so the machine must have started anew, and the file must
    have been written last while the transaction ran: between ``since`` and ``until``, in ns.
    """

    since: int
    until: int

    @classmethod
    def of(cls, state: State) -> Tear | None:
        """Return the window of a transaction that another start of the machine ran."""
        begun = state.marks.get(Mark.APPLYING, {})
        boot = machine.boot_id()
        if state.header is None or not boot or begun.get("boot") in ("", None, boot):
            return None
        until = machine.boot_time_ns()
        if commit := state.marks.get(Mark.COMMIT):
            until = int(commit["ns"])
        return cls(int(state.header.time.timestamp()) * 1_000_000_000, until)

    def is_torn(self, found: bytes, written: bytes, mtime_ns: int) -> bool:
        """Tell whether ``found`` is what a power cut left of ``written``."""
        return self.since <= mtime_ns <= self.until and is_part(found, written)


def is_part(found: bytes, written: bytes) -> bool:
    """Tell whether ``found`` is empty, all NUL, or a beginning of ``written`` before NULs."""
    return found != written and written.startswith(found.rstrip(b"\0"))


def roll_back(tree: Tree, state: State) -> Outcome:
    """Undo an uncommitted transaction and drop it. Raises OSError if the disk refuses."""
    run = _Rollback(tree, state)
    if Mark.APPLYING in state.marks and Mark.ABORTED not in state.marks:
        log = StateLog(tree, state.tx, state.size)
        try:
            run.reverse(log)
        finally:
            log.close()
    drop(tree, state.tx)
    return run.outcome


def drop(tree: Tree, tx: str) -> None:
    """Delete a transaction's folder: slots and plan first, the state that explains them last."""
    clear_slots(tree, tx)
    folder = folder_of(tx)
    tree.remove_folder_if_empty(f"{folder}/{SLOTS}")
    names = _names(tree, folder)
    for name in sorted(names, key=lambda name: name == "state"):
        tree.files.unlink(tree.folder(folder), name)
    tree.remove_folder_if_empty(trash_of(tx))
    tree.remove_folder_if_empty(folder)


def clear_slots(tree: Tree, tx: str) -> None:
    """Delete what is left in a transaction's slots."""
    folder = f"{folder_of(tx)}/{SLOTS}"
    for name in _names(tree, folder):
        tree.files.unlink(tree.folder(folder), name)


def remove_folders(tree: Tree, made: Iterable[str]) -> None:
    """Remove those of these folders that are empty, innermost first."""
    for folder in sorted(made, key=lambda path: path.count("/"), reverse=True):
        tree.remove_folder_if_empty(folder)


def _names(tree: Tree, folder: str) -> list[str]:
    return [] if tree.status(folder) is None else tree.files.names(tree.folder(folder))


class _Rollback:
    def __init__(self, tree: Tree, state: State) -> None:
        self.tree = tree
        self.state = state
        self.tear = Tear.of(state)
        self.placer = Placer(tree, state.tx)
        self.outcome = Outcome(quarantined=self.placer.quarantined)

    def reverse(self, log: StateLog) -> None:
        if Mark.PARKED in self.state.marks and Mark.UNPARKED not in self.state.marks:
            for record in self._records():
                if record.late:
                    self._empty_target(record)
            self.tree.sync()
            log.add(Mark.UNPARKED)
        records = self._records()
        while batch := list(islice(records, BATCH)):
            self._restore([record for record in batch if self._reverse(record)])
        remove_folders(self.tree, self.state.made)
        self.tree.sync()
        log.add(Mark.ABORTED)

    def _records(self) -> Iterator[Record]:
        staged = self.state.staged
        return takewhile(lambda record: record.number < staged, read_plan(self.tree, self.state.tx))

    def _reverse(self, record: Record) -> bool:
        """Reverse one change; True where its old bytes must still be written."""
        number, change, _, late = record
        if change.kind is Kind.EDIT:
            return self._is_ours(record)
        if change.kind is Kind.TRASH:
            self._bring_back(f"{self.placer.trash}/{number}", change.path)
            return False
        if not late and change.after is not None:
            self._withdraw(record)
        if change.kind is Kind.MOVE:
            if late or change.after is not None:
                self._bring_back(self.placer.slot(f"o{number}"), change.path)
            else:
                self._move_back(record)
        return False

    # Edited captions

    def _is_ours(self, record: Record) -> bool:
        number, change = record.number, record.change
        before, after = change.before or b"", change.after or b""
        limit = max(len(before), len(after))
        found = self.tree.read(change.path, limit)
        for slot, wrote, replaced in ((f"{number}", after, before), (f"r{number}", before, after)):
            if self._settle(slot, change.path, found, wrote, replaced):
                return False
        if found == before:
            return False
        if found == after and self._unplaced(number, after):
            return self._leave(change.path)
        if found != after and not self._is_torn(change.path, found, after):
            return self._leave(change.path)
        return True

    def _unplaced(self, number: int, after: bytes) -> bool:
        return self.tree.holds(self.placer.slot(str(number)), after)

    def _settle(
        self, slot: str, path: str, found: bytes | None, wrote: bytes, replaced: bytes
    ) -> bool:
        """See to somebody's bytes in a slot; True if they went back to ``path``."""
        data = self.tree.read(self.placer.slot(slot), max(len(wrote), len(replaced)))
        if data is None or data in (wrote, replaced):
            return False
        if is_part(data, wrote) and found != wrote:
            return False
        if found != wrote or is_part(data, wrote) or not self.tree.files.can_exchange:
            self.placer.quarantine(slot, path)
            return False
        self.placer.give_back(slot, path, wrote)
        self._leave(path)
        return True

    def _is_torn(self, path: str, found: bytes | None, after: bytes) -> bool:
        status = self.tree.status(path)
        return (
            self.tear is not None
            and found is not None
            and status is not None
            and self.tear.is_torn(found, after, status.st_mtime_ns)
        )

    def _restore(self, records: list[Record]) -> None:
        """Write the old bytes of edits back, with one sync for all of them."""
        if not records:
            return
        ready = [record for record in records if self._stage_old(record)]
        self.tree.sync()
        for record in ready:
            path, before = record.change.path, record.change.before or b""
            found = self.tree.read(path, max(len(before), len(record.change.after or b"")))
            try:
                self._replace_ours(record, path, found, before)
            except ConflictError:
                self._leave(path)
                continue
            self.outcome.restored += 1

    def _stage_old(self, record: Record) -> bool:
        change, slot = record.change, f"r{record.number}"
        self._clear(slot)
        found = self.tree.look(change.path)
        if found is None:
            return self._leave(change.path)
        mtime = None if record.was is None else record.was.mtime_ns
        self.placer.stage(slot, change.before or b"", found[0], mtime)
        return True

    def _replace_ours(self, record: Record, path: str, found: bytes | None, before: bytes) -> None:
        slot = f"r{record.number}"
        after = record.change.after or b""
        if found is not None and found != after and self._is_torn(path, found, after):
            copy = f"q{record.number}"
            self._clear(copy)
            self.placer.stage(copy, found, None, None)
            self.placer.quarantine(copy, path)
            self.placer.replace(slot, path, found, before)
        else:
            self.placer.replace(slot, path, after, before)

    def _clear(self, slot: str) -> None:
        if self.tree.status(self.placer.slot(slot)) is not None:
            self.tree.files.unlink(self.tree.folder(self.placer.slots), slot)

    # Files that came, went or moved

    def _withdraw(self, record: Record) -> None:
        """Take new bytes away from a target that was free."""
        slot, path = str(record.number), target_of(record.change)
        after = record.change.after or b""
        target, staged = self.tree.status(path), self.tree.status(self.placer.slot(slot))
        if staged is not None:
            if target is not None and target.st_ino == staged.st_ino:
                self.tree.files.unlink(*self.tree.where(path))
                self.tree.touch(path)
            else:
                self._settle_new(slot, path, after)
            return
        if target is None:
            return
        found = self.tree.read(path, len(after))
        torn = self._is_torn(path, found, after)
        if found != after and not torn:
            self._leave(path)
            return
        self.tree.files.rename_new(
            *self.tree.where(path), self.tree.folder(self.placer.slots), slot
        )
        self.tree.touch(path)
        if torn:
            self.placer.quarantine(slot, path)
        else:
            self._settle_new(slot, path, after)

    def _settle_new(self, slot: str, path: str, after: bytes) -> None:
        data = self.tree.read(self.placer.slot(slot), len(after))
        if data is None or data == after or is_part(data, after):
            return
        self._bring_back(self.placer.slot(slot), path)
        self._leave(path)

    def _empty_target(self, record: Record) -> None:
        """Free a target that was filled after its old file had left."""
        change, slot = record.change, f"o{record.number}"
        if change.after is not None:
            self._withdraw(record)
            return
        to = target_of(change)
        held, target = self.tree.status(self.placer.slot(slot)), self.tree.status(to)
        if held is not None:
            # Where a rename is a link and an unlink, both names may stand.
            if target is not None and target.st_ino == held.st_ino:
                self.tree.files.unlink(*self.tree.where(to))
                self.tree.touch(to)
            return
        if not self._is_moved_file(record):
            self._leave(to)
            return
        self.tree.files.rename_new(*self.tree.where(to), self.tree.folder(self.placer.slots), slot)
        self.tree.touch(to)

    def _is_moved_file(self, record: Record) -> bool:
        to, change = target_of(record.change), record.change
        status = self.tree.status(to)
        if status is None or record.was is None:
            return False
        return is_same_file(status, record.was) or (
            change.digest is not None and is_as_seen(self.tree, to, change)
        )

    def _move_back(self, record: Record) -> None:
        path, to = record.change.path, target_of(record.change)
        source, target = self.tree.status(path), self.tree.status(to)
        if source is not None and target is not None and source.st_ino == target.st_ino:
            self.tree.files.unlink(*self.tree.where(to))
            self.tree.touch(to)
        elif source is None and self._is_moved_file(record):
            self._bring_back(to, path)
        elif source is None or (
            record.was is not None and target is not None and is_same_file(target, record.was)
        ):
            self._leave(path)

    def _bring_back(self, held: str, path: str) -> None:
        """Move a file back to its old name, if that is still free."""
        held_status = self.tree.status(held)
        if held_status is None:
            return
        present = self.tree.status(path)
        if present is not None and present.st_ino == held_status.st_ino:
            self.tree.files.unlink(*self.tree.where(held))
            return
        try:
            self.tree.make_folder(path.rpartition("/")[0])
            self.tree.files.rename_new(*self.tree.where(held), *self.tree.where(path))
        except (FileExistsError, NotADirectoryError):
            self._set_aside(held, path)
            return
        self.tree.touch(path)
        self.tree.touch(held)
        self.outcome.restored += 1

    def _set_aside(self, held: str, path: str) -> None:
        if held.startswith(self.placer.slots):
            self.placer.quarantine(held.rpartition("/")[2], path)
        elif held.startswith(self.placer.trash):
            name = held.rpartition("/")[2]
            slots = self.tree.folder(self.placer.slots)
            self.tree.files.rename_new(*self.tree.where(held), slots, f"t{name}")
            self.placer.quarantine(f"t{name}", path)
        self._leave(path)

    def _leave(self, path: str) -> bool:
        self.outcome.left_alone[path] = None
        return False
