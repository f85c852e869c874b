"""What stands beside the list of the review: a file's changes, a step, a tag change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual.content import Content

from tagsmith.tools.plan import Step
from tagsmith.tools.selection import Outside
from tagsmith.tools.workspace import Staged
from tagsmith.tui.changes import Group, TagFiles
from tagsmith.tui.language import many, say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.diff import OUTSIDE, detail, warning
from tagsmith.tui.widgets.palette import MUTED, WARNING
from tagsmith.tui.widgets.plan_rows import sample_row
from tagsmith.tui.widgets.tag_rows import tag_change

Find = Callable[[str], Group | None]
NAMES_TOLD = 3


def of_file(one: Group, steps: Sequence[Step], outside: Iterable[Outside]) -> Content:
    """Return everything about a sample: its changes, what they reach, the steps that made them."""
    parts = [detail(change) for change in one.changes]
    causes = {number for change in one.changes for number in change.steps}
    told = [warning(OUTSIDE, _reach(each, steps)) for each in outside]
    told += [
        line(say("step {number} · {summary}", number=step.number, summary=step.summary), MUTED)
        for step in steps
        if step.number in causes
    ]
    return Content("\n\n").join([*parts, Content("\n").join(told)])


def _reach(one: Outside, steps: Sequence[Step]) -> str:
    where = next((_where(step) for step in steps if step.number == one.step), "")
    names = ", ".join(one.images[:NAMES_TOLD])
    more = len(one.images) - NAMES_TOLD
    names += say(" and {n} more", n=more) if more > 0 else ""
    return say(
        "outside {where}: step {step} reaches {images} too, which that does not select",
        where=where, step=one.step, images=names,
    )  # fmt: skip


def _where(step: Step) -> str:
    """Return the query of a step as it was given."""
    return str(step.arguments.get("where") or step.arguments.get("only") or "")


def of_step(one: Staged, samples: Sequence[str], find: Find, width: int, rows: int) -> Content:
    """Return a step as it was called, whether it counts, and the first of its files."""
    parts = [line(one.step.summary or one.step.tool, "bold"), line(one.step.tool, MUTED)]
    parts += [
        Content.assemble(line(f"  {name}: ", MUTED), line(_value(value)))
        for name, value in one.step.arguments.items()
        if value is not None
    ]
    if one.dropped:
        parts.append(line(say("dropped: it runs no more; space takes it back"), WARNING))
    if one.failure:
        parts.append(warning("!", one.failure))
    files = many(len(samples), "{n} file of the plan", "{n} files of the plan")
    parts += [Content(), line(files, MUTED), *_rows(samples, find, width, rows - len(parts) - 2)]
    return Content("\n").join(parts)


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def of_tag(one: TagFiles, refused: bool, find: Find, width: int, rows: int) -> Content:
    """Return a tag change, whether it was rejected, and the first of its files."""
    number = len(one.samples)
    if one.change.added:
        told = many(number, "added to {n} caption", "added to {n} captions")
    else:
        told = many(number, "removed from {n} caption", "removed from {n} captions")
    parts = [Content.assemble(tag_change(one), line(f"  {told}", MUTED))]
    if refused:
        text = say("rejected in every file: the other changes stay; space takes it back")
        parts.append(line(text, WARNING))
    else:
        parts.append(line(say("space rejects it in every file; the other changes stay"), MUTED))
    parts += [Content(), *_rows(one.samples, find, width, rows - len(parts) - 2)]
    return Content("\n").join(parts)


def of_others(samples: Sequence[str], find: Find, width: int, rows: int) -> Content:
    """Return what no tag change tells: the first of the files."""
    told = many(
        len(samples),
        "{n} file with other changes",
        "{n} files with other changes",
    )
    why = line(say("order, spaces, moves, or what you wrote by hand"), MUTED)
    return Content("\n").join(
        [line(told, "bold"), why, Content(), *_rows(samples, find, width, rows - 4)]
    )


def _rows(samples: Sequence[str], find: Find, width: int, rows: int) -> list[Content]:
    """Return a row for each of the first samples, and how many more there are."""
    room = max(1, rows)
    shown = samples if len(samples) <= room else samples[: room - 1]
    parts = [
        line(f" {sample}", MUTED) if (one := find(sample)) is None else sample_row(one, width)
        for sample in shown
    ]
    more = len(samples) - len(shown)
    return [*parts, line(say(" … {n} more", n=f"{more:,}"), MUTED)] if more else parts
