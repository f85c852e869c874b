"""What ``score:`` asks: the score of one tag for one image, answered in bulk.

Of the models that know the tag and have seen the image, the one that ran last counts. A score
below the floor of the store is 0: the model said no. An image that no such model has seen has none.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from tagsmith.tools.errors import UnknownTagError
from tagsmith.tools.tags import key
from tagsmith.tools.vision.scores import Scores, StoredModel
from tagsmith.tools.vision.sparse import pick

if TYPE_CHECKING:
    from tagsmith.tools.dataset import Dataset, Sample
    from tagsmith.tools.workspace import Workspace

Column = dict[bytes, float]

# Other processes may write scores too; asking for that at every image would be half the time.
_LOOK_AGAIN_SECONDS = 1.0
# With a hundred thousand images a column takes 10 MB.
_MOST_COLUMNS = 16

_open: WeakKeyDictionary[Workspace, Answers] = WeakKeyDictionary()


def scores_of(workspace: Workspace) -> Scores:
    """Return the scores of a workspace's dataset, opened once. Raises DatasetError."""
    return answers(workspace).scores


def answers(workspace: Workspace) -> Answers:
    """Return what answers ``score:`` for a workspace. Raises DatasetError."""
    found = _open.get(workspace)
    if found is None or found.scores.root != workspace.root:
        found = _open[workspace] = Answers(Scores.open(workspace.root))
    return found


def tagged_by(workspace: Workspace, sample: Sample) -> dict[str, list[str]]:
    """Return which tags of a caption a tagger put there, verbatim, by the tagger's name.

    What it staged and what stands: tags without an entry were written by hand. Raises DatasetError.
    """
    scores = scores_of(workspace)
    content = scores.content(workspace.on_disk(sample))
    caption = workspace.caption(sample)
    found: dict[str, list[str]] = {}
    if content is None or caption is None:
        return found
    origins = scores.notes.origins([content]).get(content, {})
    for tag in caption.tags:
        if (model := origins.get(key(tag))) is not None:
            found.setdefault(model, []).append(tag)
    return found


class Answers:
    """Scores by tag: read once for a tag, and again once anybody has written scores."""

    def __init__(self, scores: Scores) -> None:
        self.scores = scores
        self._columns: dict[str, list[Column]] = {}
        self._models: list[StoredModel] = []
        self._version: tuple[int, int] | None = None
        self._looked = 0.0
        self._dataset: Dataset | None = None

    def any(self) -> bool:
        """Tell whether any model's scores are stored."""
        return bool(self._current())

    def score(self, path: str, tag: str, workspace: Workspace) -> float | None:
        """Return the score of a tag for the image at ``path``; None where no model has seen it.

        The other images are looked up along with it. Raises UnknownTagError where no model that
        ran here knows the tag.
        """
        if workspace.dataset is not self._dataset:
            self._columns.clear()
            self._dataset = workspace.dataset
        self._current()
        tag_key = key(tag)
        if tag_key not in self._columns:
            self._load(tag_key, tag, workspace)
        content = self.scores.content(path)
        if content is not None:
            for column in self._columns[tag_key]:
                if content in column:
                    return column[content]
        return None

    def _current(self) -> list[StoredModel]:
        now = time.monotonic()
        ours = self._version is not None and self._version[0] == self.scores.changes
        if not ours or now - self._looked > _LOOK_AGAIN_SECONDS:
            self._looked = now
            version = self.scores.version()
            if version != self._version:
                self._columns.clear()
                self._models = self.scores.models()
                self._version = version
        return self._models

    def _load(self, tag_key: str, tag: str, workspace: Workspace) -> None:
        knowing = [model for model in self._models if tag_key in model.by_key]
        if not knowing:
            raise self._unknown(tag)
        images = [workspace.on_disk(sample) for sample in workspace.samples]
        contents = set(self.scores.contents(images).values())
        if len(self._columns) >= _MOST_COLUMNS:
            self._columns.clear()
        self._columns[tag_key] = [
            self._column(model, model.by_key[tag_key], contents) for model in knowing
        ]

    def _column(self, model: StoredModel, label: int, contents: set[bytes]) -> Column:
        column: Column = {}
        for rows in self.scores.packed(model, contents):
            found = pick([data for _, data in rows], label)
            column.update(zip((content for content, _ in rows), found.tolist(), strict=True))
        return column

    def _unknown(self, tag: str) -> UnknownTagError:
        from rapidfuzz import process

        known = list(dict.fromkeys(one for model in self._models for one in model.by_key))
        near = [hit[0] for hit in process.extract(key(tag), known, limit=3, score_cutoff=60)]
        names = ", ".join(model.name for model in self._models)
        hint = f"Nearest: {', '.join(near)}." if near else f"Taggers that ran here: {names}."
        return UnknownTagError(
            f"No tagger that ran here knows {tag!r}.", hint, nearest={tag: [(n, 0) for n in near]}
        )
