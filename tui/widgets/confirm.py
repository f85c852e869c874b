"""The last question before something is written: one key, or the count in digits."""

from __future__ import annotations

import time

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tagsmith.tools.plan import Plan
from tagsmith.tui.changes import needs_count
from tagsmith.tui.language import many, say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.edge import keys
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.palette import ACCENT
from tagsmith.tui.widgets.plan_rows import totals_line

GRACE = 0.5  # seconds in which a key was typed before what it would answer could be read

FIELD = 10  # cells that a count needs


class Confirm(Horizontal):
    """Asks to apply a plan, on the last line of the review, or the last two.

    What is typed in its first half second answers nothing, except for the escape.
    """

    class Answered(Message):
        """The user said yes (the approved plan) or no (None)."""

        def __init__(self, plan: Plan | None) -> None:
            super().__init__()
            self.plan = plan

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.display = False
        self._plan: Plan | None = None
        self._counted = False
        self._asked = 0.0

    def compose(self) -> ComposeResult:
        """A question and a field; the field takes the focus for both kinds of question."""
        yield Static(id="question", markup=False)
        with Horizontal(id="answer"):
            yield Static(id="ask", markup=False)
            yield TextField(id="count")

    def ask(self, plan: Plan, samples: int) -> None:
        """Ask about a plan."""
        self._plan = plan
        self._counted = needs_count(plan.totals, samples)
        self._asked = time.monotonic()
        self.display = True
        self._draw("")
        field = self.query_one(TextField)
        field.put("")
        field.read_only = GRACE > 0
        field.focus()
        if field.read_only:
            self.set_timer(GRACE, self._listen)

    def _listen(self) -> None:
        self.query_one(TextField).read_only = False

    def close(self) -> None:
        """Ask no longer."""
        self.display = False
        self._plan = None

    def _draw(self, trouble: str) -> None:
        if self._plan is None:
            return
        files = self._plan.totals.files
        question = Content.assemble(
            line(many(files, " Apply {n} file?  ", " Apply {n} files?  "), "bold"),
            totals_line(self._plan.totals),
            "   ",
        )
        if self._counted:
            told = trouble + say("type {files} and enter: ", files=files)
            ask = Content.assemble(keys([("esc", say("no"))]), "   ", line(told, ACCENT))
        else:
            ask = keys([("enter", say("apply")), ("esc", say("no"))])
        tall = question.cell_length + ask.cell_length + FIELD > self.screen.size.width
        self.set_class(tall, "-tall")
        self.query_one("#question", Static).update(question)
        self.query_one("#ask", Static).update(Content(" ") + ask if tall else ask)

    @on(TextField.Submitted)
    def _submitted(self, message: TextField.Submitted) -> None:
        message.stop()
        if self._plan is None or time.monotonic() - self._asked < GRACE:
            return
        typed = message.value.strip().replace(",", "")
        if self._counted and typed != str(self._plan.totals.files):
            self._draw(say("not that; "))
            self.query_one(TextField).put("")
            return
        self.post_message(self.Answered(self._plan))

    def on_key(self, event: events.Key) -> None:
        """Escape says no."""
        if event.key == "escape":
            event.stop()
            self.post_message(self.Answered(None))
