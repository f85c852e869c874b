"""Long work behind the chat: jobs that wait, run, are paused, gone on with and cancelled.

A job touches no workspace and keeps what it has done as it goes. So pausing ends its work, and
going on does it again from what was kept: a paused job holds no memory, no connection and no turn.
Of one lane, one job runs at a time. Everything here but the work itself happens on the app's loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event as Flag
from typing import Any

from textual.message import Message

from tagsmith.tools.errors import StoppedError, TagsmithError
from tagsmith.tools.watch import Step, Watch
from tagsmith.tui.language import say

TOLD_EVERY = 0.1
MOST_OVER = 20


class State(StrEnum):
    """What a job is doing."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


OVER = (State.DONE, State.CANCELLED, State.FAILED)
AT_WORK = (State.RUNNING, State.PAUSING, State.STOPPING)


@dataclass(slots=True, eq=False)
class Job:
    """Something that takes long; ``title`` says what, ``kept`` what stays when it is cancelled.

    ``work`` runs in a thread, tells the watch and asks it whether to stop, and goes on from what
    it kept when it is called again. ``then`` gets what it returned.
    """

    title: str
    work: Callable[[Watch], Any]
    kept: str = ""
    lane: str = "images"
    then: Callable[[Any], None] | None = None
    state: State = State.WAITING
    step: Step | None = None
    mark: tuple[str, int, float] = ("", 0, 0.0)
    trouble: TagsmithError | None = None
    seconds: float = 0.0
    since: float = 0.0
    stop: Flag = field(default_factory=Flag)

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in OVER

    @property
    def pace(self) -> tuple[int, float]:
        """How much was done since this phase of the work began, and in how many seconds."""
        if self.step is None:
            return 0, 0.0
        _, done, began = self.mark
        return self.step.done - done, time.monotonic() - began

    @property
    def elapsed(self) -> float:
        """Seconds of work so far, without pauses."""
        running = self.state in AT_WORK
        return self.seconds + (time.monotonic() - self.since if running else 0.0)


class Told(Message):
    """How far a job is."""

    def __init__(self, job: Job, step: Step) -> None:
        super().__init__()
        self.job = job
        self.step = step


class Over(Message):
    """The work of a job has ended: with a result, or with an error."""

    def __init__(self, job: Job, result: Any = None, trouble: TagsmithError | None = None) -> None:
        super().__init__()
        self.job = job
        self.result = result
        self.trouble = trouble


class Background:
    """The jobs, oldest first.

    ``start`` runs a function in a thread; ``post`` is a thread-safe ``post_message`` whose receiver
    gives ``Told`` and ``Over`` back to ``told`` and ``ended``. ``listeners`` are called after every
    change, ``report`` with each job that has come to its end.
    """

    def __init__(
        self,
        start: Callable[[Callable[[], None]], object],
        post: Callable[[Message], object],
        report: Callable[[Job], None],
    ) -> None:
        self.jobs: list[Job] = []
        self.listeners: list[Callable[[], None]] = []
        self._start = start
        self._post = post
        self._report = report

    @property
    def live(self) -> list[Job]:
        """The jobs that are not over."""
        return [job for job in self.jobs if not job.over]

    def add(self, job: Job) -> None:
        """Put a job behind the others of its lane; it starts as soon as none of them works."""
        over = [one for one in self.jobs if one.over]
        for old in over[: max(0, len(over) - MOST_OVER)]:
            self.jobs.remove(old)
        self.jobs.append(job)
        self._go_on()

    def pause(self, job: Job) -> None:
        """End a job's work for now; what it has done is kept."""
        if job.state is State.WAITING:
            job.state = State.PAUSED
        elif job.state is State.RUNNING:
            job.state = State.PAUSING
            job.stop.set()
        self._go_on()

    def resume(self, job: Job) -> None:
        """Go on with a job that is paused, or was cancelled or failed: from what it has kept."""
        if job.state in (State.PAUSED, State.CANCELLED, State.FAILED):
            job.state, job.trouble = State.WAITING, None
        self._go_on()

    def cancel(self, job: Job) -> None:
        """End a job; what it has done is kept."""
        if job.state in (State.WAITING, State.PAUSED):
            job.state = State.CANCELLED
            self._report(job)
        elif job.state in (State.RUNNING, State.PAUSING):
            job.state = State.STOPPING
            job.stop.set()
        self._go_on()

    def cancel_all(self) -> list[Job]:
        """End all jobs, without a report; returns those that were not over."""
        live = self.live
        for job in live:
            job.stop.set()
            job.state = State.STOPPING if job.state in AT_WORK else State.CANCELLED
        return live

    def told(self, message: Told) -> None:
        """Take in how far a job is."""
        job, step = message.job, message.step
        if job.state is State.RUNNING:
            job.step = step
            if job.mark[0] != step.verb:
                job.mark = (step.verb, step.done, time.monotonic())
            self._changed()

    def ended(self, message: Over) -> None:
        """Take in that a job's work has ended."""
        job = message.job
        job.seconds = job.elapsed
        job.trouble = None
        stopped = isinstance(message.trouble, StoppedError)
        if stopped and job.state is State.PAUSING:
            job.state = State.PAUSED
        elif stopped or job.state is State.STOPPING:
            # Who cancels a job wants nothing of it, even where it was done at that moment.
            job.state = State.CANCELLED
        elif message.trouble is not None:
            job.state, job.trouble = State.FAILED, message.trouble
        else:
            job.state = State.DONE
            if job.then is not None:
                job.then(message.result)
        if job.over:
            self._report(job)
        self._go_on()

    def _go_on(self) -> None:
        busy = {job.lane for job in self.jobs if job.state in AT_WORK}
        for job in self.jobs:
            if job.state is State.WAITING and job.lane not in busy:
                busy.add(job.lane)
                self._run(job)
        self._changed()

    def _run(self, job: Job) -> None:
        job.state, job.since, job.stop = State.RUNNING, time.monotonic(), Flag()
        job.mark = ("", 0, 0.0)
        watch = Watch(_Teller(job, self._post), job.stop.is_set)

        def work() -> None:
            try:
                over = Over(job, job.work(watch))
            except TagsmithError as error:
                over = Over(job, trouble=error)
            except BaseException as error:
                self._post(Over(job, trouble=_mistake(error)))
                raise
            self._post(over)

        self._start(work)

    def _changed(self) -> None:
        for listener in list(self.listeners):
            listener()


def _mistake(error: BaseException) -> TagsmithError:
    return TagsmithError(
        say("Tagsmith made a mistake ({kind}).", kind=type(error).__name__),
        say("Please report what led here."),
    )


class _Teller:
    """Posts how far a job is, at most ten times a second."""

    def __init__(self, job: Job, post: Callable[[Message], object]) -> None:
        self._job = job
        self._post = post
        self._last = 0.0

    def __call__(self, step: Step) -> None:
        now = time.monotonic()
        if now - self._last >= TOLD_EVERY or step.done == step.total:
            self._last = now
            self._post(Told(self._job, step))
