"""``tagsmith report``: one HTML file that shows a dataset, or the same as numbers."""

from __future__ import annotations

import json
import os

from tagsmith.tools.errors import Exit, UsageError
from tagsmith.tools.journal import Journal
from tagsmith.tools.paths import display
from tagsmith.tools.watch import Watch
from tagsmith.tools.wording import count
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.opening import open_dataset
from tagsmith.tui.commands.parsing import Parser, add_dataset, positive
from tagsmith.tui.commands.progress import Progress

EXAMPLES = """\
  tagsmith report pets -o report.html
  tagsmith report pets -o report.html --triggers coco --trainer kohya
  tagsmith report pets --json --no-pictures
"""
TRAINERS = ("kohya", "onetrainer", "ai-toolkit", "diffusers")


def run(words: list[str], console: Console) -> Exit:
    """Write the report of a dataset."""
    found = _parser().parse_args(words[1:])
    if found.output is None and not found.json:
        raise UsageError("Where is the report to go?", "Give -o FILE, or --json for the numbers.")

    from tagsmith.tools.audit.evidence import Settings
    from tagsmith.tools.report import build
    from tagsmith.tools.report.numbers import as_data

    workspace = open_dataset(found.dataset, console)
    if found.output is not None:
        build.check_target(found.output, workspace)
    progress = Progress(console)
    workspace.watch = Watch(progress.tell)
    wishes = build.Wishes(
        Settings(trainer=found.trainer or "", triggers=tuple(found.triggers)),
        pictures=not found.no_pictures,
        sample=found.sample,
        seed=found.seed,
    )
    try:
        report = build.build(workspace, Journal.open(workspace.root).history(), wishes)
        if found.output is not None:
            build.write(report, found.output, workspace)
    finally:
        progress.end()
    if found.json:
        fields = {"status": "report", "report": as_data(report)}
        console.write(json.dumps(fields, ensure_ascii=True) + "\n")
    else:
        size = os.path.getsize(found.output) // 1024
        said = count(len(report.findings), "finding")
        console.say(f"{display(found.output)}: {said}, {size:,} KiB")
    return Exit.DONE


def _parser() -> Parser:
    parser = Parser(
        "tagsmith report",
        "Show a dataset on one page: numbers, plots, findings, duplicates, a sample, the history.\n"
        "The page needs no network and runs no script.",
        EXAMPLES,
    )
    add_dataset(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="the HTML file to write")
    parser.add_argument("--triggers", metavar="TAG", nargs="+", default=[], help="the triggers")
    parser.add_argument("--trainer", choices=TRAINERS, help="check for this trainer")
    parser.add_argument("--no-pictures", action="store_true", help="open no image: quicker")
    parser.add_argument("--sample", metavar="N", type=positive, default=24, help="images shown")
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="which images are shown")
    parser.add_argument("--json", action="store_true", help="print the numbers as one JSON object")
    return parser
