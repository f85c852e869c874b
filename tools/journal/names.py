"""Names inside open folders: relative to a descriptor where the system can, else by whole path.

With descriptors nobody can put a link in the way between the look at a folder and its use. Without
them (Windows) every folder is looked at when it is opened, and used by its path.
"""

from __future__ import annotations

import errno
import os
import stat
from itertools import count

_CLOSED = getattr(os, "O_CLOEXEC", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _CLOSED
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


class PathNames:
    """Names by whole path. A folder is a number that stands for its path."""

    def __init__(self) -> None:
        self._paths: dict[int, str] = {}
        self._numbers = count(1)

    def open_root(self, path: str) -> int:
        """Open the dataset folder; a link to it is resolved this once."""
        return self._remember(os.path.realpath(path, strict=True))

    def open_folder(self, parent: int, name: str) -> int:
        """Open a folder that is no link. Raises NotADirectoryError for anything else."""
        path = self._path(parent, name)
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)
        return self._remember(path)

    def close_folder(self, folder: int) -> None:
        """Forget an open folder."""
        self._paths.pop(folder, None)

    def flush_folder(self, folder: int) -> None:
        """Wait until a folder's names are on the medium, where the system offers that."""

    def names(self, folder: int) -> list[str]:
        """List a folder."""
        return os.listdir(self._paths[folder])

    def open(self, folder: int, name: str, flags: int, mode: int = 0) -> int:
        """Open a file that is no link."""
        path = self._path(folder, name)
        if os.path.islink(path):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name)
        return os.open(path, flags | _NO_FOLLOW, mode)

    def status(self, folder: int, name: str) -> os.stat_result:
        """Return the status of the name itself."""
        return os.lstat(self._path(folder, name))

    def access(self, folder: int, name: str, mode: int) -> bool:
        """Tell whether this process may do that."""
        return os.access(self._path(folder, name), mode)

    def set_time(self, folder: int, name: str, descriptor: int, mtime_ns: int) -> None:
        """Set when an open file, which has this name, was changed last."""
        del descriptor
        os.utime(self._path(folder, name), ns=(mtime_ns, mtime_ns))

    def mkdir(self, folder: int, name: str, mode: int) -> None:
        """Make a folder."""
        os.mkdir(self._path(folder, name), mode)

    def rmdir(self, folder: int, name: str) -> None:
        """Remove an empty folder."""
        os.rmdir(self._path(folder, name))

    def unlink(self, folder: int, name: str) -> None:
        """Remove a file."""
        os.unlink(self._path(folder, name))

    def link(self, folder: int, name: str, to_folder: int, to_name: str) -> None:
        """Give a file a second name, never over another."""
        os.link(self._path(folder, name), self._path(to_folder, to_name), follow_symlinks=False)

    def replace(self, folder: int, name: str, to_folder: int, to_name: str) -> None:
        """Rename, over what has the new name."""
        os.replace(self._path(folder, name), self._path(to_folder, to_name))

    def _path(self, folder: int, name: str) -> str:
        return os.path.join(self._paths[folder], name)

    def _remember(self, path: str) -> int:
        number = next(self._numbers)
        self._paths[number] = path
        return number


class FolderNames(PathNames):
    """Names relative to the descriptor of an open folder."""

    def open_root(self, path: str) -> int:
        """Open the dataset folder; a link to it is resolved this once."""
        return os.open(path, _FOLDER)

    def open_folder(self, parent: int, name: str) -> int:
        """Open a folder that is no link."""
        return os.open(name, _FOLDER | _NO_FOLLOW, dir_fd=parent)

    def close_folder(self, folder: int) -> None:
        """Close the descriptor."""
        os.close(folder)

    def flush_folder(self, folder: int) -> None:
        """Wait until the names in a folder are on the medium."""
        os.fsync(folder)

    def names(self, folder: int) -> list[str]:
        """List a folder."""
        return os.listdir(folder)

    def open(self, folder: int, name: str, flags: int, mode: int = 0) -> int:
        """Open a file that is no link."""
        return os.open(name, flags | _NO_FOLLOW, mode, dir_fd=folder)

    def status(self, folder: int, name: str) -> os.stat_result:
        """Return the status of the name itself."""
        return os.stat(name, dir_fd=folder, follow_symlinks=False)

    def access(self, folder: int, name: str, mode: int) -> bool:
        """Tell whether this process may do that."""
        return os.access(name, mode, dir_fd=folder)

    def set_time(self, folder: int, name: str, descriptor: int, mtime_ns: int) -> None:
        """Set when an open file, which has this name, was changed last."""
        del folder, name
        os.utime(descriptor, ns=(mtime_ns, mtime_ns))

    def mkdir(self, folder: int, name: str, mode: int) -> None:
        """Make a folder."""
        os.mkdir(name, mode, dir_fd=folder)

    def rmdir(self, folder: int, name: str) -> None:
        """Remove an empty folder."""
        os.rmdir(name, dir_fd=folder)

    def unlink(self, folder: int, name: str) -> None:
        """Remove a file."""
        os.unlink(name, dir_fd=folder)

    def link(self, folder: int, name: str, to_folder: int, to_name: str) -> None:
        """Give a file a second name, never over another."""
        os.link(name, to_name, src_dir_fd=folder, dst_dir_fd=to_folder, follow_symlinks=False)

    def replace(self, folder: int, name: str, to_folder: int, to_name: str) -> None:
        """Rename, over what has the new name."""
        os.replace(name, to_name, src_dir_fd=folder, dst_dir_fd=to_folder)


def names_of_this_system() -> PathNames:
    """Return the safest way that this system offers."""
    relative = {os.open, os.stat, os.mkdir, os.rmdir, os.unlink, os.rename, os.link}
    return FolderNames() if relative <= os.supports_dir_fd else PathNames()
