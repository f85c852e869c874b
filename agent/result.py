"""The result of a command or of a scripted run, before anybody prints it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tagsmith.tools.errors import ConflictError, Exit, OutcomeUnknownError, TagsmithError
from tagsmith.tools.plan import Plan

if TYPE_CHECKING:
    from tagsmith.tools.journal import Applied


class Status(StrEnum):
    """How a command or a scripted run ended."""

    REPORT = "report"
    PLANNED = "planned"
    APPLIED = "applied"
    CLARIFY = "clarify"
    CONFLICT = "conflict"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class StepResult:
    """One tool call and what it answered as data."""

    tool: str
    arguments: dict[str, Any]
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """How it ended, in words for a person (``message``), and all that a program needs.

    ``plan`` is what is staged or was applied; ``engine`` is None where no words were understood
    by one. ``conflicts`` are the files that are not as the plan saw them.
    """

    status: Status
    message: str
    engine: str | None = None
    steps: tuple[StepResult, ...] = ()
    plan: Plan | None = None
    applied: Applied | None = None
    conflicts: tuple[str, ...] = ()
    exit: Exit = Exit.DONE

    @classmethod
    def failed(cls, error: TagsmithError, engine: str | None = None) -> Result:
        """Return how something ended that raised an error."""
        conflicts = error.paths if isinstance(error, ConflictError) else ()
        status = status_of(error.exit)
        if isinstance(error, OutcomeUnknownError):
            status = Status.APPLIED
        return cls(status, str(error), engine, conflicts=conflicts, exit=error.exit)


def status_of(status: int) -> Status:
    """Return the word for an exit status that is not 0."""
    return {Exit.CLARIFY: Status.CLARIFY, Exit.CONFLICT: Status.CONFLICT}.get(
        Exit(status), Status.ERROR
    )
