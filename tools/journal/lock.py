"""One Tagsmith at a time: the lock on a dataset, and who holds it."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from dataclasses import dataclass

from tagsmith.tools.errors import LockedError, ReadOnlyError
from tagsmith.tools.journal import machine
from tagsmith.tools.journal.layout import LOCK
from tagsmith.tools.journal.tree import Tree
from tagsmith.tools.paths import STATE_FOLDER, display

_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
_MOST_TEXT = 1024


@dataclass(frozen=True, slots=True)
class Holder:
    """Who wrote the lock file: a process of a machine since its last start."""

    pid: int
    host: str
    boot: str

    @classmethod
    def me(cls) -> Holder:
        """Return this process."""
        return cls(os.getpid(), machine.host(), machine.boot_id())

    @classmethod
    def parse(cls, text: bytes) -> Holder | None:
        """Read what ``encode`` wrote; None for an empty or foreign text."""
        parts = text.decode("utf-8", "replace").rstrip("\n").split("\t")
        if len(parts) != 3 or not parts[0].isascii() or not parts[0].isdecimal():
            return None
        return cls(int(parts[0]), parts[1], parts[2])

    def encode(self) -> bytes:
        """Return one line for the lock file."""
        return f"{self.pid}\t{self.host}\t{self.boot}\n".encode()

    def shares_locks_with(self, other: Holder) -> bool:
        """Tell whether both run on one kernel, so that the lock itself proves who lives."""
        return self.host == other.host or (bool(self.boot) and self.boot == other.boot)


class Lock:
    """The lock of one dataset, held between ``acquire`` and ``release`` (or as a context).

    Raises ReadOnlyError where ``.tagsmith/`` cannot be written and LockedError where another
    process holds it. A lock left behind by a dead process of this machine is taken over; one left
    by another machine never is, because from here nobody can tell whether that one still runs.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._descriptor: int | None = None

    def __enter__(self) -> Lock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def acquire(self) -> None:
        """Take the lock, or say who holds it."""
        descriptor = self._open()
        try:
            found = Holder.parse(os.pread(descriptor, _MOST_TEXT, 0) if os.name != "nt" else b"")
            if not _try_lock(descriptor):
                raise _held(self._tree.path, found)
            me = Holder.me()
            if found and not me.shares_locks_with(found):
                raise _left_behind(self._tree.path, found)
            self._tree.files.truncate(descriptor, 0)
            self._tree.files.append(descriptor, me.encode())
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; the file stays, empty."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        # The text only helps people; what happened under the lock must not fail because of it.
        try:
            with suppress(OSError, KeyboardInterrupt):
                self._tree.files.truncate(descriptor, 0)
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        try:
            self._tree.make_folder(STATE_FOLDER, 0o700)
            return self._tree.files.open_log(*self._tree.where(LOCK))
        except OSError as error:
            if error.errno in _REFUSED:
                raise ReadOnlyError(
                    f"The folder {display(self._tree.path)} can be read but not changed.",
                    "Tagsmith needs to create .tagsmith/ in it.",
                ) from error
            raise


def is_held(tree: Tree) -> bool:
    """Tell whether another process holds the lock at this moment; writes nothing."""
    try:
        descriptor = tree.files.open_file(*tree.where(LOCK))
    except OSError:
        return False
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        # Far behind the text, so that others can still read who holds the lock.
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EINTR):
            return False
        # Some network mounts have no locks; the text in the file is then all there is.
        return error.errno in (errno.ENOTSUP, errno.ENOLCK, errno.ENOSYS)
    return True


def _held(root: str, holder: Holder | None) -> LockedError:
    who = f"process {holder.pid} on {holder.host}" if holder else "another process"
    return LockedError(
        f"The folder {display(root)} is in use: {who} holds it.",
        "Close that Tagsmith first; reading and counting work meanwhile.",
    )


def _left_behind(root: str, holder: Holder) -> LockedError:
    return LockedError(
        f"The folder {display(root)} was locked by process {holder.pid} on {holder.host}, "
        "another machine.",
        f"If no Tagsmith runs there any more, delete {LOCK} and try again.",
    )
