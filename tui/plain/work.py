"""Work that may take long: it runs in a thread, while Ctrl-C is heard and lines tell how far it is.

Ctrl-C asks the work to stop, which it does when it next looks up; a second one does not wait.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event as Flag
from threading import Thread
from types import FrameType
from typing import TypeVar

from tagsmith.agent.events import Event
from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.watch import Step, Watch
from tagsmith.tui.commands.progress import Progress
from tagsmith.tui.language import say
from tagsmith.tui.plain.voice import Voice

PROGRESS_EVERY = 4.0  # seconds between two lines, so that a screen reader gets to its end
LOOK_EVERY = 0.5
QUIET_FOR = 10.0
STOPPING = "Stopping. Ctrl-C once more leaves at once."

Post = Callable[[Event], None]
Result = TypeVar("Result")
Job = Callable[[Post, Watch], Result]


class Mistake(TagsmithError):
    """An error that nobody expected; the conversation goes on."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            say("Tagsmith made a mistake ({kind}): {told}", kind=type(error).__name__, told=error),
            say("/history tells what is applied. Please report it with the words that led here."),
        )


class Left(Exception):
    """The user pressed Ctrl-C again before the work had stopped."""


@dataclass(frozen=True, slots=True)
class _Interrupt:
    """Ctrl-C was pressed."""


@dataclass(frozen=True, slots=True)
class _Over:
    """The work has ended, in one way or another."""


_Item = Event | Step | _Interrupt | _Over


class Worker:
    """Runs one job at a time, and writes what it tells."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self.stopped = False

    def run(
        self,
        job: Job[Result],
        *,
        cancel: Callable[[], None] | None = None,
        ends_first: str | None = None,
    ) -> Result:
        """Run a job in a thread until it ends; return what it returns, raise what it raises.

        ``cancel`` is called on Ctrl-C beside the watch's word; a job with ``ends_first`` cannot be
        stopped, and that is what is told instead. ``stopped`` says afterwards whether it was told
        to stop. Raises Left.
        """
        queue: SimpleQueue[_Item] = SimpleQueue()
        stop = Flag()
        done: Future[Result] = Future()
        watch = Watch(_seldom(queue.put), stop.is_set)
        work = Thread(target=_work, args=(job, queue, watch, done), daemon=True)
        self.stopped = False
        progress = Progress(self._voice.console, every=PROGRESS_EVERY)
        with _interrupts(queue):
            work.start()
            began = time.monotonic()
            while not isinstance(item := _next(queue), _Over):
                if item is None:
                    seconds = round(time.monotonic() - began)
                    self._voice.console.tell(
                        say("Working for {seconds} s.", seconds=seconds) + "\n"
                    )
                elif not isinstance(item, _Interrupt):
                    self._show(item, progress)
                elif ends_first is not None:
                    self._voice.tell(say(ends_first))
                elif self.stopped:
                    raise Left
                else:
                    self._stop(stop, cancel)
        return done.result()

    def _stop(self, stop: Flag, cancel: Callable[[], None] | None) -> None:
        self.stopped = True
        stop.set()
        self._voice.tell(say(STOPPING))
        if cancel is not None:
            cancel()

    def _show(self, item: Event | Step, progress: Progress) -> None:
        if not isinstance(item, Step):
            self._voice.event(item)
        elif not self.stopped:
            progress.tell(item)


def _work(job: Job[Result], queue: SimpleQueue[_Item], watch: Watch, done: Future[Result]) -> None:
    try:
        done.set_result(job(queue.put, watch))
    except BaseException as error:
        # Who waits raises it, in the thread that can tell of it.
        done.set_exception(error if isinstance(error, TagsmithError) else Mistake(error))
    queue.put(_Over())


def _next(queue: SimpleQueue[_Item]) -> _Item | None:
    """Return what happens next, None where nothing does for a while."""
    try:
        return queue.get(timeout=QUIET_FOR)
    except Empty:
        return None


def _seldom(put: Callable[[_Item], None]) -> Callable[[Step], None]:
    """Hand steps on twice a second: the queue must not fill with what is not shown."""
    last = -LOOK_EVERY

    def tell(step: Step) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= LOOK_EVERY:
            last = now
            put(step)

    return tell


@contextmanager
def _interrupts(queue: SimpleQueue[_Item]) -> Iterator[None]:
    """Put Ctrl-C into the queue: nothing is torn out of what it is doing."""

    def pressed(number: int, frame: FrameType | None) -> None:
        del number, frame
        queue.put(_Interrupt())

    before = signal.signal(signal.SIGINT, pressed)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
