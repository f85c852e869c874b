"""A pending plan over time: what is kept of it, and how it comes back on the files as they are now.

Kept are the tool calls, not their results: what they stage is computed anew, so no byte of an old
caption is ever put over a new one. Nothing is written; bringing a plan back only stages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from tagsmith.agent.session_records import HandEdit, RefusedTag, StagedStep, Staging
from tagsmith.tools import content, toolbox
from tagsmith.tools.caption import why_not_editable
from tagsmith.tools.errors import TagsmithError, UsageError
from tagsmith.tools.paths import display
from tagsmith.tools.plan import Step
from tagsmith.tools.refusals import TagChange
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.workspace import Staged, Workspace

# Tools that without the id of a plan mean the last one, which may be another one by now.
REVERSING = ("undo", "redo")
NOT_THE_SAME = "other plans were applied or undone since"
STOPPED = "Stopped: the plan is not brought back now. It is kept; open the session again for it."


def staging(workspace: Workspace) -> Staging:
    """Return what has to be kept of a workspace to bring its plan back."""
    steps = [
        StagedStep(
            number=one.step.number,
            tool=one.step.tool,
            arguments=one.step.arguments,
            summary=one.step.summary,
            dropped=one.dropped,
        )
        for one in workspace.staged
    ]
    reverses = any(one.tool in REVERSING for one in steps)
    return Staging(
        files=workspace.files,
        steps=steps,
        dropped=sorted(workspace.dropped),
        edits=[_edit(workspace, path, data) for path, data in workspace.edited.items()],
        undoes=list(workspace.plan(everything=True).undoes) if reverses else [],
        refused=[RefusedTag(tag=one.tag, added=one.added) for one in sorted(workspace.refused)],
    )


def _edit(workspace: Workspace, path: str, data: bytes) -> HandEdit:
    return HandEdit(
        path=path,
        after=workspace.edited_after[path],
        text=data.decode("utf-8", "surrogateescape"),
        seen=_seen(workspace, path),
    )


def _seen(workspace: Workspace, path: str) -> str:
    """Return the digest of a caption on disk, empty where there is none."""
    data = workspace.dataset.captions.get(path)
    return "" if data is None else content.digest(data).hex()


def bring_back(kept: Staging, workspace: Workspace) -> list[str]:
    """Stage a kept plan again; return a line for each thing that no longer applies.

    Nothing may be staged yet. A step that cannot run stays in the plan's list of steps with its
    reason; one that has nothing to do any more leaves it. Where ``workspace.watch`` says stop,
    nothing is staged.
    """
    edits, told = _usable(kept.edits, workspace)
    steps = [_staged(one) for one in kept.steps]
    workspace.restore(steps, edits)
    if list(workspace.plan(everything=True).undoes) != kept.undoes:
        workspace.clear()
        workspace.restore(list(_without_reversals(steps)), edits)
    if workspace.watch.stopped():
        workspace.clear()
        return [STOPPED]
    told += _told_of_steps(workspace)
    told += _told_of_edits(workspace)
    for path in kept.dropped:
        workspace.drop(path)
    if not workspace.files and not workspace.plan(everything=True):
        workspace.clear()
    workspace.refused |= {TagChange(one.tag, one.added) for one in kept.refused}
    return told


def _staged(kept: StagedStep) -> Staged:
    step = Step(kept.number, kept.tool, kept.arguments, kept.summary)
    return Staged(step, _runs(kept.tool, kept.arguments), kept.dropped)


def _runs(tool: str, arguments: dict[str, Any]) -> Callable[[Workspace], Outcome]:
    """Return how to run a call; one that cannot be made raises when it is run."""
    try:
        chosen = toolbox.find(tool)
        parsed = toolbox.validate(chosen, arguments)
    except TagsmithError as error:
        return _refusing(error)
    return lambda workspace: chosen.function(workspace, parsed)


def _refusing(error: TagsmithError) -> Callable[[Workspace], Outcome]:
    def run(_: Workspace) -> Outcome:
        raise error

    return run


def _without_reversals(steps: Iterable[Staged]) -> Iterator[Staged]:
    for one in steps:
        unsure = one.step.tool in REVERSING and not one.step.arguments.get("plan")
        yield replace(one, run=_refusing(UsageError(NOT_THE_SAME))) if unsure else one


def _told_of_steps(workspace: Workspace) -> list[str]:
    """Tell of steps that fail, and forget those that have nothing to do."""
    told = []
    for one in list(workspace.staged):
        name = f"Step {one.step.number}, {one.step.tool},"
        if one.failure:
            told.append(f"{name} no longer applies: {one.failure}")
        elif not one.dropped and not one.files:
            told.append(f"{name} has nothing to change any more.")
            workspace.forget_step(one.step.number)
    return told


Edits = list[tuple[str, int, bytes]]


def _usable(kept: Iterable[HandEdit], workspace: Workspace) -> tuple[Edits, list[str]]:
    """Return the captions written by hand whose files are as they were, and tell of the others."""
    usable: Edits = []
    told = []
    for one in kept:
        data = one.text.encode("utf-8", "surrogateescape")
        if _seen(workspace, one.path) != one.seen:
            told.append(f"{display(one.path)} has changed on disk, so your own text is left out.")
        elif reason := why_not_editable(data):
            told.append(f"Your own text for {display(one.path)} cannot be a caption: {reason}.")
        else:
            usable.append((one.path, one.after, data))
    return usable, told


def _told_of_edits(workspace: Workspace) -> list[str]:
    """Tell of captions written by hand that no step creates any more, and forget them."""
    gone = [
        path
        for path in workspace.edited
        if path not in workspace.dataset.captions and workspace.content(path) is None
    ]
    for path in gone:
        del workspace.edited[path], workspace.edited_after[path]
    return [
        f"{display(one)} is not created any more, so your own text is left out." for one in gone
    ]
