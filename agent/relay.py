"""Between the thread in which the agent runs and the one that consumes its events.

The agent waits for a server; whoever consumes must be free to leave at once. So the agent has a
thread of its own, and what it does to a workspace is done by the consumer, who alone touches it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from queue import SimpleQueue

from tagsmith.agent.events import Call, Event, ToolFinished, ToolStarted
from tagsmith.tools.errors import StoppedError, TagsmithError
from tagsmith.tools.toolbox import Outcome


@dataclass(frozen=True, slots=True)
class _Wanted:
    call: Call
    outcome: Future[Outcome]


@dataclass(frozen=True, slots=True)
class _Over:
    error: BaseException | None


class Relay:
    """One turn: ``tell`` and ``run`` are the agent's, ``events`` and ``stop`` everybody else's."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Event | _Wanted | _Over] = SimpleQueue()
        self._lock = threading.Lock()
        self._stopped = False
        self._wanted: Future[Outcome] | None = None
        self._thread: threading.Thread | None = None

    @property
    def stopped(self) -> bool:
        """Whether nobody waits for this turn any more."""
        return self._stopped

    def check(self) -> None:
        """Raise StoppedError where nobody waits for this turn any more."""
        if self._stopped:
            raise StoppedError

    def tell(self, event: Event) -> None:
        """Hand an event to the consumer. Raises StoppedError once it has left."""
        self.check()
        self._queue.put(event)

    def run(self, call: Call) -> Outcome:
        """Have the consumer run a tool; raises what the tool raises, and StoppedError."""
        with self._lock:
            self.check()
            wanted: Future[Outcome] = Future()
            self._wanted = wanted
        self._queue.put(_Wanted(call, wanted))
        try:
            return wanted.result()
        except CancelledError:
            raise StoppedError from None

    def stop(self) -> None:
        """Release both sides at once; may be called from any thread, and more than once."""
        with self._lock:
            self._stopped = True
            if self._wanted is not None:
                self._wanted.cancel()
        self._queue.put(_Over(None))

    def join(self, seconds: float) -> bool:
        """Wait for the agent's thread; whether it has ended."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def events(
        self, work: Callable[[], None], run_tool: Callable[[Call], Outcome]
    ) -> Iterator[Event]:
        """Run ``work`` in a thread and yield what it tells until it ends, or ``stop`` is called.

        Raises what ``work`` raises, except StoppedError, which is a silent end.
        """
        self._thread = threading.Thread(
            target=self._work, args=(work,), name="tagsmith-agent", daemon=True
        )
        self._thread.start()
        while True:
            item = self._queue.get()
            if isinstance(item, _Over):
                break
            if isinstance(item, _Wanted):
                yield from _run(item, run_tool)
            elif not self._stopped:
                yield item
        if item.error is not None and not isinstance(item.error, StoppedError):
            raise item.error

    def _work(self, work: Callable[[], None]) -> None:
        error: BaseException | None = None
        try:
            work()
        except BaseException as raised:
            error = raised  # the consumer raises it again, in its own thread
        self._queue.put(_Over(error))


def _run(wanted: _Wanted, run_tool: Callable[[Call], Outcome]) -> Iterator[Event]:
    """Run a tool for the agent, if it still waits; what a tool refuses is an outcome, too."""
    yield ToolStarted(wanted.call)
    if not wanted.outcome.set_running_or_notify_cancel():
        return
    try:
        outcome = run_tool(wanted.call)
    except TagsmithError as error:
        wanted.outcome.set_exception(error)
        yield ToolFinished(wanted.call, Outcome(str(error), {"error": error.message}))
        return
    except BaseException as error:
        wanted.outcome.set_exception(error)
        raise
    wanted.outcome.set_result(outcome)
    yield ToolFinished(wanted.call, outcome)
