"""The last question before something is written: one key, or the count in digits."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tagsmith.tools.plan import Plan
from tagsmith.tools.wording import count
from tagsmith.tui.changes import needs_count
from tagsmith.tui.text import line
from tagsmith.tui.widgets.edge import keys
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.palette import ACCENT
from tagsmith.tui.widgets.plan_rows import totals_line


class Confirm(Horizontal):
    """Asks to apply a plan, on the last line of the review."""

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

    def compose(self) -> ComposeResult:
        """A question and a field; the field takes the focus for both kinds of question."""
        yield Static(id="question", markup=False)
        yield TextField(id="count")

    def ask(self, plan: Plan, samples: int) -> None:
        """Ask about a plan."""
        self._plan = plan
        self._counted = needs_count(plan.totals, samples)
        self.display = True
        self._draw("")
        field = self.query_one(TextField)
        field.put("")
        field.focus()

    def close(self) -> None:
        """Ask no longer."""
        self.display = False
        self._plan = None

    def _draw(self, trouble: str) -> None:
        if self._plan is None:
            return
        files = self._plan.totals.files
        parts: list[Content] = [
            Content.assemble((f" Apply {count(files, 'file')}?  ", "bold")),
            totals_line(self._plan.totals),
            Content("   "),
        ]
        if self._counted:
            ask = f"{trouble}type {files} and enter: "
            parts = [*parts, keys([("esc", "no")]), Content("   ") + line(ask, ACCENT)]
        else:
            parts.append(keys([("enter", "apply"), ("esc", "no")]))
        self.query_one("#question", Static).update(Content("").join(parts))

    @on(TextField.Submitted)
    def _submitted(self, message: TextField.Submitted) -> None:
        message.stop()
        if self._plan is None:
            return
        typed = message.value.strip().replace(",", "")
        if self._counted and typed != str(self._plan.totals.files):
            self._draw("not that; ")
            self.query_one(TextField).put("")
            return
        self.post_message(self.Answered(self._plan))

    def on_key(self, event: events.Key) -> None:
        """Escape says no."""
        if event.key == "escape":
            event.stop()
            self.post_message(self.Answered(None))
