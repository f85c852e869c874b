"""The connection to ``.tagsmith/scores.db`` and its like: transactions, and files that fail.

Nothing is created until something is written. Where nothing can be written the store lives in
memory; a damaged file is set aside and a new one begun.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from tagsmith.tools.errors import DatasetError
from tagsmith.tools.paths import STATE_FOLDER
from tagsmith.tools.vision import scores_file
from tagsmith.tools.vision.scores_file import SCORES, DamagedError, Form, UnwritableError

Answer = TypeVar("Answer")

# Bound parameters a statement; SQLite before 3.32 allows 999.
AT_ONCE = 900


class Store:
    """One file of a form, for several threads and processes; every method raises DatasetError.

    ``note`` tells what a user must know: that what is stored lasts only as long as the process, or
    that a damaged file was set aside. ``changes`` counts what this process wrote.
    """

    def __init__(self, root: str, form: Form = SCORES) -> None:
        self.root = root
        self._form = form
        self.note = ""
        self.changes = 0
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.RLock()
        self._open_existing()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; it opens again when it is needed."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def version(self) -> tuple[int, int]:
        """Return what changes whenever this or another process writes."""
        rows = self.read("PRAGMA data_version")
        return self.changes, rows[0][0] if rows else 0

    def write(self, change: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Run a change as one transaction: it lasts once this returns.

        Where the file can be read but not written, a copy in memory takes its place.
        """
        with self._lock, self._translated():
            try:
                answer = _transaction(self._writable(), change)
            except sqlite3.OperationalError as error:
                if not isinstance(scores_file.translate(error, self._form), UnwritableError):
                    raise
                self._use_memory(f"cannot be written to ({error})")
                answer = _transaction(self._writable(), change)
            self.changes += 1
            return answer

    def read(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query; none where nothing is stored yet."""
        with self._lock, self._translated():
            if self._connection is None:
                self._open_existing()
            if self._connection is None:
                return []
            return self._connection.execute(statement, parameters).fetchall()

    def among(
        self, statement: str, values: Iterable[object], *before: object
    ) -> Iterator[tuple[Any, ...]]:
        """Run a query with ``IN ({})`` for any number of values."""
        wanted = list(values)
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            marks = ",".join("?" * len(part))
            yield from self.read(statement.format(marks), (*before, *part))

    def damaged(self, why: str) -> DatasetError:
        """Set the file aside and return the error that says so; the store begins anew."""
        with self._lock:
            self.close()
            self.changes += 1
            self._replace(os.path.join(self.root, STATE_FOLDER, self._form.name), why)
        return DatasetError(self.note, self._form.again)

    def _open_existing(self) -> None:
        path = scores_file.find(self.root, self._form)
        if path is None:
            return
        try:
            self._connection = scores_file.connect(path, self._form)
        except DamagedError as error:
            self._replace(path, str(error))
        except UnwritableError as error:
            self._use_memory(f"cannot be written to ({error})")

    def _replace(self, path: str, why: str) -> None:
        try:
            what = self._form.what
            aside = scores_file.set_aside(path, self._form)
            self.note = f"The stored {what} could not be used ({why}); they are now {aside}."
        except UnwritableError:
            self._use_memory(f"could not be used ({why})")

    def _use_memory(self, why: str) -> None:
        old, self._connection = self._connection, scores_file.memory(self._connection, self._form)
        if old is not None:
            old.close()
        where = f"{STATE_FOLDER}/{self._form.name}"
        self.note = f"{where} {why}; {self._form.what} last until this program ends."

    def _writable(self) -> sqlite3.Connection:
        if self._connection is None:
            self._open_existing()
        if self._connection is None:
            try:
                path = scores_file.create(self.root, self._form)
                self._connection = scores_file.connect(path, self._form)
            except UnwritableError as error:
                self._use_memory(f"cannot be written to ({error})")
        assert self._connection is not None
        return self._connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DamagedError as error:
            raise self.damaged(str(error)) from error
        except sqlite3.Error as error:
            meant = scores_file.translate(error, self._form)
            if isinstance(meant, DamagedError):
                raise self.damaged(str(meant)) from error
            if isinstance(meant, UnwritableError):
                raise DatasetError(
                    f"The stored {self._form.what} cannot be used: {meant}."
                ) from error
            raise meant from error


def _transaction(
    connection: sqlite3.Connection, change: Callable[[sqlite3.Connection], Answer]
) -> Answer:
    connection.execute("BEGIN IMMEDIATE")
    try:
        answer = change(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return answer
