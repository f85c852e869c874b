"""Images to stored scores: decoded ahead in workers, scored in a thread, kept batch by batch.

While one batch is scored the next ones are decoded. What a killed run had scored is not scored
again: at most the batch that was under way is lost.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tagsmith.tools.errors import StoppedError
from tagsmith.tools.vision import cpus, runtime
from tagsmith.tools.vision.fitted import fitted
from tagsmith.tools.vision.inference import Inference
from tagsmith.tools.vision.labels import read_labels
from tagsmith.tools.vision.noting import Noter
from tagsmith.tools.vision.pace import Pace
from tagsmith.tools.vision.prepare import tensor
from tagsmith.tools.vision.schema import ModelSpec
from tagsmith.tools.vision.scores import Scores, StoredModel
from tagsmith.tools.vision.workers import BadImage, Outcome, Workers
from tagsmith.tools.watch import Step, Watch

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

_GPU_WORKERS = 8
_CPU_WORKERS = 4
_NAMES_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a run over many images.

    ``scored`` images went through the model; ``known`` did not have to, their scores were stored
    already (or their content was, under another name). ``bad`` are (path, reason). ``provider`` is
    what really ran ("" where nothing had to), ``note`` what the user must know about that.
    """

    model: StoredModel
    scored: int
    known: int
    bad: tuple[tuple[str, str], ...]
    provider: str
    note: str
    seconds: float


def score_images(
    spec: ModelSpec,
    folder: str,
    root: str,
    images: Sequence[str],
    store: Scores,
    watch: Watch | None = None,
    *,
    provider: str | None = None,
) -> Summary:
    """Score those of the images (paths beneath ``root``) whose scores are not in the store.

    Images that cannot be read are listed and passed over. Raises StoppedError within a tenth of a
    second once the watch says so (a model that is loading is let finish), ModelError for the
    model's faults, DatasetError for the store's; what was scored until then is kept.
    """
    start = time.monotonic()
    model = store.register(spec.id, read_labels(spec, folder))
    run = _Run(spec, root, store, model, watch or Watch(), len(images))
    todo = run.unscored(images)
    run.tell()
    # The worker processes are only started where there is something to decode.
    with Inference(lambda: runtime.keep(spec, folder, provider=provider)) as inference:
        if todo:
            run.score(todo, inference, processes=_processes(provider))
        ran = inference.model
    return Summary(
        model,
        run.scored,
        run.known,
        tuple(run.bad),
        ran.provider if ran else "",
        ran.note if ran else "",
        time.monotonic() - start,
    )


@dataclass(slots=True)
class _Batch:
    """Images that are decoded and not scored yet, with the identity of their content."""

    pixels: list[Pixels] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    files: list[tuple[str, os.stat_result, bytes]] = field(default_factory=list)

    def full(self, size: int) -> bool:
        """Whether so many images, or so many names of known ones, have come together."""
        return len(self.pixels) >= size or len(self.files) >= size + _NAMES_AT_ONCE


class _Run:
    """One run over images: what is done, what is bad, and the batches on their way."""

    def __init__(
        self,
        spec: ModelSpec,
        root: str,
        store: Scores,
        model: StoredModel,
        watch: Watch,
        total: int,
    ) -> None:
        self.scored = 0
        self.known = 0
        self.bad: list[tuple[str, str]] = []
        self._spec = spec
        self._root = root
        self._store = store
        self._model = model
        self._watch = watch
        self._total = total
        self._pace = Pace()
        self._noter = Noter(root)
        self._seen: set[bytes] = set()
        self._running = _Batch()

    def unscored(self, images: Sequence[str]) -> list[str]:
        """Return the images that must be opened; the others count as known."""
        todo = self._store.unscored(self._model, images)
        self.known = len(images) - len(todo)
        return todo

    def score(self, paths: Sequence[str], inference: Inference, *, processes: int) -> None:
        """Open, score and store these images."""
        with Workers(fitted, self._spec.input, root=self._root, processes=processes) as workers:
            try:
                batch = _Batch()
                for path, outcome in workers.map(self._noter.noted(paths), self._watch):
                    self._add(batch, path, outcome)
                    if batch.full(inference.batch_size):
                        self._exchange(inference, batch)
                        batch = _Batch()
                self._exchange(inference, batch)
                self._exchange(inference, _Batch())
            except StoppedError as error:
                raise self._stopped() from error

    def tell(self) -> None:
        """Tell the watch how far the run is, how fast it goes, and how long it will take."""
        done = self.scored + self.known + len(self.bad)
        pace = self._pace.told(self._total - done)
        self._watch.tell(Step("Tagging", done, self._total, pace=pace))

    def _add(self, batch: _Batch, path: str, outcome: Outcome) -> None:
        status = self._noter.take(path)
        if isinstance(outcome, BadImage):
            self.bad.append((path, outcome.reason))
            self.tell()
            return
        if status is not None:
            batch.files.append((path, status, outcome.content))
        if outcome.content in self._seen or self._is_stored(outcome.content):
            self.known += 1
            return
        self._seen.add(outcome.content)
        batch.pixels.append(outcome.value)
        batch.contents.append(outcome.content)

    def _is_stored(self, content: bytes) -> bool:
        """Ask for one image; ``Scores.have`` would read the keys of all."""
        return any(self._store.packed(self._model, [content]))

    def _exchange(self, inference: Inference, batch: _Batch) -> None:
        """Wait for the batch that runs and store it, then begin with the next one.

        Stored first, so that a process that is killed never loses more than one batch; it takes a
        thousandth of the time of an inference.
        """
        following = tensor(batch.pixels, self._spec.input) if batch.pixels else None
        batch.pixels = []
        done, self._running = self._running, batch
        if inference.busy:
            self._keep(done.contents, inference.take(self._watch.check))
        if following is not None:
            inference.start(following)
        self._store.remember(done.files)
        self.tell()

    def _keep(self, contents: Sequence[bytes], scores: Floats) -> None:
        self._store.put(self._model, zip(contents, scores, strict=True))
        if self.scored:
            self._pace.worked(len(contents))
        else:
            # The first batch waited for the model to load.
            self._pace.start()
        self.scored += len(contents)

    def _stopped(self) -> StoppedError:
        done = self.scored + self.known + len(self.bad)
        return StoppedError(
            f"Stopped at {done:,} of {self._total:,} images.",
            "Their scores are kept: the same command goes on from there.",
        )


def _processes(provider: str | None) -> int:
    """Return how many processes decode: one keeps four threads of inference busy, a GPU needs all.

    A 3 megapixel JPEG takes about 40 ms to decode and resize, an image on a CPU hundreds.
    """
    if runtime.wants_gpu(provider):
        return min(_GPU_WORKERS, cpus.threads())
    return min(_CPU_WORKERS, 1 + cpus.threads() // 4)
