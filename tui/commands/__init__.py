"""The commands of ``tagsmith``: one module each, imported only when it is called.

A module has ``run(words, console) -> Exit``; ``words`` is the command line, the name included.
"""

from __future__ import annotations

# Name of the command -> (module, what it does). Names only: --help imports none of the modules.
COMMANDS: dict[str, tuple[str, str]] = {
    "chat": ("chat", "open the chat; the word may be left out"),
    "demo": ("demo", "try it on a made-up dataset in a temporary folder"),
    "run": ("run", "say something and get a plan, without a terminal"),
    "do": ("do", "call one tool with its arguments"),
    "eval": ("eval", "judge an engine or a model on a suite of tasks"),
    "tools": ("tools", "list the tools and their arguments"),
    "models": ("models", "list, get, check and remove vision models"),
    "report": ("report", "show a dataset on one HTML page"),
    "apply": ("apply", "apply a plan that --plan-out saved"),
    "undo": ("undo", "take back applied plans"),
    "redo": ("undo", "bring back what undo took back"),
    "history": ("history", "list the applied plans"),
    "recover": ("recover", "end a plan that was cut short"),
    "prune-history": ("prune_history", "delete the oldest history for good"),
    "doctor": ("doctor", "check Python, the terminal and a dataset"),
}
