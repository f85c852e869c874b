"""A screen on a conversation: it runs the conversation's jobs and shows what they tell.

The chat adds what the user does. A screen is there before its dataset is: opening it is the first
job, and what the user sends meanwhile waits its turn as behind any other job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import Event as Flag
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from tagsmith.tools.errors import UsageError
from tagsmith.tui import input_history, jobs
from tagsmith.tui.actions import slash_commands
from tagsmith.tui.language import say
from tagsmith.tui.opening import Opening
from tagsmith.tui.text import line
from tagsmith.tui.themes import CHOICES
from tagsmith.tui.widgets.edge import GAP, EdgeLine
from tagsmith.tui.widgets.messages import ToolLine
from tagsmith.tui.widgets.outcomes import applied, headline, progress, resumed, who_answers
from tagsmith.tui.widgets.prompt import Prompt
from tagsmith.tui.widgets.state_line import Legend, StateLine
from tagsmith.tui.widgets.talk_line import TalkLine
from tagsmith.tui.widgets.transcript import Transcript
from tagsmith.tui.widgets.waiting import Waiting
from tagsmith.tui.widgets.welcome import opening, welcome

if TYPE_CHECKING:
    from tagsmith.agent.conversation import Conversation
    from tagsmith.agent.session_entries import Entry
    from tagsmith.agent.session_files import Saved
    from tagsmith.tools.plan import Plan
    from tagsmith.tools.tags import Vocabulary
    from tagsmith.tui.names import Names
    from tagsmith.tui.opening import Opened
    from tagsmith.tui.widgets.completion import Source

IDLE_KEYS = [("/", "commands"), ("@", "images and tags"), ("?", "help")]
PENDING_KEYS = [("enter", "review"), ("esc", "to the plan"), ("?", "help")]
CARD_KEYS = [("esc", "to the line"), ("?", "help")]
CALL_KEYS = [("enter", "open or close"), ("up, down", "other calls"), ("esc", "to the line")]
BUSY_KEYS = [("esc", "stop")]
WAITING_KEYS = [("ctrl+c", "take back"), ("esc", "stop")]
APPLYING_KEYS = [("ctrl+q", "quit when done")]
PLAIN_ENGINE = "offline"  # the built-in one: its answers are no Markdown
WHY_KEYS = [("enter", "reject and say so"), ("esc", "keep the plan")]


class PastRead(Message):
    """The turns before those that were recalled, or why they cannot be read."""

    def __init__(self, entries: Sequence[Entry], trouble: str = "") -> None:
        super().__init__()
        self.entries = entries
        self.trouble = trouble


def _read_past(saved: Saved, post: jobs.Post) -> None:
    from tagsmith.agent.session_past import earlier

    try:
        post(PastRead(earlier(saved)))
    except UsageError as error:
        post(PastRead((), error.message))


class SentBefore(Message):
    """What was sent in earlier sessions."""

    def __init__(self, sent: list[str]) -> None:
        super().__init__()
        self.sent = sent


class WorkScreen(Screen[None]):
    """The conversation so far, the line to talk on, and one job at a time behind them.

    ``notes`` are what opening the conversation had to say.
    """

    # Nothing here depends on the width; without breakpoints the first frame is styled once.
    HORIZONTAL_BREAKPOINTS = []  # noqa: RUF012 - as the base class declares it

    def __init__(
        self,
        start: Conversation | Opening,
        first_suggestion: str = "",
        notes: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._opening = start if isinstance(start, Opening) else None
        self._conversation = None if isinstance(start, Opening) else start
        self._suggestion = self._opening.suggestion if self._opening else first_suggestion
        self._notes = notes
        self._snapshot: jobs.Snapshot | None = None
        self._stop = Flag()
        self._then_review = False

    def compose(self) -> ComposeResult:
        """Lay the screen out: content first, one line of state above and one of keys below."""
        yield EdgeLine(id="head")
        yield Transcript(id="transcript")
        yield Waiting()
        yield TalkLine(id="line")
        yield StateLine(id="foot")

    def on_mount(self) -> None:
        """Open the dataset and read its state in the background, after the first frame."""
        self._prompt.propose(self._suggestion)
        self._prompt.focus()
        self.call_after_refresh(self._equip_line)
        if self._opening is None:
            self._begin()
            return
        self._head.left = line(f" {self._opening.name}", "bold")
        self._transcript.note(opening(self._opening.name))
        self._start("opening")
        self.call_after_refresh(self._open, self._opening)

    def on_unmount(self) -> None:
        """Stop the job: nobody is there to be told any more."""
        self._stop.set()

    def _begin(self) -> None:
        self._run("reading", partial(jobs.begin, self.conversation, self.post_message, self._stop))

    def _open(self, what: Opening) -> None:
        job = partial(jobs.enter, what, self.post_message, self._stop)
        # Without a dataset there is nothing to go on with: a mistake here ends the app.
        self.run_worker(job, thread=True, group="job")

    @property
    def conversation(self) -> Conversation:
        """The conversation. Raises RuntimeError while its dataset is being opened."""
        if self._conversation is None:
            raise RuntimeError("the dataset is not open yet")
        return self._conversation

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
    def _head(self) -> EdgeLine:
        return self.query_one("#head", EdgeLine)

    @property
    def _foot(self) -> StateLine:
        return self.query_one(StateLine)

    @property
    def waiting(self) -> Waiting:
        """What was sent while a job runs."""
        return self.query_one(Waiting)

    @property
    def busy(self) -> str:
        """What is being done; empty when nothing is."""
        return self._foot.doing

    @property
    def pending(self) -> Plan | None:
        """The plan that waits for a decision."""
        plan = self._snapshot.plan if self._snapshot else None
        return plan or None

    # Jobs

    def _run(self, doing: str, job: Callable[[], None]) -> None:
        self.run_worker(job, thread=True, exit_on_error=False, group="job")
        self._start(doing)

    def _start(self, doing: str) -> None:
        self._stop.clear()
        self._foot.start(doing)
        self._draw_keys()

    def stop(self) -> None:
        """Tell the job to stop; it does so when it next looks up."""
        self._stop.set()
        if self._conversation is not None:
            self._conversation.cancel()
        self._foot.change("stopping")

    def rested(self) -> None:
        """Go on after a job: nothing more is done unless a screen knows what."""

    def _rest(self) -> None:
        self._foot.rest()
        self._draw_keys()

    # What they tell

    @on(jobs.Entered)
    def _entered(self, message: jobs.Entered) -> None:
        self._adopt_opened(message.opened)

    @on(jobs.Refused)
    def _refused(self) -> None:
        self.waiting.clear()
        self._rest()

    def _adopt_opened(self, opened: Opened) -> None:
        self._conversation, self._notes = opened.conversation, opened.notes
        self._transcript.clear()

    def enter(self, opened: Opened, suggestion: str) -> None:
        """Begin on a dataset that was opened in place of the one that was not."""
        self._adopt_opened(opened)
        self._prompt.propose(suggestion)
        self._begin()

    @on(jobs.Happened)
    def _show_event(self, message: jobs.Happened) -> None:
        from tagsmith.agent.events import Asked

        event = message.event
        self._transcript.markdown = self.conversation.engine.name != PLAIN_ENGINE
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
        # Only a model's answers are Markdown, and only a model has turns to remember.
        self._transcript.markdown = bool(saved.turns)
        for said in self._transcript.recall(saved.shown, saved.before):
            self._prompt.remember(said)
        self._transcript.note(resumed(saved))

    def on_transcript_unread(self) -> None:
        """Read the beginning of the earlier conversation from its file."""
        if self._conversation is not None and (saved := self._conversation.earlier):
            read = partial(_read_past, saved, self.post_message)
            self.run_worker(read, thread=True, exit_on_error=False, group="past")

    @on(PastRead)
    def _show_past(self, message: PastRead) -> None:
        self._transcript.recall_past(message.entries)
        if message.trouble:
            self._transcript.warn(message.trouble)

    @on(jobs.Progressed)
    def _show_progress(self, message: jobs.Progressed) -> None:
        if not self._stop.is_set():
            self._foot.change(progress(message.step))

    @on(jobs.Written)
    def _show_written(self, message: jobs.Written) -> None:
        self._settle(applied(message.plan.totals))
        for told in message.applied.messages:
            self._transcript.warn(told)

    @on(jobs.Ended)
    def _end(self, message: jobs.Ended) -> None:
        self._transcript.end_turn()
        self._adopt(message.snapshot)
        if self._stop.is_set():
            self._transcript.note(Content(say("Stopped. Nothing was written.")))
        self._rest()
        self.rested()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tell of an error that nobody expected; the conversation goes on."""
        if event.state is WorkerState.ERROR and self._conversation is not None:
            error = event.worker.error
            told = self.conversation.session.hidden(str(error))
            self._transcript.end_turn()
            self._transcript.fail(
                say(
                    "Tagsmith made a mistake ({kind}): {told}", kind=type(error).__name__, told=told
                ),
                say(
                    "/history tells what is applied. Please report it with the words that led here."
                ),
            )
            self._rest()

    # State

    def _adopt(self, snapshot: jobs.Snapshot) -> None:
        if self._snapshot is None:
            self._greet(snapshot)
        self._snapshot = snapshot
        self._offer(snapshot)
        self._draw_head(snapshot)
        self._show_plan(snapshot)

    def _draw_head(self, snapshot: jobs.Snapshot) -> None:
        self._head.left = headline(snapshot)
        room = self.size.width - self._head.left.cell_length - GAP
        talk = self.conversation
        self._head.right = who_answers(talk.engine.name, talk.fill, room)

    def on_resize(self) -> None:
        """Say as much above as there is room for."""
        if self._snapshot is not None:
            self._draw_head(self._snapshot)

    def _offer(self, snapshot: jobs.Snapshot) -> None:
        """Have the line complete what this dataset and its tools have."""
        from tagsmith.tui.names import Names

        known = self._prompt.source
        names = Names() if known is None else known.names
        if names.paths != snapshot.names:
            names = Names(snapshot.names)
            self.run_worker(names.warm, thread=True, exit_on_error=False, group="warm")
        commands = slash_commands() | dict(snapshot.tools)
        self._prompt.source = self._source(commands, snapshot.vocabulary, names)

    def _source(
        self,
        commands: Mapping[str, str],
        vocabulary: Vocabulary | None = None,
        names: Names | None = None,
    ) -> Source:
        from tagsmith.tui.names import Names
        from tagsmith.tui.widgets.completion import Source

        return Source(commands, vocabulary, names or Names(), {"theme": CHOICES})

    def _equip_line(self) -> None:
        """Have the line complete commands, and read in a thread what was sent earlier."""
        if self._prompt.source is None:
            self._prompt.source = self._source(slash_commands())

        def read() -> None:
            self.post_message(SentBefore(input_history.read()))

        self.run_worker(read, thread=True, exit_on_error=False, group="history")

    @on(SentBefore)
    def _show_earlier(self, message: SentBefore) -> None:
        self._prompt.remember_earlier(message.sent)

    def _greet(self, snapshot: jobs.Snapshot) -> None:
        for note in self._notes:
            self._transcript.warn(note)
        if self.conversation.earlier is None:
            self._transcript.note(welcome(snapshot))
        warm = partial(jobs.warm, self.conversation)
        self.run_worker(warm, thread=True, exit_on_error=False, group="warm")

    def _show_plan(self, snapshot: jobs.Snapshot) -> None:
        card = self._transcript.show_plan(snapshot.plan, snapshot.images)
        if card is not None and not self._prompt.text and self.is_current:
            card.focus(scroll_visible=False)

    def _settle(self, outcome: Content) -> None:
        if self._transcript.settle(outcome):
            self._prompt.focus()

    def _draw_keys(self) -> None:
        self._foot.pending = self.pending.totals.files if self.pending else 0
        self._foot.waiting = len(self.waiting.texts)
        self._foot.show_keys([(key, say(word)) for key, word in self._keys()])

    def _keys(self) -> Legend:
        if self.busy.startswith("applying"):
            return APPLYING_KEYS
        if self.busy:
            return WAITING_KEYS if self.waiting.texts else BUSY_KEYS
        if self._line.why:
            return WHY_KEYS
        card = self._transcript.card
        if card is not None and card.has_focus:
            return CARD_KEYS
        if isinstance(self.focused, ToolLine):
            return CALL_KEYS
        return PENDING_KEYS if self.pending else IDLE_KEYS
