"""What is remembered of tags beside their scores: where they came from, what a user answered."""

from __future__ import annotations

import json
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

    def set_origins(self, origins: Mapping[Content, Mapping[str, str]]) -> None:
        """Note which tags of these images a tagger staged: content -> key -> model, and no others.

        Kept as one row an image, model -> keys.
        """
        rows, gone = [], []
        for content, models in origins.items():
            by_model: dict[str, list[str]] = {}
            for tag, model in models.items():
                by_model.setdefault(model, []).append(tag)
            if by_model:
                rows.append((content, json.dumps(by_model, ensure_ascii=False)))
            else:
                gone.append((content,))
        if not origins:
            return

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM origin WHERE content=?", gone)
            connection.executemany(
                "INSERT OR REPLACE INTO origin (content, models) VALUES (?,?)", rows
            )

        self._store.write(write)

    def origins(self, contents: Iterable[Content]) -> dict[Content, dict[str, str]]:
        """Return which tags of these images a tagger staged: content -> key -> model."""
        rows = self._store.among(
            "SELECT content, models FROM origin WHERE content IN ({})", contents
        )
        return {content: _models(text) for content, text in rows}


def _models(text: object) -> dict[str, str]:
    """Read one row of origins; anything that was not written here counts as nothing."""
    try:
        by_model = json.loads(text) if isinstance(text, str) else {}
        return {
            str(tag): model
            for model, tags in by_model.items()
            if isinstance(tags, list)
            for tag in tags
        }
    except (ValueError, AttributeError, RecursionError):
        return {}
