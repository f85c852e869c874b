"""What was measured on the pictures of a dataset, kept so that no picture is decoded twice.

Kept in ``.tagsmith/hashes.db`` by the content of a file and the name of the measurement, which
changes with its version: what an older Tagsmith stored is measured again. A picture that could not
be read is remembered with the reason. Which file holds which content is what the store of scores
notes (tools/vision/scores.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from tagsmith.tools.vision.scores_file import Form
from tagsmith.tools.vision.scores_store import Store

if TYPE_CHECKING:
    from tagsmith.tools.workspace import Workspace

Content = bytes

# The number is "TagH".
_FORM = Form(
    "hashes.db",
    "hashes.damaged",
    0x54616748,
    1,
    (
        "CREATE TABLE measured (what TEXT NOT NULL, content BLOB NOT NULL, data BLOB NOT NULL, "
        "PRIMARY KEY (what, content)) WITHOUT ROWID",
        "CREATE TABLE bad (what TEXT NOT NULL, content BLOB NOT NULL, reason TEXT NOT NULL, "
        "PRIMARY KEY (what, content)) WITHOUT ROWID",
    ),
    "image hashes",
    "Look for duplicates again.",
)

_open: WeakKeyDictionary[Workspace, Measured] = WeakKeyDictionary()


def measured_of(workspace: Workspace) -> Measured:
    """Return what was measured on a workspace's dataset, opened once. Raises DatasetError."""
    found = _open.get(workspace)
    if found is None or found.root != workspace.root:
        found = _open[workspace] = Measured(workspace.root)
    return found


class Measured:
    """The measurements of one dataset; every method raises DatasetError where the file fails."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._store = Store(root, _FORM)

    @property
    def note(self) -> str:
        """What happened to the file: empty where all is well."""
        return self._store.note

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def put(self, what: str, rows: Iterable[tuple[Content, bytes]]) -> None:
        """Keep measurements of some pictures: lasting once it returns."""
        given = [(what, content, data) for content, data in rows]
        self._insert("INSERT OR REPLACE INTO measured (what, content, data) VALUES (?,?,?)", given)

    def put_bad(self, what: str, rows: Iterable[tuple[Content, str]]) -> None:
        """Remember which pictures cannot be read, and why."""
        given = [(what, content, reason) for content, reason in rows]
        self._insert("INSERT OR REPLACE INTO bad (what, content, reason) VALUES (?,?,?)", given)

    def _insert(self, statement: str, rows: Sequence[tuple[str, bytes, bytes | str]]) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(statement, rows)

        if rows:
            self._store.write(write)

    def rows(self, what: str, contents: Iterable[Content], size: int) -> dict[Content, bytes]:
        """Return what is known of these pictures; a row that has not ``size`` bytes is none."""
        found = self._store.among(
            "SELECT content, data FROM measured WHERE what=? AND content IN ({})", contents, what
        )
        return {
            content: data
            for content, data in found
            if isinstance(data, bytes) and len(data) == size
        }

    def bad(self, what: str, contents: Iterable[Content]) -> dict[Content, str]:
        """Return which of these pictures cannot be read, and why."""
        found = self._store.among(
            "SELECT content, reason FROM bad WHERE what=? AND content IN ({})", contents, what
        )
        return {content: reason for content, reason in found if isinstance(reason, str)}
