"""The jobs: what runs behind the chat, how far each is; pause, go on, cancel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tagsmith.tui.actions import Scope, bindings, legend
from tagsmith.tui.background import AT_WORK, Background, Job, State
from tagsmith.tui.language import many, say
from tagsmith.tui.text import block, line
from tagsmith.tui.widgets.edge import EdgeLine, KeyLine
from tagsmith.tui.widgets.job_rows import duration, job_row, numbers, state_word
from tagsmith.tui.widgets.lines import LineList
from tagsmith.tui.widgets.palette import MUTED

EVERY_SECOND = 1.0


class JobRows:
    """Rows of jobs, the newest first."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = jobs

    @property
    def count(self) -> int:
        """Number of jobs."""
        return len(self.jobs)

    def row(self, index: int, width: int) -> Content:
        """Return one row."""
        return job_row(self.jobs[index], width)


class JobsScreen(Screen[None]):
    """Lists the jobs, and tells all about the one at the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.JOBS)
    CSS_PATH = "jobs.tcss"

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self._rows = JobRows([])

    def compose(self) -> ComposeResult:
        """Lay the screen out: the list above, the job at the cursor below."""
        yield EdgeLine(id="head")
        yield LineList(id="jobs-list")
        yield Static(id="job", markup=False)
        yield KeyLine(legend(Scope.JOBS), id="foot")

    def on_mount(self) -> None:
        """Follow the jobs while the screen is open."""
        self._background.listeners.append(self._draw)
        self.set_interval(EVERY_SECOND, self._draw)
        self.query_one(LineList).focus()
        self._draw()

    def on_unmount(self) -> None:
        """Follow them no longer."""
        self._background.listeners.remove(self._draw)

    @property
    def _job(self) -> Job | None:
        cursor = self.query_one(LineList).cursor
        return self._rows.jobs[cursor] if self._rows.count else None

    def _draw(self) -> None:
        jobs = list(reversed(self._background.jobs))
        rows = self.query_one(LineList)
        if jobs != self._rows.jobs:
            at = self._job
            self._rows = JobRows(jobs)
            rows.show(self._rows, jobs.index(at) if at in jobs else 0)
        rows.refresh()
        self.query_one("#head", EdgeLine).left = self._headline(jobs)
        self._show()

    @staticmethod
    def _headline(jobs: Sequence[Job]) -> Content:
        running = sum(job.state in AT_WORK for job in jobs)
        waiting = sum(job.state in (State.WAITING, State.PAUSED) for job in jobs)
        parts = [many(running, "{n} runs", "{n} run")] if running else []
        if waiting:
            parts.append(many(waiting, "{n} waits", "{n} wait"))
        told = " · ".join(parts) or say("nothing runs behind the chat")
        return Content.assemble((f" {say('Jobs')}", "bold"), line(f" · {told}", MUTED))

    @on(LineList.Highlighted)
    def _show(self) -> None:
        job = self._job
        shown = line(say("Taggers and captioners go on here, and models are downloaded."), MUTED)
        if job is not None:
            shown = Content("\n").join(self._about(job))
        self.query_one("#job", Static).update(shown)

    @staticmethod
    def _about(job: Job) -> list[Content]:
        parts = [state_word(job.state)]
        if job.step is not None and (amount := numbers(job.step)):
            parts.append(amount)
        if job.elapsed >= 1:
            parts.append(say("{time} of work", time=duration(job.elapsed)))
        lines = [line(job.title, "bold"), line(" · ".join(parts))]
        if job.trouble is not None:
            lines.append(Content.assemble(("! ", "$text-error bold"), block(str(job.trouble))))
        if job.kept and job.state is not State.DONE:
            lines.append(line(job.kept, MUTED))
        return lines

    def action_pause(self) -> None:
        """Pause the job at the cursor, or go on with it."""
        job = self._job
        if job is not None and job.state in (State.WAITING, State.RUNNING):
            self._background.pause(job)
        elif job is not None:
            self._background.resume(job)

    def action_cancel(self) -> None:
        """Cancel the job at the cursor."""
        job = self._job
        if job is not None:
            self._background.cancel(job)

    def action_back(self) -> None:
        """Back to the chat."""
        self.dismiss(None)
