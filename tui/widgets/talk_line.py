"""The line to talk on with its sign; the sign says when the words are a reason to reject."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from tagsmith.tui.language import say
from tagsmith.tui.widgets.palette import SAYS
from tagsmith.tui.widgets.prompt import Prompt


class TalkLine(Horizontal):
    """A sign and the prompt."""

    why = False

    def compose(self) -> ComposeResult:
        """Sign and prompt."""
        yield Static(Content(SAYS), id="sign", markup=False)
        yield Prompt(id="prompt")

    @property
    def prompt(self) -> Prompt:
        """The input."""
        return self.query_one(Prompt)

    def ask_why(self, why: bool) -> None:
        """Take what is typed next as the reason to reject a plan, or no longer."""
        self.why = why
        self.query_one("#sign", Static).update(Content(f"{say('why')} {SAYS}" if why else SAYS))
