"""``tagsmith history``: what was applied, newest first."""

from __future__ import annotations

import json
from typing import Any

from tagsmith.agent.result_json import text
from tagsmith.tools.dataset import resolve_root
from tagsmith.tools.errors import Exit
from tagsmith.tools.journal import Entry, Journal
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.diff import totals_text
from tagsmith.tui.commands.opening import settle_journal
from tagsmith.tui.commands.parsing import Parser, add_dataset, positive
from tagsmith.tui.language import say

EXAMPLES = """\
  tagsmith history pets
  tagsmith history pets --limit 5
  tagsmith history pets --json
"""


def run(words: list[str], console: Console) -> Exit:
    """List the applied plans."""
    parser = Parser(
        "tagsmith history",
        "List the applied plans, newest first. Each can be taken back: tagsmith undo --plan ID.",
        EXAMPLES,
    )
    add_dataset(parser)
    parser.add_argument("--limit", metavar="N", type=positive, help="only the newest N plans")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    found = parser.parse_args(words[1:])
    root = resolve_root(found.dataset)
    settle_journal(root, console)
    entries = Journal.open(root).history()[: found.limit]
    if found.json:
        listed = [_fields(entry) for entry in entries]
        console.write(json.dumps({"status": "report", "history": listed}) + "\n")
    elif not entries:
        console.say("No plan was applied here yet.")
    else:
        for entry in entries:
            show(entry, console)
    return Exit.DONE


def _fields(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "plan": entry.plan_id,
        "title": text(entry.title),
        "time": entry.time.isoformat(),
        "origin": entry.origin,
        "state": entry.state,
        "undoes": entry.undoes,
        "undone_by": entry.undone,
        "files": entry.totals.files,
        "tags_added": entry.totals.tags_added,
        "tags_removed": entry.totals.tags_removed,
        "moved": entry.totals.moved,
        "trashed": entry.totals.trashed,
        "created": entry.totals.created,
    }


def show(entry: Entry, console: Console) -> None:
    """Write two lines about an applied plan."""
    when = entry.time.astimezone().strftime("%Y-%m-%d %H:%M")
    console.row(
        [
            (f"{entry.id}  {when}  ", ""),
            (f"{say(entry.state):<7}", "dim" if entry.undone else ""),
            (f"  {entry.title}", "dim" if entry.undone else "bold"),
        ]
    )
    told = say("{totals}; by {origin}", totals=totals_text(entry.totals), origin=entry.origin)
    console.row([(f"      {told}", "dim")])
