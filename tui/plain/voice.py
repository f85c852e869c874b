"""What the plain chat writes: lines, no colour, no cursor movement, words in place of signs.

Lines of Tagsmith's own begin at the margin. What models, tools and files say is indented, so that
none of them can pass for the true state or for a question of Tagsmith's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tagsmith.agent.events import (
    Asked,
    Call,
    Event,
    Failed,
    Noted,
    Said,
    ToolFinished,
)
from tagsmith.agent.session_entries import Entry, Prompted, Settled
from tagsmith.tools.toolbox import Outcome
from tagsmith.tui import recorded
from tagsmith.tui.arguments import worded
from tagsmith.tui.commands.console import Console, Segment
from tagsmith.tui.language import many, say
from tagsmith.tui.text import BLOCK_LIMIT, one_line, plain

INDENT = "  "
PROMPT = "> "
LONGEST_ARGUMENTS = 300


class Voice:
    """Writes lines to a console, all of them made harmless, and gathers a streamed answer."""

    def __init__(self, console: Console) -> None:
        console.colour = console.live = False
        self.console = console
        self._unended = ""
        self._answered = False

    def tell(self, text: str) -> None:
        """Write one line of Tagsmith's own; foreign names in it stay on that line."""
        self.end_answer()
        self.console.write(one_line(text, limit=BLOCK_LIMIT) + "\n")

    def quote(self, text: str) -> None:
        """Write foreign text of any number of lines, indented."""
        self.end_answer()
        self._foreign(text)

    def row(self, segments: Iterable[Segment]) -> None:
        """Write one line of a list from its pieces."""
        self.end_answer()
        self.console.row(segments)

    def fail(self, message: str, hint: str = "") -> None:
        """Write what went wrong and what to do about it."""
        first, *more = message.split("\n")
        self.tell(say("Error: {error}", error=first))
        if more:
            self.quote("\n".join(more))
        if hint:
            self.quote(hint)

    def event(self, event: Event) -> None:
        """Write what happened in a turn; a tool is told of when it has run."""
        match event:
            case Said(text):
                self._hear(text)
            case ToolFinished(call, outcome):
                self.tool(call, outcome)
            case Asked(question, suggestions):
                self._ask(question, suggestions)
            case Noted(text):
                first, *more = text.split("\n")
                self.tell(say("Note: {note}", note=first))
                if more:
                    self.quote("\n".join(more))
            case Failed(message, hint):
                self.fail(message, hint)
            case _:
                pass

    def tool(self, call: Call, outcome: Outcome) -> None:
        """Write one line about a tool that has run."""
        words = arguments(call.arguments)
        told = say("Tool: {call}.", call=f"{call.tool}{', ' if words else ''}{words}")
        if outcome.files:
            told += " " + many(outcome.files, "{n} file staged.", "{n} files staged.")
        self.tell(told)

    def end_answer(self) -> None:
        """Write the rest of the answer: what comes next is something else."""
        rest, self._unended = self._unended, ""
        self._answered = False
        if rest.strip():
            self._foreign(rest)

    def recall(self, entries: Sequence[Entry], before: int) -> None:
        """Write the end of an earlier conversation, which had so many turns before that."""
        if before:
            left_out = many(before, "Not shown: {n} earlier turn.", "Not shown: {n} earlier turns.")
            self.tell(left_out)
        for entry in entries:
            match entry:
                case Prompted(text):
                    self.quote(f"{PROMPT}{text}")
                case Settled(how, text):
                    self.tell(f"{_settled(how)} {recorded.files(text)}".strip() + ".")
                case _:
                    self.event(entry)
        self.end_answer()

    def _hear(self, piece: str) -> None:
        """Write the lines of the answer that are whole by now."""
        *lines, self._unended = (self._unended + piece).split("\n")
        for line in lines:
            if line.strip() or self._answered:
                self._answered = True
                self._foreign(line.removesuffix("\r"))

    def _ask(self, question: str, suggestions: Sequence[str]) -> None:
        first, *more = question.split("\n")
        self.tell(say("Question: {question}", question=first))
        if more:
            self.quote("\n".join(more))
        for one in suggestions:
            self.tell(say("Say for example: {words}", words=one))

    def _foreign(self, text: str) -> None:
        """Indent every line that the text has once it is harmless: a bare return ends one, too."""
        for line in plain(text).split("\n"):
            self.console.write(f"{INDENT}{line}".rstrip() + "\n")


def listed(names: Sequence[str], limit: int = 3) -> str:
    """Return the names with commas, and how many are left out."""
    shown, more = ", ".join(names[:limit]), len(names) - limit
    return say("{names} and {n:,} more", names=shown, n=more) if more > 0 else shown


def _settled(how: str) -> str:
    """Return in a word what became of a plan or a turn."""
    words = {"applied": say("Applied"), "rejected": say("Rejected"), "stopped": say("Stopped")}
    return words[how]


def arguments(given: Mapping[str, Any]) -> str:
    """Return a call's arguments in words: ``tags watermark, lowres; where dog``."""
    parts = [f"{name.replace('_', ' ')} {worded(value)}" for name, value in given.items()]
    return one_line("; ".join(parts), limit=LONGEST_ARGUMENTS)
