"""The dataset folder as the journal walks it: open folders, cached, never through a link."""

from __future__ import annotations

import errno
import os

from tagsmith.tools import content
from tagsmith.tools.errors import DatasetError
from tagsmith.tools.journal.files import Files, Look
from tagsmith.tools.paths import display

MOST_OPEN = 64
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class Tree:
    """An open dataset folder. Paths are relative to it; ``where`` turns one into an open folder
    and a name. At most ``MOST_OPEN`` folders stay open, the latest used.
    """

    def __init__(self, files: Files, path: str) -> None:
        self.files = files
        self.path = path
        try:
            self.root = files.open_root(path)
        except OSError as error:
            raise DatasetError(
                f"The folder {display(path)} cannot be opened: {error.strerror}."
            ) from error
        self._device: int | None = None
        self._open: dict[str, int] = {}
        self._touched: set[str] = set()
        self._last = ("", self.root)

    def __enter__(self) -> Tree:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every open folder; the tree is of no use afterwards."""
        for descriptor in (*self._open.values(), self.root):
            self.files.close_folder(descriptor)

    @property
    def device(self) -> int:
        """The device that the dataset folder lies on."""
        if self._device is None:
            self._device = self.files.status(self.root, ".").st_dev
        return self._device

    def where(self, path: str) -> tuple[int, str]:
        """Return the open folder that ``path`` is in, and its name there. Raises OSError."""
        folder, _, name = path.rpartition("/")
        if folder == self._last[0]:
            return self._last[1], name
        return self.folder(folder), name

    def folder(self, path: str) -> int:
        """Return an open folder; a link on the way raises OSError (ELOOP or ENOTDIR)."""
        if not path:
            return self.root
        descriptor = self._open.pop(path, None)
        if descriptor is None:
            parent, _, name = path.rpartition("/")
            descriptor = self.files.open_folder(self.folder(parent), name)
            if len(self._open) >= MOST_OPEN:
                self.files.close_folder(self._open.pop(next(iter(self._open))))
        self._open[path] = descriptor
        self._last = (path, descriptor)
        return descriptor

    def missing_folders(self, path: str) -> list[str]:
        """Return the folders, outermost first, that must be made for ``path`` to exist."""
        missing: list[str] = []
        folder = path.rpartition("/")[0]
        while folder and self.status(folder) is None:
            missing.insert(0, folder)
            folder = folder.rpartition("/")[0]
        if folder:
            self.folder(folder)
        return missing

    def make_folder(self, path: str, mode: int = 0o777) -> None:
        """Make a folder and those above it; what is there stays."""
        missing = [*self.missing_folders(path), path] if path else []
        for folder in missing:
            parent, name = self.where(folder)
            try:
                self.files.make_folder(parent, name, mode)
            except FileExistsError:
                self.folder(folder)
            self.touch(folder)

    def remove_folder_if_empty(self, path: str) -> None:
        """Remove a folder if it is empty and there; anything else leaves it."""
        try:
            self.files.remove_folder(*self.where(path))
        except OSError as error:
            if error.errno not in (*_NOT_THERE, errno.ENOTEMPTY, errno.EEXIST):
                raise
            return
        self.forget(path)
        self.touch(path)

    def forget(self, path: str) -> None:
        """Close a folder that goes away."""
        descriptor = self._open.pop(path, None)
        if descriptor is not None:
            self.files.close_folder(descriptor)
            self._last = ("", self.root)

    def status(self, path: str) -> os.stat_result | None:
        """Return the status of ``path`` itself, or None where nothing is there."""
        try:
            return self.files.status(*self.where(path))
        except OSError as error:
            if error.errno in _NOT_THERE:
                return None
            raise

    def open(self, path: str) -> int:
        """Open a regular file for reading. Raises OSError (EINVAL for anything else)."""
        return self.files.open_file(*self.where(path))

    def read(self, path: str, limit: int) -> bytes | None:
        """Read up to ``limit`` bytes and one more; None where there is no regular file."""
        try:
            return self.files.read(*self.where(path), limit)
        except OSError as error:
            if error.errno in (*_NOT_THERE, errno.EINVAL):
                return None
            raise

    def digest(self, path: str) -> bytes | None:
        """Return the digest of ``path``, or None where there is no regular file."""
        try:
            return self.files.digest(*self.where(path))
        except OSError as error:
            if error.errno in (*_NOT_THERE, errno.EINVAL):
                return None
            raise

    def holds(self, path: str, data: bytes) -> bool:
        """Tell whether ``path`` is a regular file with exactly these bytes."""
        try:
            return self.files.holds(*self.where(path), data)
        except OSError as error:
            if error.errno in (*_NOT_THERE, errno.EINVAL):
                return False
            raise

    def look(self, path: str) -> tuple[Look, os.stat_result] | None:
        """Return what a rewrite of ``path`` must keep, and its status; None if not a file."""
        status = self.status(path)
        if status is None or not content.is_regular(status):
            return None
        folder, name = self.where(path)
        mode = status.st_mode & 0o7777
        return Look(mode, status.st_uid, status.st_gid, self.files.xattrs(folder, name)), status

    def touch(self, path: str) -> None:
        """Remember that the folder of ``path`` changed, where folders are flushed one by one."""
        if not self.files.has_syncfs:
            self._touched.add(path.rpartition("/")[0])

    def sync(self) -> None:
        """Wait until everything done so far is on the medium."""
        if self.files.has_syncfs:
            self.files.flush_all(self.root)
            return
        for folder in sorted(self._touched):
            if self.status(folder) is not None or not folder:
                self.files.flush_folder(self.folder(folder))
        self._touched.clear()
