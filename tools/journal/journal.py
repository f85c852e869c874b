"""The journal of one dataset: apply, recover, undo, history."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from tagsmith.tools.errors import ConflictError, DatasetError, TagsmithError, UsageError
from tagsmith.tools.journal import history
from tagsmith.tools.journal.files import Files
from tagsmith.tools.journal.history import Entry, transactions
from tagsmith.tools.journal.layout import number_of, transaction_id
from tagsmith.tools.journal.lock import Lock, is_held
from tagsmith.tools.journal.prune import KEEP_DAYS, KEEP_PLANS, Pruned, prune
from tagsmith.tools.journal.record import read_plan
from tagsmith.tools.journal.recovery import Recoverer, Recovery, Unfinished
from tagsmith.tools.journal.reversal import Reversal, reverse
from tagsmith.tools.journal.state import Header, load, now
from tagsmith.tools.journal.transaction import Applied, Progress, Transaction
from tagsmith.tools.journal.tree import Tree
from tagsmith.tools.paths import display
from tagsmith.tools.plan import Change, Plan


class Journal:
    """What Tagsmith did to one dataset, and the only door through which it does anything.

    Opening touches nothing on disk. ``files`` is the operating system; tests inject faults there.
    """

    def __init__(self, root: str, files: Files) -> None:
        self.root = root
        self._files = files
        self._held: Tree | None = None

    @classmethod
    def open(cls, root: str | Path, files: Files | None = None) -> Journal:
        """Open the journal of the dataset at ``root``. Raises DatasetError if that is no folder."""
        path = os.path.abspath(os.fsdecode(root))
        if not os.path.isdir(path):
            what = "is not a folder" if os.path.exists(path) else "does not exist"
            raise DatasetError(f"{display(path)} {what}.", "Give the folder that has the images.")
        return cls(path, files or Files())

    @contextmanager
    def hold(self) -> Iterator[Journal]:
        """Hold the dataset's lock for a session; what runs inside uses it.

        Raises LockedError where another process holds it, ReadOnlyError where nothing can be
        written.
        """
        with ExitStack() as stack:
            with _plainly("Nothing was changed."):
                stack.enter_context(self._locked())
            yield self

    def needs_recovery(self) -> bool:
        """Tell whether a plan did not end and nobody is at work on it."""
        with self._tree() as tree:
            if not any(not load(tree, tx).finished for tx in transactions(tree)):
                return False
            return self._held is not None or not is_held(tree)

    def recover(self, forward: bool = False) -> Recovery:
        """Bring a plan that stopped half-way to an end: back, or with ``forward`` on.

        Falsy result: there was nothing to do. Raises LockedError, ReadOnlyError, JournalError.
        """
        with self._tree() as tree:
            if not transactions(tree):
                return Recovery()
        hint = (
            "Recover again when the cause is mended; until then the last plan may stand half-way."
        )
        with _plainly(hint), self._locked() as tree:
            recoverer = Recoverer(tree, forward)
            recovery = recoverer.run()
            for unfinished in recoverer.unfinished:
                recovery = self._finish(tree, unfinished, recovery)
            return recovery

    def apply(
        self,
        plan: Plan,
        *,
        origin: str,
        progress: Progress | None = None,
    ) -> Applied:
        """Apply a plan, all or nothing; an unfinished one is recovered first.

        ``progress`` is called with files done and all files.
        Raises ConflictError, LockedError, ReadOnlyError, DatasetError, JournalError: nothing was
        changed; OutcomeUnknownError: the plan is in place, but may not outlast a power cut.
        """
        if not plan.changes:
            raise UsageError("The plan changes nothing.")
        with _plainly("Nothing of this plan was changed."), self._locked() as tree:
            recovered = Recoverer(tree).run()
            known = history.entries(tree) if plan.undoes else []
            undoes = tuple(history.find(known, name).id for name in plan.undoes)
            header = Header(plan.id, plan.title, origin, now(), plan.totals, undoes, plan.partial)
            applied = self._transaction(tree, plan, header, progress)
            return replace(applied, messages=recovered.messages + applied.messages)

    def history(self) -> list[Entry]:
        """Return the applied plans, newest first."""
        with self._tree() as tree:
            return history.entries(tree)

    def changes(self, entry_id: str) -> Iterator[Change]:
        """Yield what an entry did. Raises UsageError (no such entry) or JournalError (damaged)."""
        with self._tree() as tree:
            entry = history.find(history.entries(tree), entry_id)
            for record in read_plan(tree, entry.id):
                yield record.change

    def last_undoable(self, steps: int = 1) -> list[Entry]:
        """Return up to ``steps`` entries that undo takes back, in the order to do so."""
        return history.undoable(self.history(), steps)

    def last_redoable(self, steps: int = 1) -> list[Entry]:
        """Return up to ``steps`` undos that redo takes back, in the order to do so."""
        return history.redoable(self.history(), steps)

    def undoable(self, entry_id: str) -> Entry:
        """Return the entry to reverse so that ``entry_id`` is undone: it, or its latest redo.

        Raises UsageError where there is no such plan or it is undone already.
        """
        return history.active(self.history(), entry_id)

    def redoable(self, entry_id: str) -> Entry:
        """Return the entry to reverse so that ``entry_id`` is applied again: its latest undo.

        Raises UsageError where there is no such plan or it is not undone.
        """
        return history.undoing(self.history(), entry_id)

    def reverse(self, *entry_ids: str, only: Callable[[str], bool] | None = None) -> Reversal:
        """Build the changes that take entries back, newest first, against the disk as it is now."""
        with self._tree() as tree:
            known = history.entries(tree)
            names = [history.find(known, name).id for name in entry_ids]
            return reverse(tree, names, only)

    def prune(
        self, keep: int = KEEP_PLANS, days: int = KEEP_DAYS, *, dry_run: bool = False
    ) -> Pruned:
        """Delete the oldest history for good; see ``prune.prune``."""
        with self._tree() as tree:
            if dry_run or not transactions(tree):
                return prune(tree, keep, days, dry_run=True)
        with _plainly("Prune again when the cause is mended."), self._locked() as tree:
            Recoverer(tree).run()
            return prune(tree, keep, days)

    def _transaction(
        self, tree: Tree, plan: Plan, header: Header, progress: Progress | None
    ) -> Applied:
        names = transactions(tree)
        number = (number_of(names[-1]) or 0) + 1 if names else 1
        tx = transaction_id(number, plan.id)
        return Transaction(tree, tx, plan, header, progress).run()

    def _finish(self, tree: Tree, unfinished: Unfinished, recovery: Recovery) -> Recovery:
        header = unfinished.header
        plan = Plan(header.plan_id, header.title, (), unfinished.changes, header.totals)
        try:
            applied = self._transaction(tree, plan, replace(header, time=now()), None)
        except (ConflictError, DatasetError) as error:
            message = f"It could not be finished: {error}"
            return replace(recovery, messages=(*recovery.messages, message))
        return replace(
            recovery,
            finished=(*recovery.finished, applied.tx_id),
            messages=(*recovery.messages, "Then it was applied as a whole.", *applied.messages),
        )

    @contextmanager
    def _tree(self) -> Iterator[Tree]:
        with _plainly("Nothing was changed."):
            if self._held is not None:
                yield self._held
                return
            with Tree(self._files, self.root) as tree:
                yield tree

    @contextmanager
    def _locked(self) -> Iterator[Tree]:
        if self._held is not None:
            yield self._held
            return
        with Tree(self._files, self.root) as tree, Lock(tree):
            self._held = tree
            try:
                yield tree
            finally:
                self._held = None


@contextmanager
def _plainly(hint: str) -> Iterator[None]:
    """Turn an error of the operating system that nobody explained into one of ours."""
    try:
        yield
    except TagsmithError:
        raise
    except OSError as error:
        raise DatasetError(
            f"The folder's journal cannot be used: {error.strerror or error}.", hint
        ) from error
