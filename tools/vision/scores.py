"""The scores of a dataset: what each tagger said of each image, kept so that no image is looked
at twice and thresholds can change at no cost.

A score belongs to the *content* of an image (16 bytes of BLAKE2b over the whole file) and to one
model: its name, its revision and the digest of its spec's contract. Moving or renaming an image
keeps its scores, changing it by one byte loses them. ``tools/vision/scores_file.py`` opens the
file, ``scores_store.py`` keeps it, ``sparse.py`` packs the rows,
``score_query.py`` answers ``score:``.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tagsmith.tools import content as files
from tagsmith.tools.tags import key
from tagsmith.tools.vision.captioners.store import StoredCaptions
from tagsmith.tools.vision.labels import Labels
from tagsmith.tools.vision.scores_labels import from_json, to_json
from tagsmith.tools.vision.scores_notes import Notes
from tagsmith.tools.vision.scores_store import AT_ONCE, Store
from tagsmith.tools.vision.sparse import FLOOR, Sparse, pack, unpack

__all__ = ["FLOOR", "ModelId", "Scores", "Sparse", "StoredModel"]

Content = bytes
ModelId = tuple[str, str, str]

CONTENT_BYTES = 16


@dataclass(frozen=True)
class StoredModel:
    """A model whose scores are stored; the one with the highest ``used`` ran last."""

    number: int
    id: ModelId
    used: int
    labels: Labels = field(repr=False)

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.id[0]

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The key of each label's name."""
        return tuple(map(key, self.labels.names))

    @cached_property
    def by_key(self) -> dict[str, int]:
        """The first label that has a key."""
        return {tag_key: index for index, tag_key in reversed([*enumerate(self.keys)])}


