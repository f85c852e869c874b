"""Measures pictures in worker processes and keeps what is found, a few dozen at a time.

What is stored stays where the run is stopped or killed; the next run goes on from there. Memory
holds the measurements (a few hundred bytes to a kilobyte a picture), never the pictures.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tagsmith.tools.errors import StoppedError
from tagsmith.tools.vision import cpus
from tagsmith.tools.vision.measured import Content, Measured
from tagsmith.tools.vision.noting import Noter
from tagsmith.tools.vision.pace import Pace
from tagsmith.tools.vision.scores import Scores
from tagsmith.tools.vision.workers import BadImage, Outcome, Workers
from tagsmith.tools.watch import Step, Watch

# Enough that a transaction costs nothing beside decoding, few enough to lose to a killed run.
_AT_ONCE = 256
_WORKERS = 4


@dataclass(frozen=True, slots=True)
class Job:
    """A measurement: under what name it is kept, what workers do, and how many bytes that gives.

    ``verb`` is what the user reads beside the bar.
    """

    what: str
    function: Callable[[bytes, Any], bytes]
    size: int
    verb: str


@dataclass(slots=True)
class Found:
    """What is known after a run: the content of each file, measurements by content, and the files
    that cannot be read with the reason.
    """

    contents: dict[str, Content] = field(default_factory=dict)
    rows: dict[Content, bytes] = field(default_factory=dict)
    bad: dict[str, str] = field(default_factory=dict)


def known(job: Job, images: Iterable[str], scores: Scores, measured: Measured) -> Found:
    """Return what is stored of these images (paths on disk), opening none of them."""
    found = Found(scores.contents(images))
    wanted = set(found.contents.values())
    found.rows = measured.rows(job.what, wanted, job.size)
    bad = measured.bad(job.what, wanted)
    found.bad = {path: bad[one] for path, one in found.contents.items() if one in bad}
    return found


def measure(
    job: Job, images: Sequence[str], scores: Scores, measured: Measured, watch: Watch
) -> Found:
    """Measure those images (paths on disk) that the store does not know.

    Raises StoppedError within a tenth of a second once the watch says so.
    """
    found = known(job, images, scores, measured)
    todo = [
        path
        for path in images
        if path not in found.bad and found.contents.get(path) not in found.rows
    ]
    if todo:
        _Run(job, scores, measured, watch, found).over(todo, len(images))
    return found


def processes() -> int:
    """Return how many workers decode."""
    return min(_WORKERS, cpus.threads())


class _Run:
    """One run over images, and what it has not stored yet."""

    def __init__(
        self, job: Job, scores: Scores, measured: Measured, watch: Watch, found: Found
    ) -> None:
        self._job = job
        self._scores = scores
        self._measured = measured
        self._watch = watch
        self._found = found
        self._noter = Noter(scores.root)
        self._rows: list[tuple[Content, bytes]] = []
        self._bad: list[tuple[Content, str]] = []
        self._seen: list[tuple[str, os.stat_result, Content]] = []

    def over(self, paths: Sequence[str], total: int) -> None:
        """Measure these images. Raises StoppedError; what was measured is kept."""
        done = total - len(paths)
        pace = Pace()
        pace.start()
        job = self._job
        with Workers(job.function, root=self._scores.root, processes=processes()) as workers:
            try:
                for path, outcome in workers.map(self._noter.noted(paths), self._watch):
                    self._take(path, outcome)
                    done += 1
                    pace.worked(1)
                    if len(self._seen) >= _AT_ONCE:
                        self._store()
                    self._watch.tell(Step(job.verb, done, total, pace=pace.told(total - done)))
            except StoppedError as error:
                raise StoppedError(
                    f"Stopped at {done:,} of {total:,} images.",
                    "What was measured is kept: the same command goes on from there.",
                ) from error
            finally:
                self._store()

    def _take(self, path: str, outcome: Outcome) -> None:
        status = self._noter.take(path)
        content = outcome.content
        if content is not None:
            self._found.contents[path] = content
            if status is not None:
                self._seen.append((path, status, content))
        if isinstance(outcome, BadImage):
            self._found.bad[path] = outcome.reason
            if content is not None:
                self._bad.append((content, outcome.reason))
        elif isinstance(outcome.value, bytes) and len(outcome.value) == self._job.size:
            self._found.rows[outcome.content] = outcome.value
            self._rows.append((outcome.content, outcome.value))
        else:
            self._found.bad[path] = "its decoder answered nonsense"

    def _store(self) -> None:
        self._measured.put(self._job.what, self._rows)
        self._measured.put_bad(self._job.what, self._bad)
        self._scores.remember(self._seen)
        self._rows, self._bad, self._seen = [], [], []
