"""Plans that are refused: nothing is changed, and the message says why."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess

import pytest

from tagsmith.tools.errors import (
    ConflictError,
    DatasetError,
    JournalError,
    ReadOnlyError,
    UsageError,
)
from tagsmith.tools.journal.files import Files
from tagsmith.tools.plan import Change, Kind


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
    journal = world.journal(world.fail_at(operation, error=errno.EXDEV))
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
