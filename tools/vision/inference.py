"""The thread in which a model runs, so that its caller can watch, decode and store meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Pending

import numpy as np
import numpy.typing as npt

from tagsmith.tools.vision.runtime import Model, OutOfMemoryError

Floats = npt.NDArray[np.float32]

_LOOK_SECONDS = 0.05
# Measured on CPUs: two images at once take twice as long as one, and 130-165 MB more (models.md,
# section 11). A GPU is idle for most of a batch of one.
_BATCH_CPU = 1
_BATCH_GPU = 16
_BATCH_GPU_LARGE = 8
_LARGE_BYTES = 600_000_000


class Inference:
    """Runs one batch at a time of a model that is loaded when the first batch comes.

    ``batch_size`` is how many images to give at once; it shrinks when memory runs out.
    """

    def __init__(self, load: Callable[[], Model]) -> None:
        self.batch_size = 1
        self.model: Model | None = None
        self.images = 0
        self._load = load
        self._pool = ThreadPoolExecutor(1, "inference")
        self._future: Future[Floats] | None = None

    def __enter__(self) -> Inference:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._pool.shutdown()

    @property
    def busy(self) -> bool:
        """Whether there is a batch whose scores were not taken yet."""
        return self._future is not None

    def start(self, batch: Floats) -> None:
        """Begin with a batch; the one before must have been taken."""
        if self._future is not None:
            raise RuntimeError("one batch at a time")
        self._future = self._pool.submit(self._run, batch)

    def take(self, look: Callable[[], None]) -> Floats:
        """Wait for the batch's probabilities; ``look`` is called twenty times a second.

        What ``look`` raises ends the inference within one operation of the graph, and is raised.
        Raises what ``Model.run`` and the loading raise.
        """
        if self._future is None:
            raise RuntimeError("no batch was started")
        while True:
            look()
            try:
                scores = self._future.result(_LOOK_SECONDS)
            except Pending:
                if not self._future.done():
                    continue
                raise
            self._future = None
            return scores

    def stop(self) -> None:
        """End what is running; its scores are lost."""
        future, self._future = self._future, None
        while future is not None and not (future.cancel() or future.done()):
            if self.model is not None:
                self.model.stop()
            try:
                future.exception(_LOOK_SECONDS)
            except Pending:
                continue

    def _run(self, batch: Floats) -> Floats:
        if self.model is None:
            self.model = self._load()
            self.batch_size = _first_size(self.model)
        scores = self._divided(self.model, batch)
        self.images += len(batch)
        return scores

    def _divided(self, model: Model, batch: Floats) -> Floats:
        """Run a batch, in halves where the hardware has no memory for the whole."""
        try:
            return model.run(batch)
        except OutOfMemoryError:
            if len(batch) == 1:
                raise
        half = (len(batch) + 1) // 2
        self.batch_size = min(self.batch_size, half)
        parts = [self._divided(model, part) for part in (batch[:half], batch[half:])]
        return np.concatenate(parts)


def _first_size(model: Model) -> int:
    """Return the batch to begin with: onnxruntime does not tell how much memory a GPU has left."""
    if model.spec.output.batch == "one" or not model.gpu:
        return _BATCH_CPU
    large = os.path.getsize(model.graph.path) > _LARGE_BYTES
    return _BATCH_GPU_LARGE if large else _BATCH_GPU
