"""``tagsmith eval``: how well an engine does what people say, on a suite of tasks."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tagsmith.agent.evaluation.suite import CATEGORIES, tasks
from tagsmith.tools.errors import Exit, ServerError, StoppedError, TagsmithError, UsageError
from tagsmith.tools.watch import Step
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.parsing import Parser, positive
from tagsmith.tui.commands.progress import Progress

if TYPE_CHECKING:
    from tagsmith.agent.config import Settings
    from tagsmith.agent.evaluate import Score, Scored
    from tagsmith.agent.evaluation.suite import Task

EXAMPLES = """\
  tagsmith eval
  tagsmith eval --engine server --model qwen3-8b
  tagsmith eval --engine server --base-url http://localhost:8080/v1 --only injection --json
  tagsmith eval --limit 10

Nothing of yours is read or changed: the tasks are done on a dataset drawn in a temporary folder.
"""


def run(words: list[str], console: Console) -> Exit:
    """Run the suite, or a part of it, and report how it went."""
    from tagsmith.agent.evaluate import report

    found = _parser().parse_args(words[1:])
    chosen = [task for task in tasks() if found.only in (None, task.category)][: found.limit]
    settings = _settings(found)
    scored, error = _judged(chosen, settings, console)
    model = "" if settings.engine == "offline" else settings.model
    stopped = f"Stopped after {len(scored)} of {len(chosen)} tasks. {error}" if error else ""
    if found.json:
        told = report(scored, model, stopped)
        console.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        _show(scored, model, console)
    if error is None:
        return Exit.DONE
    console.note(stopped)
    return error.exit


def _judged(
    chosen: Sequence[Task], settings: Settings, console: Console
) -> tuple[list[Scored], TagsmithError | None]:
    """Return what was judged, and what ended it early: a server that fails, or Ctrl-C.

    Raises that error where nothing was judged by then.
    """
    from tagsmith.agent.engines import make_engine
    from tagsmith.agent.evaluate import evaluate

    progress = Progress(console)
    scored: list[Scored] = []
    try:
        progress.tell(Step("Judged", 0, len(chosen), "tasks"))
        for one in evaluate(chosen, lambda: make_engine(settings, allow_remote=True)):
            if scored and one.engine != scored[0].engine:
                return scored, ServerError(f"From then on, {one.engine} would have answered.")
            scored.append(one)
            progress.tell(Step("Judged", len(scored), len(chosen), "tasks"))
    except ServerError as error:
        if not scored:
            raise
        return scored, error
    except KeyboardInterrupt:
        if not scored:
            raise
        return scored, StoppedError("Interrupted.", "")
    finally:
        progress.end()
    return scored, None


def _parser() -> Parser:
    parser = Parser(
        "tagsmith eval",
        "Let an engine do a suite of tasks and judge it by the files in the end.",
        EXAMPLES,
    )
    parser.add_argument(
        "--engine",
        choices=("offline", "server", "auto"),
        default="offline",
        help="what understands the words: a model server or the built-in engine (default offline)",
    )
    parser.add_argument("--base-url", metavar="URL", help="address of the model server")
    parser.add_argument("--model", metavar="NAME", help="model to ask for on that server")
    parser.add_argument(
        "--allow-remote",
        action="store_true",
        help="the suite's made-up captions may go to that server, which is not on this machine",
    )
    parser.add_argument(
        "--only", metavar="CATEGORY", choices=CATEGORIES, help=", ".join(CATEGORIES)
    )
    parser.add_argument("--limit", metavar="N", type=positive, help="the first N tasks only")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _settings(found: argparse.Namespace) -> Settings:
    """Return the settings. Raises UsageError where they, or a server far away, cannot be used."""
    from tagsmith.agent import config
    from tagsmith.agent.consent import Consents

    typed = {"engine": found.engine, "base_url": found.base_url, "model": found.model}
    settings = config.load(typed)
    if settings.engine == "offline" or found.allow_remote or settings.endpoint().local:
        return settings
    if not Consents(config.folder()).given(settings.endpoint().base_url, "captions"):
        raise UsageError(
            f"{settings.base_url} is not on this machine, and you have not agreed that the suite's "
            "captions and file names go there. Nothing was sent.",
            "Agree with --allow-remote, or use a server on this machine.",
        )
    return settings


def _show(scored: Sequence[Scored], model: str, console: Console) -> None:
    from tagsmith.agent.evaluate import Score, Verdict, groups

    total = Score.of(scored)
    counts = total.tokens > 0
    console.say(f"Engine: {scored[-1].engine}{f', model {model}' if model else ''}")
    console.say()
    heads = ["category", "language", "tasks", "right", "wrong edit", "not done", "s/task"]
    heads += ["tokens", "tokens/task"] if counts else []
    rows = [_cells(*place, score, counts) for place, score in groups(scored).items()]
    rows.append(_cells("all", "", total, counts))
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    console.row([(_line(heads, widths), "bold")])
    console.row([(f"|{'|'.join('-' * (width + 2) for width in widths)}|", "dim")])
    for row in rows:
        console.row([(_line(row, widths), "")])
    wrong = [one.task for one in scored if one.verdict is Verdict.WRONG_EDIT]
    if wrong:
        console.say("\nWrong edits:")
    for task in wrong:
        console.row([(f"  {task.id}  ", ""), (_spoken(task), "dim")])


def _cells(category: str, language: str, score: Score, counts: bool) -> list[str]:
    numbers = (score.tasks, score.right, score.wrong_edits, score.not_done)
    cells = [category, language, *map(str, numbers), f"{score.seconds:.2f}"]
    if not counts:
        return cells
    return [*cells, f"{score.tokens:,}", f"{score.tokens / score.tasks:,.0f}"]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return a row of a Markdown table; all but the first two columns are numbers."""
    padded = [
        cell.ljust(width) if column < 2 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"


def _spoken(task: Task) -> str:
    return " / ".join((*task.before, task.text))
