"""A screen over the chat that looks at the dataset and stages edits through the tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual import on
from textual.message import Message
from textual.screen import Screen

from tagsmith.tools.errors import TagsmithError

if TYPE_CHECKING:
    from tagsmith.agent.conversation import Conversation
    from tagsmith.tools.toolbox import Outcome
    from tagsmith.tui.jobs import Snapshot


@dataclass(frozen=True, slots=True)
class Left:
    """How a screen was left: what to put on the chat's line, and whether to open the review."""

    words: str = ""
    review: bool = False


class StagingScreen(Screen[Left | None]):
    """Runs one thing at a time in a thread: nothing here waits for a dataset.

    It opens while no job of the chat runs, so that nobody else touches the workspace.
    """

    class Ready(Message):
        """A thread has a result for the screen."""

        def __init__(self, then: Callable[[], None]) -> None:
            super().__init__()
            self.then = then

    def __init__(self, conversation: Conversation, snapshot: Snapshot) -> None:
        super().__init__()
        self.conversation = conversation
        self.snapshot = snapshot

    def in_thread(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Run ``work`` in a thread, then ``then`` with its result on the screen's own.

        What TagsmithError it raises goes to ``refused``.
        """

        def run() -> None:
            try:
                result = work()
            except TagsmithError as error:
                self.post_message(self.Ready(lambda error=error: self.refused(error)))  # type: ignore[misc]
            else:
                self.post_message(self.Ready(lambda: then(result)))

        self.run_worker(run, thread=True, group="staging")

    def stage(self, tool: str, arguments: dict[str, object]) -> None:
        """Call a tool; ``staged`` or ``refused`` follows."""

        def then(outcome: Outcome) -> None:
            self.staged(tool, outcome)

        self.in_thread(lambda: self.conversation.call(tool, arguments), then)

    def staged(self, tool: str, outcome: Outcome) -> None:
        """Show what a tool staged."""

    def refused(self, error: TagsmithError) -> None:
        """Show why nothing was staged."""

    @on(Ready)
    def _ready(self, message: Ready) -> None:
        if self.is_attached:
            message.then()
