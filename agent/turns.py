"""What was said in a conversation, as this program keeps it: no framework, nothing secret."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tagsmith.agent.toolcalls import ToolCall


@dataclass(frozen=True, slots=True)
class UserText:
    """What the user said, or what the application says in the user's place."""

    text: str


@dataclass(frozen=True, slots=True)
class ModelText:
    """What the model said, the calls it made, and its thoughts where its template wants them."""

    text: str
    calls: tuple[ToolCall, ...] = ()
    thoughts: str = ""


@dataclass(frozen=True, slots=True)
class ToolText:
    """What a tool answered, as the model read it; ``short`` is the line that can stand for it."""

    call: str
    tool: str
    text: str
    short: str
    failed: bool = False


Message = UserText | ModelText | ToolText


@dataclass(frozen=True, slots=True)
class Turn:
    """A message of the user and all that followed it."""

    messages: tuple[Message, ...]

    @property
    def words(self) -> str:
        """Return what the user said."""
        first = self.messages[0] if self.messages else None
        return first.text if isinstance(first, UserText) else ""


def closed(messages: Iterable[Message], missing: str) -> tuple[Message, ...]:
    """Return messages in which every call has an answer: ``missing`` where a turn was stopped.

    Servers refuse a call without an answer, so a conversation that goes on must have them all.
    """
    listed = list(messages)
    answered = {one.call for one in listed if isinstance(one, ToolText)}
    whole: list[Message] = []
    for index, one in enumerate(listed):
        whole.append(one)
        following = listed[index + 1] if index + 1 < len(listed) else None
        if isinstance(following, ToolText):
            continue
        for call in _calls_before(whole):
            if call.id not in answered:
                whole.append(ToolText(call.id, call.name, missing, missing, failed=True))
    return tuple(whole)


def _calls_before(messages: list[Message]) -> tuple[ToolCall, ...]:
    """Return the calls that the last messages belong to: those of the last model text."""
    for one in reversed(messages):
        if isinstance(one, ModelText):
            return one.calls
        if isinstance(one, UserText):
            break
    return ()
