"""The jobs above the line: what runs behind the chat, or holds it up, in a line or two."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from tagsmith.tools.watch import Step
from tagsmith.tui.background import Background, Job, Over, State, Told
from tagsmith.tui.language import many, say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.edge import keys
from tagsmith.tui.widgets.job_rows import job_row, step_row
from tagsmith.tui.widgets.palette import MUTED

MOST_SHOWN = 2


class JobPanel(Widget):
    """Shows the step of the chat's own work, then the jobs behind it; no room where none is.

    It is where the jobs' threads post to: it outlives every screen over the chat.
    """

    DEFAULT_CSS = """
    JobPanel { height: auto; max-height: 4; display: none; background: $surface; }
    """

    class Ended(Message):
        """A job has come to its end."""

        def __init__(self, job: Job) -> None:
            super().__init__()
            self.job = job

    def __init__(self) -> None:
        super().__init__(id="jobs")
        self.background = Background(self._start, self.post_message, self._report)
        self.background.listeners.append(self._draw)
        self._front: Step | None = None
        self._hint = Content()

    def on_unmount(self) -> None:
        """End the jobs: nobody is there to be told any more."""
        self.background.cancel_all()

    def front(self, step: Step | None, hint: Content | None = None) -> None:
        """Show how far the work is that the chat waits for; None where it does no more."""
        self._front, self._hint = step, hint or Content()
        self._draw()

    def _start(self, work: Callable[[], None]) -> None:
        self.run_worker(work, thread=True, exit_on_error=False, group="background")

    def _report(self, job: Job) -> None:
        self.post_message(self.Ended(job))

    @on(Told)
    def _told(self, message: Told) -> None:
        message.stop()
        self.background.told(message)

    @on(Over)
    def _over(self, message: Over) -> None:
        message.stop()
        self.background.ended(message)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A mistake in a job is told by the job; the chat's own errors are not these."""
        if event.state is WorkerState.ERROR:
            event.stop()

    def _rows(self, width: int) -> list[Content]:
        rows = [] if self._front is None else [step_row(self._front, self._hint, width)]
        live = sorted(self.background.live, key=lambda job: job.state is State.WAITING)
        rows += [job_row(job, width) for job in live[:MOST_SHOWN]]
        more = len(live) - MOST_SHOWN
        if more > 0:
            told = line(f"   {many(more, '{n} more job', '{n} more jobs')}  ", MUTED)
            rows.append(told + keys([("ctrl+b", say("jobs"))]))
        return rows

    def _draw(self) -> None:
        shown = len(self._rows(80))
        self.display = bool(shown)
        height_changed = self.size.height != shown
        self.refresh(layout=height_changed)

    def get_content_height(self, *_: object) -> int:
        """One line a row."""
        return len(self._rows(80))

    def render(self) -> Content:
        """Draw the rows."""
        return Content("\n").join(self._rows(self.content_size.width))
