"""A pool of processes that open images, so that a crash, a bomb or a hang takes no app down.

Each process is served by one thread here, which reads its answers while the caller infers.
"""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from typing import Any

from tagsmith.tools.errors import StoppedError
from tagsmith.tools.paths import check_relative
from tagsmith.tools.vision.worker import Setup
from tagsmith.tools.vision.worker_process import (
    CLOSED,
    BadImage,
    Outcome,
    Result,
    WorkerError,
    WorkerProcess,
)
from tagsmith.tools.watch import Watch

__all__ = ["BadImage", "Outcome", "Result", "WorkerError", "Workers"]

# What one image may cost: 10 s of processor time and 1 GiB.
SECONDS = 10.0
MEMORY_BYTES = 1 << 30

_LOOK_SECONDS = 0.05
# Killed processes are gone within milliseconds; a disk that does not answer may hold one longer.
_CLOSE_SECONDS = 5.0


class Workers:
    """Runs a job over files, in order, in processes that are replaced when they die.

    ``job`` is a function at the top of an importable module; it is called in a worker with the
    bytes of a file and ``argument`` (anything that pickles), may raise BadImageError, and returns
    JSON's types, bytes and numpy arrays. ``memory_bytes`` bounds what a worker allocates after its
    start (Linux only), ``seconds`` its processor time for one image.
    """

    def __init__(
        self,
        job: Callable[[bytes, Any], Any],
        argument: Any = None,
        *,
        root: str,
        processes: int = 1,
        memory_bytes: int = MEMORY_BYTES,
        seconds: float = SECONDS,
        ahead: int | None = None,
    ) -> None:
        self._setup = Setup(job, argument, os.path.abspath(root), memory_bytes, seconds)
        self._ahead = 2 * processes + 2 if ahead is None else max(ahead, 1)
        self._tasks: queue.SimpleQueue[tuple[str, Future[Outcome]] | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._workers = [WorkerProcess(self._setup) for _ in range(processes)]
        self._threads = [
            threading.Thread(target=self._serve, args=(worker,), daemon=True)
            for worker in self._workers
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def map(
        self, paths: Iterable[str], watch: Watch | None = None
    ) -> Iterator[tuple[str, Outcome]]:
        """Yield every path with what came of it, in their order.

        Paths are relative to the root. At most ``ahead`` of them are taken before their turn.
        Raises WorkerError where no worker can start, UsageError for a path that leaves the root,
        StoppedError once the pool is closed or ``watch`` says so (asked twenty times a second).
        """
        waiting: deque[tuple[str, Future[Outcome]]] = deque()
        try:
            for path in paths:
                waiting.append((path, self._submit(path)))
                if len(waiting) > self._ahead:
                    yield self._next(waiting, watch)
            while waiting:
                yield self._next(waiting, watch)
        finally:
            for _, future in waiting:
                future.cancel()

    def close(self) -> None:
        """End all workers at once; what they were doing is lost."""
        self._closed.set()
        for worker in self._workers:
            self._tasks.put(None)
            worker.close()
        for thread in self._threads:
            thread.join(_CLOSE_SECONDS)

    def _submit(self, path: str) -> Future[Outcome]:
        if self._closed.is_set():
            raise StoppedError(CLOSED)
        future: Future[Outcome] = Future()
        self._tasks.put((check_relative(path), future))
        return future

    def _next(
        self, waiting: deque[tuple[str, Future[Outcome]]], watch: Watch | None
    ) -> tuple[str, Outcome]:
        path, future = waiting[0]
        while True:
            if watch is not None:
                watch.check()
            if self._closed.is_set():
                raise StoppedError(CLOSED)
            if wait([future], _LOOK_SECONDS).done:
                break
        waiting.popleft()
        return path, future.result()

    def _serve(self, worker: WorkerProcess) -> None:
        """Feed one worker until the pool is closed."""
        while (task := self._tasks.get()) is not None:
            path, future = task
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(worker.ask(path))
            except BaseException as error:
                # Raised where the outcome is waited for; the thread itself has nobody to tell.
                future.set_exception(error)
        worker.bury()
