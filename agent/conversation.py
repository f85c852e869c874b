"""A conversation over one dataset: words in, events out, one pending plan, the user's decisions.

The chat, the plain chat and the scripted run all drive this; none of them reaches around it.
Applying is a method that only they call, on an act of the user: engines never see it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tagsmith.agent.events import Asked, Call, Done, Engine, Event, Failed, Noted, ToolFinished
from tagsmith.agent.session_log import Forgetful, Log
from tagsmith.tools import toolbox
from tagsmith.tools.errors import TagsmithError, UsageError
from tagsmith.tools.journal import Applied, Journal
from tagsmith.tools.plan import Plan
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.wording import count
from tagsmith.tools.workspace import Workspace

if TYPE_CHECKING:
    from tagsmith.agent.consent import ImageConsent
    from tagsmith.agent.context import Fill
    from tagsmith.agent.session_files import Saved
    from tagsmith.agent.turns import Turn

Progress = Callable[[int, int], None]


@runtime_checkable
class Remembering(Protocol):
    """An engine whose model is told of earlier turns."""

    @property
    def turns(self) -> Iterable[Turn]:
        """Return the turns that the model can still be told of, oldest first."""
        ...

    def restore(self, turns: Iterable[Turn]) -> None:
        """Go on with an earlier conversation: to be called before the first message."""


class Conversation:
    """A workspace, the engine that answers, and the journal that remembers.

    With a ``session`` it is written down as it goes; ``earlier`` is what it goes on with.
    ``images`` is asked about where an agreement is missing that images go to another machine.
    """

    def __init__(
        self,
        workspace: Workspace,
        engine: Engine,
        origin: str = "chat",
        *,
        session: Log | None = None,
        earlier: Saved | None = None,
        images: ImageConsent | None = None,
    ) -> None:
        self.workspace = workspace
        self.engine = engine
        self.origin = origin
        self.session: Log = session or Forgetful()
        self.earlier = earlier
        self.images = images
        self._waiting = ""
        self.journal = Journal.open(workspace.root)
        self.words: list[str] = []
        if earlier is not None and isinstance(engine, Remembering):
            engine.restore(earlier.turns)

    def say(self, text: str) -> Generator[Event, None, None]:
        """Answer one message. The last event is always ``Done`` with the true state.

        An error of a tool or an engine becomes ``Failed``: the conversation goes on.
        """
        self.words.append(text)
        self.session.words(text)
        try:
            with closing(self._answered(text)) as events:
                for event in events:
                    self.session.event(event)
                    yield event
        except GeneratorExit:
            self.session.settled("stopped")
            raise
        finally:
            self.save()
        if trouble := self.session.trouble():
            yield Noted(trouble)
        yield Done(self.workspace.state())

    def _answered(self, text: str) -> Generator[Event, None, None]:
        waiting, self._waiting = self._waiting, ""
        if self.images is not None and (url := self.images.heard(text)):
            yield Noted(f"Agreed: images may go to {url}.")
            if not waiting:
                return
            text = waiting
        try:
            with closing(self.engine.respond(text, self.workspace)) as events:
                for event in events:
                    if not isinstance(event, Done):
                        yield event
        except TagsmithError as error:
            yield Failed(error.message, error.hint, error.exit)
        if self.images is not None and self.images.question:
            self._waiting = text
            yield Asked(self.images.question, ("yes",))

    def save(self) -> None:
        """Write down what is pending and what a model knows, where that is not written yet."""
        turns = self.engine.turns if isinstance(self.engine, Remembering) else ()
        self.session.now(self.workspace, turns)

    def close(self) -> None:
        """Write down what is not written yet, and let another Tagsmith go on with the session."""
        self.save()
        self.session.close()

    def bring_back(self) -> list[str]:
        """Stage again what was pending in the earlier session, on the files as they are now.

        Returns a line for each thing that no longer applies. Once ``workspace.watch`` says stop,
        nothing is staged and the session keeps what was pending.
        """
        if self.earlier is None or self.earlier.plan is None:
            return []
        from tagsmith.agent.session_plan import bring_back

        told = bring_back(self.earlier.plan, self.workspace)
        if self.workspace.watch.stopped():
            self.session.leave_pending(self.workspace)
        self.save()
        return told

    def cancel(self) -> None:
        """Stop the turn that is going on, from any thread, where its engine waits for a server."""
        stop = getattr(self.engine, "cancel", None)
        if stop is not None:
            stop()

    @property
    def fill(self) -> Fill | None:
        """Return the model that answers and how full its context is; None without a model."""
        return getattr(self.engine, "fill", None)

    def warm(self) -> None:
        """Import what the first answer needs: to be called in a thread, while nobody waits."""
        warm = getattr(self.engine, "warm", None)
        if warm is not None:
            warm()

    def call(self, tool: str, arguments: dict[str, object], words: str = "") -> Outcome:
        """Run one tool as a slash command or a script names it; ``words`` are the command."""
        if words:
            self.session.words(words)
        with self._failures_kept():
            outcome = toolbox.call(self.workspace, tool, arguments)
        self.session.event(ToolFinished(Call(tool, arguments), outcome))
        self.save()
        return outcome

    @contextmanager
    def _failures_kept(self) -> Iterator[None]:
        try:
            yield
        except TagsmithError as error:
            self.session.event(Failed(error.message, error.hint, error.exit))
            raise

    def pending(self) -> Plan:
        """Return the plan as it stands, without what the user dropped."""
        return self.workspace.plan(self._title())

    def everything(self) -> Plan:
        """Return the plan with what the user dropped, for a review that can take it back."""
        return self.workspace.plan(self._title(), everything=True)

    def _title(self) -> str:
        return "; ".join(step.summary for step in self.workspace.steps)

    def apply(self, approved: str, progress: Progress | None = None) -> Applied:
        """Apply the pending plan, if it is the one that was approved, and read the folder again.

        Raises UsageError where the pending plan has another id: what was shown is what is written.
        """
        plan = self.pending()
        if plan.id != approved:
            raise UsageError(f"The pending plan is {plan.id}, not {approved}.", "Review it again.")
        if not plan:
            raise UsageError("Nothing is staged, so there is nothing to apply.")
        with self._failures_kept():
            applied = self.journal.apply(plan, origin=self.origin, progress=progress)
        self.session.settled("applied", count(plan.totals.files, "file"))
        self.workspace.reload()
        self.words.clear()
        return applied

    def reject(self) -> None:
        """Forget everything staged."""
        self.session.settled("rejected")
        self.workspace.clear()
        self.words.clear()
