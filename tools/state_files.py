"""Small files of Tagsmith's own in ``.tagsmith/`` of a dataset, readable by their owner alone.

A downloaded dataset may bring such a folder: no link is followed, no pipe waited on, and no file
read that is larger than it may be.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tagsmith.tools import content
from tagsmith.tools.errors import DatasetError
from tagsmith.tools.paths import STATE_FOLDER

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CAREFULLY = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read(root: str, name: str, most: int) -> bytes | None:
    """Return what a file holds, None where there is none.

    Raises DatasetError where it cannot be read, is no ordinary file, or holds more than ``most``.
    """
    try:
        with _folder(root) as folder:
            descriptor = os.open(name, os.O_RDONLY | _CAREFULLY, dir_fd=folder)
            try:
                status = os.fstat(descriptor)
                if not content.is_regular(status):
                    raise DatasetError(f"{_shown(name)} is not a file.", "Move it out of the way.")
                if status.st_size > most:
                    raise DatasetError(
                        f"{_shown(name)} is larger than {most >> 20} MiB.",
                        "Move it out of the way.",
                    )
                return content.read_all(descriptor, status.st_size)
            finally:
                os.close(descriptor)
    except FileNotFoundError:
        return None
    except DatasetError:
        raise
    except OSError as error:
        raise _cannot(name, "read", error) from error


def write(root: str, name: str, data: bytes) -> None:
    """Write a file whole or not at all (0600). Raises DatasetError; it is then as it was."""
    temporary = f".{name}.{os.urandom(6).hex()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CAREFULLY
    try:
        _make(root)
        with _folder(root) as folder:
            descriptor = os.open(temporary, flags, 0o600, dir_fd=folder)
            try:
                with open(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(descriptor)
                os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(temporary, dir_fd=folder)
                raise
    except OSError as error:
        raise _cannot(name, "written", error) from error


def append(root: str, name: str, data: bytes) -> None:
    """Add to the end of a file (0600 where it is new). Raises DatasetError.

    It is not synced: what is added survives the end of the process, not a power cut.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _CAREFULLY
    try:
        _make(root)
        with _folder(root) as folder:
            descriptor = os.open(name, flags, 0o600, dir_fd=folder)
            try:
                os.write(descriptor, data)
            finally:
                os.close(descriptor)
    except OSError as error:
        raise _cannot(name, "written", error) from error


def _make(root: str) -> None:
    with suppress(FileExistsError):
        os.mkdir(os.path.join(root, STATE_FOLDER), 0o700)


@contextmanager
def _folder(root: str) -> Iterator[int]:
    """Open the folder of the state. Raises OSError, DatasetError where it is a link."""
    path = os.path.join(root, STATE_FOLDER)
    if stat.S_ISLNK(os.lstat(path).st_mode):
        raise DatasetError(
            f"{STATE_FOLDER} is a symbolic link, so nothing is kept there.",
            "Move it out of the way.",
        )
    descriptor = os.open(path, _FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _shown(name: str) -> str:
    return f"{STATE_FOLDER}/{name}"


def _cannot(name: str, what: str, error: OSError) -> DatasetError:
    if isinstance(error, DatasetError):
        return error
    return DatasetError(
        f"{_shown(name)} cannot be {what}: {error.strerror or error}.",
        "Check the folder's permissions and the space on the disk.",
    )
