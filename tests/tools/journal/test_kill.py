"""kill -9 at the file syscalls of a 12-file apply: the kernel's view, no hook of ours involved."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest

from tagsmith.tools.plan import Plan

CALLS = (
    "renameat2",
    "rename,renameat",
    "mkdir,mkdirat",
    "unlink,unlinkat,rmdir",
    "write",
    "pwrite64",
    "fchmod",
    "fchown",
    "ftruncate",
    "fsync",
    "syncfs",
    "flock",
    "link,linkat",
    "open,openat",
    "newfstatat,stat,lstat",
    "fstat",
    "read,pread64",
    "close",
    "faccessat,faccessat2,access",
    "listxattr,llistxattr",
    "getdents64",
    "statfs,fstatfs",
)


def allow_tracing() -> None:
    """Let a sibling process trace this one, where Yama asks for that (PR_SET_PTRACER)."""
    import ctypes

    ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)


class Victim:
    """A forked child that waits for a byte, runs the action, and may be killed by strace."""

    def __init__(self, world, action: Callable[[], object]) -> None:
        wait, self.go = os.pipe()
        self.pid = world.fork()
        if not self.pid:
            os.close(self.go)
            allow_tracing()
            os.read(wait, 1)
            try:
                action()
            except BaseException:
                os._exit(1)
            os._exit(0)
        os.close(wait)

    def run(self, calls: str, at: int) -> int:
        """Kill the child at its ``at``-th of these calls; return its exit code, -9 if killed."""
        known = ",".join(f"?{call}" for call in calls.split(","))
        tracer = subprocess.Popen(
            ["strace", "-p", str(self.pid), "-e", f"trace={known}", "-o", "/dev/null",
             "-e", f"inject={known}:signal=KILL:when={at}"],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        # Where the first read is to be fatal, the child may die while it waits for this byte.
        with suppress(BrokenPipeError):
            os.write(self.go, b"!")
        os.close(self.go)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        tracer.stderr.close()
        tracer.wait()
        if "attached" not in said:
            pytest.skip(f"strace cannot trace here: {said.strip()}")
        return status


def fill(world) -> None:
    world.fill()
    for number in range(12):
        world.write(f"n{number}.txt", f"tag {number}".encode())


def twelve(world) -> Plan:
    """Twelve files: edits, a rewritten move, a swap, a creation, trash."""
    return Plan.of(
        "twelve",
        (),
        (
            *(world.edit(f"n{number}.txt", f"new {number}".encode()) for number in range(5)),
            world.create("f.txt", b"fish"),
            world.move("d.png", "new/d.png"),
            world.move("d.txt", "new/d.txt", b"dog, moved"),
            world.move("f.png", "g.png"),
            world.move("g.png", "f.png"),
            world.trash("e.png"),
            world.trash("e.txt"),
        ),
    )


def kill_everywhere(world, stride: int) -> Counter[str]:
    fill(world)
    old, plan = world.bytes_of(), twelve(world)
    world.journal().apply(plan, origin="test")
    new = world.bytes_of()
    kills: Counter[str] = Counter()
    fill(world)
    for calls in CALLS:
        at = 1
        while True:
            plan = twelve(world)
            status = Victim(
                world, lambda plan=plan: world.journal().apply(plan, origin="test")
            ).run(calls, at)
            assert status in (0, -signal.SIGKILL), (calls, at, status)
            journal = world.journal()
            journal.recover()
            assert not journal.recover(), (calls, at)
            now = world.bytes_of()
            assert now in (old, new), (calls, at)
            if status == 0:
                assert now == new
                fill(world)
                break
            assert (now == new) == bool(journal.history()), (calls, at)
            kills["new" if now == new else "old"] += 1
            kills[calls.partition(",")[0]] += 1
            if now == new:
                fill(world)
            at += stride
    print(f"{kills['old'] + kills['new']} kills: {dict(kills)}")
    return kills


@pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is not installed; the fault sweep stands in"
)
@pytest.mark.parametrize("stride", [2, pytest.param(1, marks=pytest.mark.nightly)])
def test_a_kill_at_any_file_call_leaves_all_old_or_all_new(fast_world, stride):
    kills = kill_everywhere(fast_world, stride)
    assert kills["old"] > 200 // stride
    assert kills["new"]
    for calls in ("renameat2", "mkdir", "unlink", "write", "fchmod", "fsync", "syncfs", "open"):
        assert kills[calls], calls
