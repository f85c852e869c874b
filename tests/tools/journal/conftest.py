"""A small dataset with every kind of change, and ways to break things beside it."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tagsmith.tools import content
from tagsmith.tools.journal import Applied, Journal
from tagsmith.tools.journal.files import Files
from tagsmith.tools.journal.names import PathNames
from tagsmith.tools.plan import Change, Kind, Plan

Snapshot = dict[bytes, tuple[bytes | None, int, int]]
OLD = 1_600_000_000_000_000_000


class World:
    """A dataset folder under test: write, plan, apply, look."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.portable = False

    def write(self, name: str, data: bytes, *, mode: int = 0o644, mtime_ns: int = OLD) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(mode)
        os.utime(path, ns=(mtime_ns, mtime_ns))
        return path

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def exists(self, name: str) -> bool:
        return os.path.lexists(self.root / name)

    def journal(self, before: Callable[[str, str], None] | None = None) -> Journal:
        """The journal as a new process sees it; ``portable`` takes all of Linux's calls away."""
        files = Files(before, PathNames() if self.portable else None)
        files.has_syncfs = files.has_syncfs and not self.portable
        return Journal.open(self.root, files)

    def snapshot(self) -> Snapshot:
        """Every file (bytes, mode, mtime) and folder outside .tagsmith, by its bytes on disk."""
        found: Snapshot = {}
        pending = [os.fsencode(self.root)]
        while pending:
            folder = pending.pop()
            with os.scandir(folder) as entries:
                for entry in entries:
                    name = os.path.relpath(entry.path, os.fsencode(self.root))
                    status = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        if name != b".tagsmith":
                            pending.append(entry.path)
                            found[name] = (None, status.st_mode, 0)
                        continue
                    data = Path(os.fsdecode(entry.path)).read_bytes()
                    found[name] = (data, status.st_mode, status.st_mtime_ns)
        return found

    def bytes_of(self) -> dict[bytes, bytes | None]:
        """Names and bytes only: what a change that sets a new mtime is compared by."""
        return {name: data for name, (data, _, _) in self.snapshot().items()}

    def state_files(self) -> set[str]:
        """Every path inside .tagsmith."""
        base = self.root / ".tagsmith"
        return {str(path.relative_to(base)) for path in base.rglob("*")}

    @staticmethod
    def fork() -> int:
        """Fork. The child must leave by ``os._exit``; then the runner's threads do no harm."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return os.fork()

    def in_child(self, action: Callable[[], object], *, user: int | None = None) -> int:
        """Run in a forked process, as another user if asked; its exit code, 1 if it raised."""
        child = self.fork()
        if not child:
            try:
                if user is not None:
                    os.setgid(user)
                    os.setuid(user)
                action()
            except BaseException:
                os._exit(1)
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    @staticmethod
    def fail_at(
        operation: str, name: str = "", error: int = errno.EIO
    ) -> Callable[[str, str], None]:
        """Return a hook that fails the first operation of this name."""
        failed = []

        def hook(now: str, on: str) -> None:
            if now == operation and (not name or on == name) and not failed:
                failed.append(on)
                raise OSError(error, os.strerror(error), on)

        return hook

    # Changes

    def edit(self, name: str, after: bytes, *, trusted: bool = False) -> Change:
        stamp = content.stamp(os.lstat(self.root / name)) if trusted else None
        return Change(Kind.EDIT, name, before=self.read(name), after=after, stamp=stamp)

    def create(self, name: str, after: bytes) -> Change:
        return Change(Kind.CREATE, name, after=after)

    def move(self, name: str, to: str, after: bytes | None = None) -> Change:
        data = self.read(name)
        if after is not None:
            return Change(Kind.MOVE, name, before=data, after=after, to=to)
        return Change(Kind.MOVE, name, to=to, seen=content.digest(data))

    def trash(self, name: str) -> Change:
        return Change(Kind.TRASH, name, seen=content.digest(self.read(name)))

    def apply(self, *changes: Change, journal: Journal | None = None, **more: object) -> Applied:
        plan = Plan.of("test", (), changes)
        return (journal or self.journal()).apply(plan, origin="do", **more)  # type: ignore[arg-type]

    def undo(self, journal: Journal | None = None, *, redo: bool = False) -> Applied:
        journal = journal or self.journal()
        entry = (journal.last_redoable() if redo else journal.last_undoable())[0]
        reversal = journal.reverse(entry.id)
        plan = Plan.of("undo", (), reversal.changes, undoes=(entry.id,))
        return journal.apply(plan, origin="undo")

    # The dataset and the plan that the fault sweeps use

    def fill(self) -> None:
        """Make the sweep's dataset anew."""
        for path in self.root.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        self.write("a.txt", b"one, two")
        self.write("b.txt", b"two, watermark", mode=0o600)
        self.write("sub/c.txt", b"")
        self.write("d.png", b"PNG d")
        self.write("d.txt", b"dog")
        self.write("e.png", b"PNG e")
        self.write("e.txt", b"eel")
        self.write("f.png", b"PNG f")
        self.write("g.png", b"PNG g")

    def every_kind(self) -> Plan:
        """Edits, a creation, a sample moved to a new folder, a swap of names, a sample trashed."""
        return Plan.of(
            "every kind",
            (),
            (
                self.edit("a.txt", b"one"),
                self.edit("b.txt", b"two", trusted=True),
                self.edit("sub/c.txt", b"now it has a tag"),
                self.create("f.txt", b"fish"),
                self.move("d.png", "_isolated/dogs/d.png"),
                self.move("d.txt", "_isolated/dogs/d.txt", b"dog, isolated"),
                self.move("f.png", "g.png"),
                self.move("g.png", "f.png"),
                self.trash("e.png"),
                self.trash("e.txt"),
            ),
        )


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty dataset folder."""
    root = tmp_path / "data"
    root.mkdir()
    return World(root)


@pytest.fixture
def fast_world() -> Iterator[World]:
    """An empty dataset folder in memory where that exists: for thousands of small plans."""
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = tempfile.mkdtemp(prefix="tagsmith-test-", dir=base)
    yield World(Path(folder))
    shutil.rmtree(folder)
