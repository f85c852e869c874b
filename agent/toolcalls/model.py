"""What an assistant message turns out to hold: calls that may run, and calls that may not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]
Tools = Mapping[str, Schema]

RAW_LENGTH = 300  # characters of a call kept for the log and the transcript


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that names a registered tool and whose arguments fit its schema.

    ``dropped`` names the arguments that the tool does not have and that were left out.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A call that must not run: what was written (cut), and why, for the model to read.

    ``reason`` is at most 300 characters and names what would have been right.
    """

    raw: str
    reason: str


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a message asks for. Both lists are empty for an ordinary answer."""

    calls: list[ToolCall] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """A call as the model wrote it: a name, and arguments of any type, nothing checked yet.

    ``arguments`` is text, an object, None where there were none, or anything else a model writes.
    ``beside`` are the keys that stood beside the arguments, where one of them may have belonged.
    """

    name: str
    arguments: Any
    id: str = ""
    raw: str = ""
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Envelope:
    """The stretch ``text[start:end]`` that holds calls, or ``problem``: why it cannot be read.

    ``marked`` tells that a marker of a template opened it: such calls may follow one another.
    """

    start: int
    end: int
    calls: tuple[Found, ...] = ()
    problem: str = ""
    marked: bool = False


class Unreadable(ValueError):
    """Text that is no value, or not a whole one; ``position`` is where reading stopped."""

    def __init__(self, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


class Misfit(ValueError):
    """Arguments that do not fit the schema of their tool; the text says what would."""


def clip(text: str, length: int = RAW_LENGTH) -> str:
    """Return the text, cut to ``length`` characters with an ellipsis where it is longer."""
    return text if len(text) <= length else text[: length - 1] + "…"
