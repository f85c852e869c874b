"""A fault at every file-system step of apply, undo and recovery: all old or all new, and told."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tagsmith.tools.errors import OutcomeUnknownError, TagsmithError
from tagsmith.tools.plan import Plan

ERRORS = (errno.EIO, errno.ENOSPC, errno.EACCES, errno.EMFILE, errno.EXDEV)
EXIT = 137


class Fault:
    """Raises at step ``at`` (and, persistent, at every later one); counts steps."""

    def __init__(self, kind: int | str, at: int, *, persistent: bool) -> None:
        self.kind = kind
        self.at = at
        self.persistent = persistent
        self.step = 0
        self.fired = 0

    def __call__(self, operation: str, name: str) -> None:
        self.step += 1
        if self.step < self.at or (self.step > self.at and not self.persistent):
            return
        self.fired += 1
        if self.kind == "exit":
            os._exit(EXIT)
        if self.kind == "interrupt":
            raise KeyboardInterrupt
        assert isinstance(self.kind, int)
        raise OSError(self.kind, os.strerror(self.kind), name)


class Crash(BaseException):
    """Stops everything, roll-back included, as the end of the process does."""


def crash_at(step: int) -> Callable[[str, str], None]:
    seen = 0

    def hook(operation: str, name: str) -> None:
        nonlocal seen
        seen += 1
        if seen >= step:
            raise Crash

    return hook


def faults(at: int, *, full: bool) -> Iterator[Fault]:
    """Every kind at this step; those that persist take turns unless ``full``."""
    kinds = (*ERRORS, "interrupt")
    for number, kind in enumerate(kinds):
        yield Fault(kind, at, persistent=False)
        if full or at % len(kinds) == number:
            yield Fault(kind, at, persistent=True)
    yield Fault("exit", at, persistent=False)


def outcome(world, fault: Fault, action: Callable[[], object]) -> str:
    """Run ``action``: ``returned``, ``raised``, ``unknown`` or ``died``; nothing else may come."""
    if fault.kind == "exit":
        return {EXIT: "died", 0: "returned"}[world.in_child(action)]
    try:
        action()
    except OutcomeUnknownError:
        return "unknown"
    except (TagsmithError, KeyboardInterrupt):
        return "raised"
    return "returned"


class Sweep:
    """Injects faults one after the other and checks the folder after each."""

    def __init__(self, world) -> None:
        self.world = world
        self.told: Counter[str] = Counter()
        self.injected = 0

    def check(self, fault: Fault, told: str, old: dict, new: dict) -> bool:
        """Recover and compare; True where the new state stands."""
        where = f"{fault.kind} at step {fault.at}, persistent={fault.persistent}: {told}"
        journal = self.world.journal()
        journal.recover()
        assert not journal.needs_recovery(), where
        now = self.world.bytes_of()
        assert now in (old, new), where
        if told == "raised":
            assert now == old, where
        if told == "returned":
            assert now == new, where
        everything = self.world.snapshot(), self.world.state_files()
        assert not journal.recover(), where
        assert (self.world.snapshot(), self.world.state_files()) == everything, where
        self.told[told] += 1
        self.injected += 1
        return now == new


def applying(world, fault: Fault, plan: Plan) -> Callable[[], object]:
    return lambda: world.journal(fault).apply(plan, origin="do")


def sweep_apply(sweep: Sweep, stride: int = 1, *, full: bool) -> None:
    world = sweep.world
    world.fill()
    old, plan = world.snapshot(), world.every_kind()
    world.journal().apply(plan, origin="do")
    new = world.bytes_of()
    world.fill()
    at = 1
    while True:
        for fault in faults(at, full=full):
            plan = world.every_kind()
            told = outcome(world, fault, applying(world, fault, plan))
            if told == "returned" and fault.kind != "exit" and not fault.fired:
                return
            if sweep.check(fault, told, {name: data for name, (data, _, _) in old.items()}, new):
                world.fill()
            else:
                assert world.snapshot() == old, f"{fault.kind} at {at}: modes and times as well"
        at += stride


def sweep_undo(sweep: Sweep, stride: int = 1, *, full: bool) -> None:
    world = sweep.world
    at = 1
    ready = False
    while True:
        for fault in faults(at, full=full):
            if not ready:
                world.fill()
                new = world.bytes_of()
                world.journal().apply(world.every_kind(), origin="do")
                old = world.bytes_of()
            told = outcome(world, fault, lambda hook=fault: world.undo(world.journal(hook)))
            if told == "returned" and fault.kind != "exit" and not fault.fired:
                return
            ready = not sweep.check(fault, told, old, new)
        at += stride


def sweep_recovery(sweep: Sweep, crash: int, step: int = 1, *, full: bool) -> None:
    world = sweep.world
    at = 1
    while True:
        for fault in faults(at, full=full):
            world.fill()
            old, plan = world.bytes_of(), world.every_kind()
            with pytest.raises(Crash):
                world.journal(crash_at(crash)).apply(plan, origin="do")
            told = outcome(world, fault, lambda hook=fault: world.journal(hook).recover())
            if told == "returned" and fault.kind != "exit" and not fault.fired:
                return
            # Recovery that fails says so and is finished by the next: the old state either way.
            sweep.check(fault, "recovered" if told == "returned" else told, old, old)
        at += step


def count_steps(world) -> list[str]:
    """The operations of one apply, in order."""
    names: list[str] = []
    world.fill()
    plan = world.every_kind()
    world.journal(lambda operation, _: names.append(operation)).apply(plan, origin="do")
    return names


def test_apply_is_all_or_nothing_at_every_step(fast_world):
    sweep = Sweep(fast_world)
    sweep_apply(sweep, full=False)
    print(f"{sweep.injected} faults in apply: {dict(sweep.told)}")
    assert sweep.injected >= 1000
    assert set(sweep.told) == {"raised", "returned", "unknown", "died"}
    assert sweep.told["unknown"] < 30


def test_undo_is_all_or_nothing_at_every_second_step(fast_world):
    undo(fast_world, 2, full=False)


def test_recovery_survives_a_fault_at_every_second_step(fast_world):
    recovery(fast_world, 2, full=False)


def test_it_holds_where_the_system_offers_less(fast_world):
    fast_world.portable = True
    sweep = Sweep(fast_world)
    sweep_apply(sweep, 3, full=False)
    print(f"{sweep.injected} faults without Linux's calls: {dict(sweep.told)}")
    assert sweep.injected >= 400


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("portable", [False, True])
def test_every_fault_at_every_step(fast_world, portable):
    fast_world.portable = portable
    sweep_apply(Sweep(fast_world), full=True)
    undo(fast_world, full=True)
    recovery(fast_world, full=True)


def undo(world, stride: int = 1, *, full: bool) -> None:
    sweep = Sweep(world)
    sweep_undo(sweep, stride, full=full)
    print(f"{sweep.injected} faults in undo: {dict(sweep.told)}")
    assert sweep.injected >= 1000 // stride


def recovery(world, stride: int = 1, *, full: bool) -> None:
    names = count_steps(world)
    flushes = [at for at, name in enumerate(names, 1) if name == "fsync"]
    placing = names.index("exchange" if "exchange" in names else "rename") + 1
    # Just before COMMIT the most is to be undone: both phases of the swap, and every other kind.
    sweep = Sweep(world)
    sweep_recovery(sweep, flushes[-1] - 1, stride, full=full)
    for crash in range(placing, flushes[-1], 9 * stride):
        sweep_recovery(sweep, crash, step=23, full=full)
    print(f"{sweep.injected} faults in recovery: {dict(sweep.told)}")
    assert sweep.injected >= 1000 // stride


def test_a_crash_at_every_step_is_recovered(fast_world):
    steps = len(count_steps(fast_world))
    seen = Counter()
    for at in range(1, steps + 1):
        fast_world.fill()
        old, plan = fast_world.snapshot(), fast_world.every_kind()
        with pytest.raises(Crash):
            fast_world.journal(crash_at(at)).apply(plan, origin="do")
        recovery = fast_world.journal().recover()
        committed = bool(fast_world.journal().history())
        assert committed or fast_world.snapshot() == old, at
        assert not committed or fast_world.read("a.txt") == b"one", at
        seen["new" if committed else "old"] += 1
        assert not recovery.left_alone, at
        assert not recovery.quarantined, at
    assert seen["new"]
    assert seen["old"] > 100


@pytest.mark.parametrize("at", [90, 130])
def test_recovery_can_finish_instead_of_going_back(fast_world, at):
    fast_world.fill()
    plan = fast_world.every_kind()
    with pytest.raises(Crash):
        fast_world.journal(crash_at(at)).apply(plan, origin="do")
    recovery = fast_world.journal().recover(forward=True)
    assert recovery.finished
    assert fast_world.read("a.txt") == b"one"
    assert fast_world.read("_isolated/dogs/d.png") == b"PNG d"
    assert fast_world.read("f.png") == b"PNG g"
    assert not fast_world.journal().needs_recovery()
