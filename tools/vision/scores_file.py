"""Opening ``.tagsmith/scores.db`` and its like so that a file somebody else made can do no harm.

A downloaded dataset may ship one. It is used only if its header, its schema and its journal are
exactly what this module writes; anything else is set aside under ``scores.damaged`` and a new file
is begun: what it holds can always be computed again. Traps that are closed here: a link in place
of the folder or the file, a rollback journal that names another file for SQLite to delete (its
"super journal"), a write-ahead log, triggers, views and functions in the schema
(https://sqlite.org/security.html).
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from contextlib import suppress
from dataclasses import dataclass

from tagsmith.tools.errors import DatasetError
from tagsmith.tools.paths import STATE_FOLDER


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of file below ``.tagsmith``, and the schema that it has to the letter.

    ``set_aside`` is what a damaged one is renamed to; ``application`` and ``version`` stand in its
    header. Messages call what it holds ``what``, and say ``again`` to have it computed again.
    """

    name: str
    set_aside: str
    application: int
    version: int
    schema: tuple[str, ...]
    what: str
    again: str


_SCHEMA = (
    "CREATE TABLE model (number INTEGER PRIMARY KEY, name TEXT NOT NULL, revision TEXT NOT NULL, "
    "digest TEXT NOT NULL, used INTEGER NOT NULL, labels TEXT NOT NULL, "
    "UNIQUE (name, revision, digest))",
    "CREATE TABLE score (model INTEGER NOT NULL, content BLOB NOT NULL, data BLOB NOT NULL, "
    "PRIMARY KEY (model, content))",
    "CREATE TABLE file (path BLOB PRIMARY KEY, stamp BLOB NOT NULL, content BLOB NOT NULL)",
    "CREATE TABLE origin (content BLOB PRIMARY KEY, models TEXT NOT NULL)",
    "CREATE TABLE answer (content BLOB NOT NULL, tag TEXT NOT NULL, keep INTEGER NOT NULL, "
    "PRIMARY KEY (content, tag))",
    "CREATE TABLE decision (tag TEXT PRIMARY KEY, spelling TEXT NOT NULL, keep INTEGER NOT NULL)",
    "CREATE TABLE caption (content BLOB NOT NULL, who TEXT NOT NULL, asked TEXT NOT NULL, "
    "text TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (content, who, asked))",
)

# The number is "TagS".
SCORES = Form(
    "scores.db", "scores.damaged", 0x54616753, 1, _SCHEMA, "scores", "Run the tagger again."
)

BUSY_SECONDS = 20.0
# The labels of the largest tagger known (108,036 names) take 4 MB.
_LONGEST_VALUE = 64 << 20

# SQLite's file format, sections 1.3 (header) and 3 (rollback journal).
_MAGIC = b"SQLite format 3\0"
_ROLLBACK = b"\x01\x01"
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")

# SQLITE_DBCONFIG_DEFENSIVE, _ENABLE_TRIGGER and _ENABLE_VIEW; Python names them from 3.12 on.
_DEFENCES = {1010: True, 1003: False, 1015: False}

_PRAGMAS = (
    "trusted_schema=OFF",
    "cell_size_check=ON",
    "mmap_size=0",
    "temp_store=MEMORY",
    "synchronous=NORMAL",
)

_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)


class DamagedError(Exception):
    """The file is not one that this module wrote; the message says why."""


class UnwritableError(Exception):
    """Nothing can be written below this folder."""


def find(root: str, form: Form = SCORES) -> str | None:
    """Return the path of such a file of a dataset, None where there is none yet.

    Raises DatasetError where ``.tagsmith`` is a link or no folder: it is never followed.
    """
    folder = os.path.join(root, STATE_FOLDER)
    try:
        mode = os.lstat(folder).st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DatasetError(f"{STATE_FOLDER} cannot be read: {error.strerror}.") from error
    if not stat.S_ISDIR(mode):
        what = "a symbolic link" if stat.S_ISLNK(mode) else "not a folder"
        raise DatasetError(
            f"{STATE_FOLDER} is {what}, so no {form.what} are kept there.",
            "Move it out of the way.",
        )
    path = os.path.join(folder, form.name)
    return path if os.path.lexists(path) else None


def connect(path: str, form: Form = SCORES) -> sqlite3.Connection:
    """Open a file that exists, or an empty one.

    Raises DamagedError where it is not one of ours, DatasetError where it is newer or cannot be
    read.
    """
    fresh = _check_file(path, form)
    try:
        connection = _open(path)
    except sqlite3.Error as error:
        raise translate(error, form) from error
    try:
        if fresh:
            _create(connection, form)
        _check_schema(connection, form)
    except sqlite3.Error as error:
        connection.close()
        raise translate(error, form) from error
    except BaseException:
        connection.close()
        raise
    return connection


