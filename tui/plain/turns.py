"""Turns of the plain chat: words for the engine, tools by name, and the true state after each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Call
from tagsmith.tools import toolbox
from tagsmith.tools.errors import UsageError
from tagsmith.tools.watch import Watch
from tagsmith.tui import slash
from tagsmith.tui.commands.diff import totals_text
from tagsmith.tui.language import many, say
from tagsmith.tui.plain.review import Pending
from tagsmith.tui.plain.voice import Voice
from tagsmith.tui.plain.work import Post, Worker

READING = "The plan is being read. That ends first."
WAYS_ON = "/plan tells more, /apply writes it, /reject forgets it."

Result = TypeVar("Result")


class Turns:
    """A conversation whose work runs in jobs. Its methods raise TagsmithError and Left."""

    def __init__(self, conversation: Conversation, voice: Voice, worker: Worker) -> None:
        self.conversation = conversation
        self._voice = voice
        self._worker = worker
        self._told = ""
        self._known: Pending | None = None

    def say(self, text: str) -> None:
        """Have the engine answer one message."""
        conversation = self.conversation

        def turn(post: Post, watch: Watch) -> None:
            with closing(conversation.say(text)) as events:
                for event in events:
                    post(event)
                    if watch.stopped():
                        break

        self.work(turn)
        self.state()

    def call(self, text: str) -> None:
        """Run the tool that a slash command names."""
        conversation = self.conversation
        name, words = slash.split(text)
        tool = toolbox.find(name)
        one = Call(tool.name, slash.arguments(tool, words))

        def call(post: Post, watch: Watch) -> toolbox.Outcome:
            del post, watch
            return conversation.call(one.tool, one.arguments, text)

        outcome = self.work(call)
        self._voice.tool(one, outcome)
        self._voice.quote(outcome.text)
        self.state()

    def work(self, job: Callable[[Post, Watch], Result]) -> Result:
        """Run a job that the user may stop; the tools in it tell how far they are."""
        conversation, workspace = self.conversation, self.conversation.workspace
        self.forget()

        def watched(post: Post, watch: Watch) -> Result:
            workspace.watch = watch
            try:
                return job(post, watch)
            finally:
                workspace.watch = Watch()

        try:
            result = self._worker.run(watched, cancel=conversation.cancel)
        finally:
            self._voice.end_answer()
        if self._worker.stopped:
            self._voice.tell(say("Stopped. Nothing was written."))
        return result

    def read(self, job: Callable[[], Result]) -> Result:
        """Run a job that is too short to be stopped, and must not be torn apart by Ctrl-C."""

        def whole(post: Post, watch: Watch) -> Result:
            del post, watch
            return job()

        return self._worker.run(whole, ends_first=READING)

    def state(self) -> None:
        """Tell the truth about what is staged, of a new plan its numbers, and once the ways on."""
        self.forget()
        plan = self.pending().plan
        self._voice.tell(_state(self.conversation.workspace.files))
        if plan and plan.id != self._told:
            ways_on = "" if self._told else f" {say(WAYS_ON)}"
            told = say("Plan: {totals}.", totals=totals_text(plan.totals))
            self._voice.tell(f"{told}{ways_on}")
        self._told = plan.id if plan else ""

    def pending(self) -> Pending:
        """Return what is pending, what was dropped from it included; read once after a change."""
        if self._known is None:
            self._known = self.read(lambda: Pending.of(self.conversation))
        return self._known

    def forget(self) -> None:
        """Read what is pending again when it is asked for next: it may have changed."""
        self._known = None

    def staged(self) -> Pending:
        """Return what is pending. Raises UsageError where nothing is."""
        pending = self.pending()
        if not pending:
            raise UsageError(say("Nothing is staged."), say("Say what should change."))
        return pending


def _state(files: int) -> str:
    if not files:
        return say("State: nothing staged.")
    return many(
        files,
        "State: staged: {n} file; nothing written yet.",
        "State: staged: {n} files; nothing written yet.",
    )
