"""The commands of the plain chat that are no tools, once: /help is made from this."""

from __future__ import annotations

from dataclasses import dataclass

from tagsmith.tui.language import say


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name, what is written behind it, and what it does."""

    name: str
    words: str
    help: str

    @property
    def usage(self) -> str:
        """Return the command as it is typed."""
        return f"/{self.name} {say(self.words)}".rstrip()


COMMANDS: tuple[Command, ...] = (
    Command("plan", "", "The pending plan in numbers: by kind and by step"),
    Command("files", "[PAGE]", "Its files with their numbers, twenty at a time"),
    Command("show", "FILE", "What happens to one file: tags, the text before and after"),
    Command("tags", "", "The tags that it removes and adds, with their files"),
    Command("drop", "FILE or step N", "Leave a file, or a whole step, out of the plan"),
    Command("keep", "FILE or step N", "Take back what was dropped"),
    Command("edit", "FILE", "Change the resulting caption, in EDITOR or on the line"),
    Command("apply", "", "Write the plan to the files; asks first"),
    Command("reject", "[WHY]", "Forget the plan; the reason is said to the engine"),
    Command("history", "[ID]", "The applied plans, or what one of them changed"),
    Command("models", "", "The models of the server"),
    Command("model", "NAME", "Have another model of the server answer, for this session"),
    Command("server", "", "Which server answers, or why none does"),
    Command("help", "[TOOL]", "This help, or the arguments of a tool"),
    Command("quit", "", "Leave; a pending plan is kept with the session"),
)

FILES = (
    "FILE is a number of /files, a name with or without its suffix, or a pattern such as img_00*."
)
KEYS = (
    "Ctrl-C stops what is being done; twice, or Ctrl-D on an empty line, leaves. "
    "Up and down bring back earlier lines."
)


def named(name: str) -> Command | None:
    """Return the command of a name, None where it is none."""
    return next((one for one in COMMANDS if one.name == name), None)
