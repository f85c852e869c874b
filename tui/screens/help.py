"""Help: every key and every command, from the registry of actions and the tools themselves."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen

from tagsmith.tools import toolbox
from tagsmith.tui import slash
from tagsmith.tui.actions import ACTIONS, Scope, slash_commands
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


def help_rows() -> list[Row]:
    """Return the whole help."""
    rows = [Row(text=Content(say(INTRODUCTION)))]
    for scope in Scope:
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


class HelpScreen(Screen[None]):
    """All keys and commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1,question_mark", "dismiss", show=False)
    ]

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield EdgeLine(Content.styled(say(" Help"), "bold"), id="head")
        with VerticalScroll(id="help"):
            yield RowsView(help_rows())
        shown = [("up, down, PgUp, PgDn", say("scroll")), ("esc", say("back"))]
        yield EdgeLine(Content(" ") + keys(shown), id="foot")

    def on_mount(self) -> None:
        """Scroll with the keys at once."""
        self.query_one("#help").focus()
