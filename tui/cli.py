"""``tagsmith``: finds the command, runs it, and turns how it ended into an exit status.

Only the chosen command's modules are imported; ``--help`` imports none of them.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from tagsmith.tools.errors import Exit, TagsmithError
from tagsmith.tools.vision import preferences
from tagsmith.tui.commands import COMMANDS
from tagsmith.tui.commands.console import Console

INTERRUPTED = (
    "Interrupted. No plan is left half-way: what had begun is taken back, at the latest when "
    "Tagsmith opens the folder next."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``tagsmith`` with these words and return its exit status (docs/exit-statuses.md)."""
    words = list(sys.argv[1:] if argv is None else argv)
    # Pydantic would look through every installed distribution for plugins that nobody uses here.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    preferences.use(_preferred)
    console = Console()
    return console.close(_status(words, console))


def _preferred() -> preferences.Preferences:
    from tagsmith.agent import config

    settings = config.load()
    return preferences.Preferences(settings.cuts(), settings.models_folder)


def _status(words: list[str], console: Console) -> int:
    try:
        return int(_run(words, console))
    except TagsmithError as error:
        console.fail(error)
        _print_failure(words, console, error)
        return int(error.exit)
    except KeyboardInterrupt:
        console.tell("\n")
        console.note(INTERRUPTED)
        stopped = TagsmithError(INTERRUPTED)
        stopped.exit = Exit.INTERRUPTED
        _print_failure(words, console, stopped)
        return Exit.INTERRUPTED
    except SystemExit as stop:  # argparse's --help and --version
        return int(stop.code or 0)


def _run(words: list[str], console: Console) -> int:
    name = words[0] if words else ""
    module = COMMANDS[name][0] if name in COMMANDS else "chat"
    return int(importlib.import_module(f"tagsmith.tui.commands.{module}").run(words, console))


def _print_failure(words: list[str], console: Console, error: TagsmithError) -> None:
    """Print the object that --json promises, also where a command ended before it had one."""
    if "--json" in words:
        from tagsmith.agent.result import Result
        from tagsmith.agent.result_json import to_json

        for piece in to_json(Result.failed(error)):
            console.write(piece)
