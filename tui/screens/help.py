"""Help: every key and every command, from the registry of actions and the tools themselves."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen

from tagsmith.tools import toolbox
from tagsmith.tui import slash
from tagsmith.tui.actions import ACTIONS, Scope, bindings, slash_commands
from tagsmith.tui.language import say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.edge import EdgeLine, key_words, keys
from tagsmith.tui.widgets.palette import MUTED
from tagsmith.tui.widgets.rows import Row, RowsView

KEY_WIDTH = 22
INTRODUCTION = (
    "Say what you want in English or Spanish, such as: remove watermark from all. "
    "What you ask for is staged, never written at once: review the plan, drop files or steps, "
    "edit a caption, then apply. Applied plans can be undone, also tomorrow."
)


def help_rows(first: Scope = Scope.EVERYWHERE) -> list[Row]:
    """Return the whole help, the keys of one place before the others."""
    rows = [Row(text=Content(say(INTRODUCTION)))]
    for scope in sorted(Scope, key=lambda one: one is not first):
        rows += _table(
            say(scope.value),
            [
                (key_words(action.label), say(action.help))
                for action in ACTIONS
                if action.scope is scope and action.label
            ],
        )
    commands = [(f"/{name}", say(does)) for name, does in slash_commands().items()]
    rows += _table(say("Commands"), commands)
    tools = [(slash.usage(tool), say(tool.summary)) for tool in toolbox.tools().values()]
    return rows + _list(say("Tools, as commands"), tools)


def _table(heading: str, rows: list[tuple[str, str]]) -> list[Row]:
    found = _heading(heading)
    for key, does in rows:
        left = Content("  ") + line(key, "bold")
        first = left.pad_right(max(1, KEY_WIDTH - left.cell_length))
        found.append(Row(first, Content(" " * KEY_WIDTH), line(does)))
    return found


def _list(heading: str, rows: list[tuple[str, str]]) -> list[Row]:
    found = _heading(heading)
    for usage, does in rows:
        found.append(_indented(2, line(usage, "bold")))
        found.append(_indented(4, line(does, MUTED)))
    return found


def _heading(text: str) -> list[Row]:
    return [Row(), Row(text=line(text, "$accent bold"))]


def _indented(by: int, text: Content) -> Row:
    space = Content(" " * by)
    return Row(space, space, text)


def scope_of(screen: type[Screen[Any]]) -> Scope:
    """Return where the keys of a screen are listed."""
    own = screen.BINDINGS
    return next((scope for scope in Scope if bindings(scope) == own), Scope.EVERYWHERE)


class HelpScreen(Screen[None]):
    """All keys and commands, those of the screen below it first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1,question_mark", "dismiss", show=False)
    ]

    def __init__(self, first: Scope = Scope.EVERYWHERE) -> None:
        super().__init__()
        self._first = first

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield EdgeLine(Content.styled(say(" Help"), "bold"), id="head")
        with VerticalScroll(id="help"):
            yield RowsView(help_rows(self._first))
        shown = [("up, down, PgUp, PgDn", say("scroll")), ("esc", say("back"))]
        yield EdgeLine(Content(" ") + keys(shown), id="foot")

    def on_mount(self) -> None:
        """Scroll with the keys at once."""
        self.query_one("#help").focus()
