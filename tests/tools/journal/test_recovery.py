"""The next start after a crash or a power cut: the recovery table, row by row."""

from __future__ import annotations

import os
import time

import pytest
from crashes import Crash, crash

from tagsmith.tools.journal import machine, transaction
from tagsmith.tools.plan import Change


def start_anew(monkeypatch) -> None:
    """Let the machine have lost power and be started again a second from now."""
    monkeypatch.setattr(machine, "boot_id", lambda: "another")
    monkeypatch.setattr(machine, "boot_time_ns", lambda: time.time_ns() + 1_000_000_000)


def quarantine(world) -> list[bytes]:
    folder = world.root / ".tagsmith" / "quarantine"
    return [path.read_bytes() for path in sorted(folder.rglob("[0-9]"))]


def two(world) -> tuple[Change, Change]:
    world.write("a.txt", b"one, two")
    world.write("b.txt", b"one, two")
    return world.edit("a.txt", b"one, three"), world.edit("b.txt", b"one, four")


def test_a_plan_that_stopped_half_way_is_taken_back_and_told(world):
    changes = two(world)
    before = world.snapshot()
    crash(world, "exchange", "b.txt", *changes)
    assert world.read("a.txt") == b"one, three"
    recovery = world.journal().recover()
    assert recovery.messages == (
        "The plan 'test' had stopped half-way; it was taken back (1 file restored).",
    )
    assert (recovery.restored, len(recovery.rolled_back)) == (1, 1)
    assert world.snapshot() == before
    assert world.state_files() == {"lock", "tx"}
    assert not world.journal().recover()


def test_a_plan_that_touched_nothing_yet_leaves_nothing_to_tell(world):
    changes = two(world)
    crash(world, "syncfs", "", *changes)
    recovery = world.journal().recover()
    assert not recovery
    assert not world.journal().needs_recovery()
    assert world.read("a.txt") == b"one, two"


def test_forward_finishes_the_plan(world):
    changes = two(world)
    crash(world, "exchange", "b.txt", *changes)
    recovery = world.journal().recover(forward=True)
    assert recovery.finished
    assert (world.read("a.txt"), world.read("b.txt")) == (b"one, three", b"one, four")
    [entry] = world.journal().history()
    assert entry.title == "test"


def test_forward_with_an_edit_by_hand_goes_back_and_says_why(world):
    changes = two(world)
    crash(world, "exchange", "b.txt", *changes)
    world.write("b.txt", b"by hand")
    recovery = world.journal().recover(forward=True)
    assert not recovery.finished
    assert "could not be finished" in recovery.messages[-1]
    assert (world.read("a.txt"), world.read("b.txt")) == (b"one, two", b"by hand")


@pytest.mark.parametrize("by_hand", [b"by hand", b"one", b"", b"one, three, and more"])
def test_an_edit_by_hand_after_a_crash_stays_and_is_listed(world, by_hand):
    changes = two(world)
    crash(world, "exchange", "b.txt", *changes)
    world.write("a.txt", by_hand)
    recovery = world.journal().recover()
    assert world.read("a.txt") == by_hand
    assert recovery.left_alone == ("a.txt",)
    assert recovery.quarantined == ()
    assert "changed by somebody else" in recovery.messages[1]


def test_a_file_deleted_by_hand_after_a_crash_stays_deleted(world):
    changes = two(world)
    crash(world, "exchange", "b.txt", *changes)
    (world.root / "a.txt").unlink()
    assert world.journal().recover().left_alone == ("a.txt",)
    assert not world.exists("a.txt")


def test_an_edit_caught_in_the_slot_by_a_kill_goes_back_to_its_name(world):
    """Killed between the exchange and the look at what came out of it."""
    changes = two(world)

    def hook(now: str, on: str) -> None:
        if (now, on) == ("exchange", "a.txt"):
            world.write("a.txt", b"by hand")
        elif (now, on) == ("open", "0"):
            raise Crash

    with pytest.raises(Crash):
        world.apply(*changes, journal=world.journal(hook))
    assert world.read("a.txt") == b"one, three"
    recovery = world.journal().recover()
    assert world.read("a.txt") == b"by hand"
    assert recovery.left_alone == ("a.txt",)


@pytest.mark.parametrize("torn", [b"", b"\0" * 10, b"one\0\0\0\0\0\0\0", b"one, t"])
def test_a_file_torn_by_a_power_cut_is_restored_and_kept_in_quarantine(world, monkeypatch, torn):
    changes = two(world)
    crash(world, "exchange", "b.txt", *changes)
    world.write("a.txt", torn, mtime_ns=time.time_ns())
    start_anew(monkeypatch)
    recovery = world.journal().recover()
    assert world.read("a.txt") == b"one, two"
    assert recovery.quarantined == ("a.txt",)
    assert quarantine(world) == [torn]
    assert ".tagsmith/quarantine" in recovery.messages[-1]
    assert not world.journal().recover()


def test_the_same_bytes_written_after_the_new_start_are_an_edit_by_hand(world, monkeypatch):
    changes = two(world)
    crash(world, "exchange", "b.txt", *changes)
    start_anew(monkeypatch)
    world.write("a.txt", b"one", mtime_ns=time.time_ns() + 5_000_000_000)
    recovery = world.journal().recover()
    assert world.read("a.txt") == b"one"
    assert recovery.left_alone == ("a.txt",)


