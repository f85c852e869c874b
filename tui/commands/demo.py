"""``tagsmith demo``: the real thing, on a dataset drawn a moment ago."""

from __future__ import annotations

from tagsmith.tools.errors import Exit
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.parsing import Parser

EXAMPLES = """\
  tagsmith demo             open the chat on it
  tagsmith demo --headless  play a conversation: order, tag, diff, apply, undo, proof
"""


def run(words: list[str], console: Console) -> Exit:
    """Run the demo."""
    del console  # the demo prints its own lines, all of them the program's
    parser = Parser(
        "tagsmith demo", "Draw a small dataset in a temporary folder and work on it.", EXAMPLES
    )
    parser.add_argument(
        "--headless", action="store_true", help="no chat: play a short conversation and print it"
    )
    found = parser.parse_args(words[1:])
    from tagsmith.tui.demo import run_demo

    return Exit(run_demo(headless=found.headless))
