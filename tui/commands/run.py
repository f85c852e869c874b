"""``tagsmith run``: words instead of tools, without a terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tagsmith.agent import recipes, scripted
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Event, Noted
from tagsmith.agent.result import Result
from tagsmith.tools.errors import Exit, UsageError
from tagsmith.tools.paths import display
from tagsmith.tools.watch import Watch
from tagsmith.tools.wording import count
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.opening import open_dataset
from tagsmith.tui.commands.parsing import (
    Parser,
    add_dataset,
    add_json,
    add_outcome,
    positive,
    seconds,
)
from tagsmith.tui.commands.progress import Progress
from tagsmith.tui.commands.settling import Telling, Wish, settle, show

if TYPE_CHECKING:
    from tagsmith.agent.events import Engine

Steps = Sequence[str | scripted.ToolStep]

EXAMPLES = """\
  tagsmith run pets "remove watermark"
  tagsmith run pets "quita watermark y pon el trigger coco en los perros" --apply
  tagsmith run pets "remove watermark" "also lowres" --plan-out plan.jsonl
  tagsmith run pets "quita watermark" "remove lowres" --record weekly.yaml
  tagsmith run pets --script weekly.yaml --approve 5a0d2f33c1e4b876 --json
  echo "which tags are the most common?" | tagsmith run pets --script -

Each TEXT is one message; put it in quotes. A script is a recipe, which --record writes and which
needs no engine, or has one message a line; lines that begin with # are comments. What the script
says comes before the messages of the command line.
"""


def run(words: list[str], console: Console) -> Exit:
    """Hold one scripted conversation and show, save or apply the plan that it ends with."""
    found = _parser().parse_intermixed_args(words[1:])
    wish = Wish.of(found)
    steps = [*_script(found.script), *(text for text in found.text if text.strip())]
    if not steps:
        raise UsageError("There is nothing to say.", "Give a TEXT or a --script.")
    if found.record is not None:
        recipes.check_target(found.record, force=found.force)
    engine = _engine(found, steps, console)
    server = {"base_url": found.base_url, "model": found.model}
    workspace = open_dataset(found.dataset, console, server=server, allow_remote=found.allow_remote)
    conversation = Conversation(workspace, engine, origin="run")
    result = _converse(conversation, steps, found, console)
    if found.record is not None:
        _record(conversation, result, found, console)
    result = settle(
        result,
        wish,
        workspace.root,
        lambda plan, progress: conversation.apply(plan.id, progress),
        console,
    )
    return show(result, console, Telling(found.dataset, found.json, saved=wish.plan_out))


def _converse(
    conversation: Conversation, steps: Steps, found: argparse.Namespace, console: Console
) -> Result:
    """Run the script; stderr shows how far its tools are."""
    progress = Progress(console)

    def listen(event: Event) -> None:
        progress.end()
        if isinstance(event, Noted):
            console.note(event.text)

    conversation.workspace.watch = Watch(progress.tell)
    limits = scripted.Limits(found.max_steps, found.timeout)
    try:
        return scripted.run(conversation, steps, limits, listen)
    finally:
        progress.end()


def _record(
    conversation: Conversation, result: Result, found: argparse.Namespace, console: Console
) -> None:
    """Write what is staged as a recipe, whatever then becomes of the plan."""
    if result.plan is None:
        console.note("Nothing is planned, so no recipe was written.")
        return
    staged = conversation.workspace.steps
    recipes.save(found.record, recipes.dumps(staged, conversation.words), force=found.force)
    console.note(f"{count(len(staged), 'step')} recorded in {display(found.record)}.")


def _parser() -> Parser:
    parser = Parser(
        "tagsmith run",
        "Say something to Tagsmith without a terminal. The plan is shown first; --apply writes it.",
        EXAMPLES,
    )
    add_dataset(parser)
    parser.add_argument("text", metavar="TEXT", nargs="*", help="a message, in quotes")
    parser.add_argument(
        "--script", metavar="FILE", help="a recipe, or one message a line; - is stdin"
    )
    parser.add_argument("--record", metavar="FILE", help="write what is staged as a recipe (.yaml)")
    parser.add_argument("--force", action="store_true", help="--record may write over a file")
    parser.add_argument(
        "--engine",
        choices=("auto", "server", "offline"),
        help="what understands the words: a model server or the built-in engine (default auto)",
    )
    parser.add_argument("--base-url", metavar="URL", help="address of the model server")
    parser.add_argument("--model", metavar="NAME", help="model to ask for on that server")
    parser.add_argument(
        "--allow-remote",
        action="store_true",
        help="captions, file names and the images to be captioned may go to that server, which is "
        "not on this machine",
    )
    parser.add_argument(
        "--max-steps",
        metavar="N",
        type=positive,
        default=scripted.MAX_STEPS,
        help=f"tool calls after which to give up, exit 124 (default {scripted.MAX_STEPS})",
    )
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        help="seconds after which to give up, exit 124 (default: never)",
    )
    add_outcome(parser)
    add_json(parser)
    return parser


def _script(path: str | None) -> Steps:
    """Return the steps of a script. Raises UsageError where it cannot be read."""
    if path is None:
        return ()
    most = recipes.MAX_BYTES + 1
    try:
        if path == "-":
            return recipes.read(sys.stdin.buffer.read(most) if sys.stdin else b"", "stdin")
        with open(path, "rb") as file:
            return recipes.read(file.read(most), display(path))
    except OSError as error:
        raise UsageError(f"The script {display(path)} cannot be read: {error.strerror}.") from error


def _engine(found: argparse.Namespace, steps: Steps, console: Console) -> Engine:
    """Return the engine, where anything is said. Raises UsageError where its settings are wrong."""
    if not any(isinstance(step, str) for step in steps):
        if found.engine or found.base_url or found.model:
            console.note("The recipe says nothing, so no engine and no server is used.")
        return scripted.NoEngine()
    from tagsmith.agent import config
    from tagsmith.agent.engines import make_engine
    from tagsmith.agent.middleware import TurnLimits

    settings = config.load(
        {"engine": found.engine, "base_url": found.base_url, "model": found.model}
    )
    if settings.engine == "offline" and (found.base_url or found.model):
        console.note("--base-url and --model are not used: the built-in engine answers.")
    limits = TurnLimits(calls=found.max_steps)
    if found.timeout is not None:
        limits = replace(limits, seconds=found.timeout)
    return make_engine(settings, allow_remote=found.allow_remote, limits=limits)
