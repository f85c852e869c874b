"""One Tagsmith at a time: who holds a dataset, and what happens to a lock left behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tagsmith.tools.errors import LockedError, ReadOnlyError
from tagsmith.tools.journal import machine

HOLDER = """
import sys
from tagsmith.tools.journal import Journal
with Journal.open(sys.argv[1]).hold():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(world):
    """Another process that holds the dataset until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(world.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_live_holder_is_named_and_nothing_is_changed(world, other):
    world.write("a.txt", b"one")
    before = world.snapshot()
    match = f"process {other.pid} on {re.escape(machine.host())} holds it"
    with pytest.raises(LockedError, match=match) as caught:
        world.apply(world.edit("a.txt", b"two"))
    assert "Close that Tagsmith" in caught.value.hint
    with pytest.raises(LockedError), world.journal().hold():
        pass
    assert world.snapshot() == before
    assert world.journal().history() == []
    assert not world.journal().needs_recovery()


def test_a_lock_of_a_dead_process_is_taken_over(world, other):
    world.write("a.txt", b"one")
    other.kill()
    other.wait()
    assert (world.root / ".tagsmith" / "lock").read_bytes()
    world.apply(world.edit("a.txt", b"two"))
    assert world.read("a.txt") == b"two"
    assert (world.root / ".tagsmith" / "lock").read_bytes() == b""


def test_a_lock_left_by_another_machine_is_never_stolen(world):
    world.write("a.txt", b"one")
    world.apply(world.edit("a.txt", b"two"))
    lock = world.root / ".tagsmith" / "lock"
    lock.write_text("4242\tworkstation\tanother-start\n")
    with pytest.raises(LockedError, match=r"process 4242 on workstation.*delete .tagsmith/lock"):
        world.apply(world.edit("a.txt", b"three"))
    lock.unlink()
    world.apply(world.edit("a.txt", b"three"))
    assert world.read("a.txt") == b"three"


def test_a_lock_left_by_a_container_of_this_machine_is_taken_over(world):
    world.write("a.txt", b"one")
    world.apply(world.edit("a.txt", b"two"))
    if not machine.boot_id():
        pytest.skip("this system has no boot id to tell")
    lock = world.root / ".tagsmith" / "lock"
    lock.write_text(f"7\tcontainer-1\t{machine.boot_id()}\n")
    world.apply(world.edit("a.txt", b"three"))


def test_a_session_holds_the_lock_and_applies_inside_it(world):
    world.write("a.txt", b"one")
    journal = world.journal()
    with journal.hold():
        text = (world.root / ".tagsmith" / "lock").read_text()
        assert text == f"{os.getpid()}\t{machine.host()}\t{machine.boot_id()}\n"
        world.apply(world.edit("a.txt", b"two"), journal=journal)
        world.undo(journal)
        with pytest.raises(LockedError):
            world.journal().recover()
        assert not journal.recover()
    world.apply(world.edit("a.txt", b"three"))


def test_errors_inside_a_session_are_the_callers_own(world):
    with pytest.raises(OSError, match="mine"), world.journal().hold():
        raise OSError("mine")


def test_a_folder_that_cannot_have_a_state_folder_is_read_only(world):
    def hook(operation: str, name: str) -> None:
        if (operation, name) == ("mkdir", ".tagsmith"):
            raise OSError(30, "Read-only file system")

    with pytest.raises(ReadOnlyError, match="can be read but not changed"):
        world.journal(hook).hold().__enter__()
