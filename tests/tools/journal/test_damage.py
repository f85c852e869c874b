"""A journal that cannot be believed: torn, damaged, newer, or full of foreign files."""

from __future__ import annotations

import json
import os
from zlib import crc32

import pytest
from crashes import crash

from tagsmith.tools.errors import JournalError
from tagsmith.tools.journal import rollback
from tagsmith.tools.plan import Change, Kind


def two(world) -> tuple[Change, Change]:
    world.write("a.txt", b"one, two")
    world.write("b.txt", b"one, two")
    return world.edit("a.txt", b"one, three"), world.edit("b.txt", b"one, four")


# A journal that cannot be believed


def state_file(world):
    [path] = (world.root / ".tagsmith" / "tx").glob("*/state")
    return path


def line(values: dict) -> bytes:
    text = json.dumps(values, separators=(",", ":")).encode()
    return b"%08x %s\n" % (crc32(text), text)


def test_a_torn_last_line_was_never_written(world):
    world.apply(two(world)[0])
    path = state_file(world)
    path.write_bytes(path.read_bytes()[:-5])
    recovery = world.journal().recover()
    assert recovery.confirmed
    assert not world.journal().recover()
    assert world.read("a.txt") == b"one, three"


def test_a_damaged_line_in_the_middle_is_told_with_the_file_and_the_remedy(world):
    world.apply(two(world)[0])
    path = state_file(world)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"batch", b"botch")
    path.write_bytes(b"".join(lines))
    for action in (
        world.journal().recover,
        world.journal().history,
        world.journal().needs_recovery,
    ):
        with pytest.raises(JournalError, match=r"tx/0001-.*/state is damaged: line 3") as caught:
            action()
    assert "backup" in caught.value.hint
    assert world.read("a.txt") == b"one, three"


def test_a_line_that_means_nothing_is_damage(world):
    world.apply(two(world)[0])
    path = state_file(world)
    path.write_bytes(path.read_bytes() + line({"mark": "party"}))
    with pytest.raises(JournalError, match="means nothing"):
        world.journal().history()


def test_a_newer_journal_is_told_apart_from_a_damaged_one(world):
    world.apply(two(world)[0])
    path = state_file(world)
    header, *rest = path.read_bytes().splitlines(keepends=True)
    values = json.loads(header.partition(b" ")[2]) | {"journal": 2}
    path.write_bytes(line(values) + b"".join(rest))
    for action in (world.journal().recover, world.journal().history):
        with pytest.raises(JournalError, match=r"newer Tagsmith .*Update Tagsmith"):
            action()


def spoil(kind: str, data: bytes) -> bytes:
    if kind == "cut":
        return data[:-10]
    if kind == "flipped":
        return data[:40] + bytes([data[40] ^ 1]) + data[41:]
    if kind == "newer":
        return data[:14] + b"\x02" + data[15:]
    return b"" if kind == "empty" else b"not a plan at all, but long enough to be one"


@pytest.mark.parametrize("kind", ["cut", "flipped", "empty", "foreign", "newer"])
def test_a_damaged_plan_stops_recovery_before_it_touches_anything(world, monkeypatch, kind):
    monkeypatch.setattr(rollback, "BATCH", 1)
    changes = two(world)
    crash(world, "exchange", "b.txt", *changes)
    path = state_file(world).with_name("plan")
    path.write_bytes(spoil(kind, path.read_bytes()))
    before = world.snapshot()
    match = "newer Tagsmith" if kind == "newer" else "plan is damaged"
    for action in (world.journal().recover, lambda: world.apply(world.create("c.txt", b"c"))):
        with pytest.raises(JournalError, match=match):
            action()
    assert world.snapshot() == before


def test_a_missing_plan_is_damage_not_a_crash(world):
    world.apply(two(world)[0])
    state_file(world).with_name("plan").unlink()
    with pytest.raises(JournalError, match="it is missing"):
        list(world.journal().changes("1"))
    assert len(world.journal().history()) == 1


def test_foreign_files_in_the_journal_are_left_alone(world):
    world.apply(two(world)[0])
    foreign = world.root / ".tagsmith" / "tx" / "notes.txt"
    foreign.write_bytes(b"mine")
    world.journal().recover()
    world.undo()
    assert foreign.read_bytes() == b"mine"


def test_a_crash_leaves_open_files_of_nobody(world):
    """Errors on the way do not leak descriptors."""
    world.fill()
    plan = world.every_kind()
    open_files = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0

    def hook(now: str, on: str) -> None:
        if (now, on) == ("exchange", "c.txt"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.journal(hook).apply(plan, origin="do")
    if open_files:
        assert len(os.listdir("/proc/self/fd")) == open_files


def test_times_of_recovered_files_are_the_old_ones(world):
    changes = two(world)
    crash(world, "exchange", "b.txt", *changes)
    world.journal().recover()
    assert (world.root / "a.txt").stat().st_mtime_ns == 1_600_000_000_000_000_000


def test_kinds_that_a_record_can_hold_come_back_as_they_were(world):
    world.fill()
    world.write("x.txt", b"one")
    extra = Change(
        Kind.EDIT,
        "x.txt",
        before=b"one",
        after=b"",
        sample="x.png",
        steps=(1, 3),
        notes=("hard link", "é\n"),
        mtime_ns=-5,
        yours=True,
    )
    changes = [*world.every_kind().changes, extra]
    world.apply(*changes)
    stored = {change.path: change for change in world.journal().changes("0001")}
    for change in changes:
        assert stored[change.path] == Change(
            change.kind,
            change.path,
            before=change.before,
            after=change.after,
            to=change.to,
            seen=change.seen,
            sample=change.sample,
            steps=change.steps,
            notes=change.notes,
            mtime_ns=change.mtime_ns,
            yours=change.yours,
        )
