"""``tagsmith doctor``: is everything there that Tagsmith needs, and is a dataset in order?"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from tagsmith import __version__
from tagsmith.tools.errors import Exit, TagsmithError
from tagsmith.tools.paths import STATE_FOLDER, display
from tagsmith.tools.wording import count, listing
from tagsmith.tui import server_report
from tagsmith.tui.commands.console import Console, wants_colour
from tagsmith.tui.commands.parsing import Parser

if TYPE_CHECKING:
    from tagsmith.agent.server.endpoint import Endpoint

EXAMPLES = """\
  tagsmith doctor
  tagsmith doctor pets
"""

LIBRARIES = ("textual", "pydantic", "lark", "pillow", "rapidfuzz", "platformdirs")
SMALLEST = (80, 24)


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    NOTE = "note"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    what: str
    text: str


def run(words: list[str], console: Console) -> Exit:
    """Look, and print what was found; exit 1 where something is broken. Changes nothing."""
    parser = Parser(
        "tagsmith doctor",
        "Check Python, the libraries, the terminal, the model server and a dataset.",
        EXAMPLES,
    )
    parser.add_argument("dataset", metavar="DATASET", nargs="?", help="a folder to look at as well")
    found = parser.parse_args(words[1:])
    findings = [*_program(), *_terminal(), *_server()]
    if found.dataset is not None:
        findings += _dataset(found.dataset)
    styles = {Level.OK: "add", Level.NOTE: "bold", Level.FAIL: "remove"}
    for one in findings:
        console.row([(f"{one.level:<5}", styles[one.level]), (f"{one.what:<11}{one.text}", "")])
    return Exit.FAILED if any(one.level is Level.FAIL for one in findings) else Exit.DONE


def _program() -> Iterator[Finding]:
    yield Finding(Level.OK, "tagsmith", f"{__version__} in {os.path.dirname(_home())}")
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    yield Finding(Level.OK, "python", f"{platform.python_version()} on {system}")
    try:
        found = [f"{name} {version(name)}" for name in LIBRARIES]
    except PackageNotFoundError as error:
        yield Finding(Level.FAIL, "libraries", f"{error.name} is missing: install tagsmith again")
    else:
        yield Finding(Level.OK, "libraries", ", ".join(found))


def _home() -> str:
    import tagsmith

    return tagsmith.__file__ or ""


def _terminal() -> Iterator[Finding]:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield Finding(Level.NOTE, "terminal", "none: the chat needs one, the commands do not")
        return
    size = shutil.get_terminal_size()
    small = size.columns < SMALLEST[0] or size.lines < SMALLEST[1]
    hint = f"; the chat is made for {SMALLEST[0]}x{SMALLEST[1]} or more" if small else ""
    colour = "colour" if wants_colour(sys.stdout) else "no colour"
    encoding = (sys.stdout.encoding or "").lower()
    utf8 = encoding.replace("-", "") == "utf8"
    if not utf8:
        hint += f"; {encoding or 'its encoding'} cannot show every caption, UTF-8 can"
    term = os.environ.get("TERM", "TERM not set")
    text = f"{term}, {size.columns}x{size.lines}, {encoding}, {colour}{hint}"
    yield Finding(Level.NOTE if small or not utf8 else Level.OK, "terminal", text)


def _server() -> Iterator[Finding]:
    """Ask the model server of the settings what it has, if a server is to be used."""
    from tagsmith.agent import config
    from tagsmith.agent.server.faults import EndpointError

    try:
        settings = config.load()
        endpoint = settings.endpoint()
    except TagsmithError as error:
        yield Finding(Level.FAIL, "settings", str(error))
        return
    if settings.engine == "offline":
        yield Finding(Level.OK, "server", "not used: the settings ask for the built-in engine")
        return
    try:
        yield from _models(endpoint)
    except EndpointError as error:
        needed = settings.engine == "server"
        for text in server_report.failed(endpoint, error):
            yield Finding(Level.FAIL if needed else Level.NOTE, "server", text)
        if not needed:
            yield Finding(Level.OK, "engine", "without a server, the built-in one answers")


def _models(endpoint: Endpoint) -> Iterator[Finding]:
    from tagsmith.agent.server.servers import probe

    info = probe(endpoint)
    yield Finding(Level.OK, "server", server_report.server_name(info))
    used = server_report.chosen(info, endpoint.model)
    for line in server_report.models(info, used):
        yield Finding(Level.OK, "models", line)
    for note in info.notes:
        yield Finding(Level.NOTE, "server", note)
    if not used:
        text = "none is chosen: set model, or load one in the server"
        yield Finding(Level.NOTE, "model", text)


def _dataset(folder: str) -> Iterator[Finding]:
    from tagsmith.agent import config
    from tagsmith.tools.dataset import resolve_root
    from tagsmith.tools.workspace import Workspace

    try:
        root = resolve_root(folder)
        yield _access(root)
        yield _journal(root)
        workspace = Workspace.open(root, config.load().caption_extensions)
    except TagsmithError as error:
        yield Finding(Level.FAIL, "dataset", str(error))
        return
    dataset = workspace.dataset
    text = f"{count(len(dataset.samples), 'image')}, {count(len(dataset.captions), 'caption')}"
    yield Finding(Level.OK, "dataset", f"{text} in {display(root)}")
    if dataset.problems:
        shown = listing([str(problem) for problem in dataset.problems], 3)
        yield Finding(
            Level.NOTE, "dataset", f"{count(len(dataset.problems), 'oddity', 'oddities')}: {shown}"
        )


def _access(root: str) -> Finding:
    free = shutil.disk_usage(root).free
    if os.access(root, os.W_OK | os.X_OK):
        return Finding(Level.OK, "folder", f"can be changed, {free / 1e9:,.1f} GB free")
    return Finding(Level.NOTE, "folder", "read-only for this user: it can be looked at only")


def _journal(root: str) -> Finding:
    from tagsmith.tools.journal import Journal
    from tagsmith.tui.commands.opening import is_held

    if not os.path.isdir(os.path.join(root, STATE_FOLDER)):
        return Finding(Level.OK, "journal", "none yet: nothing was applied here")
    journal = Journal.open(root)
    try:
        applied = count(len(journal.history()), "applied plan")
        if is_held(root):
            return Finding(Level.NOTE, "journal", f"{applied}; another Tagsmith is at work here")
        if journal.needs_recovery():
            text = f"{applied}, and one that was cut short: see `tagsmith recover`"
            return Finding(Level.NOTE, "journal", text)
    except TagsmithError as error:
        return Finding(Level.FAIL, "journal", str(error))
    return Finding(Level.OK, "journal", f"{applied}, in order")
