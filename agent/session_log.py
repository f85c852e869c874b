"""What a conversation tells while it goes on, for whoever writes it down: a session, or nobody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol

from tagsmith.agent.events import Event
from tagsmith.agent.turns import Turn
from tagsmith.tools.workspace import Workspace

How = Literal["applied", "rejected", "stopped"]


class Log(Protocol):
    """Keeps a conversation. None of its methods raises where something cannot be kept."""

    @property
    def id(self) -> str:
        """Return what the session is called on the command line; empty where none is kept."""
        ...

    def words(self, text: str) -> None:
        """Keep what the user said or commanded."""

    def event(self, event: Event) -> None:
        """Keep an event as it was shown."""

    def settled(self, how: How, text: str = "") -> None:
        """Keep what became of a plan, or that a turn was stopped."""

    def now(self, workspace: Workspace, turns: Iterable[Turn]) -> None:
        """Keep what is pending and what a model knows, where that is not kept yet."""

    def leave_pending(self, workspace: Workspace) -> None:
        """Keep the plan that is kept already, although the workspace does not have it now."""

    def trouble(self) -> str:
        """Return, once, why nothing can be kept; empty where all is well."""
        ...

    def hidden(self, text: str) -> str:
        """Return text without the keys that must not be kept or shown."""
        ...

    def close(self) -> None:
        """Let go of the session; nothing is kept after that."""


class Forgetful:
    """Keeps nothing."""

    id = ""

    def words(self, text: str) -> None:
        """See Log."""

    def event(self, event: Event) -> None:
        """See Log."""

    def settled(self, how: How, text: str = "") -> None:
        """See Log."""

    def now(self, workspace: Workspace, turns: Iterable[Turn]) -> None:
        """See Log."""

    def leave_pending(self, workspace: Workspace) -> None:
        """See Log."""

    def trouble(self) -> str:
        """Return nothing: nothing was to be kept."""
        return ""

    def hidden(self, text: str) -> str:
        """Return the text: no key is known."""
        return text

    def close(self) -> None:
        """See Log."""