def test_an_applied_plan_is_read_back_after_a_new_start_and_torn_files_mended(world, monkeypatch):
    changes = two(world)
    world.apply(*changes)
    # Between the header, in whole seconds, and the commit, as a write of the transaction is.
    meanwhile = os.stat(world.root / "a.txt").st_mtime_ns
    world.write("a.txt", b"one, thr", mtime_ns=meanwhile)
    world.write("b.txt", b"one", mtime_ns=time.time_ns() + 60_000_000_000)
    assert not world.journal().recover()
    start_anew(monkeypatch)
    recovery = world.journal().recover()
    assert world.read("a.txt") == b"one, three"
    assert world.read("b.txt") == b"one", "cut short by hand, a minute later"
    assert recovery.quarantined == ("a.txt",)
    assert "loss of power" in recovery.messages[0]
    assert not world.journal().recover()


def test_a_commit_without_an_end_stands(world):
    changes = two(world)
    crash(world, "list", ".", *changes)
    recovery = world.journal().recover()
    assert recovery.confirmed
    assert world.read("a.txt") == b"one, three"
    assert len(world.journal().history()) == 1
    assert not world.journal().needs_recovery()


def test_a_name_taken_by_hand_after_a_crash_is_not_overwritten(world):
    world.write("a.png", b"PNG")
    world.write("b.txt", b"one")
    changes = world.trash("a.png"), world.edit("b.txt", b"two")
    crash(world, "exchange", "b.txt", *changes)
    world.write("a.png", b"another picture")
    recovery = world.journal().recover()
    assert world.read("a.png") == b"another picture"
    assert recovery.left_alone == ("a.png",)
    assert quarantine(world) == [b"PNG"]
    names = (world.root / ".tagsmith" / "quarantine").rglob("names")
    assert [path.read_text() for path in names] == ["0\t'a.png'\n"]


def test_folders_made_for_a_plan_go_when_it_is_taken_back_unless_used(world):
    world.write("a.png", b"PNG")
    world.write("z.txt", b"one")
    changes = (
        world.move("a.png", "new/deep/a.png"),
        world.create("other/b.txt", b"b"),
        world.edit("z.txt", b"two"),
    )
    crash(world, "exchange", "z.txt", *changes)
    world.write("other/mine.txt", b"by hand")
    world.journal().recover()
    assert not world.exists("new")
    assert world.bytes_of() == {
        b"a.png": b"PNG",
        b"z.txt": b"one",
        b"other": None,
        b"other/mine.txt": b"by hand",
    }


def test_a_moved_file_edited_by_hand_comes_back_with_the_edit(world):
    world.write("a.png", b"PNG")
    world.write("z.txt", b"one")
    crash(world, "exchange", "z.txt", world.move("a.png", "b.png"), world.edit("z.txt", b"two"))
    (world.root / "b.png").write_bytes(b"PNG, retouched")
    world.journal().recover()
    assert world.bytes_of() == {b"a.png": b"PNG, retouched", b"z.txt": b"one"}


def test_somebody_elses_file_under_the_target_is_not_taken(world):
    world.write("a.txt", b"one")
    changes = world.create("new.txt", b"new"), world.edit("a.txt", b"two")
    crash(world, "rename", "new.txt", *changes)
    world.write("new.txt", b"new")
    world.journal().recover()
    assert world.read("new.txt") == b"new", "the bytes are equal, but we had not put them there"


@pytest.mark.parametrize("batch", [1, 8192])
def test_somebody_who_wrote_the_same_bytes_keeps_them(world, monkeypatch, batch):
    """Neither staged (batch 1) nor staged but not placed: the slots prove that it was not us."""
    monkeypatch.setattr(transaction, "BATCH", batch)
    changes = (*two(world), world.create("c.txt", b"new"))
    if batch == 1:
        crash(world, "open", "0", *changes)
    else:
        crash(world, "exchange", "b.txt", *changes)
    world.write("b.txt", b"one, four")
    world.write("c.txt", b"new")
    world.journal().recover()
    assert world.bytes_of() == {b"a.txt": b"one, two", b"b.txt": b"one, four", b"c.txt": b"new"}


def test_identical_files_in_a_chain_survive_any_two_crashes(fast_world):
    """Bytes cannot tell these apart, so the marks must."""

    def crash_from(step: int):
        seen = []

        def hook(operation: str, name: str) -> None:
            seen.append(operation)
            if len(seen) >= step:
                raise Crash

        return hook

    def fill() -> list[Change]:
        fast_world.fill()
        for name in ("1.png", "2.png", "3.png"):
            fast_world.write(name, b"the same", mtime_ns=int(name[0]) * 10**18)
        moves = ("1.png", "2.png"), ("2.png", "3.png"), ("3.png", "1.png")
        return [fast_world.move(path, to) for path, to in moves]

    steps: list[str] = []
    fast_world.apply(*fill(), journal=fast_world.journal(lambda name, _: steps.append(name)))
    filled = len(steps) - steps[::-1].index("rename")
    changes = fill()
    before = fast_world.snapshot()
    for first in (filled - 2, filled - 1, filled, filled + 1):
        for second in range(1, 200):
            with pytest.raises(Crash):
                fast_world.apply(*changes, journal=fast_world.journal(crash_from(first)))
            try:
                fast_world.journal(crash_from(second)).recover()
                break
            except Crash:
                recovery = fast_world.journal().recover()
            assert fast_world.snapshot() == before, (first, second)
            assert (recovery.left_alone, recovery.quarantined) == ((), ()), (first, second)
        assert second > 30
