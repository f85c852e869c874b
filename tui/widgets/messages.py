"""What stands in the transcript: what was said, called and noted, a widget each.

Every message can say what it is as rows, so that many old ones can be shown in one widget.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message as Event
from textual.widgets import Static

from tagsmith.tui import recorded
from tagsmith.tui.arguments import worded
from tagsmith.tui.language import many, say
from tagsmith.tui.text import block, line
from tagsmith.tui.widgets.edge import spread
from tagsmith.tui.widgets.palette import ACCENT, MUTED, SAYS
from tagsmith.tui.widgets.rows import Row

if TYPE_CHECKING:
    from tagsmith.agent.events import Call
    from tagsmith.agent.session_entries import Settled
    from tagsmith.tools.toolbox import Outcome

NAME_WIDTH = 18
INDENT = "  "
OPENED, CLOSED = "▾", "▸"


@runtime_checkable
class Kept(Protocol):
    """A widget of the transcript that can be shown again, among others, once it is gone."""

    def past(self) -> list[Row]:
        """Return what it shows as rows."""
        ...


class Message(Static):
    """One message; ``kind`` is its CSS class and decides how it looks."""

    def __init__(self, content: Content, kind: str) -> None:
        super().__init__(content, classes=f"message -{kind}", markup=False)
        self.said = content
        self.kind = kind

    def past(self) -> list[Row]:
        """Return the message as rows."""
        indent = Content() if self.kind in ("failed", "asked", "user") else Content(INDENT)
        return [Row(indent, Content(INDENT), self.said)]


class UserMessage(Message):
    """What the user said; the start of a turn."""

    def __init__(self, text: str) -> None:
        self.sign = Content.styled(f"{SAYS} ", f"{ACCENT} bold")
        super().__init__(self.sign + block(text, "bold"), "user")
        self.text = text

    def past(self) -> list[Row]:
        """Return what was said behind its sign."""
        return [Row(self.sign, Content(INDENT), block(self.text, "bold"))]


class ToolLine(Static, can_focus=True):
    """One tool call on one line, its files right-aligned; opens to show what the tool answered.

    A click opens it without taking the focus from the line that is typed on.
    """

    FOCUS_ON_CLICK: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "open", show=False),
        Binding("up,shift+tab,k", "other(-1)", show=False),
        Binding("down,tab,j", "other(1)", show=False),
        Binding("escape", "leave", show=False),
    ]

    class Typed(Event):
        """Text that was meant for the line; empty when the user only goes back to it."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, call: Call) -> None:
        super().__init__(markup=False, classes="message -tool")
        self.call = call
        self.outcome: Outcome | None = None
        self.opened = False
        self.told = False
        self._runs = True

    def give_up(self) -> None:
        """Show that nothing comes of the call; why is told below it."""
        self._runs = False
        self.refresh()

    def finish(self, outcome: Outcome) -> None:
        """Show the outcome."""
        self.outcome = outcome
        self.refresh(layout=self.opened)

    def toggle(self, opened: bool) -> None:
        """Show or hide what the tool answered."""
        self.opened = opened
        self.refresh(layout=True)

    def render(self) -> Content:
        """Draw the call, and below it the answer where that was asked for."""
        return Content("\n").join(self._drawn(self.content_size.width))

    def past(self) -> list[Row]:
        """Return the call on its line, without what the tool answered."""
        indent = Content(INDENT)
        return [Row(indent, indent, made=lambda width: self._drawn(width, past=True))]

    def _drawn(self, width: int, *, past: bool = False) -> list[Content]:
        first = spread(self._left(past=past), self._right(past=past), width)
        if past or not self.opened or self.outcome is None:
            return [first]
        return [first, block(self.outcome.text, MUTED)]

    def _left(self, *, past: bool) -> Content:
        sign = Content.styled(f"{OPENED if self.opened else CLOSED} ", MUTED)
        name = line(self.call.tool, ACCENT)
        room = max(1, NAME_WIDTH - name.cell_length)
        return (Content() if past else sign) + name.pad_right(room) + arguments(self.call)

    def _right(self, *, past: bool) -> Content:
        if self.outcome is None:
            return Content.styled("…", MUTED) if self._runs and not past else Content()
        if self.outcome.files:
            return Content(many(self.outcome.files, "{n} file", "{n} files"))
        if past or self.opened or self.told:
            return Content()
        return Content.styled(say("ctrl+o shows"), MUTED)

    def on_click(self) -> None:
        """Open or close."""
        self.action_open()

    def action_open(self) -> None:
        """Show what the tool answered, or hide it again."""
        self.toggle(not self.opened)

    def action_other(self, step: int) -> None:
        """Go to another call; behind the last one is the line that is typed on."""
        lines = list(self.screen.query(ToolLine))
        place = lines.index(self) + step
        if place < len(lines):
            lines[max(0, place)].focus()
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """Go back to the line that is typed on."""
        self.post_message(self.Typed(""))

    def on_key(self, event: events.Key) -> None:
        """What is typed is meant for the line."""
        if event.is_printable and event.character and event.key not in ("space", "j", "k"):
            event.stop()
            self.post_message(self.Typed(event.character))


def arguments(call: Call) -> Content:
    """Return a call's arguments for people: values of the main ones, names where they help."""
    parts = []
    for name, value in call.arguments.items():
        shown = worded(value)
        plain = isinstance(value, list | Mapping)
        parts.append(line(shown if plain else f"{name} {shown}"))
    return Content.assemble((" · ", MUTED)).join(parts)


def settled(entry: Settled) -> Content:
    """Return what became of a plan or a turn of an earlier session."""
    if entry.how == "applied":
        mark = Content.styled(f"✓ {say('applied')} ", "$text-success")
        return Content.assemble(mark, line(recorded.files(entry.text)))
    if entry.how == "rejected":
        return Content.styled(f"✗ {say('rejected')}", MUTED)
    return Content(say("Stopped. Nothing was written."))


def failure(message: str, hint: str = "") -> Message:
    """Return an error and what to do about it."""
    parts = [Content.assemble(("! ", "$text-error bold"), block(message))]
    if hint:
        parts.append(Content.assemble("  ", block(hint, MUTED)))
    return Message(Content("\n").join(parts), "failed")


def question(asked: str, suggestions: Sequence[str] = ()) -> Message:
    """Return a question of the engine's, with things to say."""
    parts = [Content.assemble(("? ", f"{ACCENT} bold"), block(asked))]
    parts += [Content.assemble((f"  {SAYS} ", ACCENT), line(one)) for one in suggestions]
    return Message(Content("\n").join(parts), "asked")
