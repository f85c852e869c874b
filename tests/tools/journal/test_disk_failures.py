"""When the disk fails in the middle: what is told, and what stands."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tagsmith.tools.errors import (
    DatasetError,
    JournalError,
    OutcomeUnknownError,
)
from tagsmith.tools.journal import Journal, checks
from tagsmith.tools.journal.files import Files
from tagsmith.tools.journal.names import PathNames
from tagsmith.tools.plan import Plan


def fail_from(operation: str, name: str):
    """A hook that fails this operation and every rename and exchange after it."""
    failing = []

    def hook(now: str, on: str) -> None:
        if (now, on) == (operation, name) or (failing and now in ("rename", "exchange")):
            failing.append(now)
            raise OSError(errno.EIO, os.strerror(errno.EIO), on)

    return hook


def test_nothing_is_touched_before_its_journal_is_on_the_medium(world):
    """The order of the protocol: each promise is flushed before what relies on it."""
    world.fill()
    plan = world.every_kind()
    done: list[str] = []
    world.journal(lambda operation, _: done.append(operation)).apply(plan, origin="do")
    marks = [step for step in done if step in ("create", "append", "syncfs", "fsync", "exchange")]
    first = marks.index("exchange")
    assert marks[first - 3 : first] == ["syncfs", "append", "fsync"]
    assert "create" not in marks[first - 3 :][: marks[first:].index("append")]
    last = len(marks) - 1 - marks[::-1].index("fsync")
    assert marks[last - 2 : last + 1] == ["syncfs", "append", "fsync"]
    assert marks.count("syncfs") == 3
    assert marks.count("fsync") == 3


def test_an_error_in_the_middle_is_told_and_everything_is_as_before(world):
    world.fill()
    before = world.snapshot()
    journal = world.journal(world.fail_at("exchange", "c.txt"))
    with pytest.raises(DatasetError, match=r"c\.txt: Input/output error. Nothing was changed"):
        journal.apply(world.every_kind(), origin="do")
    assert world.snapshot() == before
    assert not world.journal().needs_recovery()


def test_a_commit_that_the_disk_does_not_confirm_is_an_outcome_of_its_own(world):
    world.write("a.txt", b"one")
    syncs: list[str] = []

    def hook(operation: str, name: str) -> None:
        if operation == "fsync":
            syncs.append(operation)
            if len(syncs) == 2:
                raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(
        OutcomeUnknownError, match=r"applied, but the disk did not confirm"
    ) as caught:
        world.apply(world.edit("a.txt", b"two"), journal=world.journal(hook))
    assert caught.value.exit == 6
    assert world.read("a.txt") == b"two"
    recovery = world.journal().recover()
    assert recovery.confirmed
    assert "it stands" in recovery.messages[0]
    assert world.read("a.txt") == b"two"


def test_a_commit_that_was_never_written_is_rolled_back(world):
    world.write("a.txt", b"one")
    appends = [0]

    def hook(operation: str, name: str) -> None:
        # The appends are: lock, header, plan, folders, batch, applying, commit.
        appends[0] += operation == "append"
        if operation == "append" and appends[0] == 7:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DatasetError, match=r"No space left on device. Nothing was changed"):
        world.apply(world.edit("a.txt", b"two"), journal=world.journal(hook))
    assert world.read("a.txt") == b"one"


def test_when_the_roll_back_fails_too_it_says_so_and_the_next_apply_mends_it(world):
    world.fill()
    before = world.bytes_of()
    plan = world.every_kind()
    with pytest.raises(JournalError, match=r"roll-back as well .*tagsmith recover"):
        world.journal(fail_from("exchange", "c.txt")).apply(plan, origin="do")
    assert world.journal().needs_recovery()
    applied = world.journal().apply(plan, origin="do")
    assert "taken back" in applied.messages[0]
    world.undo()
    assert world.bytes_of() == before


@pytest.mark.parametrize("missing", ["exchange", "flags", "descriptors"])
def test_it_works_where_the_system_offers_less(world, missing):
    world.fill()
    before = world.snapshot()
    plan = world.every_kind()
    files = Files(names=PathNames() if missing == "descriptors" else None)
    files.can_exchange = files.has_syncfs = False
    files._can_flag = files._can_flag and missing == "exchange"
    journal = Journal.open(world.root, files)
    journal.apply(plan, origin="do")
    assert world.read("f.png") == b"PNG g"
    reversal = journal.reverse("1")
    assert not reversal.skipped
    journal.apply(Plan.of("undo", (), reversal.changes, undoes=("1",)), origin="undo")
    assert world.snapshot() == before


def test_a_folder_that_is_none_says_so(tmp_path: Path):
    with pytest.raises(DatasetError, match="does not exist"):
        Journal.open(tmp_path / "none")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DatasetError, match="is not a folder"):
        Journal.open(tmp_path / "file")


def test_opening_and_looking_writes_nothing(world):
    journal = world.journal()
    assert not journal.needs_recovery()
    assert not journal.recover()
    assert journal.history() == []
    assert not journal.prune(dry_run=True).entries
    assert not world.exists(".tagsmith")


def test_margin_counts_the_largest_batch(world, monkeypatch):
    monkeypatch.setattr(checks, "BATCH", 2)
    monkeypatch.setattr(checks, "MARGIN", 0)
    for number in range(6):
        world.write(f"{number}.txt", b"x" * 4000)
    changes = [world.edit(f"{number}.txt", b"y" * 4000) for number in range(6)]
    journal = sum(map(checks.plan_bytes, changes))
    monkeypatch.setattr(Files, "free_bytes", lambda *_: (journal + 2 * 4096, 4096))
    world.apply(*changes)
    changes = [world.edit(f"{number}.txt", b"z" * 4000) for number in range(6)]
    monkeypatch.setattr(Files, "free_bytes", lambda *_: (journal + 2 * 4096 - 1, 4096))
    with pytest.raises(JournalError):
        world.apply(*changes)