class Scores:
    """The scores of one dataset, for several threads and processes.

    Nothing is created until something is put. Every method raises DatasetError where the file
    cannot be used; ``note`` tells what a user must know about it.
    """

    def __init__(self, store: Store) -> None:
        self.root = store.root
        self.notes = Notes(store)
        self.captions = StoredCaptions(store)
        self._store = store
        self._models: dict[int, StoredModel] = {}
        self._known: dict[str, tuple[bytes, Content]] = {}

    @classmethod
    def open(cls, root: str) -> Scores:
        """Open the scores of a dataset; there may be none yet.

        Raises DatasetError where ``.tagsmith`` is a link, or the file is of a newer Tagsmith.
        """
        return cls(Store(root))

    @property
    def note(self) -> str:
        """What happened to the file: empty where all is well."""
        return self._store.note

    @property
    def changes(self) -> int:
        """How often this process wrote scores."""
        return self._store.changes

    def version(self) -> tuple[int, int]:
        """Return what changes whenever this or another process writes scores."""
        return self._store.version()

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    # Writing

    def register(self, model: ModelId, labels: Labels) -> StoredModel:
        """Make a model known, with the names of its labels, as the one that runs now.

        Must come before ``put``. A model with this id but labels of other names is another model:
        its scores are dropped.
        """
        text = to_json(labels)

        def write(connection: sqlite3.Connection) -> StoredModel:
            (used,) = connection.execute("SELECT coalesce(max(used), 0) + 1 FROM model").fetchone()
            known = connection.execute(
                "SELECT number, labels FROM model WHERE name=? AND revision=? AND digest=?", model
            ).fetchone()
            if known is None:
                number = connection.execute(
                    "INSERT INTO model (name, revision, digest, used, labels) VALUES (?,?,?,?,?)",
                    (*model, used, text),
                ).lastrowid
            else:
                number = known[0]
                if _names(known[1]) != labels.names:
                    connection.execute("DELETE FROM score WHERE model=?", (number,))
                connection.execute(
                    "UPDATE model SET used=?, labels=? WHERE number=?", (used, text, number)
                )
            return StoredModel(int(number or 0), model, int(used), labels)

        stored = self._store.write(write)
        self._models[stored.number] = stored
        return stored

    def put(self, model: StoredModel, rows: Iterable[tuple[Content, npt.ArrayLike]]) -> None:
        """Keep the probabilities of all labels of some images: lasting once it returns.

        Give one batch at a time. Raises ValueError where a row has another length than the labels
        or holds what is no probability.
        """
        packed = []
        for content, probabilities in rows:
            if len(content) != CONTENT_BYTES:
                raise ValueError("the key of an image's content has 16 bytes")
            if np.size(probabilities) != len(model.labels.names):
                raise ValueError("there are not as many scores as labels")
            packed.append((model.number, content, pack(probabilities)))
        self._store.write(
            lambda connection: connection.executemany(
                "INSERT OR REPLACE INTO score (model, content, data) VALUES (?,?,?)", packed
            )
        )

    def remember(self, seen: Iterable[tuple[str, os.stat_result, Content]]) -> None:
        """Remember what images hold: (path, its status before it was read, content).

        A status too young to prove anything (``content.settled``) counts in this process only.
        """
        now = time.time_ns()
        lasting = []
        for path, status, content in seen:
            stamp = files.stamp(status)
            self._known[path] = (stamp, content)
            if files.settled(status, now):
                lasting.append((os.fsencode(path), stamp, content))
        if lasting:
            self._store.write(
                lambda connection: connection.executemany(
                    "INSERT OR REPLACE INTO file (path, stamp, content) VALUES (?,?,?)", lasting
                )
            )

    # Reading

    def contents(self, paths: Iterable[str]) -> dict[str, Content]:
        """Return what is known of the images at these paths (relative to the dataset), by path.

        Only asks for their status; an image that changed since it was read is left out.
        """
        wanted = list(paths)
        known = self._remembered(wanted)
        found = {}
        for path in wanted:
            if path not in known:
                continue
            stamp, content = known[path]
            if self._stamp(path) == stamp:
                found[path] = content
            else:
                self._known.pop(path, None)
        return found

    def content(self, path: str) -> Content | None:
        """Return what is known of one image; see ``contents``, which asks for many at once."""
        known = self._known.get(path)
        if known is not None:
            return known[1] if self._stamp(path) == known[0] else None
        return self.contents([path]).get(path)

    def _stamp(self, path: str) -> bytes | None:
        try:
            status = os.stat(os.path.join(self.root, path), follow_symlinks=False)
        except OSError:
            return None
        return files.stamp(status) if files.is_regular(status) else None

    def _remembered(self, paths: list[str]) -> dict[str, tuple[bytes, Content]]:
        encoded = [os.fsencode(path) for path in paths if path not in self._known]
        known = {path: self._known[path] for path in paths if path in self._known}
        rows = self._store.among(
            "SELECT path, stamp, content FROM file WHERE path IN ({})", encoded
        )
        for path, stamp, content in rows:
            if isinstance(path, bytes) and isinstance(stamp, bytes) and _is_content(content):
                known[os.fsdecode(path)] = self._known[os.fsdecode(path)] = (stamp, content)
        return known

    def models(self) -> list[StoredModel]:
        """Return the models whose scores are stored, the one that ran last first."""
        rows = self._store.read("SELECT number, name, revision, digest, used FROM model")
        found = []
        for number, name, revision, digest, used in rows:
            texts = (name, revision, digest)
            if not (isinstance(used, int) and all(isinstance(one, str) for one in texts)):
                raise self._store.damaged("a model has no name")
            stored = self._models.get(number)
            if stored is None or stored.id != texts or stored.used != used:
                stored = StoredModel(number, texts, used, self._labels(number))
                self._models[number] = stored
            found.append(stored)
        return sorted(found, key=lambda model: -model.used)

    def model(self, model: ModelId) -> StoredModel | None:
        """Return the stored model of this id, None where it never ran here."""
        return next((one for one in self.models() if one.id == model), None)

    def _labels(self, number: int) -> Labels:
        try:
            ((text,),) = self._store.read("SELECT labels FROM model WHERE number=?", (number,))
            return from_json(text)
        except ValueError as error:
            raise self._store.damaged(str(error)) from error

    def have(self, model: StoredModel, contents: Iterable[Content]) -> set[Content]:
        """Return those contents that the model has scored."""
        wanted = set(contents)
        rows = self._store.read("SELECT content FROM score WHERE model=?", (model.number,))
        return {row[0] for row in rows if row[0] in wanted}

    def unscored(self, model: StoredModel, paths: Sequence[str]) -> list[str]:
        """Return the images that the model has not scored, as far as is known."""
        contents = self.contents(paths)
        have = self.have(model, contents.values())
        return [path for path in paths if contents.get(path) not in have]

    def rows(
        self, model: StoredModel, contents: Iterable[Content]
    ) -> Iterator[tuple[Content, Sparse]]:
        """Yield what a model said of these images, in no particular order; constant memory."""
        for chunk in self.packed(model, contents):
            for content, data in chunk:
                try:
                    yield content, unpack(data, len(model.labels.names))
                except ValueError as error:
                    raise self._store.damaged(str(error)) from error

    def packed(
        self, model: StoredModel, contents: Iterable[Content]
    ) -> Iterator[list[tuple[Content, bytes]]]:
        """Yield the packed rows of these images, some hundreds at a time."""
        wanted = list(contents)
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            rows = self._store.among(
                "SELECT content, data FROM score WHERE model=? AND content IN ({})",
                part,
                model.number,
            )
            yield [row for row in rows if isinstance(row[1], bytes)]

    def get(self, content: Content) -> dict[ModelId, dict[str, float]]:
        """Return all that is known of one image: the scores by label, by model."""
        found = {}
        for model in self.models():
            for _, row in self.rows(model, [content]):
                names = model.labels.names
                found[model.id] = {names[label]: score for label, score in row.items()}
        return found


def _names(text: object) -> tuple[str, ...] | None:
    try:
        return from_json(text).names
    except ValueError:
        return None


def _is_content(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == CONTENT_BYTES
