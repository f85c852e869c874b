"""undo and redo: the reverse of applied plans, staged like any other edit."""

from __future__ import annotations

from pydantic import Field

from tagsmith.tools.errors import UsageError
from tagsmith.tools.journal import Entry, Journal
from tagsmith.tools.paths import display
from tagsmith.tools.plan import Change
from tagsmith.tools.toolbox import Arguments, Outcome, Where, tool
from tagsmith.tools.wording import count, listing
from tagsmith.tools.workspace import Workspace


class Undo(Arguments):
    """Arguments of undo."""

    steps: int = Field(default=1, ge=1, le=1000, description="how many applied plans")
    plan: str | None = Field(
        default=None,
        description="one applied plan by its id, instead of the last ones",
        json_schema_extra={"advanced": True},
    )
    only: Where = Field(
        default=None,
        description="query: undo only for these images",
        json_schema_extra={"advanced": True},
    )


@tool(Undo, core=True)
def undo(workspace: Workspace, args: Undo) -> Outcome:
    """Stage the reverse of the last applied plans. Files edited since then are left and listed."""
    return _stage(workspace, args, "undo")


@tool(Undo)
def redo(workspace: Workspace, args: Undo) -> Outcome:
    """Stage what the last undo took back. Files edited since then are left and listed."""
    return _stage(workspace, args, "redo")


def _stage(workspace: Workspace, args: Undo, verb: str) -> Outcome:
    journal = Journal.open(workspace.root)
    entries = _entries(journal, args, verb)
    if not entries:
        raise UsageError(f"There is nothing to {verb}.", "See `tagsmith history`.")
    chosen = None
    if args.only:
        chosen = {sample.image for sample in workspace.select(args.only)}
    reversal = journal.reverse(*(entry.id for entry in entries))
    changes = [one for one in reversal.changes if chosen is None or one.sample in chosen]
    if pending := _pending(workspace, changes):
        raise UsageError(
            f"{count(len(pending), 'file')} of it would change already: "
            f"{listing([display(path) for path in pending], 3)}.",
            "Apply what is pending, or drop it, first.",
        )
    for change in changes:
        workspace.bring(change)
    workspace.undoes((entry.id for entry in entries), partial=chosen is not None)
    staged, skipped = len(changes), reversal.skipped
    titles = listing([entry.title for entry in entries], 2)
    lines = [f"{verb.capitalize()} {titles}: {count(staged, 'file')}"]
    if skipped:
        shown = listing([f"{display(one.path)} ({one.reason})" for one in skipped])
        lines.append(f"Left alone: {shown}.")
    return Outcome("\n".join(lines), {"files": staged, "left_alone": len(skipped)})


def _pending(workspace: Workspace, changes: list[Change]) -> list[str]:
    """Return the files of a reverse, or their places, that what is staged changes or takes."""
    free = {change.path for change in changes}
    taken = [
        change.to
        for change in changes
        if change.to is not None and change.to not in free and workspace.blocked(change.to)
    ]
    return [*(one.path for one in changes if workspace.is_pending(one.path)), *taken]


def _entries(journal: Journal, args: Undo, verb: str) -> list[Entry]:
    if args.plan is not None:
        find = journal.undoable if verb == "undo" else journal.redoable
        return [find(args.plan)]
    return (
        journal.last_undoable(args.steps) if verb == "undo" else journal.last_redoable(args.steps)
    )
