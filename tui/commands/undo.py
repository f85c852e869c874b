"""``tagsmith undo`` and ``tagsmith redo``: applied plans, backwards.

The person named the very act, so it is done at once; --dry-run shows it instead.
"""

from __future__ import annotations

from tagsmith.tools import toolbox
from tagsmith.tools.errors import Exit
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.do import call, coerced
from tagsmith.tui.commands.opening import open_dataset
from tagsmith.tui.commands.parsing import Parser, add_dataset, add_json
from tagsmith.tui.commands.settling import Telling, Wish, journal_apply, settle, show

EXAMPLES = """\
  tagsmith {verb} pets
  tagsmith {verb} pets --dry-run
  tagsmith {verb} pets --steps 3
  tagsmith {verb} pets --plan 7               a plan of `tagsmith history pets`
  tagsmith {verb} pets --only "name:img_00*"  only these images
"""

ABOUT = {
    "undo": "Take back the last applied plan, or others, at once. Files that were edited by hand\n"
    "since then stay as they are and are listed. `tagsmith redo` brings the plan back.",
    "redo": "Bring back what the last undo took back, at once. Files that were edited by hand\n"
    "since then stay as they are and are listed.",
}


def run(words: list[str], console: Console) -> Exit:
    """Take back, or bring back, applied plans."""
    verb = words[0]
    found = _parser(verb).parse_args(words[1:])
    given = {"steps": found.steps, "plan": found.plan, "only": found.only}
    tool = toolbox.find(verb)
    arguments = coerced(tool, given)
    workspace = open_dataset(found.dataset, console, emptied=True)
    result = call(workspace, tool, arguments)
    wish = Wish(apply=not found.dry_run)
    apply = journal_apply(workspace.root, verb)
    result = settle(result, wish, workspace.root, apply, console)
    how = "the same again without --dry-run applies it"
    back = "redo" if verb == "undo" else "undo"
    return show(result, console, Telling(found.dataset, found.json, how, back))


def _parser(verb: str) -> Parser:
    parser = Parser(f"tagsmith {verb}", ABOUT[verb], EXAMPLES.format(verb=verb))
    add_dataset(parser)
    parser.add_argument("--steps", metavar="N", help="how many plans (default 1)")
    parser.add_argument("--plan", metavar="ID", help="one plan of the history, not the last ones")
    parser.add_argument("--only", metavar="WHERE", help="a query: only for these images")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--apply", action="store_true", help="do it: the default")
    group.add_argument("--dry-run", action="store_true", help="only show what it would do")
    add_json(parser)
    return parser