def memory(like: sqlite3.Connection | None = None, form: Form = SCORES) -> sqlite3.Connection:
    """Open what lasts as long as the process: a copy of a file, or an empty one."""
    connection = _open(":memory:")
    if like is None:
        _create(connection, form)
    else:
        like.backup(connection)
    return connection


def create(root: str, form: Form = SCORES) -> str:
    """Make an empty file, readable by its owner alone; returns its path.

    Raises UnwritableError where the folder cannot be written to, DatasetError for other failures.
    """
    folder = os.path.join(root, STATE_FOLDER)
    path = os.path.join(folder, form.name)
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        with suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        find(root, form)
        os.close(os.open(path, flags, 0o600))
    except OSError as error:
        if error.errno in _READ_ONLY:
            raise UnwritableError(error.strerror or "") from error
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(f"The {form.what} cannot be kept: {error.strerror}.") from error
    return path


def set_aside(path: str, form: Form = SCORES) -> str:
    """Rename what stands at ``path``; returns its new name. Raises UnwritableError."""
    aside = os.path.join(os.path.dirname(path), form.set_aside)
    try:
        _remove_helpers(path)
        os.replace(path, aside)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise UnwritableError(error.strerror or "") from error
    return f"{STATE_FOLDER}/{form.set_aside}"


def translate(error: sqlite3.Error, form: Form = SCORES) -> Exception:
    """Return what an error of SQLite means: DamagedError, UnwritableError or a DatasetError."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_BUSY:
        return DatasetError(
            f"Another Tagsmith has been writing {form.what} for a long time.", "Try again later."
        )
    if code == sqlite3.SQLITE_READONLY:
        return UnwritableError(str(error))
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return DatasetError(f"The {form.what} cannot be kept: {error}.", "Check the disk.")
    if isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError):
        return error
    return DamagedError(str(error))


def _check_file(path: str, form: Form) -> bool:
    """Check what can be checked without SQLite; returns whether the file is still empty."""
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        raise DamagedError("it is not an ordinary file")
    try:
        with open(path, "rb") as file:
            header = file.read(100)
    except OSError as error:
        raise DatasetError(f"The stored {form.what} cannot be read: {error.strerror}.") from error
    _check_helpers(path)
    if not header:
        return True
    if len(header) < 100 or header[:16] != _MAGIC or header[18:20] != _ROLLBACK:
        raise DamagedError(f"it is not a file of {form.what}")
    if int.from_bytes(header[68:72], "big") != form.application:
        # What a crash leaves of a file that was never finished is rolled back by SQLite.
        if os.path.lexists(f"{path}-journal"):
            return True
        raise DamagedError("it was not written by Tagsmith")
    version = int.from_bytes(header[60:64], "big")
    if version > form.version:
        raise DatasetError(
            f"The stored {form.what} were written by a newer Tagsmith.",
            f"Update Tagsmith, or remove {STATE_FOLDER}/{form.name}.",
        )
    return False


def _check_helpers(path: str) -> None:
    """Refuse a journal that would make SQLite touch any other file."""
    if any(os.path.lexists(f"{path}-{kind}") for kind in ("wal", "shm")):
        raise DamagedError("a write-ahead log stands beside it")
    journal = f"{path}-journal"
    try:
        if not stat.S_ISREG(os.lstat(journal).st_mode):
            raise DamagedError("its journal is not an ordinary file")
        with open(journal, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - len(_JOURNAL_MAGIC), 0))
            tail = file.read()
    except FileNotFoundError:
        return
    if tail == _JOURNAL_MAGIC and size >= 16:
        raise DamagedError("its journal names another file")


def _remove_helpers(path: str) -> None:
    for kind in ("journal", "wal", "shm"):
        with suppress(FileNotFoundError, IsADirectoryError):
            os.unlink(f"{path}-{kind}")


def _open(path: str) -> sqlite3.Connection:
    """Connect with everything off that a hostile schema could use."""
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    try:
        _defend(connection)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()
    except BaseException:
        connection.close()
        raise
    return connection


def _defend(connection: sqlite3.Connection) -> None:
    """Switch SQLite's defensive mode on and triggers and views off, where Python can (3.12)."""
    configure = getattr(connection, "setconfig", None)
    if configure is None:
        return
    for option, on in _DEFENCES.items():
        configure(option, on)


def _create(connection: sqlite3.Connection, form: Form) -> None:
    """Write the schema, unless another process was first."""
    connection.execute("BEGIN IMMEDIATE")
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        for statement in form.schema:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={form.application}").close()
        connection.execute(f"PRAGMA user_version={form.version}").close()
    connection.execute("COMMIT")


def _check_schema(connection: sqlite3.Connection, form: Form) -> None:
    """Raise DamagedError unless the schema is, to the letter, the one written here."""
    found = {row[0] for row in connection.execute("SELECT sql FROM sqlite_master") if row[0]}
    if found != set(form.schema):
        raise DamagedError(f"its tables are not those of a file of {form.what}")
