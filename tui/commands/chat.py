"""``tagsmith [DATASET]``: the chat; without a dataset the last one, or the first-run screen.

``--continue`` and ``--resume ID`` go on with an earlier session, ``--resume`` lists them.
``--plain``, or ACCESSIBLE in the environment, is the same chat in plain lines.
"""

from __future__ import annotations

import gc
import io
import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tagsmith.agent import config_start
from tagsmith.tools.errors import Exit, UsageError
from tagsmith.tools.paths import display
from tagsmith.tools.wording import count
from tagsmith.tui import language, plain
from tagsmith.tui.commands import COMMANDS
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.parsing import Parser
from tagsmith.tui.language import many, say
from tagsmith.tui.text import one_line

if TYPE_CHECKING:
    from argparse import Namespace

    from tagsmith.agent.conversation import Conversation
    from tagsmith.agent.session_files import Saved
    from tagsmith.tools.watch import Watch
    from tagsmith.tui.guard import Caught
    from tagsmith.tui.opening import Opened, Opening

WORDS = 60  # characters of the first words in a list of sessions
EXAMPLES = """\
  tagsmith pets                                 open the chat on a folder of images
  tagsmith                                      open it on the last folder
  tagsmith --continue                           go on with the last session, its plan included
  tagsmith --plain pets                         the chat in plain lines, for screen readers
  tagsmith run pets "remove watermark"          the same without a terminal: shows the plan
  tagsmith do pets prune_tags --tags watermark  the same without words
  tagsmith undo --help                          the usage of one command

A folder with the name of a command is given as ./demo.
"""
CHAT_EXAMPLES = """\
  tagsmith chat pets          open the chat; `tagsmith pets` does the same
  tagsmith chat --plain pets  in plain lines, for screen readers and simple terminals
  tagsmith chat --continue    go on with the last session, its plan included
"""


def run(words: list[str], console: Console) -> Exit:
    """Open the chat. Raises UsageError where there is no terminal for it."""
    named = words[:1] == ["chat"]
    found = _parser("tagsmith chat" if named else "tagsmith").parse_args(words[named:])
    dataset: str | None = found.dataset
    if dataset is not None:
        _check_name(dataset)
    if found.resume == "":
        return _list(dataset, console)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The chat needs a terminal.",
            "Without one use `tagsmith run DATASET TEXT` or `tagsmith do DATASET TOOL`.",
        )
    if found.resume or found.go_on:
        saved = _saved(found, console)
        _check_folder(saved.root)
        opening: Opening | None = opening_of(saved.root, saved)
    else:
        dataset = dataset or _remembered()
        opening = None if dataset is None else opening_of(dataset)
    start = config_start.read()
    language.use(start.language)
    if found.plain or plain.is_wanted():
        return _open_plain(opening, console)
    look = Look(found.theme or start.theme, start.animation and not found.no_animation)
    return _open_app(opening, look, console)


def _parser(called: str) -> Parser:
    """Return the parser of the bare ``tagsmith``, whose help has all commands, or of the chat's."""
    from tagsmith import __version__

    alone = called == "tagsmith"
    commands = "\n".join(f"  {name:<15}{about}" for name, (_, about) in COMMANDS.items())
    parser = Parser(
        called,
        "Say what should change in an image-training dataset, review it, apply it, undo it."
        + (f"\n\ncommands:\n{commands}" if alone else ""),
        EXAMPLES if alone else CHAT_EXAMPLES,
    )
    parser.add_argument("dataset", metavar="DATASET", nargs="?", help="the folder with the images")
    earlier = parser.add_mutually_exclusive_group()
    earlier.add_argument(
        "--continue",
        dest="go_on",
        action="store_true",
        help="go on with the newest session, of DATASET or else of the last one",
    )
    earlier.add_argument(
        "--resume",
        metavar="ID",
        nargs="?",
        const="",
        help="go on with a session; without an ID, list the sessions",
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="plain lines, for screen readers and simple terminals; so does ACCESSIBLE=1",
    )
    parser.add_argument(
        "--theme",
        choices=("auto", "dark", "light", "ansi"),
        help="colours: as the terminal is, dark, light, or the terminal's own; NO_COLOR takes all",
    )
    parser.add_argument(
        "--no-animation", action="store_true", help="nothing on the screen moves by itself"
    )
    parser.add_argument("--version", action="version", version=f"tagsmith {__version__}")
    parser.usage = (
        f"{called} [--plain] [DATASET]\n       {called} --continue [DATASET] | --resume [ID]"
        + ("\n       tagsmith COMMAND ..." if alone else "")
    )
    return parser


def _check_name(dataset: str) -> None:
    """Refuse what is no folder, and a misspelt command, which would look like a missing one."""
    if os.path.lexists(dataset):
        _check_folder(dataset)
        return
    from difflib import get_close_matches

    near = get_close_matches(dataset, COMMANDS, n=1, cutoff=0.7)
    if near:
        raise UsageError(
            f"There is no folder and no command {display(dataset)!r}.",
            f"Did you mean `tagsmith {near[0]}`?",
        )
    _check_folder(dataset)


def _check_folder(folder: str) -> None:
    """Refuse what is no folder that can be read."""
    if not (os.path.isdir(folder) and os.access(folder, os.R_OK | os.X_OK)):
        from tagsmith.tools.dataset import resolve_root

        resolve_root(folder)


class Notes(Console):
    """Keeps what is noted, for the chat to show: the screen is the app's while a folder opens."""

    def __init__(self) -> None:
        super().__init__(out=io.StringIO(), err=io.StringIO())
        self.noted: list[str] = []

    def note(self, text: str) -> None:
        """Keep a line."""
        self.noted.append(text)


