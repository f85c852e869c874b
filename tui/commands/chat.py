"""``tagsmith [DATASET]``: the chat; without a dataset the last one, or the first-run screen."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

from tagsmith.tools.errors import Exit, UsageError
from tagsmith.tools.paths import display
from tagsmith.tui.commands import COMMANDS
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.parsing import Parser

if TYPE_CHECKING:
    from tagsmith.agent.conversation import Conversation

EXAMPLES = """\
  tagsmith pets                                 open the chat on a folder of images
  tagsmith                                      open it on the last folder
  tagsmith run pets "remove watermark"          the same without a terminal: shows the plan
  tagsmith do pets prune_tags --tags watermark  the same without words
  tagsmith undo --help                          the usage of one command

A folder with the name of a command is given as ./demo.
"""


def run(words: list[str], console: Console) -> Exit:
    """Open the chat. Raises UsageError where there is no terminal for it."""
    found = _parser().parse_args(words)
    dataset: str | None = found.dataset
    if dataset is not None:
        _check_name(dataset)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The chat needs a terminal.",
            "Without one use `tagsmith run DATASET TEXT` or `tagsmith do DATASET TOOL`.",
        )
    dataset = dataset or _remembered()
    conversation = None if dataset is None else converse(dataset, console)
    return _open_app(conversation, console)


def _parser() -> Parser:
    from tagsmith import __version__

    commands = "\n".join(f"  {name:<15}{about}" for name, (_, about) in COMMANDS.items())
    parser = Parser(
        "tagsmith",
        "Say what should change in an image-training dataset, review it, apply it, undo it.\n\n"
        f"commands:\n{commands}",
        EXAMPLES,
    )
    parser.add_argument("dataset", metavar="DATASET", nargs="?", help="the folder with the images")
    parser.add_argument("--version", action="version", version=f"tagsmith {__version__}")
    parser.usage = "tagsmith [DATASET]\n       tagsmith COMMAND ..."
    return parser


def _check_name(dataset: str) -> None:
    """Refuse what is no folder, and a misspelt command, which would look like a missing one."""
    from difflib import get_close_matches

    near = get_close_matches(dataset, COMMANDS, n=1, cutoff=0.7)
    if near and not os.path.lexists(dataset):
        raise UsageError(
            f"There is no folder and no command {display(dataset)!r}.",
            f"Did you mean `tagsmith {near[0]}`?",
        )
    from tagsmith.tools.dataset import resolve_root

    resolve_root(dataset)


def converse(folder: str, console: Console) -> Conversation:
    """Open a dataset for a chat, and remember it as the last one."""
    from tagsmith.agent import config
    from tagsmith.agent.conversation import Conversation
    from tagsmith.agent.engines import make_engine
    from tagsmith.tui.commands.opening import open_dataset

    engine = make_engine(config.load(), asks=True)
    workspace = open_dataset(folder, console)
    _remember(workspace.root)
    return Conversation(workspace, engine)


def _open_app(conversation: Conversation | None, console: Console) -> Exit:
    from tagsmith.tui.app import TagsmithApp
    from tagsmith.tui.demo import open_demo

    # What opening has to say while the app owns the screen is told when it is gone.
    notes = io.StringIO()
    quiet = Console(out=io.StringIO(), err=notes)
    app = TagsmithApp(
        conversation, open_folder=lambda folder: converse(folder, quiet), open_demo=open_demo
    )
    status = app.run()
    console.tell(notes.getvalue())
    return Exit(status or app.return_code or Exit.DONE)


def _state_file() -> str:
    from platformdirs import user_state_dir

    return os.path.join(user_state_dir("tagsmith", appauthor=False), "last-dataset")


def _remembered() -> str | None:
    """Return the dataset that was open last, None where there is none any more."""
    try:
        with open(_state_file(), "rb") as file:
            folder = os.fsdecode(file.read())
    except OSError:
        return None
    return folder if os.path.isdir(folder) else None


def _remember(root: str) -> None:
    """Write down the dataset; a state folder that cannot be written must not stop the chat."""
    path = _state_file()
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(os.fsencode(root))
        os.replace(temporary, path)
    except OSError:
        return
