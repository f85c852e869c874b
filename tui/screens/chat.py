"""The chat: the conversation, the line to talk on, and the plan that waits for a decision."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Event as Flag
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Asked, Call
from tagsmith.agent.session_entries import Prompted
from tagsmith.tools import toolbox
from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.plan import Plan
from tagsmith.tui import jobs, server_jobs, slash
from tagsmith.tui.actions import Scope, bindings, slash_commands
from tagsmith.tui.screens.history import HistoryScreen
from tagsmith.tui.screens.review import ReviewScreen
from tagsmith.tui.text import line
from tagsmith.tui.widgets.completion import Source
from tagsmith.tui.widgets.edge import EdgeLine
from tagsmith.tui.widgets.outcomes import applied, engine_name, headline, progress, resumed
from tagsmith.tui.widgets.palette import MUTED
from tagsmith.tui.widgets.plan_card import PlanCard
from tagsmith.tui.widgets.plan_rows import needs_count
from tagsmith.tui.widgets.prompt import Prompt
from tagsmith.tui.widgets.state_line import Legend, StateLine
from tagsmith.tui.widgets.talk_line import TalkLine
from tagsmith.tui.widgets.transcript import Transcript
from tagsmith.tui.widgets.welcome import welcome

IDLE_KEYS = [("/", "commands"), ("@", "images and tags"), ("?", "help")]
PENDING_KEYS = [("enter", "review"), ("esc", "to the plan"), ("?", "help")]
CARD_KEYS = [("esc", "to the line"), ("?", "help")]
BUSY_KEYS = [("esc", "stop")]
APPLYING_KEYS = [("ctrl+q", "quit when done")]
WHY_KEYS = [("enter", "reject and say so"), ("esc", "keep the plan")]


class ChatScreen(Screen[None]):
    """The main screen."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.CHAT)

    def __init__(self, conversation: Conversation, first_suggestion: str = "") -> None:
        super().__init__()
        self.conversation = conversation
        self._suggestion = first_suggestion
        self._snapshot: jobs.Snapshot | None = None
        self._stop = Flag()
        self.waiting: deque[str] = deque()
        self._then_review = False

    def compose(self) -> ComposeResult:
        """Lay the screen out: content first, one line of state above and one of keys below."""
        yield EdgeLine(id="head")
        yield Transcript(id="transcript")
        yield TalkLine(id="line")
        yield StateLine(id="foot")

    def on_mount(self) -> None:
        """Read the dataset's state in the background; the first frame does not wait for it."""
        self._prompt.propose(self._suggestion)
        self._prompt.focus()
        self._run("reading", partial(jobs.begin, self.conversation, self.post_message, self._stop))

    @property
    def _line(self) -> TalkLine:
        return self.query_one(TalkLine)

    @property
    def _prompt(self) -> Prompt:
        return self._line.prompt

    @property
    def _transcript(self) -> Transcript:
        return self.query_one(Transcript)

    @property
    def _foot(self) -> StateLine:
        return self.query_one(StateLine)

    @property
    def busy(self) -> str:
        """What is being done; empty when nothing is."""
        return self._foot.doing

    @property
    def pending(self) -> Plan | None:
        """The plan that waits for a decision."""
        plan = self._snapshot.plan if self._snapshot else None
        return plan or None

    # Work

    def _run(self, doing: str, job: Callable[[], None]) -> None:
        self._stop.clear()
        self.run_worker(job, thread=True, exit_on_error=False, group="job")
        self._foot.start(doing)
        self._draw_keys()

    @on(jobs.Happened)
    def _show_event(self, message: jobs.Happened) -> None:
        event = message.event
        self._transcript.show_event(event)
        if isinstance(event, Asked):
            self._prompt.propose(event.suggestions[0] if event.suggestions else "")

    @on(jobs.Answered)
    def _show_answer(self, message: jobs.Answered) -> None:
        self._transcript.report(message.text)
        self._then_review = self._then_review and message.files > 0

    @on(jobs.Recalled)
    def _recall(self, message: jobs.Recalled) -> None:
        saved = message.saved
        self._transcript.recall(saved.shown, saved.before)
        self._transcript.note(resumed(saved))
        for one in saved.shown:
            if isinstance(one, Prompted):
                self._prompt.remember(one.text)

    @on(jobs.Progressed)
    def _show_progress(self, message: jobs.Progressed) -> None:
        if not self._stop.is_set():
            self._foot.change(progress(message.step))

    @on(jobs.Written)
    def _show_written(self, message: jobs.Written) -> None:
        self._settle(applied(message.plan.totals))
        for told in message.applied.messages:
            self._transcript.note(Content.assemble(("! ", "$text-warning"), line(told)))

    @on(jobs.Ended)
    def _end(self, message: jobs.Ended) -> None:
        self._transcript.end_answer()
        self._adopt(message.snapshot)
        if self._stop.is_set():
            self._transcript.note(Content("Stopped. Nothing was written."))
        self._rest()
        if self.waiting:
            self.submit(self.waiting.popleft())
        elif self._then_review and self.pending:
            self._then_review = False
            self.review()

    def _rest(self) -> None:
        self._foot.rest()
        self._draw_keys()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tell of an error that nobody expected; the conversation goes on."""
        if event.state is WorkerState.ERROR:
            error = event.worker.error
            told = self.conversation.session.hidden(str(error))
            self._transcript.end_answer()
            self._transcript.fail(
                f"Tagsmith made a mistake ({type(error).__name__}): {told}",
                "/history tells what is applied. Please report it with the words that led here.",
            )
            self._rest()

    # State

    def _adopt(self, snapshot: jobs.Snapshot) -> None:
        if self._snapshot is None:
            if self.conversation.earlier is None:
                self._transcript.note(welcome(snapshot))
            self.run_worker(self.conversation.warm, thread=True, exit_on_error=False, group="warm")
        self._snapshot = snapshot
        commands = slash_commands() | {one.name: one.summary for one in toolbox.tools().values()}
        self._prompt.source = Source(commands, snapshot.vocabulary, snapshot.names)
        head = self.query_one("#head", EdgeLine)
        head.left = headline(snapshot)
        head.right = engine_name(self.conversation.engine.name)
        self._show_plan(snapshot)

    def _show_plan(self, snapshot: jobs.Snapshot) -> None:
        card = self._transcript.show_plan(snapshot.plan, snapshot.images)
        if card is not None and not self._prompt.text and self.is_current:
            card.focus(scroll_visible=False)

    def _settle(self, outcome: Content) -> None:
        if self._transcript.settle(outcome):
            self._prompt.focus()

    def _draw_keys(self) -> None:
        self._foot.pending = self.pending.totals.files if self.pending else 0
        self._foot.waiting = len(self.waiting)
        self._foot.show_keys(self._keys())

    def _keys(self) -> Legend:
        if self.busy:
            return APPLYING_KEYS if self.busy.startswith("applying") else BUSY_KEYS
        if self._line.why:
            return WHY_KEYS
        card = self._transcript.card
        if card is not None and card.has_focus:
            return CARD_KEYS
        return PENDING_KEYS if self.pending else IDLE_KEYS

    # What the user does

    @on(Prompt.Submitted)
    def _submitted(self, message: Prompt.Submitted) -> None:
        text = message.value.strip()
        if not text:
            if self.pending is not None:
                self.review()
            return
        self._prompt.remember(text)
        self._prompt.clear()
        if self.busy:
            self.waiting.append(text)
            self._draw_keys()
        else:
            self.submit(text)

    def submit(self, text: str) -> None:
        """Run what the user sent: words for the engine, or a command."""
        self._prompt.propose("")
        if self._line.why:
            self._line.ask_why(False)
            self._transcript.user(text)
            self._reject(text)
        elif text.startswith("/"):
            self._command(text)
        else:
            self._transcript.user(text)
            job = partial(jobs.turn, self.conversation, text)
            self._run("thinking", partial(job, self.post_message, self._stop))

    def _command(self, text: str) -> None:
        try:
            name, words = slash.split(text)
            own: dict[str, Callable[[str], None]] = {
                "help": lambda _: self._want("help"),
                "quit": lambda _: self._want("quit"),
                "plan": lambda _: self.review(),
                "apply": lambda _: self._decide("apply"),
                "reject": self._reject,
                "history": lambda _: self.history(),
            }
            if name in own:
                own[name](" ".join(words))
                return
            self._transcript.user(text)
            if name in server_jobs.NAMES:
                job = partial(server_jobs.run, self.conversation, name, " ".join(words))
                self._run("asking the server", partial(job, self.post_message))
                return
            tool = toolbox.find(name)
            self.call(tool.name, slash.arguments(tool, words), words=text)
        except TagsmithError as error:
            self._transcript.fail(error.message, error.hint)

    def call(
        self, name: str, arguments: dict[str, object], *, words: str = "", review: bool = False
    ) -> None:
        """Run a tool; with ``review``, show what it staged in the review at once."""
        self._then_review = review
        job = partial(jobs.call, self.conversation, Call(name, arguments), words)
        self._run("working", partial(job, self.post_message, self._stop))

    @on(PlanCard.Decided)
    def _decided(self, message: PlanCard.Decided) -> None:
        self._decide(message.decision)

    def _decide(self, decision: str) -> None:
        plan = self.pending
        if plan is None or self.busy:
            self._transcript.note(Content("Nothing is staged." if plan is None else "Still busy."))
        elif decision == "reject":
            self._reject("")
        elif decision == "why":
            self._line.ask_why(True)
            self._prompt.focus()
        elif decision == "apply" and not self._must_count(plan):
            self._apply(plan)
        else:
            self.review(apply=decision in ("apply", "count"))

    def _must_count(self, plan: Plan) -> bool:
        return needs_count(plan.totals, self._snapshot.images if self._snapshot else 0)

    def _apply(self, plan: Plan) -> None:
        self._run("applying", partial(jobs.apply, self.conversation, plan, self.post_message))

    def _reject(self, reason: str) -> None:
        if self.pending is None:
            self._transcript.note(Content("Nothing is staged."))
            return
        self._settle(Content.styled("✗ rejected", MUTED))
        if reason:
            job = partial(
                jobs.reject_and_say, self.conversation, reason, self.post_message, self._stop
            )
            self._run("thinking", job)
        else:
            self._run("working", partial(jobs.reject, self.conversation, self.post_message))

    def review(self, *, apply: bool = False) -> None:
        """Open the review of the pending plan; with ``apply``, at its last question."""
        if self.pending is None or self.busy or self._snapshot is None:
            if self.pending is None:
                self._transcript.note(Content("Nothing is staged."))
            return
        screen = ReviewScreen(self.conversation, self._snapshot, asking=apply)
        self.app.push_screen(screen, self._reviewed)

    def _reviewed(self, approved: Plan | None) -> None:
        if approved is not None:
            self._apply(approved)
        else:
            self._run("reading", partial(jobs.look, self.conversation, self.post_message))
        self._prompt.focus()

    def history(self) -> None:
        """Open the list of applied plans."""
        self.app.push_screen(HistoryScreen(self.conversation.journal), self._chosen_from_history)

    def _chosen_from_history(self, chosen: tuple[str, dict[str, object]] | None) -> None:
        if chosen is not None and not self.busy:
            self.call(*chosen, review=True)

    # Keys

    @on(PlanCard.Typed)
    def _typed(self, message: PlanCard.Typed) -> None:
        self._prompt.focus()
        self._prompt.insert(message.text)

    @on(Prompt.Wanted)
    def _wanted(self, message: Prompt.Wanted) -> None:
        if message.what == "back":
            self.back()

    def _want(self, what: str) -> None:
        self.post_message(Prompt.Wanted(what))

    @on(Prompt.Offered)
    def _offered(self, message: Prompt.Offered) -> None:
        if message.content is None:
            self._draw_keys()
        else:
            self._foot.offer(message.content)

    def on_key(self, event: events.Key) -> None:
        """Keys that reach the screen: from the plan card, or from nothing in focus."""
        if event.key == "escape":
            event.stop()
            self.back()
        elif event.key == "question_mark":
            event.stop()
            self._want("help")

    def on_descendant_focus(self) -> None:
        """The last line tells the keys of what has the focus."""
        self._draw_keys()

    def back(self) -> None:
        """Stop the turn; or leave the question why; or go between the line and the plan."""
        card = self._transcript.card
        if self.busy.startswith("applying"):
            self._prompt.focus()
        elif self.busy:
            self._stop.set()
            self.conversation.cancel()
            self._foot.change("stopping")
        elif self._line.why:
            self._line.ask_why(False)
            self._draw_keys()
        elif card is not None and not card.has_focus:
            card.focus(scroll_visible=False)
        else:
            self._prompt.focus()

    def clear_line(self) -> bool:
        """Empty the line; whether there was anything on it."""
        had_text = bool(self._prompt.text)
        self._prompt.clear()
        return had_text

    def action_details(self) -> None:
        """Show or hide what the tools answered."""
        self._transcript.toggle_details()

    def action_scroll_transcript(self, direction: int) -> None:
        """Scroll the conversation by a page."""
        transcript = self._transcript
        (transcript.scroll_page_down if direction > 0 else transcript.scroll_page_up)(animate=False)
