"""The tagger ``pixels``: the rules of statistics.py behind the same store and the same run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from tagsmith.tools.errors import StoppedError
from tagsmith.tools.vision import cpus, statistics
from tagsmith.tools.vision.format import Style
from tagsmith.tools.vision.installed import PIXELS
from tagsmith.tools.vision.labels import Labels
from tagsmith.tools.vision.noting import Noter
from tagsmith.tools.vision.pace import Pace
from tagsmith.tools.vision.scores import ModelId, Scores, StoredModel
from tagsmith.tools.vision.select import UNWANTED, Selector, Wishes
from tagsmith.tools.vision.taggers import Bad, Scored
from tagsmith.tools.vision.workers import BadImage, Result, Workers
from tagsmith.tools.watch import Step, Watch

# Half is the rule itself (statistics.py).
RULE = 0.5
_AT_ONCE = 64
_WORKERS = 4

# Without a model, what the file says of itself is most of what can be said: meta tags are on.
_UNWANTED = UNWANTED - {"meta"}


@dataclass(frozen=True, slots=True)
class PixelTagger:
    """Needs no model, is always there; measures in worker processes."""

    @property
    def name(self) -> str:
        """Its name."""
        return PIXELS

    @property
    def style(self) -> Style:
        """Spaces, bare brackets."""
        return Style()

    @property
    def sort(self) -> str:
        """The order of the rules: what says most of the size first."""
        return "label"

    @property
    def id(self) -> ModelId:
        """Under what its scores are kept; changes with the rules."""
        return (PIXELS, statistics.VERSION, "")

    def stored(self, scores: Scores) -> StoredModel | None:
        """Return what the store knows of these rules."""
        return scores.model(self.id)

    def score(self, images: Sequence[str], scores: Scores, watch: Watch) -> Scored:
        """Measure the images that are not measured yet."""
        names = tuple(statistics.TAGS)
        model = scores.register(self.id, Labels(names, tuple(statistics.TAGS.values())))
        todo = scores.unscored(model, images)
        if not todo:
            return Scored(model)
        bad = _measure(todo, len(images), scores, model, watch)
        return Scored(model, tuple(bad), "CPU", "rules on pixels, no model")

    def selector(self, model: StoredModel, wishes: Wishes) -> Selector:
        """Choose what its rule says, whatever its category."""
        defaults = [RULE] * len(model.labels.names)
        return Selector(model, defaults, (), wishes, _UNWANTED)


def _measure(
    paths: Sequence[str], total: int, scores: Scores, model: StoredModel, watch: Watch
) -> list[Bad]:
    """Measure and store images; returns those that cannot be read. Raises StoppedError."""
    batch = _Batch(scores, model)
    bad: list[Bad] = []
    done = total - len(paths)
    pace = Pace()
    pace.start()
    processes = min(_WORKERS, cpus.threads())
    with Workers(statistics.measured, None, root=scores.root, processes=processes) as workers:
        try:
            for path, outcome in workers.map(batch.noter.noted(paths), watch):
                if isinstance(outcome, BadImage):
                    bad.append((path, outcome.reason))
                else:
                    batch.add(path, outcome)
                done += 1
                pace.worked(1)
                if batch.full:
                    batch.store()
                watch.tell(Step("Measuring", done, total, pace=pace.told(total - done)))
        except StoppedError as error:
            raise StoppedError(
                f"Stopped at {done:,} of {total:,} images.",
                "What was measured is kept: the same command goes on from there.",
            ) from error
        finally:
            batch.store()
    return bad


class _Batch:
    """Measurements on their way into the store."""

    def __init__(self, scores: Scores, model: StoredModel) -> None:
        self._scores = scores
        self._model = model
        self.noter = Noter(scores.root)
        self._rows: list[tuple[bytes, list[float]]] = []
        self._seen: list[tuple[str, os.stat_result, bytes]] = []

    @property
    def full(self) -> bool:
        """Whether it is time to store."""
        return len(self._rows) >= _AT_ONCE

    def add(self, path: str, outcome: Result) -> None:
        """Take up what was measured."""
        names = self._model.labels.names
        found = dict(outcome.value)
        self._rows.append((outcome.content, [float(found.get(name, 0.0)) for name in names]))
        status = self.noter.take(path)
        if status is not None:
            self._seen.append((path, status, outcome.content))

    def store(self) -> None:
        """Keep what has come together."""
        if self._rows:
            self._scores.put(self._model, self._rows)
            self._scores.remember(self._seen)
        self._rows, self._seen = [], []
