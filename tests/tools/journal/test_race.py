"""Somebody edits a file between review and apply, or in the middle: never overwritten."""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from tagsmith.tools.errors import ConflictError
from tagsmith.tools.plan import Plan

FILES = ("a.txt", "b.txt", "c.txt", "d.png", "e.txt", "f.txt")
HUMAN = b"BY HAND"  # as long as what the files hold: only a look at the bytes can tell


def tick(path: Path, before: os.stat_result, mtime_ns: int) -> None:
    """Let the clock move on until the edit shows in ctime, as every later edit does."""
    while os.lstat(path).st_ctime_ns == before.st_ctime_ns:
        os.utime(path, ns=(mtime_ns, mtime_ns))


STYLES = (
    "same size",
    "same size and time",
    "shorter",
    "empty",
    "rename",
    "rename and time",
    "append",
    "delete",
)
LAST_STEP = 150


class Human:
    """Edits one file, once, at one step of apply, in the way of one editor."""

    def __init__(self, world, name: str, style: str, at: int) -> None:
        self.world = world
        self.name = name
        self.style = style
        self.at = at
        self.step = 0
        self.wrote: bytes | None = None
        self.deleted = False

    def __call__(self, operation: str, name: str) -> None:
        self.step += 1
        if self.step == self.at:
            self.edit()

    def edit(self) -> None:
        path = self.world.root / self.name
        before = os.lstat(path) if path.exists() else None
        if self.style == "delete":
            self.deleted = before is not None
            path.unlink(missing_ok=True)
            return
        old = path.read_bytes() if before is not None else b""
        self.wrote = {"shorter": b"HAND", "empty": b"", "append": old + b", HAND"}.get(
            self.style, HUMAN
        )
        target = path.with_name("editor~") if "rename" in self.style else path
        target.write_bytes(self.wrote)
        if before is not None:
            mtime = before.st_mtime_ns if "time" in self.style else os.lstat(target).st_mtime_ns
            os.utime(target, ns=(mtime, mtime))
            tick(target, before, mtime)
        if target != path:
            target.rename(path)

    def places(self) -> list[Path]:
        """Where the human's bytes may be: under the name, or where the plan took the file."""
        root = self.world.root
        places = [root / self.name, root / "moved" / self.name]
        return [*places, *root.glob(".tagsmith/trash/*/*"), *root.glob(".tagsmith/quarantine/*/*")]


def reset(world) -> None:
    world.fill()
    for path in world.root.iterdir():
        if path.is_file():
            path.unlink()
    for name in FILES:
        world.write(name, f"{name}:1".encode())


def attempt(journal, plan: Plan) -> set[str]:
    """Apply; return the files that the conflict names, none where it was applied."""
    try:
        journal.apply(plan, origin="test")
    except ConflictError as error:
        return set(error.paths)
    return set()


def trial(world, human: Human, told: Counter[str], *, trusted: bool) -> None:
    reset(world)
    changes = [
        world.edit("a.txt", b"a.txt:2", trusted=trusted),
        world.edit("b.txt", b"b.txt:3, longer", trusted=trusted),
        world.move("c.txt", "moved/c.txt", b"c.txt:4"),
        world.move("d.png", "moved/d.png"),
        world.trash("e.txt"),
        world.edit("f.txt", b"f.txt:6"),
        world.create("new.txt", b"new"),
    ]
    old = world.bytes_of()
    if human.at == 0:
        human.edit()
    conflicts = attempt(world.journal(human), Plan.of("race", (), changes))
    applied = not conflicts
    assert conflicts <= {human.name, f"moved/{human.name}"}
    told["applied" if applied else "refused"] += 1
    where = f"{human.name}, {human.style}, at step {human.at}, applied={applied}"
    if human.wrote is not None:
        told["edited"] += 1
        assert any(path.read_bytes() == human.wrote for path in human.places() if path.is_file()), (
            where
        )
    if human.wrote is not None and human.name in ("a.txt", "b.txt", "f.txt", "new.txt"):
        assert world.read(human.name) == human.wrote, where
    if human.deleted and human.name in ("a.txt", "b.txt", "f.txt"):
        assert not world.exists(human.name), where
    assert not world.journal().needs_recovery()
    untouched = {b"a.txt": b"a.txt:2", b"b.txt": b"b.txt:3, longer", b"f.txt": b"f.txt:6"}
    now = world.bytes_of()
    for name, new in untouched.items():
        if os.fsdecode(name) != human.name:
            assert now[name] == (new if applied else old[name]), where
    if not applied:
        others = {key: value for key, value in now.items() if os.fsdecode(key) != human.name}
        expected = {key: value for key, value in old.items() if os.fsdecode(key) != human.name}
        extra = set(others) - set(expected)
        assert {key: others[key] for key in expected} == expected, where
        assert extra <= {b"moved", b"moved/" + os.fsencode(human.name)}, where


def race(world, trials: int) -> Counter[str]:
    told: Counter[str] = Counter()
    for seed in range(trials):
        rng = random.Random(seed)
        name, style = rng.choice((*FILES, "new.txt")), rng.choice(STYLES)
        human = Human(world, name, style, rng.randint(0, LAST_STEP))
        trial(world, human, told, trusted=rng.random() < 0.5)
    print(f"{trials} races: {dict(told)}")
    return told


def test_an_edit_by_hand_is_never_overwritten(fast_world):
    told = race(fast_world, 500)
    assert told["refused"] > 50
    assert told["edited"] > 300


@pytest.mark.parametrize("trusted", [False, True])
def test_an_edit_that_keeps_size_and_time_is_never_overwritten_at_any_step(fast_world, trusted):
    told: Counter[str] = Counter()
    for name in ("a.txt", "c.txt", "e.txt"):
        for at in range(LAST_STEP):
            human = Human(fast_world, name, "same size and time", at)
            trial(fast_world, human, told, trusted=trusted)
    assert told["edited"] > 300


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_ten_thousand_edits_by_hand_are_never_overwritten(fast_world):
    assert race(fast_world, 10_000)["edited"] > 6000
