"""Lines that say what is true of a dataset, a plan or a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tagsmith.tui import steps
from tagsmith.tui.language import many, say
from tagsmith.tui.text import line, one_line
from tagsmith.tui.widgets.palette import MUTED, WARNING

if TYPE_CHECKING:
    from tagsmith.agent.context import Fill
    from tagsmith.agent.session_files import Saved
    from tagsmith.tools.plan import Totals
    from tagsmith.tools.watch import Step
    from tagsmith.tui.jobs import Snapshot

NAME_LIMIT = 32
FULL = 80  # percent of a context, from which it is said in another colour and with a sign


def headline(snapshot: Snapshot) -> Content:
    """Return the name of a dataset and its size."""
    numbers = [
        many(snapshot.images, "{n} image", "{n} images"),
        many(snapshot.captions, "{n} caption", "{n} captions"),
    ]
    if snapshot.skipped:
        numbers.append(many(snapshot.skipped, "{n} skipped", "{n} skipped"))
    counts = line("".join(f" · {number}" for number in numbers), MUTED)
    return Content.assemble(" ", line(snapshot.name, "bold"), counts)


def who_answers(name: str, fill: Fill | None, room: int) -> Content:
    """Return which engine answers, in so many cells; of a model, how full its context is."""
    if fill is None:
        return Content.assemble(line(say("{name} engine", name=one_line(name)), MUTED), " ")
    percent = min(100, round(100 * fill.used / fill.context))
    model = line(fill.model, MUTED, limit=NAME_LIMIT)
    tokens = say("{used} of {all} tokens", used=_short(fill.used), all=_short(fill.context))
    for told in (f"{tokens}, {percent} %", say("context {percent} %", percent=percent)):
        sign, style = ("! ", WARNING) if percent >= FULL else ("", MUTED)
        shown = Content.assemble(model, (" · ", MUTED), line(f"{sign}{told} ", style))
        if shown.cell_length <= room:
            break
    return shown


def _short(tokens: int) -> str:
    return str(tokens) if tokens < 1_000 else f"{tokens / 1_000:.1f}k"


def applied(totals: Totals) -> Content:
    """Return what was written, and how to take it back."""
    from tagsmith.tui.widgets.plan_rows import totals_line

    return Content.assemble(
        ("✓ ", "$text-success bold"),
        many(totals.files, "applied {n} file", "applied {n} files"),
        (" · ", MUTED),
        totals_line(totals),
        (f"   {say('/undo takes it back')}", MUTED),
    )


def progress(step: Step) -> str:
    """Return how far a job is: ``Tagging 120 of 1,000 images``, or ``reading 120 captions``."""
    done = f"{step.done:,}"
    if step.total:
        done = say("{done} of {total}", done=done, total=f"{step.total:,}")
    text = f"{steps.verb(step)} {done} {steps.unit(step)}".rstrip()
    return one_line(f"{text}, {steps.pace(step)}" if step.pace else text, limit=78)


def resumed(saved: Saved) -> Content:
    """Return that an earlier conversation goes on here, and what of it could not be read."""
    started = saved.started.replace("T", " ").removesuffix("Z")
    told = say("Resumed the session of {started} UTC.", started=started)
    if saved.damaged:
        left_out = many(
            saved.damaged,
            "{n} damaged line of its file left out.",
            "{n} damaged lines of its file left out.",
        )
        told += f" {left_out}"
    return line(told, MUTED)
