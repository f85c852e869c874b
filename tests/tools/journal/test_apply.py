"""Applying a plan: each kind of change, and what is preserved."""

from __future__ import annotations

import os
import time

import pytest

from tagsmith.tools.errors import (
    DatasetError,
)
from tagsmith.tools.journal import Journal, transaction
from tagsmith.tools.journal.files import Files
from tagsmith.tools.plan import Change, Kind, Plan

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
