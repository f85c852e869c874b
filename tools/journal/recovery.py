"""What the next start does about a transaction that did not end: the table of docs/journal.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tagsmith.tools.journal import machine
from tagsmith.tools.journal.checks import target_of
from tagsmith.tools.journal.history import transactions
from tagsmith.tools.journal.place import Placer
from tagsmith.tools.journal.prune import drop_pruned
from tagsmith.tools.journal.record import check_plan, read_plan
from tagsmith.tools.journal.rollback import Outcome, Tear, drop, roll_back
from tagsmith.tools.journal.state import Header, Mark, State, StateLog, load
from tagsmith.tools.journal.transaction import finish
from tagsmith.tools.journal.tree import Tree
from tagsmith.tools.journal.wording import files, shown
from tagsmith.tools.plan import Change


@dataclass(frozen=True, slots=True)
class Recovery:
    """What recovery did. Falsy when there was nothing to do.

    ``rolled_back`` and ``confirmed`` name transactions; ``restored`` counts files;
    ``left_alone`` lists files that somebody else changed, ``quarantined`` those whose found bytes
    are kept under ``.tagsmith/quarantine``. ``messages`` explain all of it to the user.
    """

    rolled_back: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()
    restored: int = 0
    left_alone: tuple[str, ...] = ()
    quarantined: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.messages)


@dataclass(slots=True)
class Unfinished:
    """A plan that was rolled back, kept to be applied after all."""

    header: Header
    changes: tuple[Change, ...]


@dataclass(slots=True)
class Recoverer:
    """One recovery run; the caller holds the lock. ``forward`` keeps rolled-back plans."""

    tree: Tree
    forward: bool = False
    unfinished: list[Unfinished] = field(default_factory=list)
    _rolled_back: list[str] = field(default_factory=list)
    _confirmed: list[str] = field(default_factory=list)
    _messages: list[str] = field(default_factory=list)
    _outcome: Outcome = field(default_factory=Outcome)

    def run(self) -> Recovery:
        """Bring every transaction to its end. Raises JournalError on a damaged journal."""
        last: State | None = None
        for tx in transactions(self.tree):
            state = load(self.tree, tx)
            if not state.finished:
                self._end(state)
            if state.committed:
                last = state
        if last is not None and last.finished:
            self._check_after_start(last)
        return Recovery(
            rolled_back=tuple(self._rolled_back),
            confirmed=tuple(self._confirmed),
            restored=self._outcome.restored,
            left_alone=tuple(self._outcome.left_alone),
            quarantined=tuple(self._outcome.quarantined),
            messages=tuple(self._messages),
        )

    def _end(self, state: State) -> None:
        if Mark.PRUNING in state.marks:
            drop_pruned(self.tree, state.tx)
        elif state.committed:
            self._confirm(state)
        elif Mark.APPLYING in state.marks and Mark.ABORTED not in state.marks:
            self._roll_back(state)
        else:
            drop(self.tree, state.tx)

    def _roll_back(self, state: State) -> None:
        check_plan(self.tree, state.tx)
        if self.forward and state.header is not None:
            changes = tuple(record.change for record in read_plan(self.tree, state.tx))
            self.unfinished.append(Unfinished(state.header, changes))
        outcome = roll_back(self.tree, state)
        self._rolled_back.append(state.tx)
        title = state.header.title if state.header else state.tx
        self._messages.append(
            f"The plan {title!r} had stopped half-way; it was taken back "
            f"({files(outcome.restored)} restored)."
        )
        self._note(outcome)

    def _confirm(self, state: State) -> None:
        """A commit record without an end: make it durable again, look, tidy up."""
        outcome = self._repair(state)
        log = StateLog(self.tree, state.tx, state.size)
        try:
            log.add(Mark.COMMIT, ns=state.marks[Mark.COMMIT]["ns"])
        finally:
            log.close()
        finish(self.tree, state.tx)
        self._confirmed.append(state.tx)
        title = state.header.title if state.header else state.tx
        self._messages.append(
            f"The plan {title!r} had been applied when Tagsmith stopped; it stands."
        )
        self._note(outcome)

    def _check_after_start(self, state: State) -> None:
        """Read the last plan's files back once after the machine started anew."""
        boot = machine.boot_id()
        known = (state.marks[Mark.APPLYING], state.marks.get(Mark.CHECKED, {}))
        if not boot or boot in (mark.get("boot") for mark in known):
            return
        outcome = self._repair(state)
        log = StateLog(self.tree, state.tx, state.size)
        try:
            log.add(Mark.CHECKED, durable=False, boot=boot)
        finally:
            log.close()
        if outcome.restored:
            self._messages.append(
                f"A loss of power had damaged {files(outcome.restored)}; "
                "they were written again from the journal."
            )
            self._note(outcome)

    def _repair(self, state: State) -> Outcome:
        """Write files that a power cut tore, of an applied plan, once more."""
        tear = Tear.of(state)
        placer = Placer(self.tree, state.tx)
        outcome = Outcome(quarantined=placer.quarantined)
        if tear is None:
            return outcome
        for index, path, after in self._written(state.tx):
            found = self.tree.read(path, len(after))
            looked = self.tree.look(path)
            if found is None or looked is None or found == after:
                continue
            if not tear.is_torn(found, after, looked[1].st_mtime_ns):
                continue
            for slot, data in ((f"q{index}", found), (f"r{index}", after)):
                if self.tree.status(placer.slot(slot)) is not None:
                    self.tree.files.unlink(self.tree.folder(placer.slots), slot)
                placer.stage(slot, data, looked[0], None)
            placer.quarantine(f"q{index}", path)
            self.tree.sync()
            placer.replace(f"r{index}", path, found, after)
            outcome.restored += 1
        return outcome

    def _written(self, tx: str) -> Iterator[tuple[int, str, bytes]]:
        for record in read_plan(self.tree, tx):
            if record.change.after is not None:
                yield record.number, target_of(record.change), record.change.after

    def _note(self, outcome: Outcome) -> None:
        self._outcome.restored += outcome.restored
        self._outcome.left_alone.update(outcome.left_alone)
        self._outcome.quarantined += outcome.quarantined
        if outcome.left_alone:
            self._messages.append(
                f"{files(len(outcome.left_alone))} had been changed by somebody else and stay as "
                f"they are: {shown(outcome.left_alone)}."
            )
        if outcome.quarantined:
            self._messages.append(
                f"What was found in {shown(outcome.quarantined)} is kept under "
                ".tagsmith/quarantine."
            )
