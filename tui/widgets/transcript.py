"""The conversation so far, in at most a couple of hundred widgets however long it gets."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from tagsmith.tools.wording import count
from tagsmith.tui.text import block, line
from tagsmith.tui.widgets.edge import spread
from tagsmith.tui.widgets.palette import ACCENT, MUTED, SAYS, WARNING

if TYPE_CHECKING:
    from tagsmith.agent.events import Call, Event
    from tagsmith.agent.session_entries import Entry, Settled
    from tagsmith.tools.plan import Plan
    from tagsmith.tools.toolbox import Outcome
    from tagsmith.tui.widgets.plan_card import PlanCard

MAX_WIDGETS = 200
KEPT_WIDGETS = 120
KEPT_PROMPTS = 50
FRAME = 1 / 20
NAME_WIDTH = 20


class Message(Static):
    """One message; ``kind`` is its CSS class and decides how it looks."""

    def __init__(self, content: Content, kind: str) -> None:
        super().__init__(content, classes=f"message -{kind}", markup=False)


class UserMessage(Message):
    """What the user said; the start of a turn."""

    def __init__(self, text: str) -> None:
        sign = Content.styled(f"{SAYS} ", f"{ACCENT} bold")
        super().__init__(sign + block(text, "bold"), "user")
        self.text = text


class Answer(Message):
    """Streamed text: pieces are drawn at most twenty times a second, in one layout each."""

    def __init__(self) -> None:
        super().__init__(Content(), "answer")
        self.text = ""
        self._timer: Timer | None = None

    def append(self, piece: str) -> None:
        """Add a piece of text."""
        self.text = (self.text + piece).lstrip("\n")
        if self._timer is None:
            self._timer = self.set_timer(FRAME, self.flush)

    def flush(self) -> None:
        """Draw what has arrived."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.update(block(self.text.rstrip()))


class ToolLine(Static):
    """One tool call on one line, its files right-aligned; opens to show what the tool answered."""

    def __init__(self, call: Call) -> None:
        super().__init__(markup=False, classes="message -tool")
        self.call = call
        self.outcome: Outcome | None = None
        self.opened = False
        self.told = False

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
        first = spread(self._left(), self._right(), self.content_size.width)
        if not self.opened or self.outcome is None:
            return first
        return Content("\n").join([first, block(self.outcome.text, MUTED)])

    def _left(self) -> Content:
        name = line(self.call.tool, ACCENT)
        return name.pad_right(max(1, NAME_WIDTH - name.cell_length)) + arguments(self.call)

    def _right(self) -> Content:
        if self.outcome is None:
            return Content.styled("…", MUTED)
        if self.outcome.files:
            return Content(count(self.outcome.files, "file"))
        return Content() if self.opened or self.told else Content.styled("ctrl+o shows", MUTED)


def arguments(call: Call) -> Content:
    """Return a call's arguments for people: values of the main ones, names where they help."""
    parts = []
    for name, value in call.arguments.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        labelled = line(shown) if isinstance(value, list) else line(f"{name} {shown}")
        parts.append(labelled)
    return Content.assemble((" · ", MUTED)).join(parts)


def settled(entry: Settled) -> Content:
    """Return what became of a plan or a turn of an earlier session."""
    if entry.how == "applied":
        return Content.assemble(("✓ applied ", "$text-success"), line(entry.text))
    if entry.how == "rejected":
        return Content.styled("✗ rejected", MUTED)
    return Content("Stopped. Nothing was written.")


class Earlier(Message):
    """The turns that were taken off the screen, in one widget: what was asked, without answers."""

    def __init__(self) -> None:
        super().__init__(Content(), "earlier")
        self.turns = 0
        self._prompts: deque[str] = deque(maxlen=KEPT_PROMPTS)

    def add(self, prompt: str) -> None:
        """Add a turn by what was asked."""
        self.turns += 1
        self._prompts.append(prompt)

    def redraw(self) -> None:
        """Draw the list."""
        lines = [Content(f"… {count(self.turns, 'earlier turn')}, answers no longer shown")]
        lines += [Content.assemble(f"{SAYS} ", line(prompt, limit=200)) for prompt in self._prompts]
        self.update(Content("\n").join(lines))


