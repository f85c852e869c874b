"""``tagsmith do``: one tool, its arguments as options made from its definition."""

from __future__ import annotations

import argparse
from typing import Any

from tagsmith.agent.calling import use
from tagsmith.agent.events import Call
from tagsmith.agent.result import Result, Status, StepResult
from tagsmith.tools import toolbox
from tagsmith.tools.errors import Exit
from tagsmith.tools.toolbox import Tool
from tagsmith.tools.watch import Watch
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.opening import open_dataset
from tagsmith.tui.commands.parsing import (
    Parser,
    add_dataset,
    add_json,
    add_outcome,
    add_tool,
    given,
)
from tagsmith.tui.commands.progress import Progress
from tagsmith.tui.commands.settling import Telling, Wish, journal_apply, settle, show

SENDS_IMAGES = "caption_images"

EXAMPLES = """\
  tagsmith do pets list_tag_frequencies --limit 10 --where "dog and not cat"
  tagsmith do pets prune_tags --tags watermark "long hair"
  tagsmith do pets replace-tags --old "brown fur" --new "chocolate fur" --apply
  tagsmith do pets isolate_images --where "lowres or tags:=0" --name weak --approve 5a0d2f33c1e4b876
  tagsmith do pets prune_tags --help      the arguments of one tool
  tagsmith tools                          all the tools
"""


def run(words: list[str], console: Console) -> Exit:
    """Call one tool and show, save or apply what it stages."""
    outer = _parser()
    found = outer.parse_args(words[1:])
    tool = toolbox.find(found.tool.replace("-", "_"))
    inner = _tool_parser(tool)
    found = inner.parse_args(found.rest, namespace=found)
    wish = Wish.of(found)
    arguments = coerced(tool, given(tool, found))
    workspace = open_dataset(
        found.dataset,
        console,
        emptied=tool.name in ("undo", "redo"),
        allow_remote=getattr(found, "allow_remote", False),
    )
    progress = Progress(console)
    workspace.watch = Watch(progress.tell)
    try:
        result = call(workspace, tool, arguments)
    finally:
        progress.end()
    apply = journal_apply(workspace.root, "do")
    result = settle(result, wish, workspace.root, apply, console)
    return show(result, console, Telling(found.dataset, found.json, saved=wish.plan_out))


def coerced(tool: Tool, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments as the tool takes them, before anything is opened.

    Raises UsageError where they do not fit.
    """
    parsed = toolbox.validate(tool, arguments)
    return parsed.model_dump(mode="json", exclude_defaults=True)


def call(workspace: Workspace, tool: Tool, arguments: dict[str, Any]) -> Result:
    """Call a tool; the result holds what it answered and the plan that it staged, if any.

    An error in a query shows the query and the place.
    """
    outcome = use(workspace, Call(tool.name, arguments))
    step = StepResult(tool.name, arguments, outcome.data)
    plan = workspace.plan()
    if not plan:
        return Result(Status.REPORT, outcome.text, steps=(step,))
    return Result(Status.PLANNED, outcome.text, steps=(step,), plan=plan)


def _parser() -> Parser:
    parser = Parser(
        "tagsmith do",
        "Call one tool. An edit is shown first; --apply writes it.",
        EXAMPLES,
    )
    add_dataset(parser)
    parser.add_argument("tool", metavar="TOOL", help="name of the tool; - or _, both are right")
    parser.add_argument(
        "rest", metavar="--ARG VALUE", nargs=argparse.REMAINDER, help="the tool's arguments"
    )
    add_outcome(parser)
    add_json(parser)
    return parser


def _tool_parser(tool: Tool) -> Parser:
    parser = Parser(f"tagsmith do DATASET {tool.name}", tool.description)
    add_tool(parser, tool)
    if tool.name == SENDS_IMAGES:
        parser.add_argument(
            "--allow-remote",
            action="store_true",
            help="images may go to the configured server, which is not on this machine",
        )
    add_outcome(parser)
    add_json(parser)
    return parser