def opening_of(folder: str, earlier: Saved | None = None) -> Opening:
    """Return how a dataset is opened for a chat; ``earlier`` is a session of it to go on with."""
    from tagsmith.tui.opening import Opened, Opening

    def enter(watch: Watch) -> Opened:
        notes = Notes()
        conversation = converse(folder, notes, watch, earlier)
        return Opened(conversation, tuple(notes.noted))

    return Opening(os.path.basename(os.path.realpath(folder)) or folder, enter)


def converse(
    folder: str, console: Console, watch: Watch, earlier: Saved | None = None
) -> Conversation:
    """Open a dataset for a chat, and remember it as the last one; see ``Opening.open``."""
    from tagsmith.agent import config
    from tagsmith.agent.captioning import equip
    from tagsmith.agent.conversation import Conversation
    from tagsmith.agent.engines import make_engine
    from tagsmith.agent.session import Session, session_for
    from tagsmith.tui.commands.opening import open_dataset

    engine = make_engine(config.load(), asks=True)
    endpoint = getattr(engine, "endpoint", None)  # the built-in engine has none
    keys = [] if endpoint is None else [endpoint.key]
    workspace = open_dataset(folder, console, watch=watch)
    images = equip(workspace, asks=True)
    _remember(workspace.root)
    if earlier is not None:
        session = Session.resume(earlier, keys)
        return Conversation(workspace, engine, session=session, earlier=earlier, images=images)
    fresh = session_for(workspace.root, keys)
    return Conversation(workspace, engine, session=fresh, images=images)


def _saved(found: Namespace, console: Console) -> Saved:
    """Return the session that the command line means. Raises UsageError where there is none."""
    from tagsmith.agent import session_files as sessions

    place = sessions.folder()
    if found.resume:
        saved = sessions.read(sessions.find(place, found.resume))
        if found.dataset is not None and not _is_of(saved.root, found.dataset):
            raise UsageError(f"The session {saved.id} is of {display(saved.root)}.")
        return saved
    wanted = found.dataset or _remembered()
    for path in sessions.paths(place):
        try:
            if wanted is None or _is_of(sessions.root_of(path), wanted):
                return sessions.read(path)
        except UsageError as error:
            console.fail(error)
    name = "any dataset" if wanted is None else display(wanted)
    raise UsageError(f"There is no earlier session of {name}.", "`tagsmith DATASET` begins one.")


def _is_of(root: str, folder: str) -> bool:
    return os.path.realpath(root) == os.path.realpath(folder)


def _list(dataset: str | None, console: Console) -> Exit:
    """Print the sessions, the one that was used last first."""
    from tagsmith.agent import session_files as sessions

    shown = 0
    for one in sessions.summaries(sessions.folder()):
        if one.trouble:
            console.note(one.trouble)
        elif dataset is None or _is_of(one.root, dataset):
            shown += 1
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.changed))
            pending = f"  {count(one.files, 'file')} pending" if one.files else ""
            about = f"  {one_line(one.words, limit=WORDS)}" if one.words else ""
            console.row([(one.id, "bold"), (f"  {when}  {display(one.root)}{pending}{about}", "")])
    if not shown:
        console.note("There is no earlier session.")
    return Exit.DONE


@dataclass(frozen=True, slots=True)
class Look:
    """How the app looks: one of ``themes.CHOICES``, and whether anything moves by itself."""

    theme: str
    animation: bool


def _open_app(opening: Opening | None, look: Look, console: Console) -> Exit:
    """Run the app. Raises what opening raised, where the app ended because of it."""
    # What importing makes stays: to look for garbage in it, now or later, is time lost.
    gc.disable()
    from tagsmith.tui.app import TagsmithApp
    from tagsmith.tui.guard import guarded

    app = TagsmithApp(
        opening=opening,
        open_folder=opening_of,
        open_demo=_demo,
        theme=look.theme,
        animation=look.animation,
    )
    gc.freeze()
    gc.enable()
    with guarded() as caught:
        status = app.run()
    _tell_caught(caught, console)
    if app.refusal is not None:
        raise app.refusal
    # The chat has shown them; here they outlive its screen.
    for note in app.notes:
        console.note(note)
    _say_goodbye(app.conversation, console)
    return Exit(status or app.return_code or Exit.DONE)


def _tell_caught(caught: Caught, console: Console) -> None:
    """Show what libraries printed while the app had the screen."""
    if not caught.lines:
        return
    if caught.path:
        file = display(caught.path)
        console.note(
            say("Libraries printed this meanwhile; all of it stands in {file}:", file=file)
        )
    else:
        console.note(say("Libraries printed this meanwhile:"))
    if caught.more:
        left_out = many(caught.more, "({n} earlier line left out)", "({n} earlier lines left out)")
        console.note(f"  {left_out}")
    for one in caught.lines:
        console.note(f"  {one_line(one, limit=200)}")


def _open_plain(opening: Opening | None, console: Console) -> Exit:
    """Talk in plain lines. Raises what opening raised."""
    from tagsmith.tui.plain.chat import PlainChat

    chat = PlainChat(console, opening_of, _demo)
    try:
        return chat.run(opening)
    finally:
        _say_goodbye(chat.conversation, console)


def _demo() -> Opening:
    from tagsmith.tui.demo import opening_of_demo

    return opening_of_demo()


def _say_goodbye(conversation: Conversation | None, console: Console) -> None:
    """Close the session, and say how a pending plan is got back."""
    if conversation is None:
        return
    conversation.close()
    files, session = conversation.workspace.files, conversation.session.id
    if files and session:
        told = many(
            files, "{n} file pending, nothing written.", "{n} files pending, nothing written."
        )
        back = say("`tagsmith --resume {session}` brings the plan back.", session=session)
        console.note(f"{told} {back}")


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
