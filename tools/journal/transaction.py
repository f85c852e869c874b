"""One plan onto the disk, all or nothing: PREPARED, APPLYING, SYNCED, COMMITTED, VERIFIED.

docs/journal.md has the protocol and what each step guarantees.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass

from tagsmith.tools.errors import (
    ConflictError,
    DatasetError,
    JournalError,
    OutcomeUnknownError,
    TagsmithError,
)
from tagsmith.tools.journal import machine
from tagsmith.tools.journal.checks import (
    BATCH,
    Inspector,
    check_space,
    ignores_case,
    late_targets,
    target_of,
)
from tagsmith.tools.journal.files import Look
from tagsmith.tools.journal.layout import PLAN, SLOTS, folder_of
from tagsmith.tools.journal.place import Placer, changed
from tagsmith.tools.journal.record import PlanWriter
from tagsmith.tools.journal.rollback import (
    Outcome,
    clear_slots,
    remove_folders,
    roll_back,
)
from tagsmith.tools.journal.state import Header, Mark, StateLog, load
from tagsmith.tools.journal.tree import Tree
from tagsmith.tools.journal.wording import files, shown
from tagsmith.tools.paths import display
from tagsmith.tools.plan import Change, Kind, Plan, Totals

VERIFY_AT_MOST = 50_000
_PROGRESS_EVERY = 256

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """A plan that is applied. ``verified`` counts files read back as written; ``durable`` says
    that the disk confirmed it. ``messages`` are for the user.
    """

    tx_id: str
    plan_id: str
    totals: Totals
    durable: bool
    verified: int
    messages: tuple[str, ...] = ()


class Transaction:
    """Applies one plan under the name ``tx``; the caller holds the lock."""

    def __init__(
        self, tree: Tree, tx: str, plan: Plan, header: Header, progress: Progress | None
    ) -> None:
        self._tree = tree
        self._tx = tx
        self._plan = plan
        self._header = header
        self._progress = progress
        self._placer = Placer(tree, tx)
        self._late: frozenset[int] = frozenset()
        self._looks: list[Look | None] = []
        self._made: list[str] = []
        self._applies = False
        self._commits = False

    def run(self) -> Applied:
        """Apply the plan, or leave everything as it was and raise.

        Raises ConflictError (files are not as the plan saw them), ReadOnlyError, DatasetError,
        JournalError, and OutcomeUnknownError when the plan is applied but the disk did not confirm
        that it lasts.
        """
        fold = any(change.kind is not Kind.EDIT for change in self._plan.changes)
        fold = fold and ignores_case(self._tree)
        self._late = late_targets(self._plan.changes, fold=fold)
        check_space(self._tree, self._plan)
        log: StateLog | None = None
        try:
            log = self._begin()
            self._prepare(log)
            self._apply(log)
            self._commit(log)
            return self._finish()
        except BaseException as error:
            failure = self._fail(error)
            if failure is error:
                raise
            raise failure from error
        finally:
            if log is not None:
                _quietly(log.close)

    # PREPARED

    def _begin(self) -> StateLog:
        self._tree.make_folder(f"{folder_of(self._tx)}/{SLOTS}", 0o700)
        log = StateLog(self._tree, self._tx)
        self._tree.touch(f"{folder_of(self._tx)}/{PLAN}")
        log.begin(self._header)
        return log

    def _prepare(self, log: StateLog) -> None:
        """Compare every file and write the plan. It is made durable with the first batch."""
        inspector = Inspector(self._tree, self._late)
        writer = PlanWriter(self._tree, self._tx)
        try:
            for number, change in enumerate(self._plan.changes):
                found = inspector.inspect(number, change)
                self._looks.append(found.look)
                writer.add(change, found.was, number in self._late)
            writer.finish()
        finally:
            writer.close()
        if inspector.conflicts:
            raise changed(inspector.conflicts)
        self._made = list(inspector.missing)
        log.add(Mark.FOLDERS, durable=False, made=self._made)

    # APPLYING

    def _apply(self, log: StateLog) -> None:
        changes = self._plan.changes
        for start in range(0, len(changes), BATCH):
            end = min(start + BATCH, len(changes))
            for number in range(start, end):
                self._stage(number, changes[number])
            log.add(Mark.BATCH, durable=not self._tree.files.has_syncfs, end=end)
            self._tree.sync()
            if start == 0:
                self._applies = True
                log.add(Mark.APPLYING, boot=machine.boot_id())
                self._make_folders()
            for number in range(start, end):
                self._place(number, changes[number])
                if number % _PROGRESS_EVERY == 0:
                    self._report(number)
        if self._late:
            self._tree.sync()
            log.add(Mark.PARKED)
            for number in sorted(self._late):
                self._fill(number, changes[number])
        self._tree.sync()

    def _stage(self, number: int, change: Change) -> None:
        if change.after is not None:
            self._placer.stage(str(number), change.after, self._looks[number], change.mtime_ns)

    def _make_folders(self) -> None:
        for folder in self._made:
            self._tree.make_folder(folder)
        if any(change.kind is Kind.TRASH for change in self._plan.changes):
            self._tree.make_folder(self._placer.trash, 0o700)

    def _place(self, number: int, change: Change) -> None:
        placer, late = self._placer, number in self._late
        if change.kind is Kind.EDIT:
            if change.stamp is not None:
                placer.unchanged(change)
            placer.replace(str(number), change.path, change.before or b"", change.after or b"")
        elif change.kind is Kind.TRASH:
            placer.move(change, change.path, f"{placer.trash}/{number}")
        elif change.kind is Kind.MOVE and change.after is None and not late:
            placer.move(change, change.path, target_of(change))
        else:
            if change.kind is Kind.MOVE:
                placer.move(change, change.path, placer.slot(f"o{number}"))
            if not late:
                placer.put(str(number), target_of(change))

    def _fill(self, number: int, change: Change) -> None:
        slot = f"o{number}" if change.after is None else str(number)
        self._placer.put(slot, target_of(change))

    def _report(self, done: int) -> None:
        if self._progress is not None:
            self._progress(done, len(self._plan.changes))

    # COMMITTED

    def _commit(self, log: StateLog) -> None:
        self._commits = True
        try:
            log.add(Mark.COMMIT, durable=False, ns=time.time_ns())
        except BaseException:
            # A record that was not written whole does not count; then all can still be undone.
            if not self._is_committed():
                raise
        log.flush()

    def _is_committed(self) -> bool:
        """Tell whether the commit record can be read; where nobody can tell, it may be there."""
        try:
            return Mark.COMMIT in load(self._tree, self._tx).marks
        except (OSError, TagsmithError, KeyboardInterrupt):
            return True

    # VERIFIED

    def _finish(self) -> Applied:
        verified, messages = 0, []
        try:
            verified, differing = self._verify()
            messages += _differing(differing)
            finish(self._tree, self._tx)
            self._report(len(self._plan.changes))
        except (OSError, TagsmithError, KeyboardInterrupt) as error:
            messages.append(
                f"The plan is applied; the look back at it was cut short ({_reason(error)})."
            )
        return Applied(self._tx, self._plan.id, self._plan.totals, True, verified, tuple(messages))

    def _verify(self) -> tuple[int, list[str]]:
        changes = self._plan.changes
        step = -(-len(changes) // VERIFY_AT_MOST) or 1
        verified, differing = 0, []
        for number in range(0, len(changes), step):
            if self._is_done(number, changes[number]):
                verified += 1
            else:
                differing.append(target_of(changes[number]))
        return verified, differing

    def _is_done(self, number: int, change: Change) -> bool:
        """Tell whether the disk shows a change's result; untouched content is not read again."""
        if change.after is not None:
            return self._tree.holds(target_of(change), change.after)
        trashed = change.kind is Kind.TRASH
        place = f"{self._placer.trash}/{number}" if trashed else target_of(change)
        return self._tree.status(place) is not None

    # Back

    def _fail(self, error: BaseException) -> BaseException:
        """Roll back, unless the commit record stands; return what stopped the plan, in words."""
        if self._commits and self._is_committed():
            return OutcomeUnknownError(
                "The plan is applied, but the disk did not confirm that it will last "
                f"({_reason(error)}).",
                "Check the disk; the next start of Tagsmith says whether the plan stands.",
            )
        try:
            outcome = roll_back(self._tree, load(self._tree, self._tx))
        except (OSError, TagsmithError) as trouble:
            if self._applies:
                return JournalError(
                    f"The plan stopped ({_reason(error)}) and its roll-back as well "
                    f"({_reason(trouble)}).",
                    "Run `tagsmith recover` when the cause is mended; until then some files may "
                    "be new and others old.",
                )
            outcome = Outcome()
        if isinstance(error, ConflictError) and set(outcome.left_alone) - set(error.paths):
            return changed([*dict.fromkeys((*error.paths, *outcome.left_alone))])
        if isinstance(error, TagsmithError) or not isinstance(error, OSError):
            return error
        return _failure(error, outcome)


