"""What becomes of a plan: shown, saved, or applied; and how that is told."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tagsmith.agent.result import Result, Status
from tagsmith.tools.errors import (
    ConflictError,
    Exit,
    OutcomeUnknownError,
    TagsmithError,
    UsageError,
)
from tagsmith.tools.paths import display
from tagsmith.tools.plan import Plan
from tagsmith.tools.watch import Step
from tagsmith.tools.wording import count
from tagsmith.tui.commands import diff
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.progress import Progress

if TYPE_CHECKING:
    from tagsmith.tools.journal import Applied

Count = Callable[[int, int], None]
Apply = Callable[[Plan, Count], "Applied"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person wants done with the plan; nothing set is a dry run."""

    apply: bool = False
    approve: str | None = None
    plan_out: str | None = None

    @classmethod
    def of(cls, found: argparse.Namespace) -> Wish:
        """Read the options of ``add_outcome``. Raises UsageError where two contradict."""
        wish = cls(found.apply, found.approve, found.plan_out)
        if sum((wish.apply, wish.approve is not None, wish.plan_out is not None)) > 1:
            raise UsageError("--apply, --approve and --plan-out exclude each other.", "Give one.")
        return wish


def journal_apply(root: str, origin: str) -> Apply:
    """Return what applies a plan to a folder under this origin."""

    def apply(plan: Plan, progress: Count) -> Applied:
        from tagsmith.tools.journal import Journal

        return Journal.open(root).apply(plan, origin=origin, progress=progress)

    return apply


def settle(result: Result, wish: Wish, root: str, apply: Apply, console: Console) -> Result:
    """Save or apply the result's plan as wished, and return the result of that.

    What goes wrong becomes part of the result, beside the plan that it happened to.
    """
    if result.exit is not Exit.DONE:
        return result
    try:
        return _settle(result, wish, root, apply, console)
    except OutcomeUnknownError as error:
        return _unknown(result, error)
    except TagsmithError as error:
        failed = Result.failed(error)
        return replace(
            result,
            status=failed.status,
            message=failed.message,
            exit=failed.exit,
            conflicts=failed.conflicts,
        )


def _settle(result: Result, wish: Wish, root: str, apply: Apply, console: Console) -> Result:
    plan = result.plan
    if wish.approve is not None and (plan is None or plan.id != wish.approve):
        found = f"it is plan {plan.id} now" if plan else "nothing is planned now"
        raise ConflictError(
            f"This is not the plan {wish.approve} that was approved: {found}.",
            "The files or the command changed; look again. Nothing was changed.",
        )
    if plan is None:
        return result
    if wish.plan_out is not None:
        from tagsmith.tools import planfile

        planfile.save(plan, root, wish.plan_out)
    if not wish.apply and wish.approve is None:
        return result
    progress = Progress(console)

    def tell(done: int, total: int) -> None:
        progress.tell(Step("Applying", done, total, "files"))

    try:
        applied = apply(plan, tell)
    finally:
        progress.end()
    return replace(result, status=Status.APPLIED, applied=applied)


def _unknown(result: Result, error: OutcomeUnknownError) -> Result:
    from tagsmith.tools.journal import Applied

    plan = result.plan
    applied = None
    if plan is not None:
        applied = Applied("", plan.id, plan.totals, durable=False, verified=0)
    return replace(
        result, status=Status.APPLIED, message=str(error), applied=applied, exit=error.exit
    )


@dataclass(frozen=True, slots=True)
class Telling:
    """How a result is told: as JSON, or to a person with the next command to type.

    ``dataset`` is the folder as the person wrote it; ``how`` says how to apply the very plan that
    was shown; ``back`` is the command that takes it back.
    """

    dataset: str
    as_json: bool
    how: str = "the same again with --approve {id}, or with --apply, applies it"
    back: str = "undo"
    saved: str | None = None


def show(result: Result, console: Console, telling: Telling) -> Exit:
    """Print a result and return its exit status."""
    console.acted = result.applied is not None
    if telling.as_json:
        from tagsmith.agent.result_json import to_json

        for piece in to_json(result):
            console.write(piece)
    if result.exit is not Exit.DONE:
        console.note(result.message)
    elif not telling.as_json:
        _show(result, console, telling)
    for message in result.applied.messages if result.applied else ():
        console.note(message)
    return result.exit


def _show(result: Result, console: Console, telling: Telling) -> None:
    plan = result.plan
    if result.message:
        console.say(result.message)
    if plan is None:
        if telling.saved is not None:
            console.note("Nothing is planned, so nothing was saved.")
        return
    console.say()
    for row in diff.rows(plan):
        console.row(row)
    console.row([(diff.totals_text(plan.totals), "bold")])
    folder = shlex.quote(display(telling.dataset))
    if result.applied is not None:
        files = count(plan.totals.files, "file")
        back = f"`tagsmith {telling.back} {folder}`"
        console.say(f"Applied to {files} (plan {plan.id}). {back} takes it back.")
    elif telling.saved is not None:
        file = shlex.quote(display(telling.saved))
        console.say(f"Nothing written yet. The plan {plan.id} is saved:")
        console.say(f"`tagsmith apply {folder} {file}` applies it.")
    else:
        console.say(f"Nothing written yet. This is the plan {plan.id}:")
        console.say(f"{telling.how.format(id=plan.id)}.")
