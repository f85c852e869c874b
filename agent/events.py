"""What happens during a turn, as the chat, the scripted run and the plain chat consume it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tagsmith.tools.toolbox import Outcome
    from tagsmith.tools.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Call:
    """A tool by its name, with its arguments as a model, a script or a grammar gave them."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of the engine's answer; the pieces of a turn join to one text."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A tool is about to run."""

    call: Call


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A tool has run; it may have staged edits."""

    call: Call
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Noted:
    """A remark of the application's own: which server answers, what it waits for."""

    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The engine needs an answer or did not understand; ``suggestions`` are what to say instead."""

    question: str
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The turn could not do what was asked; nothing on disk has changed."""

    message: str
    hint: str = ""
    exit: int = 1


@dataclass(frozen=True, slots=True)
class Done:
    """The turn is over; ``state`` is the truth about what is staged, told by the application."""

    state: str


Event = Said | ToolStarted | ToolFinished | Noted | Asked | Failed | Done


class Engine(Protocol):
    """Turns a person's words into tool calls on a workspace."""

    @property
    def name(self) -> str:
        """Return what the engine is called where people read it."""
        ...

    def respond(self, text: str, workspace: Workspace) -> Generator[Event, None, None]:
        """Answer one message; tools that it runs stage into ``workspace``, nothing else changes."""
        ...
