"""``tagsmith apply``: a plan file that --plan-out saved, onto the files it was made for."""

from __future__ import annotations

from tagsmith.agent import config
from tagsmith.agent.result import Result, Status
from tagsmith.tools import planfile
from tagsmith.tools.dataset import resolve_root
from tagsmith.tools.errors import Exit, ForeignPlanError
from tagsmith.tools.foreign import adopt
from tagsmith.tools.journal import Journal
from tagsmith.tools.plan import Plan
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.opening import settle_journal
from tagsmith.tui.commands.parsing import Parser, add_dataset, add_json
from tagsmith.tui.commands.settling import Telling, Wish, journal_apply, settle, show

EXAMPLES = """\
  tagsmith apply pets plan.jsonl --dry-run
  tagsmith apply pets plan.jsonl
"""


def run(words: list[str], console: Console) -> Exit:
    """Apply a saved plan, if every file still is as the plan saw it."""
    parser = Parser(
        "tagsmith apply",
        "Apply a plan that --plan-out saved. It is applied whole, and only if every file still\n"
        "is as the plan saw it; else nothing is changed.",
        EXAMPLES,
    )
    add_dataset(parser)
    parser.add_argument("file", metavar="PLAN_FILE", help="the plan file")
    parser.add_argument("--dry-run", action="store_true", help="only show what it would do")
    add_json(parser)
    found = parser.parse_args(words[1:])
    root = resolve_root(found.dataset)
    plan = planfile.load(found.file, tuple(config.load().caption_extensions)).plan
    settle_journal(root, console)
    _check_history(plan, root)
    plan = adopt(plan, root)
    result = Result(Status.REPORT, "The plan is empty; there is nothing to apply.")
    if plan:
        result = Result(Status.PLANNED, plan.title, plan=plan)
    wish = Wish(apply=not found.dry_run)
    result = settle(result, wish, root, journal_apply(root, "apply"), console)
    how = "the same again without --dry-run applies it"
    return show(result, console, Telling(found.dataset, found.json, how))


def _check_history(plan: Plan, root: str) -> None:
    known = {entry.id for entry in Journal.open(root).history()} if plan.undoes else set()
    if missing := set(plan.undoes) - known:
        raise ForeignPlanError(
            f"The plan {plan.id} takes back {min(missing)}, which this folder's history lacks.",
            "Nothing was changed; give the folder for which the plan was saved.",
        )
