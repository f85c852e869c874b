"""Help: every key and every command, from the registry of actions and the tools themselves."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tagsmith.tools import toolbox
from tagsmith.tui import slash
from tagsmith.tui.actions import ACTIONS, Scope, slash_commands
from tagsmith.tui.language import say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.edge import EdgeLine, key_words, keys
from tagsmith.tui.widgets.palette import MUTED

KEY_WIDTH = 18
INTRODUCTION = (
    "Say what you want in English or Spanish, such as: remove watermark from all. "
    "What you ask for is staged, never written at once: review the plan, drop files or steps, "
    "edit a caption, then apply. Applied plans can be undone, also tomorrow."
)


def help_text() -> Content:
    """Return the whole help."""
    parts = [Content(say(INTRODUCTION))]
    for scope in Scope:
        rows = [
            (key_words(action.label), say(action.help))
            for action in ACTIONS
            if action.scope is scope and action.label
        ]
        parts.append(_table(say(scope.value), rows))
    commands = [(f"/{name}", say(does)) for name, does in slash_commands().items()]
    parts.append(_table(say("Commands"), commands))
    tools = [(slash.usage(tool), tool.summary) for tool in toolbox.tools().values()]
    parts.append(_list(say("Tools, as commands"), tools))
    return Content("\n\n").join(parts)


def _table(heading: str, rows: list[tuple[str, str]]) -> Content:
    lines = [line(heading, "$accent bold")]
    for key, does in rows:
        left = Content("  ") + line(key, "bold")
        lines.append(left.pad_right(max(1, KEY_WIDTH - left.cell_length)) + does)
    return Content("\n").join(lines)


def _list(heading: str, rows: list[tuple[str, str]]) -> Content:
    lines = [line(heading, "$accent bold")]
    for usage, does in rows:
        lines += [
            Content.assemble("  ", line(usage, "bold")),
            Content.assemble("    ", line(does, MUTED)),
        ]
    return Content("\n").join(lines)


class HelpScreen(Screen[None]):
    """All keys and commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1,question_mark", "dismiss", show=False)
    ]

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield EdgeLine(Content.styled(say(" Help"), "bold"), id="head")
        with VerticalScroll(id="help"):
            yield Static(help_text(), markup=False)
        shown = [("up, down, PgUp, PgDn", say("scroll")), ("esc", say("back"))]
        yield EdgeLine(Content(" ") + keys(shown), id="foot")

    def on_mount(self) -> None:
        """Scroll with the keys at once."""
        self.query_one("#help").focus()
