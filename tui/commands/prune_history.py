"""``tagsmith prune-history``: the one command that deletes for good."""

from __future__ import annotations

from tagsmith.tools.dataset import resolve_root
from tagsmith.tools.errors import Exit
from tagsmith.tools.journal import Journal
from tagsmith.tools.journal.prune import KEEP_DAYS, KEEP_PLANS
from tagsmith.tools.wording import count
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.parsing import Parser, add_dataset, positive

EXAMPLES = """\
  tagsmith prune-history pets                        what could go
  tagsmith prune-history pets --apply                delete it
  tagsmith prune-history pets --keep 100 --days 365  keep more
"""


def run(words: list[str], console: Console) -> Exit:
    """Show the oldest plans of the history, or delete them."""
    parser = Parser(
        "tagsmith prune-history",
        "Delete the oldest applied plans and what they had trashed. That cannot be undone, so it\n"
        f"is shown first. The last {KEEP_PLANS} plans and {KEEP_DAYS} days always stay.",
        EXAMPLES,
    )
    add_dataset(parser)
    parser.add_argument(
        "--keep", metavar="N", type=positive, default=KEEP_PLANS, help="plans to keep"
    )
    parser.add_argument(
        "--days", metavar="N", type=positive, default=KEEP_DAYS, help="days to keep"
    )
    parser.add_argument("--apply", action="store_true", help="delete them")
    found = parser.parse_args(words[1:])
    journal = Journal.open(resolve_root(found.dataset))
    pruned = journal.prune(found.keep, found.days, dry_run=not found.apply)
    console.acted = found.apply and bool(pruned.entries)
    if not pruned.entries:
        console.say("Nothing is old enough to be deleted.")
        return Exit.DONE
    for entry in pruned.entries:
        console.row([(f"  {entry.id}  {entry.time:%Y-%m-%d}  {entry.title}", "")])
    plans, size = count(len(pruned.entries), "plan"), f"{pruned.freed / 1e6:,.1f} MB"
    if found.apply:
        console.say(f"Deleted {plans}, {size} of history and trash.")
    else:
        console.say(f"{plans}, {size}. Nothing deleted yet; --apply deletes them for good.")
    return Exit.DONE