class Transcript(VerticalScroll, can_focus=False):
    """Messages, tool calls and plan cards; stays at the end unless the user scrolled away."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._answer: Answer | None = None
        self._tool: ToolLine | None = None
        self._opened = False
        self.card: PlanCard | None = None

    def compose(self) -> ComposeResult:
        """The messages stand in a box as high as the screen at least, so that they start on top."""
        yield Vertical(id="messages")

    def on_mount(self) -> None:
        """Follow the end."""
        self.anchor()

    @property
    def messages(self) -> Vertical:
        """The box of messages."""
        return self.query_one("#messages", Vertical)

    def add(self, widget: Widget) -> None:
        """Append a widget and take the oldest turns off if there are too many."""
        self.end_answer()
        messages = self.messages
        if messages.children and isinstance(last := messages.children[-1], ToolLine):
            last.set_class(not isinstance(widget, ToolLine | Answer), "-last")
        messages.mount(widget)
        self._collapse()

    def clear(self) -> None:
        """Take everything off."""
        self.messages.remove_children()

    def user(self, text: str) -> None:
        """Show what the user said; a new turn."""
        self.add(UserMessage(text))
        self.anchor()

    def say(self, piece: str) -> None:
        """Show a piece of the engine's answer."""
        if self._answer is None:
            if not piece.strip():
                return
            answer = Answer()
            self.add(answer)
            self._answer = answer
        self._answer.append(piece)

    def end_answer(self) -> None:
        """Draw all of the answer; what comes next is another message."""
        if self._answer is not None:
            self._answer.flush()
            self._answer = None

    def tool_started(self, call: Call) -> None:
        """Show a call that runs."""
        self._tool = ToolLine(call)
        self._tool.opened = self._opened
        self.add(self._tool)

    def tool_finished(self, call: Call, outcome: Outcome) -> None:
        """Show a call's outcome."""
        if self._tool is None or self._tool.call is not call:
            self.tool_started(call)
        if self._tool is not None:
            self._tool.finish(outcome)
            self._tool = None

    def show_event(self, event: Event) -> None:
        """Show an event of a turn."""
        from tagsmith.agent.events import Asked, Failed, Noted, Said, ToolFinished, ToolStarted

        if isinstance(event, Said):
            self.say(event.text)
        elif isinstance(event, ToolStarted):
            self.tool_started(event.call)
        elif isinstance(event, ToolFinished):
            self.tool_finished(event.call, event.outcome)
        elif isinstance(event, Asked):
            self.ask(event.question, event.suggestions)
        elif isinstance(event, Failed):
            self.fail(event.message, event.hint)
        elif isinstance(event, Noted):
            self.note(block(event.text, MUTED))

    def recall(self, entries: Sequence[Entry], before: int) -> list[str]:
        """Show the end of an earlier conversation, which had so many turns before that.

        Returns what the user said in it.
        """
        from tagsmith.agent.session_entries import Prompted, Settled

        if before:
            earlier = Earlier()
            earlier.turns = before
            earlier.redraw()
            self.add(earlier)
        said = []
        for entry in entries:
            if isinstance(entry, Prompted):
                said.append(entry.text)
                self.user(entry.text)
            elif isinstance(entry, Settled):
                self.note(settled(entry))
            else:
                self.show_event(entry)
        self.end_answer()
        return said

    def show_plan(self, plan: Plan, samples: int) -> PlanCard | None:
        """Show the pending plan below everything; the new card, None where none was needed."""
        if self.card is not None and self.card.plan.id == plan.id:
            return None
        if self.card is not None:
            self.card.remove()
            self.card = None
        if plan:
            from tagsmith.tui.widgets.plan_card import PlanCard

            self.card = PlanCard(plan, samples)
            self.add(self.card)
        return self.card

    def settle(self, outcome: Content) -> bool:
        """Say what became of the pending plan; whether its card had the focus."""
        card, self.card = self.card, None
        if card is None:
            self.note(outcome)
            return False
        had_focus = card.has_focus
        card.settle(outcome)
        return had_focus

    def report(self, text: str) -> None:
        """Show what a tool that the user called answered, below its line."""
        for one in list(self.query(ToolLine))[-1:]:
            one.told = True
            one.refresh()
        self.add(Message(block(text), "report"))

    def fail(self, message: str, hint: str = "") -> None:
        """Show an error and what to do about it."""
        parts = [Content.assemble(("! ", "$text-error bold"), block(message))]
        if hint:
            parts.append(Content.assemble("  ", block(hint, MUTED)))
        self.add(Message(Content("\n").join(parts), "failed"))

    def ask(self, question: str, suggestions: Sequence[str] = ()) -> None:
        """Show a question of the engine's, with things to say."""
        parts = [Content.assemble(("? ", f"{ACCENT} bold"), block(question))]
        parts += [Content.assemble((f"  {SAYS} ", ACCENT), line(one)) for one in suggestions]
        self.add(Message(Content("\n").join(parts), "asked"))

    def note(self, content: Content) -> None:
        """Show something that happened."""
        self.add(Message(content, "note"))

    def warn(self, text: str) -> None:
        """Show something that happened and should not be overlooked."""
        self.note(Content.assemble(("! ", WARNING), block(text)))

    def toggle_details(self) -> None:
        """Show or hide what all tools answered."""
        self._opened = not self._opened
        for one in self.query(ToolLine):
            one.toggle(self._opened)

    def _collapse(self) -> None:
        messages = self.messages
        children = list(messages.children)
        if len(children) <= MAX_WIDGETS:
            return
        first = children[0]
        if not isinstance(first, Earlier):
            first = Earlier()
            messages.mount(first, before=0)
        cut = self._start_of_turn(children, len(children) - KEPT_WIDGETS)
        gone = [child for child in children[:cut] if child is not first]
        for child in gone:
            if isinstance(child, UserMessage):
                first.add(child.text)
        first.redraw()
        messages.remove_children(gone)

    @staticmethod
    def _start_of_turn(children: Sequence[Widget], at: int) -> int:
        """Return where the turn begins that ``at`` stands in, so that whole turns leave."""
        while at > 0 and not isinstance(children[at], UserMessage):
            at -= 1
        return at or len(children) - KEPT_WIDGETS
