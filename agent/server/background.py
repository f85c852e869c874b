"""An event loop in a thread of its own, for callers that wait in theirs.

What it waits for can be given up at any moment from any thread: the caller is released at once, and
the connection is closed by the loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from concurrent.futures import CancelledError, Future
from queue import SimpleQueue
from typing import Any, TypeVar

from tagsmith.tools.errors import StoppedError

T = TypeVar("T")
JOIN_SECONDS = 2.0


class Background:
    """Runs coroutines; the thread starts with the first one."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._running: set[Future[Any]] = set()

    def result(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine; raises what it raises, and StoppedError after ``cancel``."""
        future = self._submit(work)
        try:
            return future.result()
        except CancelledError:
            raise StoppedError from None
        finally:
            future.cancel()

    def iterate(self, work: Callable[[], AsyncIterator[T]]) -> Generator[T, None, None]:
        """Yield what an asynchronous iterator yields; leaving early stops it, too."""
        queue: SimpleQueue[T | Future[None]] = SimpleQueue()
        future = self._submit(_pump(work(), queue.put))
        future.add_done_callback(queue.put)
        try:
            while (item := queue.get()) is not future:
                yield item  # type: ignore[misc]
            future.result()
        except CancelledError:
            raise StoppedError from None
        finally:
            future.cancel()

    def cancel(self) -> None:
        """Stop all that runs; may be called from any thread."""
        with self._lock:
            running = list(self._running)
        for future in running:
            future.cancel()

    def close(self, last: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
        """Stop all that runs, run ``last``, and end the thread; a later call starts a new one."""
        self.cancel()
        with self._lock:
            loop, self._loop, thread, self._thread = self._loop, None, self._thread, None
        if loop is None or thread is None:
            return
        if last is not None:
            asyncio.run_coroutine_threadsafe(last(), loop)
        asyncio.run_coroutine_threadsafe(_stop(), loop)
        thread.join(JOIN_SECONDS)

    def _submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_serve, args=(self._loop,), name="tagsmith-server", daemon=True
                )
                self._thread.start()
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
            self._running.add(future)
        future.add_done_callback(self._forget)
        return future

    def _forget(self, future: Future[Any]) -> None:
        with self._lock:
            self._running.discard(future)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _stop() -> None:
    """Stop the loop, once what it still runs has ended."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*rest, return_exceptions=True)
    asyncio.get_running_loop().stop()


async def _pump(source: AsyncIterator[T], put: Callable[[T], None]) -> None:
    async for item in source:
        put(item)
