"""Any sequence of apply, undo, redo, fault and outside edit against a model: no byte is lost."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from tagsmith.tools import content
from tagsmith.tools.errors import ConflictError, OutcomeUnknownError, TagsmithError
from tagsmith.tools.plan import Change, Kind, Plan

NAMES = ("a.txt", "b.txt", "c.png", "p/q.txt", "p/r/s.txt", "-t.caption")
FREE = (*NAMES, "new.txt", "p/new.txt", "x/y/z.txt")
VALUES = (b"", b"one", b"two", b"one, two", b"\xff\xfe", b"dog, " * 40)
DATA = st.sampled_from(VALUES)
CONTENTS = {
    content.digest(value): value
    for base in (*VALUES, b"meanwhile", *(name.encode() for name in NAMES))
    for value in (base, base + b"!")
}


class Crash(BaseException):
    """The end of the process: nothing runs any more."""


@dataclass
class Break:
    """Stops the world at a step, or does nothing for 0."""

    at: int = 0
    kind: str = "error"
    step: int = 0

    def __call__(self, operation: str, name: str) -> None:
        self.step += 1
        if self.kind == "crash" and self.at and self.step >= self.at:
            raise Crash
        if self.step == self.at:
            raise KeyboardInterrupt if self.kind == "interrupt" else OSError(5, "EIO", name)


BREAKS = st.one_of(
    st.just(Break()),
    st.builds(Break, st.integers(1, 180), st.sampled_from(("error", "interrupt", "crash"))),
)


@dataclass
class Done:
    """What the model knows of an applied plan."""

    id: str
    changes: list[Change]
    moved: dict[str, bytes] = field(default_factory=dict)


class Machine(RuleBasedStateMachine):
    """``world`` and ``counts`` are set by the test that runs it."""

    world = None
    counts: ClassVar[Counter[str]] = Counter()

    @initialize()
    def begin(self):
        self.world.fill()
        for path in list(self.world.snapshot()):
            target = self.world.root / os.fsdecode(path)
            if not target.is_dir():
                target.unlink()
        self.model: dict[str, bytes] = {}
        self.done: dict[str, Done] = {}
        for name in NAMES:
            self.human_write(name, name.encode())

    # The world outside

    def human_write(self, name: str, data: bytes) -> None:
        self.world.write(name, data)
        self.model[name] = data

    @rule(name=st.sampled_from(FREE), data=DATA)
    def somebody_writes(self, name, data):
        self.human_write(name, data + b"!")
        self.counts["outside"] += 1

    @rule(name=st.sampled_from(FREE))
    def somebody_deletes(self, name):
        if self.model.pop(name, None) is not None:
            (self.world.root / name).unlink()
            self.counts["outside"] += 1

    # Plans

    @rule(data=st.data(), at=BREAKS)
    def plan(self, data, at):
        changes = self.draw_changes(data)
        if not changes:
            return
        sources = {change.path for change in changes if change.kind is not Kind.CREATE}
        expected = {name: data for name, data in self.model.items() if name not in sources}
        for change in changes:
            if change.kind is not Kind.TRASH:
                kept = self.model.get(change.path, b"")
                expected[self.name_of(change)] = kept if change.after is None else change.after
        stale = data.draw(st.sampled_from((None, None, None, *[c.path for c in changes])))
        if stale is not None and self.model.get(stale) != b"meanwhile":
            self.human_write(stale, b"meanwhile")
            expected = None
        tx = self.perform(changes, expected, at)
        if tx:
            self.done[tx] = Done(tx, changes)

    def draw_changes(self, data) -> list[Change]:
        changes: list[Change] = []
        free = [name for name in FREE if name not in self.model]
        for name in data.draw(
            st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=5)
        ):
            kinds = ["create"] if name not in self.model else ["edit", "move", "rewrite", "trash"]
            kind = data.draw(st.sampled_from(kinds))
            after = data.draw(DATA)
            if kind == "create" and name in free:
                free.remove(name)
                changes.append(self.world.create(name, after))
            elif kind == "edit":
                changes.append(self.world.edit(name, after))
            elif kind == "trash":
                changes.append(self.world.trash(name))
            elif kind in ("move", "rewrite") and free:
                to = data.draw(st.sampled_from(free))
                free.remove(to)
                changes.append(self.world.move(name, to, after if kind == "rewrite" else None))
                free.append(name)
        return self.keep_valid(changes)

    @staticmethod
    def keep_valid(changes: list[Change]) -> list[Change]:
        """A name that is freed may be filled, but only once."""
        taken: set[str] = set()
        kept = []
        for change in changes:
            target = change.to or change.path
            if change.kind is not Kind.TRASH and target in taken:
                continue
            taken.add(target)
            kept.append(change)
        sources = {change.path for change in kept if change.kind in (Kind.MOVE, Kind.TRASH)}
        dropped = {change.path for change in changes} - {change.path for change in kept}
        assert not sources & dropped
        return [change for change in kept if change.to is None or change.to not in dropped]

    def perform(self, changes, expected, at, **more) -> str | None:
        """Apply with a fault; check what was told against the disk. Returns the new entry."""
        before = len(self.world.journal().history())
        told = "returned"
        try:
            plan = Plan.of("machine", (), changes, **more)
            self.world.journal(at).apply(plan, origin="test")
        except OutcomeUnknownError:
            told = "unknown"
        except ConflictError:
            told = "conflict"
            assert expected is None
        except (TagsmithError, KeyboardInterrupt):
            told = "raised"
        except Crash:
            told = "crash"
        self.counts[told] += 1
        self.world.journal().recover()
        history = self.world.journal().history()
        stands = len(history) > before
        assert stands if told == "returned" else not stands or told in ("unknown", "crash")
        if stands:
            assert expected is not None, "a plan over somebody's edit was applied"
            self.model = expected
        self.check()
        return history[0].id if stands else None

    # Undo and redo

    @precondition(lambda self: self.done)
    @rule(at=BREAKS)
    def undo(self, at):
        self.take_back(at, False, None)

    @precondition(lambda self: self.done)
    @rule(at=BREAKS)
    def redo(self, at):
        self.take_back(at, True, None)

    @precondition(lambda self: self.done)
    @rule(at=BREAKS, redo=st.booleans(), only=st.sampled_from(("p/", "a")))
    def take_back_some(self, at, redo, only):
        self.take_back(at, redo, only)

    def take_back(self, at: Break, redo: bool, only: str | None) -> None:
        journal = self.world.journal()
        entries = journal.last_redoable() if redo else journal.last_undoable()
        if not entries:
            return
        entry = entries[0]
        done = self.done[entry.id]
        chosen = [
            change
            for change in done.changes
            if only is None or change.path.startswith(only) or (change.to or "").startswith(only)
        ]
        reversal = journal.reverse(
            entry.id, only=None if only is None else lambda p: p.startswith(only)
        )
        expected, kept = self.taken_back(chosen)
        assert {self.whence(change) for change in reversal.changes} == set(kept)
        if reversal.changes:
            tx = self.perform(
                reversal.changes, expected, at, undoes=(entry.id,), partial=only is not None
            )
            if tx:
                self.done[tx] = Done(tx, reversal.changes)
                self.counts["taken back"] += 1

    @staticmethod
    def name_of(change: Change) -> str:
        return change.to or change.path

    @staticmethod
    def whence(reversed_change: Change) -> str:
        """Where a reversal takes its file from: a name, or the trash of a name."""
        inside = reversed_change.path.startswith(".tagsmith/")
        return f"trash of {reversed_change.to}" if inside else reversed_change.path

    def now(self, change: Change) -> str:
        """Where a change left its file."""
        return f"trash of {change.path}" if change.kind is Kind.TRASH else self.name_of(change)

    def taken_back(self, changes: list[Change]):
        """What undoing must give by the model alone, and from where it takes the files."""
        kept = {self.now(change): change for change in changes if self.is_untouched(change)}
        while blocked := [now for now, change in kept.items() if self.is_blocked(change, kept)]:
            for now in blocked:
                del kept[now]
        result = {name: data for name, data in self.model.items() if name not in kept}
        for change in kept.values():
            if self.fills(change):
                result[change.path] = self.old_bytes(change)
        return result, kept

    def is_blocked(self, change: Change, kept: dict[str, Change]) -> bool:
        here = change.path in self.model and change.path not in kept
        return self.fills(change) and change.kind is not Kind.EDIT and here

    @staticmethod
    def fills(change: Change) -> bool:
        return change.kind is not Kind.CREATE and not change.path.startswith(".tagsmith/")

    def is_untouched(self, change: Change) -> bool:
        if change.kind is Kind.TRASH:
            return True
        new = change.after if change.after is not None else CONTENTS[change.seen]
        return self.model.get(self.name_of(change)) == new

    def old_bytes(self, change: Change) -> bytes:
        return change.before if change.before is not None else CONTENTS[change.seen]

    # Always

    def check(self) -> None:
        files = {name: data for name, data in self.world.bytes_of().items() if data is not None}
        assert files == {os.fsencode(name): data for name, data in self.model.items()}

    def teardown(self):
        if hasattr(self, "model"):
            assert not self.world.journal().recover()
            self.check()


def run(world, examples: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    machine = type("Bound", (Machine,), {"world": world, "counts": counts})
    run_machine(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"{examples} x 25 steps: {dict(counts)}")
    return counts


def test_no_sequence_of_plans_faults_and_edits_loses_a_byte(fast_world):
    counts = run(fast_world, 40)
    assert counts["returned"]
    assert counts["taken back"]


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_no_long_sequence_loses_a_byte(fast_world):
    counts = run(fast_world, 300)
    assert {"returned", "raised", "conflict", "crash", "taken back"} <= set(counts)
