"""How a job stands on one line: a sign, what it is, a bar, and numbers; no colour stands alone."""

from __future__ import annotations

from textual.content import Content

from tagsmith.tools.watch import Step
from tagsmith.tui import steps
from tagsmith.tui.background import Job, State
from tagsmith.tui.language import say
from tagsmith.tui.text import line, one_line
from tagsmith.tui.widgets.edge import spread
from tagsmith.tui.widgets.palette import ACCENT, MUTED

FULL, EMPTY = "█", "·"
NARROW_BAR, WIDE_BAR, WIDE_FROM = 10, 24, 80
GAP = 2
WAITS = "Waiting"
MEGABYTE = 10**6
SIGNS = {
    State.WAITING: "·",
    State.RUNNING: "»",
    State.PAUSING: "»",
    State.PAUSED: "=",
    State.STOPPING: "»",
    State.DONE: "✓",
    State.CANCELLED: "✗",
    State.FAILED: "!",
}
MINUTE, HOUR = 60, 3600


def job_row(job: Job, width: int) -> Content:
    """Return a job on a line of so many cells."""
    sign = Content.styled(f" {SIGNS[job.state]} ", ACCENT)
    left = Content.assemble(sign, line(job.title))
    step = job.step
    if step is not None and not (job.state is State.DONE or step.verb.startswith(WAITS)):
        left = Content.assemble(left, "  ", line(numbers(step), MUTED))
    if job.state is not State.RUNNING:
        return spread(left, line(f"{state_word(job.state)} ", MUTED), width)
    if step is None or not step.total:
        word = state_word(job.state) if step is None else steps.verb(step)
        return spread(left, line(f"{word} ", MUTED), width)
    return spread(left, _fitting(step, pace_of(step, *job.pace), width - left.cell_length), width)


def step_row(step: Step, hint: Content, width: int) -> Content:
    """Return a step of the work that the chat itself waits for, with the keys that help."""
    left = Content.assemble((" » ", ACCENT), line(f"{steps.verb(step)} {numbers(step)}"))
    room = width - left.cell_length - hint.cell_length
    return spread(left, Content.assemble(_fitting(step, "", room), " ", hint), width)


def _fitting(step: Step, measured: str, room: int) -> Content:
    """Return the bar and how fast it goes: as much of that as there is room for."""
    pace = steps.pace(step) or measured
    tails = (pace, pace.rpartition(", ")[2], "")
    if not step.total:
        return Content()
    sizes = (WIDE_BAR, NARROW_BAR) if room >= WIDE_FROM else (NARROW_BAR,)
    for size in sizes:
        for tail in tails:
            told = line(f"  {tail}" if tail else "", MUTED)
            drawn = Content.assemble(line(bar(step, size), ACCENT), told, " ")
            if drawn.cell_length <= room - GAP:
                return drawn
    return Content()


def bar(step: Step, size: int) -> str:
    """Return a bar of so many cells; only what is done to the end fills it."""
    filled = min(size, step.done * size // step.total) if step.total else 0
    return FULL * filled + EMPTY * (size - filled)


def numbers(step: Step) -> str:
    """Return how much is done: ``120 of 400 images``, ``12 of 366 MB``."""
    done, total, unit = step.done, step.total, steps.unit(step)
    if step.unit == "bytes":
        done, total, unit = done // MEGABYTE, -(-total // MEGABYTE), "MB"
    if not total:
        return one_line(f"{done:,} {unit}".strip()) if done else ""
    told = say("{done} of {total} {unit}", done=f"{done:,}", total=f"{total:,}", unit=unit)
    return one_line(told.rstrip(), limit=60)


def pace_of(step: Step, done: int, seconds: float) -> str:
    """Return how fast it goes and what is left: so much was done in so many seconds."""
    if done <= 0 or step.total <= step.done or seconds < 1:
        return ""
    rate = done / seconds
    left = say("{time} left", time=duration((step.total - step.done) / rate))
    if step.unit == "bytes":
        return f"{rate / MEGABYTE:,.1f} MB/s, {left}"
    return f"{rate:,.1f}/s, {left}"


def duration(seconds: float) -> str:
    """Return ``40 s``, ``4 min``, ``2 h 05 min``."""
    if seconds < MINUTE:
        return f"{max(1, round(seconds))} s"
    if seconds < HOUR:
        return f"{round(seconds / MINUTE)} min"
    hours, rest = divmod(round(seconds / MINUTE), MINUTE)
    return f"{hours} h {rest:02} min"


def state_word(state: State) -> str:
    """Return a state in words."""
    return {
        State.WAITING: say("waiting"),
        State.RUNNING: say("running"),
        State.PAUSING: say("pausing"),
        State.PAUSED: say("paused"),
        State.STOPPING: say("stopping"),
        State.DONE: say("done"),
        State.CANCELLED: say("cancelled"),
        State.FAILED: say("failed"),
    }[state]
