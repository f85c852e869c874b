"""Every operating-system call of apply, undo and recovery, in one place.

A fault test sets ``Files.before``: it is called with the name of each operation and of the file
before the operation happens, and may raise anything or end the process. Names are relative to an
open folder and are never followed when they are symbolic links. The calls that only some systems
have (syncfs, renameat2, renameatx_np, xattrs) fall back here, so that no other module knows them.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from tagsmith.tools import content
from tagsmith.tools.journal.names import FolderNames, PathNames, names_of_this_system

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Hook = Callable[[str, str], None]

_EXTRA = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _EXTRA
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _EXTRA
_LOG = os.O_RDWR | os.O_CREAT | os.O_APPEND | _EXTRA
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
_XATTRS = sys.platform == "linux"
# Linux: renameat2(2), RENAME_NOREPLACE and RENAME_EXCHANGE; macOS: renameatx_np(2), RENAME_EXCL
# and RENAME_SWAP.
_RENAME, _NO_REPLACE, _EXCHANGE = (
    ("renameatx_np", 4, 2) if sys.platform == "darwin" else ("renameat2", 1, 2)
)


class Look(NamedTuple):
    """What a rewritten file keeps of the old one beside its name: mode, owner, attributes."""

    mode: int
    uid: int
    gid: int
    xattrs: tuple[tuple[str, bytes], ...] = ()


class Files:
    """The operating system as the journal uses it.

    ``steps`` counts operations, ``syncs`` the calls that wait for the disk. ``has_syncfs`` is
    False where every file must be flushed on its own.
    """

    def __init__(self, before: Hook | None = None, names: PathNames | None = None) -> None:
        self.before = before
        self._names = names or names_of_this_system()
        self.steps = 0
        self.syncs = 0
        self._libc = None if os.name == "nt" else ctypes.CDLL(None, use_errno=True)
        self.has_syncfs = sys.platform == "linux" and hasattr(self._libc, "syncfs")
        self._can_flag = hasattr(self._libc, _RENAME) and isinstance(self._names, FolderNames)
        self.can_exchange = self._can_flag

    def _step(self, operation: str, name: str) -> None:
        self.steps += 1
        if self.before is not None:
            self.before(operation, name)

    # Folders

    def open_root(self, path: str) -> int:
        """Open the dataset folder; a symbolic link to it is resolved this once."""
        self._step("open", path)
        return self._names.open_root(path)

    def open_folder(self, parent: int, name: str) -> int:
        """Open a folder that is not a symbolic link."""
        self._step("open", name)
        return self._names.open_folder(parent, name)

    def close_folder(self, folder: int) -> None:
        """Close an open folder."""
        self._names.close_folder(folder)

    def make_folder(self, parent: int, name: str, mode: int = 0o777) -> None:
        """Create one folder."""
        self._step("mkdir", name)
        self._names.mkdir(parent, name, mode)

    def remove_folder(self, parent: int, name: str) -> None:
        """Remove one empty folder."""
        self._step("rmdir", name)
        self._names.rmdir(parent, name)

    def names(self, folder: int) -> list[str]:
        """List an open folder."""
        self._step("list", ".")
        return self._names.names(folder)

    def close(self, descriptor: int) -> None:
        """Close a descriptor, also when a fault is injected here."""
        try:
            self._step("close", "")
        finally:
            os.close(descriptor)

    # Looking

    def status(self, folder: int, name: str) -> os.stat_result:
        """Return the status of the name itself, never of what a link points to."""
        self._step("stat", name)
        return self._names.status(folder, name)

    def may_write(self, folder: int, name: str) -> bool:
        """Tell whether this process may write to the file (or into the folder, for ``.``)."""
        self._step("access", name)
        mode = os.W_OK | os.X_OK if name == "." else os.W_OK
        return self._names.access(folder, name, mode)

    def free_bytes(self, folder: int) -> tuple[int, int]:
        """Return the bytes that this user may still write, and the size of a block."""
        self._step("statvfs", ".")
        if not isinstance(self._names, FolderNames):
            return 1 << 62, 4096
        status = os.statvfs(folder)
        return status.f_bavail * status.f_frsize, status.f_frsize

    def open_file(self, folder: int, name: str) -> int:
        """Open a regular file for reading. Raises OSError (EINVAL) for anything else."""
        self._step("open", name)
        descriptor = self._names.open(folder, name, _READ)
        if content.is_regular(os.fstat(descriptor)):
            return descriptor
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", name)

    def holds(self, folder: int, name: str, data: bytes) -> bool:
        """Tell whether the file's bytes are exactly ``data``."""
        descriptor = self.open_file(folder, name)
        try:
            self._step("read", name)
            size = len(data)
            return (
                os.read(descriptor, size + 1) == data
                if size < content.WHOLE_UP_TO
                else (
                    os.fstat(descriptor).st_size == size
                    and content.read_all(descriptor, size) == data
                )
            )
        finally:
            os.close(descriptor)

    def read(self, folder: int, name: str, limit: int) -> bytes:
        """Read at most ``limit`` bytes and one more, which tells that the file is longer."""
        descriptor = self.open_file(folder, name)
        try:
            self._step("read", name)
            return os.read(descriptor, limit + 1)
        finally:
            os.close(descriptor)

    def read_into(self, descriptor: int, buffer: WriteableBuffer) -> int:
        """Read what comes next of an open file into a buffer; 0 at its end."""
        self._step("read", "")
        view = memoryview(buffer)
        data = os.read(descriptor, len(view))
        view[: len(data)] = data
        return len(data)

    def digest(self, folder: int, name: str) -> bytes:
        """Return ``content.digest`` of a file."""
        descriptor = self.open_file(folder, name)
        try:
            self._step("read", name)
            return content.digest_descriptor(descriptor)
        finally:
            os.close(descriptor)

    def xattrs(self, folder: int, name: str) -> tuple[tuple[str, bytes], ...]:
        """Return the extended attributes (ACLs among them) of a name; none where unsupported."""
        if not _XATTRS or not isinstance(self._names, FolderNames):
            return ()
        self._step("listxattr", name)
        path = f"/proc/self/fd/{folder}/{name}"
        try:
            names = os.listxattr(path, follow_symlinks=False)
            return tuple((key, os.getxattr(path, key, follow_symlinks=False)) for key in names)
        except OSError as error:
            if error.errno in _UNSUPPORTED or not os.path.isdir(f"/proc/self/fd/{folder}"):
                return ()
            raise

    # Writing

    def create(
        self, folder: int, name: str, data: bytes, look: Look | None, mtime_ns: int | None
    ) -> None:
        """Write a new file that looks like ``look`` (the process's default when None).

        Raises FileExistsError where the name is taken. Without syncfs the file is also flushed.
        """
        self._step("create", name)
        mode = 0o666 if look is None else 0o600
        descriptor = self._names.open(folder, name, _NEW, mode)
        try:
            self._step("write", name)
            self._write(descriptor, data)
            if look is not None:
                self._dress(descriptor, name, look)
            if mtime_ns is not None:
                self._step("utime", name)
                self._names.set_time(folder, name, descriptor, mtime_ns)
            if not self.has_syncfs:
                self.flush(descriptor)
        finally:
            os.close(descriptor)

    def _dress(self, descriptor: int, name: str, look: Look) -> None:
        if not hasattr(os, "fchmod"):
            return
        self._step("chmod", name)
        status = os.fstat(descriptor)
        if (status.st_uid, status.st_gid) != (look.uid, look.gid):
            # Only root may give files away; others keep what the system lets them keep.
            _permitted(lambda: os.fchown(descriptor, -1, look.gid))
            _permitted(lambda: os.fchown(descriptor, look.uid, -1))
        os.fchmod(descriptor, look.mode)
        for key, value in look.xattrs:
            _permitted(lambda key=key, value=value: os.setxattr(descriptor, key, value))  # type: ignore[misc]

    @staticmethod
    def _write(descriptor: int, data: bytes) -> None:
        written = os.write(descriptor, data)
        while written < len(data):
            written += os.write(descriptor, data[written:])

    def open_log(self, folder: int, name: str) -> int:
        """Open a file for appending, creating it if it is not there (0600)."""
        self._step("create", name)
        return self._names.open(folder, name, _LOG, 0o600)

    def append(self, descriptor: int, data: bytes) -> None:
        """Append to an open file."""
        self._step("append", "")
        self._write(descriptor, data)

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut an open file."""
        self._step("truncate", "")
        os.ftruncate(descriptor, size)

    def flush(self, descriptor: int) -> None:
        """Wait until an open file's bytes are on the medium."""
        self._step("fsync", "")
        self.syncs += 1
        if sys.platform == "darwin":
            import fcntl

            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        else:
            os.fsync(descriptor)

    def flush_folder(self, folder: int) -> None:
        """Wait until the names in an open folder are on the medium."""
        self._step("fsync", ".")
        self.syncs += 1
        self._names.flush_folder(folder)

    def flush_all(self, root: int) -> None:
        """Wait until everything written to the file system of ``root`` is on the medium (Linux)."""
        self._step("syncfs", "")
        self.syncs += 1
        if self._libc is not None and self._libc.syncfs(root) != 0:
            raise _last_error("syncfs")

    # Names

    def rename_new(self, folder: int, name: str, to_folder: int, to_name: str) -> None:
        """Rename, never over anything. Raises FileExistsError where the new name is taken."""
        self._step("rename", to_name)
        if self._can_flag:
            try:
                self._flagged(folder, name, to_folder, to_name, _NO_REPLACE)
                return
            except OSError as error:
                if error.errno not in _UNSUPPORTED:
                    raise
                self._can_flag = False
        self._link_new(folder, name, to_folder, to_name)

    def _link_new(self, folder: int, name: str, to_folder: int, to_name: str) -> None:
        try:
            self._names.link(folder, name, to_folder, to_name)
        except FileExistsError:
            raise
        except OSError:
            # A file system without hard links: nothing better than to look first.
            if self._exists(to_folder, to_name):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), to_name) from None
            self._names.replace(folder, name, to_folder, to_name)
            return
        self._step("unlink", name)
        self._names.unlink(folder, name)

    def _exists(self, folder: int, name: str) -> bool:
        try:
            self._names.status(folder, name)
        except FileNotFoundError:
            return False
        return True

    def exchange(self, folder: int, name: str, to_folder: int, to_name: str) -> bool:
        """Swap two names in one step. Returns False, having done nothing, where unsupported."""
        if not self.can_exchange:
            return False
        self._step("exchange", to_name)
        try:
            self._flagged(folder, name, to_folder, to_name, _EXCHANGE)
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
            self.can_exchange = False
            return False
        return True

    def _flagged(self, folder: int, name: str, to_folder: int, to_name: str, flag: int) -> None:
        rename = getattr(self._libc, _RENAME)
        if rename(folder, os.fsencode(name), to_folder, os.fsencode(to_name), flag) != 0:
            raise _last_error(to_name)

    def rename_over(self, folder: int, name: str, to_folder: int, to_name: str) -> None:
        """Rename, replacing what has the new name."""
        self._step("rename", to_name)
        self._names.replace(folder, name, to_folder, to_name)

    def unlink(self, folder: int, name: str) -> None:
        """Remove one file."""
        self._step("unlink", name)
        self._names.unlink(folder, name)


def _last_error(name: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), name)


def _permitted(call: Callable[[], None]) -> None:
    try:
        call()
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EACCES, *_UNSUPPORTED):
            raise