def finish(tree: Tree, tx: str) -> None:
    """Tidy up after COMMIT: slots, folders that an undone plan had made, and the last mark."""
    clear_slots(tree, tx)
    state = load(tree, tx)
    for undone in state.header.undoes if state.header is not None else ():
        remove_folders(tree, load(tree, undone).made)
    log = StateLog(tree, tx, state.size)
    try:
        log.add(Mark.DONE, durable=False)
    finally:
        log.close()


def _failure(error: OSError, outcome: Outcome) -> DatasetError:
    name = error.filename if isinstance(error.filename, str) else ""
    where = f" at {display(name)}" if name else ""
    hint = "Nothing was changed."
    if error.errno == errno.EXDEV:
        hint = (
            "A folder in it is mounted from elsewhere; open that as a dataset of its own. " + hint
        )
    if outcome.left_alone:
        others = shown(outcome.left_alone)
        hint = f"All is as before but for files that somebody else changed meanwhile: {others}."
    return DatasetError(f"The plan could not be applied{where}: {error.strerror or error}.", hint)


def _differing(paths: list[str]) -> list[str]:
    if not paths:
        return []
    return [f"{files(len(paths))} already differ from what was written: {shown(paths)}."]


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, OSError) and error.strerror and not isinstance(error, TagsmithError):
        return str(error.strerror)
    return str(error) or type(error).__name__


def _quietly(call: Callable[[], None]) -> None:
    try:
        call()
    except (OSError, KeyboardInterrupt):
        return
