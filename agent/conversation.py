"""A conversation over one dataset: words in, events out, one pending plan, the user's decisions.

The chat, the plain chat and the scripted run all drive this; none of them reaches around it.
Applying is a method that only they call, on an act of the user: engines never see it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing

from tagsmith.agent.events import Done, Engine, Event, Failed
from tagsmith.tools import toolbox
from tagsmith.tools.errors import TagsmithError, UsageError
from tagsmith.tools.journal import Applied, Journal
from tagsmith.tools.plan import Plan
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.workspace import Workspace

Progress = Callable[[int, int], None]


class Conversation:
    """A workspace, the engine that answers, and the journal that remembers."""

    def __init__(self, workspace: Workspace, engine: Engine, origin: str = "chat") -> None:
        self.workspace = workspace
        self.engine = engine
        self.origin = origin
        self.journal = Journal.open(workspace.root)
        self.words: list[str] = []

    def say(self, text: str) -> Generator[Event, None, None]:
        """Answer one message. The last event is always ``Done`` with the true state.

        An error of a tool or an engine becomes ``Failed``: the conversation goes on.
        """
        self.words.append(text)
        try:
            with closing(self.engine.respond(text, self.workspace)) as events:
                for event in events:
                    if not isinstance(event, Done):
                        yield event
        except TagsmithError as error:
            yield Failed(error.message, error.hint, error.exit)
        yield Done(self.workspace.state())

    def cancel(self) -> None:
        """Stop the turn that is going on, from any thread, where its engine waits for a server."""
        stop = getattr(self.engine, "cancel", None)
        if stop is not None:
            stop()

    def warm(self) -> None:
        """Import what the first answer needs: to be called in a thread, while nobody waits."""
        warm = getattr(self.engine, "warm", None)
        if warm is not None:
            warm()

    def call(self, tool: str, arguments: dict[str, object]) -> Outcome:
        """Run one tool as a slash command or a script names it."""
        return toolbox.call(self.workspace, tool, arguments)

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
        applied = self.journal.apply(plan, origin=self.origin, progress=progress)
        self.workspace.reload()
        self.words.clear()
        return applied

    def reject(self) -> None:
        """Forget everything staged."""
        self.workspace.clear()
        self.words.clear()
