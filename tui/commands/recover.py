"""``tagsmith recover``: end a plan that was cut short by a crash, a kill or a power cut."""

from __future__ import annotations

from tagsmith.tools.dataset import resolve_root
from tagsmith.tools.errors import Exit
from tagsmith.tools.journal import Journal
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.parsing import Parser, add_dataset

EXAMPLES = """\
  tagsmith recover pets            take the plan back
  tagsmith recover pets --forward  or apply it as a whole after all
"""


def run(words: list[str], console: Console) -> Exit:
    """Recover, and say what was done."""
    parser = Parser(
        "tagsmith recover",
        "End a plan that was cut short. Every other command takes it back on its own; this one\n"
        "can also finish it. Files that somebody else changed meanwhile stay and are listed.",
        EXAMPLES,
    )
    add_dataset(parser)
    parser.add_argument("--forward", action="store_true", help="apply the plan after all")
    found = parser.parse_args(words[1:])
    recovery = Journal.open(resolve_root(found.dataset)).recover(forward=found.forward)
    console.acted = bool(recovery.messages)
    for message in recovery.messages or ("There is nothing to recover.",):
        console.say(message)
    return Exit.DONE
