"""A question before something large or final is done, with all that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tagsmith.tui.actions import Scope, bindings, legend
from tagsmith.tui.text import line
from tagsmith.tui.widgets.edge import keys


class ConsentScreen(ModalScreen[bool]):
    """Ends with whether the user agreed. ``lines`` and ``question`` are shown as they are."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.CONSENT)
    CSS_PATH = "consent.tcss"

    def __init__(self, lines: Sequence[str], question: str) -> None:
        super().__init__()
        self._lines = lines
        self._question = question

    def compose(self) -> ComposeResult:
        """What it is about, then the question and its keys."""
        with Vertical(id="consent"):
            with VerticalScroll(id="consent-about", can_focus=False):
                about = Content("\n").join([line(one) for one in self._lines])
                yield Static(about, markup=False)
            yield Static(line(self._question, "bold"), id="consent-question", markup=False)
            yield Static(keys(legend(Scope.CONSENT)), markup=False)

    def action_answer(self, yes: bool) -> None:
        """End with the answer."""
        self.dismiss(yes)
