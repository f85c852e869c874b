"""The chat: what the user says, commands and decides on the line, on a plan card and by keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.content import Content

from tagsmith.tools.errors import TagsmithError
from tagsmith.tui import input_history, jobs
from tagsmith.tui.actions import Scope, bindings
from tagsmith.tui.language import say
from tagsmith.tui.screens.background import LOOKERS, BackgroundScreen
from tagsmith.tui.text import line
from tagsmith.tui.widgets.messages import ToolLine
from tagsmith.tui.widgets.palette import MUTED
from tagsmith.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from tagsmith.tools.plan import Plan
    from tagsmith.tui.screens.review import Decision
    from tagsmith.tui.screens.staging import Left
    from tagsmith.tui.widgets.plan_card import PlanCard

SERVER_COMMANDS = ("models", "model", "server")
# What needs no conversation is not kept waiting by one.
AT_ONCE = ("jobs", "pull", "help", "quit")


def slash_name(text: str) -> str:
    """Return the name of a slash command, "" for words."""
    return text[1:].partition(" ")[0].lower() if text.startswith("/") else ""


class ChatScreen(BackgroundScreen):
    """The main screen."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.CHAT)

    _then_why = False

    # Words

    @on(Prompt.Submitted)
    def _submitted(self, message: Prompt.Submitted) -> None:
        text = message.value.strip()
        if not text:
            if self.pending is not None:
                self.review()
            return
        self._prompt.remember(text)
        keep = partial(input_history.add, text)
        self.run_worker(keep, thread=True, exit_on_error=False, group="history")
        if self.busy and slash_name(text) not in AT_ONCE:
            self.waiting.add(text)
            self._draw_keys()
        else:
            self.submit(text)

    def rested(self) -> None:
        """Go on with what waits, or open the review that was asked for."""
        if self.went_on() or self.follow_up():
            return
        if self._then_why and self.pending:
            self._decide("why")
        elif self._then_review and self.pending and not self.waiting.texts:
            self._then_review = False
            self.review()
        self._then_why = False
        self._go_on()

    def _go_on(self) -> None:
        """Send what waits, until a job runs or another screen is open."""
        while self.waiting.texts and not self.busy and self.is_current:
            self.submit(self.waiting.take())

    def take_back(self) -> bool:
        """Bring what was sent last and still waits back to the line; whether there was such."""
        waits = bool(self.waiting.texts)
        if waits:
            self._prompt.put(self.waiting.take_back())
            self._draw_keys()
        return waits

    @property
    def tools(self) -> Mapping[str, str]:
        """The tools and what they do; none before the dataset is open."""
        return self._snapshot.tools if self._snapshot else {}

    def take(self, text: str, *, send: bool) -> None:
        """Take a command from elsewhere: send it as if it were typed, or put it on the line."""
        self._prompt.put(text)
        self._prompt.focus()
        if send:
            self._prompt.submit()

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
        from tagsmith.tui import slash

        try:
            name, words = slash.split(text)
            own: dict[str, Callable[[str], None]] = {
                "help": lambda _: self._want("help"),
                "quit": lambda _: self._want("quit"),
                "plan": lambda _: self.review(),
                "apply": lambda _: self._decide("apply"),
                "reject": self._reject,
                "history": lambda _: self.history(),
                "gallery": lambda _: self.gallery(text.partition(" ")[2].strip()),
                "jobs": lambda _: self.show_jobs(),
                "setup": lambda _: self.set_up(),
                "settings": lambda _: self.show_settings(),
                "pull": self.pull,
                "theme": lambda _: self.theme(" ".join(words)),
                "tags": lambda _: self.tags(text.partition(" ")[2].strip()),
                "triggers": self.triggers,
            }
            if name in own:
                own[name](" ".join(words))
                return
            self._transcript.user(text)
            if name in SERVER_COMMANDS:
                self._ask_server(name, " ".join(words))
                return
            from tagsmith.tools import toolbox

            tool = toolbox.find(name)
            self.call(tool.name, slash.arguments(tool, words), words=text)
        except TagsmithError as error:
            self._transcript.fail(error.message, error.hint)

    def _ask_server(self, name: str, words: str) -> None:
        from tagsmith.tui import server_jobs

        job = partial(server_jobs.run, self.conversation, name, words)
        self._run("asking the server", partial(job, self.post_message))

    def call(
        self, name: str, arguments: dict[str, object], *, words: str = "", review: bool = False
    ) -> None:
        """Run a tool; with ``review``, show what it staged in the review at once."""
        self._then_review = review
        run: Callable[..., None] = jobs.call
        if name in LOOKERS:
            run = partial(jobs.look_or_call, at_once=self.looked_at_once)
        job = partial(run, self.conversation, name, arguments, words)
        self._run("working", partial(job, self.post_message, self._stop))

    # Decisions

    def on_plan_card_decided(self, message: PlanCard.Decided) -> None:
        """Do what was decided on the card."""
        self._decide(message.decision)

    def _decide(self, decision: str) -> None:
        plan = self.pending
        if plan is None or self.busy:
            told = say("Nothing is staged.") if plan is None else say("Still busy.")
            self._transcript.note(Content(told))
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
        from tagsmith.tui.changes import needs_count

        return needs_count(plan.totals, self._snapshot.images if self._snapshot else 0)

    def _apply(self, plan: Plan) -> None:
        self._run("applying", partial(jobs.apply, self.conversation, plan, self.post_message))

    def _reject(self, reason: str) -> None:
        if self.pending is None:
            self._transcript.note(Content(say("Nothing is staged.")))
            return
        self._settle(Content.styled(f"✗ {say('rejected')}", MUTED))
        if reason:
            job = partial(
                jobs.reject_and_say, self.conversation, reason, self.post_message, self._stop
            )
            self._run("thinking", job)
        else:
            self._run("working", partial(jobs.reject, self.conversation, self.post_message))

    def review(self, *, apply: bool = False) -> None:
        """Open the review of the pending plan; with ``apply``, at its last question."""
        if self.busy or self._snapshot is None or not self.conversation.workspace.staged:
            if not self.busy:
                self._transcript.note(Content(say("Nothing is staged.")))
            return
        from tagsmith.tui.screens.review import ReviewScreen

        screen = ReviewScreen(self.conversation, self._snapshot, asking=apply)
        self.app.push_screen(screen, self._reviewed)

    def _reviewed(self, decided: Decision | None) -> None:
        from tagsmith.tui.screens.review import SaysWhy

        if decided is None or isinstance(decided, SaysWhy):
            self._then_why = decided is not None
            self._run("reading", partial(jobs.look, self.conversation, self.post_message))
        else:
            self._apply(decided)
        self._prompt.focus()

    def history(self) -> None:
        """Open the list of applied plans."""
        from tagsmith.tui.screens.history import HistoryScreen

        self.app.push_screen(HistoryScreen(self.conversation.journal), self._chosen_from_history)

    def _chosen_from_history(self, chosen: tuple[str, dict[str, object]] | None) -> None:
        if chosen is not None and not self.busy:
            self.call(*chosen, review=True)
        else:
            self.call_after_refresh(self._go_on)

    def tags(self, where: str = "") -> None:
        """Open the tags of the images that a query matches."""
        if self._may_open() and self._snapshot is not None:
            from tagsmith.tui.screens.tags import TagsScreen

            screen = TagsScreen(self.conversation, self._snapshot, where=where)
            self.app.push_screen(screen, self.came_back)

    def gallery(self, where: str = "") -> None:
        """Open the pictures of the images that a query matches."""
        if self._may_open() and self._snapshot is not None:
            from tagsmith.tui.screens.gallery import GalleryScreen

            screen = GalleryScreen(self.conversation, self._snapshot, where=where)
            self.app.push_screen(screen, self.came_back)

    def triggers(self, name: str = "") -> None:
        """Open the trigger buttons, with the set of this name."""
        if self._may_open() and self._snapshot is not None:
            from tagsmith.tui.screens.triggers import TriggersScreen

            screen = TriggersScreen(self.conversation, self._snapshot, name)
            self.app.push_screen(screen, self.came_back)

    def _may_open(self) -> bool:
        """Tell whether no job uses the workspace; say so where one does."""
        if self.busy:
            self._transcript.note(Content(say("Still busy.")))
        return not self.busy

    def came_back(self, left: Left | None) -> None:
        """Show what a screen staged, put its words on the line, and review if it says so."""
        if left is not None and left.words:
            self._prompt.insert(left.words)
        self._then_review = left is not None and left.review
        self._run("reading", partial(jobs.look, self.conversation, self.post_message))
        self._prompt.focus()

    def theme(self, name: str) -> None:
        """Show the app in another theme, for this session; without a name, say which there are."""
        from tagsmith.tui.themes import CHOICES, theme_for

        if name in CHOICES:
            self.app.theme = theme_for(name).name
            told = say("The theme is {name} now; the setting theme keeps it.", name=name)
        else:
            told = say("The themes are {names}.", names=", ".join(CHOICES))
        self._transcript.note(line(told, MUTED))

    # Keys

    def action_tags(self) -> None:
        """Open the tags."""
        self.tags()

    def on_plan_card_typed(self, message: PlanCard.Typed) -> None:
        """Put what was typed on the card on the line."""
        self._prompt.focus()
        self._prompt.insert(message.text)
        if message.sent:
            self._prompt.submit()

    def on_tool_line_typed(self, message: ToolLine.Typed) -> None:
        """Go back from a tool call to the line, with what was typed there."""
        self._prompt.focus()
        self._prompt.insert(message.text)

    @on(Prompt.Wanted)
    def _wanted(self, message: Prompt.Wanted) -> None:
        if message.what == "back":
            self.back()
        elif message.what == "calls":
            self._transcript.pick_last_call()

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
        elif event.key == "question_mark" and not isinstance(self.focused, ToolLine):
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
            self.stop()
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

    async def action_write(self) -> None:
        """Write the message in the user's editor; what comes back stands on the line, not sent."""
        from tagsmith.tui.writing import write

        try:
            text = await write(self.app, self._prompt.text)
        except TagsmithError as error:
            self._transcript.fail(error.message, error.hint)
        else:
            self._prompt.put(text)
        self._prompt.focus()

    def action_scroll_transcript(self, direction: int) -> None:
        """Scroll the conversation by a page; at its top, bring earlier turns."""
        transcript = self._transcript
        if direction < 0 and transcript.scroll_y <= 0:
            transcript.more()
        (transcript.scroll_page_down if direction > 0 else transcript.scroll_page_up)(animate=False)
