"""Lines that say what is true of a dataset, a plan or a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tagsmith.tools.wording import count
from tagsmith.tui.text import line, one_line
from tagsmith.tui.widgets.palette import MUTED

if TYPE_CHECKING:
    from tagsmith.agent.session_files import Saved
    from tagsmith.tools.plan import Totals
    from tagsmith.tools.watch import Step
    from tagsmith.tui.jobs import Snapshot


def headline(snapshot: Snapshot) -> Content:
    """Return the name of a dataset and its size."""
    numbers = [count(snapshot.images, "image"), count(snapshot.captions, "caption")]
    if snapshot.skipped:
        numbers.append(f"{snapshot.skipped:,} skipped")
    counts = line("".join(f" · {number}" for number in numbers), MUTED)
    return Content.assemble(" ", line(snapshot.name, "bold"), counts)


def engine_name(name: str) -> Content:
    """Return which engine answers."""
    return Content.assemble(line(name, MUTED), (" engine ", MUTED))


def applied(totals: Totals) -> Content:
    """Return what was written, and how to take it back."""
    from tagsmith.tui.widgets.plan_rows import totals_line

    return Content.assemble(
        ("✓ ", "$text-success bold"),
        f"applied {count(totals.files, 'file')}",
        (" · ", MUTED),
        totals_line(totals),
        ("   /undo takes it back", MUTED),
    )


def progress(step: Step) -> str:
    """Return how far a job is: ``Tagging 120 of 1,000 images``, or ``reading 120 captions``."""
    of = f" of {step.total:,}" if step.total else ""
    text = f"{step.verb} {step.done:,}{of} {step.unit}".rstrip()
    return one_line(f"{text}, {step.pace}" if step.pace else text, limit=78)


def resumed(saved: Saved) -> Content:
    """Return that an earlier conversation goes on here, and what of it could not be read."""
    told = f"Resumed the session of {saved.started.replace('T', ' ').removesuffix('Z')} UTC."
    if saved.damaged:
        told += f" {count(saved.damaged, 'damaged line')} of its file left out."
    return line(told, MUTED)
