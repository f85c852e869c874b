"""``tagsmith run``: words instead of tools, without a terminal."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tagsmith.agent import scripted
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Event, Noted
from tagsmith.tools.errors import Exit, UsageError
from tagsmith.tools.paths import display
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
from tagsmith.tui.commands.settling import Telling, Wish, settle, show

if TYPE_CHECKING:
    from tagsmith.agent.events import Engine

EXAMPLES = """\
  tagsmith run pets "remove watermark"
  tagsmith run pets "quita watermark y pon el trigger coco en los perros" --apply
  tagsmith run pets "remove watermark" "also lowres" --plan-out plan.jsonl
  tagsmith run pets --script weekly.txt --approve 5a0d2f33c1e4b876 --json
  echo "which tags are the most common?" | tagsmith run pets --script -

Each TEXT is one message; put it in quotes. A script has one message a line; lines that begin
with # are comments. The messages of the script come before those of the command line.
"""


def run(words: list[str], console: Console) -> Exit:
    """Hold one scripted conversation and show, save or apply the plan that it ends with."""
    found = _parser().parse_intermixed_args(words[1:])
    wish = Wish.of(found)
    texts = [*_script(found.script), *found.text]
    if not any(text.strip() for text in texts):
        raise UsageError("There is nothing to say.", "Give a TEXT or a --script.")
    engine = _engine(found, console)
    workspace = open_dataset(found.dataset, console)
    conversation = Conversation(workspace, engine, origin="run")
    limits = scripted.Limits(found.max_steps, found.timeout)
    result = scripted.run(conversation, texts, limits, lambda event: _note(event, console))
    result = settle(
        result,
        wish,
        workspace.root,
        lambda plan, progress: conversation.apply(plan.id, progress),
        console,
    )
    return show(result, console, Telling(found.dataset, found.json, saved=wish.plan_out))


def _parser() -> Parser:
    parser = Parser(
        "tagsmith run",
        "Say something to Tagsmith without a terminal. The plan is shown first; --apply writes it.",
        EXAMPLES,
    )
    add_dataset(parser)
    parser.add_argument("text", metavar="TEXT", nargs="*", help="a message, in quotes")
    parser.add_argument("--script", metavar="FILE", help="one message a line; - reads stdin")
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
        help="captions and file names may go to that server, which is not on this machine",
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


def _script(path: str | None) -> list[str]:
    """Return the messages of a script. Raises UsageError where it cannot be read."""
    if path is None:
        return []
    try:
        if path == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as file:
                data = file.read()
        lines = data.decode("utf-8-sig").splitlines()
    except OSError as error:
        raise UsageError(f"The script {display(path)} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"The script {display(path)} is not UTF-8 (byte {error.start}).", "Save it as UTF-8."
        ) from error
    texts = [line.strip() for line in lines]
    return [text for text in texts if text and not text.startswith("#")]


def _engine(found: argparse.Namespace, console: Console) -> Engine:
    """Return the engine. Raises UsageError where the settings cannot be used."""
    from tagsmith.agent import config
    from tagsmith.agent.engines import make_engine

    settings = config.load(
        {"engine": found.engine, "base_url": found.base_url, "model": found.model}
    )
    if settings.engine == "offline" and (found.base_url or found.model):
        console.note("--base-url and --model are not used: the built-in engine answers.")
    return make_engine(settings, allow_remote=found.allow_remote)


def _note(event: Event, console: Console) -> None:
    if isinstance(event, Noted):
        console.note(event.text)
