"""The conversation so far, in at most a couple of hundred widgets however long it gets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message as TextualMessage
from textual.widget import Widget

from tagsmith.tui.text import block
from tagsmith.tui.widgets.messages import (
    Kept,
    Message,
    ToolLine,
    UserMessage,
    failure,
    question,
    settled,
)
from tagsmith.tui.widgets.palette import MUTED, WARNING
from tagsmith.tui.widgets.past import Earlier, Page, Past
from tagsmith.tui.widgets.rows import Row

if TYPE_CHECKING:
    from tagsmith.agent.events import Call, Event
    from tagsmith.agent.session_entries import Entry
    from tagsmith.tools.plan import Plan
    from tagsmith.tools.toolbox import Outcome
    from tagsmith.tui.widgets.answer import Answer
    from tagsmith.tui.widgets.plan_card import PlanCard

MAX_WIDGETS = 150  # messages; pages of earlier turns and the rest of the screen come on top
KEPT_WIDGETS = 100


class Transcript(VerticalScroll, can_focus=False):
    """Messages, tool calls and plan cards; stays at the end unless the user scrolled away.

    ``markdown`` is whether who answers writes Markdown.
    """

    class Unread(TextualMessage):
        """Earlier turns are wanted that only the session's file has: ``recall_past``."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.markdown = False
        self.past = Past()
        self.card: PlanCard | None = None
        self._live: list[Widget] = []  # what is shown one by one; some of it may not be drawn yet
        self._answer: Answer | None = None
        self._tool: ToolLine | None = None
        self._opened = False
        self._reading = False

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
        if self._live and isinstance(last := self._live[-1], ToolLine):
            from tagsmith.tui.widgets.answer import Answer

            last.set_class(not isinstance(widget, ToolLine | Answer), "-last")
        self._live.append(widget)
        self.messages.mount(widget)
        self._collapse()

    def clear(self) -> None:
        """Take everything off."""
        self.past.clear()
        self._live.clear()
        self.messages.remove_children()

    def user(self, text: str) -> None:
        """Show what the user said; a new turn."""
        self._put_pages_back()
        self.add(UserMessage(text))
        self.anchor()

    def say(self, piece: str) -> None:
        """Show a piece of the engine's answer."""
        if self._answer is None:
            if not piece.strip():
                return
            from tagsmith.tui.widgets.answer import Answer

            answer = Answer(markdown=self.markdown)
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

    def end_turn(self) -> None:
        """Draw all of the answer; nothing comes any more of a call that has no outcome."""
        self.end_answer()
        if self._tool is not None:
            self._tool.give_up()
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

        self.past.unread = before
        self._tell_of_past()
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
            self._live.remove(self.card)
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
        self.add(failure(message, hint))

    def ask(self, asked: str, suggestions: Sequence[str] = ()) -> None:
        """Show a question of the engine's, with things to say."""
        self.add(question(asked, suggestions))

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

    def pick_last_call(self) -> None:
        """Go to the last tool call, which enter opens."""
        for one in list(self.query(ToolLine))[-1:]:
            one.focus()

    # What was before

    def watch_scroll_y(self, before: float, after: float) -> None:
        """Bring earlier turns when the user has scrolled up to where they begin."""
        super().watch_scroll_y(before, after)
        if after <= 0 < before:
            self.more()

    def more(self) -> None:
        """Show a page of earlier turns, if there are any, and keep what is read in its place."""
        messages = self.messages
        page = self.past.take(len(messages.query_children(Page)))
        if page is not None:
            self.release_anchor()
            messages.mount(page, after=0)
            self._tell_of_past()
            self.call_after_refresh(self._stay_below, page)
        elif self.past.unread and not self._reading:
            self._reading = True
            self.post_message(self.Unread())

    def recall_past(self, entries: Sequence[Entry]) -> None:
        """Take the turns that were read from the session's file, and show the last of them."""
        from tagsmith.tui.widgets.recalled import pages

        self._reading = False
        self.past.prepend(pages(entries, markdown=self.markdown))
        self.more()

    def on_earlier_wanted(self) -> None:
        """Show earlier turns on a click."""
        self.more()

    def _stay_below(self, page: Page) -> None:
        self.scroll_to(y=self.scroll_y + page.outer_size.height + 1, animate=False)

    def _tell_of_past(self) -> None:
        marks = self.messages.query_children(Earlier)
        if not self.past.turns:
            marks.remove()
        elif marks:
            marks.first().tell(self.past.turns)
        else:
            self.messages.mount(
                Earlier(self.past.turns), before=0 if self.messages.children else None
            )

    def _put_pages_back(self) -> None:
        """Take the pages that were brought off again: a new turn begins at the end."""
        shown = list(self.messages.query_children(Page))
        for page in shown:
            self.past.add(page.turns, partial(list, page.rows))
        if shown:
            self.messages.remove_children(shown)
            self._tell_of_past()

    def _collapse(self) -> None:
        if len(self._live) <= MAX_WIDGETS:
            return
        self._put_pages_back()
        cut = _start_of_turn(self._live, len(self._live) - KEPT_WIDGETS)
        gone, self._live = self._live[:cut], self._live[cut:]
        for turn in _turns(gone):
            self.past.add(1, partial(list, as_rows(turn)))
        self.messages.remove_children(gone)
        self._tell_of_past()


def _start_of_turn(children: Sequence[Widget], at: int) -> int:
    """Return where the turn begins that ``at`` stands in, so that whole turns leave."""
    start = at
    while start > 0 and not isinstance(children[start], UserMessage):
        start -= 1
    return start or at


def _turns(widgets: Iterable[Widget]) -> list[list[Widget]]:
    """Cut messages into turns; the first may have lost its beginning."""
    found: list[list[Widget]] = [[]]
    for one in widgets:
        if isinstance(one, UserMessage) and found[-1]:
            found.append([])
        found[-1].append(one)
    return found


def as_rows(turn: Sequence[Widget]) -> list[Row]:
    """Return the messages of a turn as rows, as far apart as their widgets are."""
    rows: list[Row] = []
    for number, one in enumerate(turn):
        after = turn[number + 1] if number + 1 < len(turn) else None
        rows += one.past() if isinstance(one, Kept) else []
        if not (isinstance(one, ToolLine) and isinstance(after, ToolLine)):
            rows.append(Row())
    return rows
