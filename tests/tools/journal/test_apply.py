"""Applying a plan: each kind of change, what is preserved, what is refused and how it is said."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tagsmith.tools.errors import (
    ConflictError,
    DatasetError,
    JournalError,
    OutcomeUnknownError,
    ReadOnlyError,
    UsageError,
)
from tagsmith.tools.journal import Journal, checks, transaction
from tagsmith.tools.journal.files import Files
from tagsmith.tools.journal.names import PathNames
from tagsmith.tools.plan import Change, Kind, Plan


def fail_from(operation: str, name: str):
    """A hook that fails this operation and every rename and exchange after it."""
    failing = []

    def hook(now: str, on: str) -> None:
        if (now, on) == (operation, name) or (failing and now in ("rename", "exchange")):
            failing.append(now)
            raise OSError(errno.EIO, os.strerror(errno.EIO), on)

    return hook


def fail_at(operation: str, name: str = "", error: int = errno.EIO, times: int = 1):
    """A hook that fails the first ``times`` operations of this name."""
    left = [times]

    def hook(now: str, on: str) -> None:
        if now == operation and (not name or on == name) and left[0]:
            left[0] -= 1
            raise OSError(error, os.strerror(error), on)

    return hook


# What each kind does


def test_every_kind_of_change_is_applied(world):
    world.fill()
    applied = world.journal().apply(world.every_kind(), origin="do")
    files = {name: data for name, data in world.bytes_of().items() if data is not None}
    assert files == {
        b"a.txt": b"one",
        b"b.txt": b"two",
        b"sub/c.txt": b"now it has a tag",
        b"f.txt": b"fish",
        b"_isolated/dogs/d.png": b"PNG d",
        b"_isolated/dogs/d.txt": b"dog, isolated",
        b"f.png": b"PNG g",
        b"g.png": b"PNG f",
    }
    assert applied.verified == 10
    assert applied.durable
    assert applied.messages == ()


def test_trash_has_neutral_names_that_no_trainer_reads(world):
    world.write("e.png", b"PNG")
    applied = world.apply(world.trash("e.png"))
    trash = world.root / ".tagsmith" / "trash" / applied.tx_id
    assert [path.name for path in trash.iterdir()] == ["0"]
    assert (trash / "0").read_bytes() == b"PNG"


def test_state_folder_is_private(world):
    world.write("a.txt", b"one")
    world.apply(world.edit("a.txt", b"two"))
    assert (world.root / ".tagsmith").stat().st_mode & 0o777 == 0o700


def test_chain_of_moves_into_names_that_become_free(world):
    for name in ("1.png", "2.png", "3.png"):
        world.write(name, name.encode())
    world.apply(
        world.move("1.png", "2.png"), world.move("2.png", "3.png"), world.move("3.png", "4.png")
    )
    assert {name: world.read(name) for name in ("2.png", "3.png", "4.png")} == {
        "2.png": b"1.png",
        "3.png": b"2.png",
        "4.png": b"3.png",
    }
    assert not world.exists("1.png")


def test_a_file_may_be_created_where_another_leaves(world):
    world.write("a.txt", b"old")
    world.apply(world.move("a.txt", "b.txt"), world.create("a.txt", b"new"))
    assert (world.read("a.txt"), world.read("b.txt")) == (b"new", b"old")
    applied = world.apply(world.trash("a.txt"), world.move("b.txt", "a.txt"))
    assert world.read("a.txt") == b"old"
    assert (applied.verified, applied.messages) == (2, ())


def test_case_only_rename_on_a_file_system_that_ignores_case(world, monkeypatch):
    monkeypatch.setattr(transaction, "ignores_case", lambda _: True)
    world.write("a.txt", b"one")
    world.apply(world.move("a.txt", "A.txt"))
    assert world.read("A.txt") == b"one"
    assert os.listdir(world.root).count("A.txt") == 1


def test_two_targets_that_are_one_file_without_case_are_refused(world, monkeypatch):
    monkeypatch.setattr(transaction, "ignores_case", lambda _: True)
    with pytest.raises(DatasetError, match="one file on this disk"):
        world.apply(world.create("é.txt", b"1"), world.create("E\u0301.txt", b"2"))
    assert world.bytes_of() == {}


def test_batches_cost_one_sync_each(world, monkeypatch):
    monkeypatch.setattr(transaction, "BATCH", 10)
    changes = []
    for number in range(35):
        world.write(f"{number}.txt", b"one")
        changes.append(world.edit(f"{number}.txt", b"two"))
    files = Files()
    Journal.open(world.root, files).apply(Plan.of("t", (), changes), origin="do")
    assert all(world.read(f"{number}.txt") == b"two" for number in range(35))
    assert files.syncs <= 6 + 35 / 10


def test_progress_ends_at_the_number_of_files(world):
    world.write("a.txt", b"one")
    calls: list[tuple[int, int]] = []
    world.apply(world.edit("a.txt", b"two"), progress=lambda done, of: calls.append((done, of)))
    assert calls[-1] == (1, 1)


# What is preserved


def test_mode_and_attributes_stay_and_the_time_is_new(world):
    path = world.write("a.txt", b"one", mode=0o640)
    try:
        os.setxattr(path, "user.note", b"mine")
    except (OSError, AttributeError):
        attributes = {}
    else:
        attributes = {"user.note": b"mine"}
    before = time.time_ns()
    world.apply(world.edit("a.txt", b"two"))
    status = path.stat()
    assert status.st_mode & 0o7777 == 0o640
    assert status.st_mtime_ns >= before - 1_000_000_000
    assert all(os.getxattr(path, key) == value for key, value in attributes.items())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_owner_stays(world):
    path = world.write("a.txt", b"one")
    os.chown(path, 1234, 2345)
    world.apply(world.edit("a.txt", b"two"))
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


def test_a_time_that_the_change_brings_is_set(world):
    path = world.write("a.txt", b"one")
    change = world.edit("a.txt", b"two")
    world.apply(Change(Kind.EDIT, "a.txt", b"one", b"two", mtime_ns=1_234_567_890_000_000_000))
    assert change.mtime_ns is None
    assert path.stat().st_mtime_ns == 1_234_567_890_000_000_000


def test_a_hard_link_keeps_the_old_text_under_its_other_name(world):
    path = world.write("a.txt", b"one")
    os.link(path, world.root / "b.txt")
    world.apply(world.edit("a.txt", b"two"))
    assert (world.read("a.txt"), world.read("b.txt")) == (b"two", b"one")


NAMES = [
    pytest.param("x" * 251 + ".txt", id="255 bytes"),
    pytest.param(os.fsdecode(b"caf\xe9 \xff.txt"), id="not UTF-8"),
    pytest.param("two\nlines\t\x1b[31m.txt", id="newline and escape"),
    pytest.param("-rf.txt", id="dash"),
    pytest.param(" a'\"$(b) .txt", id="quotes and spaces"),
]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_byte_exact(world, name):
    world.write(name, b"one")
    world.write(f"sub/{name}", b"one")
    before = world.bytes_of()
    world.apply(world.edit(name, b"two"), world.move(f"sub/{name}", f"other/{name}", b"three"))
    assert world.read(name) == b"two"
    assert world.read(f"other/{name}") == b"three"
    assert {change.path for change in world.journal().changes("1")} == {name, f"sub/{name}"}
    world.undo()
    assert world.bytes_of() == before


# What is refused: nothing is changed


def refused(world, error: type[Exception], match: str, *changes: Change, journal=None):
    before = world.snapshot()
    with pytest.raises(error, match=match) as caught:
        world.apply(*changes, journal=journal)
    assert world.snapshot() == before
    assert not world.journal().needs_recovery()
    assert world.journal().history() == []
    return caught.value


def test_a_file_that_changed_since_is_a_conflict(world):
    world.write("a.txt", b"one")
    world.write("b.txt", b"one")
    changes = world.edit("a.txt", b"two"), world.edit("b.txt", b"two")
    world.write("b.txt", b"by hand")
    error = refused(world, ConflictError, "1 file changed since", *changes)
    assert error.paths == ("b.txt",)
    assert error.exit == 5


def test_all_files_that_changed_are_named_at_once(world):
    changes = []
    for number in range(6):
        world.write(f"{number}.txt", b"one")
        changes.append(world.edit(f"{number}.txt", b"two"))
        world.write(f"{number}.txt", b"by hand")
    error = refused(world, ConflictError, "6 files changed .* 3 more", *changes)
    assert len(error.paths) == 6


def test_an_existing_target_is_never_overwritten(world):
    world.write("a.png", b"one")
    world.write("b.png", b"two")
    error = refused(world, ConflictError, "b.png", world.move("a.png", "b.png"))
    assert error.paths == ("b.png",)
    refused(world, ConflictError, "b.png", world.create("b.png", b"new"))


def test_a_target_that_appears_at_the_last_moment_is_never_overwritten(world):
    world.write("a.png", b"one")

    def hook(operation: str, name: str) -> None:
        if operation == "rename" and name == "b.png":
            world.write("b.png", b"by hand")

    with pytest.raises(ConflictError):
        world.apply(world.move("a.png", "b.png"), journal=world.journal(hook))
    assert world.read("b.png") == b"by hand"
    assert world.read("a.png") == b"one"


@pytest.mark.parametrize("kind", ["move", "trash"])
def test_a_file_replaced_at_the_last_moment_keeps_its_name(world, kind):
    world.write("a.png", b"one")
    change = world.trash("a.png") if kind == "trash" else world.move("a.png", "b.png")

    def hook(operation: str, name: str) -> None:
        if operation == "rename" and name in ("b.png", "0") and world.read("a.png") == b"one":
            world.write("editor~", b"by hand").rename(world.root / "a.png")

    with pytest.raises(ConflictError):
        world.apply(change, journal=world.journal(hook))
    assert world.bytes_of() == {b"a.png": b"by hand"}


def test_a_link_is_never_followed(world, tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_bytes(b"one")
    world.write("a.txt", b"one")
    change = world.edit("a.txt", b"two")
    (world.root / "a.txt").unlink()
    (world.root / "a.txt").symlink_to(outside)
    refused(world, ConflictError, "a.txt", change)
    assert outside.read_bytes() == b"one"


def test_a_folder_that_became_a_link_is_never_entered(world, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.txt").write_bytes(b"one")
    world.write("sub/a.txt", b"one")
    change = world.edit("sub/a.txt", b"two")
    (world.root / "sub" / "a.txt").unlink()
    (world.root / "sub").rmdir()
    (world.root / "sub").symlink_to(tmp_path / "outside")
    with pytest.raises((ConflictError, DatasetError)):
        world.apply(change)
    with pytest.raises(DatasetError, match="a file or a link"):
        world.apply(world.create("sub/new.txt", b"new"))
    assert (tmp_path / "outside" / "a.txt").read_bytes() == b"one"
    assert not (tmp_path / "outside" / "new.txt").exists()


def test_a_pipe_in_place_of_a_caption_does_not_hang(world):
    world.write("a.txt", b"one")
    change = world.edit("a.txt", b"two")
    (world.root / "a.txt").unlink()
    os.mkfifo(world.root / "a.txt")
    with pytest.raises(ConflictError):
        world.apply(change)


@pytest.mark.parametrize(
    "change",
    [
        Change(Kind.EDIT, "../a.txt", b"one", b"two"),
        Change(Kind.CREATE, "/etc/passwd", after=b"x"),
        Change(Kind.CREATE, ".tagsmith/lock", after=b"x"),
        Change(Kind.CREATE, ".TAGSMITH/lock", after=b"x"),
        Change(Kind.MOVE, "a.txt", to="sub/../../b.txt", seen=b"x" * 16),
        Change(Kind.MOVE, "a.txt", to=".tagsmith/b.txt", seen=b"x" * 16),
        Change(Kind.MOVE, ".tagsmith/lock", to="a", seen=b"x" * 16),
        Change(Kind.TRASH, ".tagsmith/trash/0001-00000000/0", seen=b"x" * 16),
        Change(Kind.EDIT, "a.txt", b"one"),
        Change(Kind.CREATE, "b.txt"),
    ],
)
def test_paths_that_leave_the_dataset_are_refused(world, change):
    world.write("a.txt", b"one")
    refused(world, UsageError, r"\.", change)


def test_two_changes_of_one_file_are_refused(world):
    world.write("a.txt", b"one")
    refused(world, UsageError, "twice", world.edit("a.txt", b"two"), world.trash("a.txt"))
    both = world.create("b.txt", b"1"), world.move("a.txt", "b.txt")
    refused(world, DatasetError, "twice", *both)


def test_an_empty_plan_is_refused(world):
    refused(world, UsageError, "changes nothing")


def test_a_full_disk_is_refused_before_anything_is_written(world, monkeypatch):
    world.write("a.txt", b"one")
    monkeypatch.setattr(Files, "free_bytes", lambda *_: (60 << 20, 4096))
    refused(world, JournalError, "63 MB free; this plan needs 67 MB", world.edit("a.txt", b"two"))
    assert world.state_files() == {"lock"}


def test_a_disk_that_fills_up_in_the_middle_changes_nothing(fast_world):
    """A real limit of the kernel instead of a hook: no file may grow beyond 8 KiB (EFBIG)."""
    for number in range(40):
        fast_world.write(f"{number}.txt", b"one " * 100)
    changes = [fast_world.edit(f"{number}.txt", b"two " * 100) for number in range(40)]
    before = fast_world.snapshot()

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
        try:
            fast_world.apply(*changes)
        except DatasetError as error:
            os._exit(7 if "Nothing was changed" in str(error) else 1)

    assert fast_world.in_child(limited) == 7
    assert fast_world.snapshot() == before
    assert not fast_world.journal().needs_recovery()


NOBODY = 65534 if os.geteuid() == 0 else None


def test_a_read_only_folder_says_so(fast_world):
    fast_world.write("a.txt", b"one")
    change = fast_world.edit("a.txt", b"two")
    fast_world.root.chmod(0o555)

    def attempt() -> None:
        try:
            fast_world.apply(change)
        except ReadOnlyError as error:
            os._exit(7 if "can be read but not changed" in str(error) else 1)

    assert fast_world.in_child(attempt, user=NOBODY) == 7
    fast_world.root.chmod(0o755)
    assert not fast_world.exists(".tagsmith")


def test_a_file_that_we_may_not_write_is_refused_although_a_rename_would_work(fast_world):
    fast_world.root.chmod(0o777)
    fast_world.write("a.txt", b"one", mode=0o444)
    change = fast_world.edit("a.txt", b"two")

    def attempt() -> None:
        try:
            fast_world.apply(change)
        except ReadOnlyError as error:
            os._exit(7 if "a.txt is read-only" in str(error) else 1)

    assert fast_world.in_child(attempt, user=NOBODY) == 7
    assert fast_world.read("a.txt") == b"one"


def test_an_immutable_file_is_refused(world):
    path = world.write("a.txt", b"one")
    change = world.edit("a.txt", b"two")
    if subprocess.run(["chattr", "+i", path], capture_output=True, check=False).returncode:
        pytest.skip("chattr +i needs root and a file system that knows it")
    try:
        refused(world, ReadOnlyError, "a.txt is read-only", change)
    finally:
        subprocess.run(["chattr", "-i", path], check=True)


@pytest.mark.parametrize("operation", ["rename", "exchange"])
def test_another_file_system_at_the_last_moment_changes_nothing(world, operation):
    world.fill()
    before = world.snapshot()
    journal = world.journal(fail_at(operation, error=errno.EXDEV))
    with pytest.raises(DatasetError, match="mounted from elsewhere"):
        journal.apply(world.every_kind(), origin="do")
    assert world.snapshot() == before


def test_a_mount_inside_the_dataset_is_refused_up_front(world):
    world.write("sub/a.txt", b"one")
    mount = ["mount", "-t", "tmpfs", "none", str(world.root / "sub")]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root")
    try:
        world.write("sub/a.txt", b"one")
        world.write("b.png", b"PNG")
        refused(world, DatasetError, "another file system", world.edit("sub/a.txt", b"two"))
        refused(world, DatasetError, "another file system", world.move("b.png", "sub/b.png"))
    finally:
        subprocess.run(["umount", str(world.root / "sub")], check=True)


# When the disk fails


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
    journal = world.journal(fail_at("exchange", "c.txt"))
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


def test_without_descriptors_a_target_is_never_overwritten_and_a_link_never_followed(world):
    world.portable = True
    test_an_existing_target_is_never_overwritten(world)
    (world.root / "link").symlink_to(world.root / "a.png")
    (world.root / "folder").symlink_to(world.root)
    with pytest.raises(ConflictError):
        world.apply(Change(Kind.EDIT, "link", b"one", b"two"))
    with pytest.raises((ConflictError, DatasetError)):
        world.apply(Change(Kind.EDIT, "folder/a.png", b"one", b"two"))
    assert world.read("a.png") == b"one"


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
