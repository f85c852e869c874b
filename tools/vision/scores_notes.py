"""What is remembered of tags beside their scores: where they came from, what a user answered."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from tagsmith.tools.vision.scores_store import Store

Content = bytes


class Notes:
    """Annotations of a dataset. Nothing here changes a caption; losing it loses no data."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def decide(self, decisions: Mapping[str, tuple[str, bool | None]]) -> None:
        """Remember what to do with tags always.

        Maps a key to (spelling, True to keep it, False to drop it, None to forget the decision).
        """
        kept = [(key, tag, int(keep)) for key, (tag, keep) in decisions.items() if keep is not None]
        revoked = [(key,) for key, (_, keep) in decisions.items() if keep is None]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM decision WHERE tag=?", revoked)
            connection.executemany(
                "INSERT OR REPLACE INTO decision (tag, spelling, keep) VALUES (?,?,?)", kept
            )

        self._store.write(write)

    def decisions(self) -> dict[str, tuple[str, bool]]:
        """Return the tags that are always kept (True) or dropped (False): key -> (tag, keep)."""
        rows = self._store.read("SELECT tag, spelling, keep FROM decision ORDER BY tag")
        return {
            key: (spelling, bool(keep))
            for key, spelling, keep in rows
            if isinstance(key, str) and isinstance(spelling, str) and keep in (0, 1)
        }

    def answer(self, answers: Iterable[tuple[Content, str, bool | None]]) -> None:
        """Remember what a user answered about single images: (content, key, keep, drop or None).

        None forgets the answer.
        """
        given = list(answers)
        kept = [(content, key, int(keep)) for content, key, keep in given if keep is not None]
        revoked = [(content, key) for content, key, keep in given if keep is None]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM answer WHERE content=? AND tag=?", revoked)
            connection.executemany(
                "INSERT OR REPLACE INTO answer (content, tag, keep) VALUES (?,?,?)", kept
            )

        self._store.write(write)

    def answers(self, contents: Iterable[Content]) -> dict[Content, dict[str, bool]]:
        """Return what was answered about these images: content -> key -> keep it."""
        found: dict[Content, dict[str, bool]] = {}
        rows = self._store.among(
            "SELECT content, tag, keep FROM answer WHERE content IN ({})", contents
        )
        for content, tag, keep in rows:
            if isinstance(tag, str) and keep in (0, 1):
                found.setdefault(content, {})[tag] = bool(keep)
        return found

    def set_origins(
        self, added: Iterable[tuple[Content, str, str]], gone: Iterable[tuple[Content, str]] = ()
    ) -> None:
        """Note which tags (by key) of which images come from a model, and which no longer do.

        ``added`` holds (content, key, model). What is known of a tag stays: it came first.
        """
        more, fewer = list(added), list(gone)
        if not (more or fewer):
            return

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM origin WHERE content=? AND tag=?", fewer)
            connection.executemany(
                "INSERT OR IGNORE INTO origin (content, tag, model) VALUES (?,?,?)", more
            )

        self._store.write(write)

    def origins(self, contents: Iterable[Content]) -> dict[Content, dict[str, str]]:
        """Return which tags of these images a tagger staged: content -> key -> model."""
        found: dict[Content, dict[str, str]] = {}
        rows = self._store.among(
            "SELECT content, tag, model FROM origin WHERE content IN ({})", contents
        )
        for content, tag, model in rows:
            if isinstance(tag, str) and isinstance(model, str):
                found.setdefault(content, {})[tag] = model
        return found
