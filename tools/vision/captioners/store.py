"""Captions that models wrote, kept so that no image is asked about twice.

They stand in the file of scores (``tools/vision/scores_file.py``), by the content of the image,
the model that wrote them and the digest of what was asked. A reason why an image got none is kept
as well: what is staged again from the store must be what was staged first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from tagsmith.tools.vision.scores_store import Store

Content = bytes
LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Stored:
    """One answer: ``text``, or the ``reason`` why it was no caption."""

    text: str = ""
    reason: str = ""


class StoredCaptions:
    """The captions of one dataset. Every method raises DatasetError as the scores do."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, who: str, asked: str, content: Content, stored: Stored) -> None:
        """Keep what a model answered about an image: lasting once it returns."""
        row = (content, who, asked, stored.text[:LONGEST], stored.reason[:LONGEST])

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO caption (content, who, asked, text, reason) "
                "VALUES (?,?,?,?,?)",
                row,
            )

        self._store.write(write)

    def get(self, who: str, asked: str, contents: Iterable[Content]) -> dict[Content, Stored]:
        """Return what a model answered to this question about these images."""
        rows = self._store.among(
            "SELECT content, text, reason FROM caption WHERE who=? AND asked=? AND content IN ({})",
            contents,
            who,
            asked,
        )
        return {
            content: Stored(text, reason)
            for content, text, reason in rows
            if isinstance(text, str) and isinstance(reason, str)
        }

    def last(self, family: str, asked: str) -> str | None:
        """Return which model of a family (a prefix) answered this question last."""
        rows = self._store.read(
            "SELECT who FROM caption WHERE asked=? AND substr(who, 1, ?)=? "
            "ORDER BY rowid DESC LIMIT 1",
            (asked, len(family), family),
        )
        return rows[0][0] if rows and isinstance(rows[0][0], str) else None
