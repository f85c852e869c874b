"""Every error that Tagsmith raises on purpose, each with what happened and what to do.

TagsmithError
├── UsageError          exit 2: the command, the configuration or an argument cannot be used
│   ├── QueryError      a ``where`` that does not parse: position and what was expected
│   ├── UnknownTagError a tag that no caption has, with the nearest that exist
│   └── ForeignPlanError a plan file of another dataset, of another version, or cut in half
├── DatasetError        exit 1: the folder or one of its files cannot be used
│   ├── ReadOnlyError   the folder can be read but not changed
│   └── LockedError     another Tagsmith holds the folder
├── NotUnderstoodError  exit 3: the words were not understood, or a question is open
├── ServerError         exit 4: no model server that can be used
├── BudgetError         exit 124: the steps or the time given to a scripted run are spent
├── StoppedError        exit 130: the user stopped a request, or a tool that takes long
├── ModelError          exit 1: a vision model is missing, damaged, or not what it should be
├── ConflictError       exit 5: files changed since the plan was made; nothing was changed
├── JournalError        exit 1: the journal is damaged, newer than this program, or full
└── OutcomeUnknownError exit 6: applied, but the disk did not confirm that it will last
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit statuses of the command line (docs/exit-statuses.md)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    CLARIFY = 3
    SERVER = 4
    CONFLICT = 5
    UNKNOWN = 6
    BUDGET = 124
    INTERRUPTED = 130


class TagsmithError(Exception):
    """What happened (``message``) and what the user can do about it (``hint``)."""

    exit = Exit.FAILED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(TagsmithError, ValueError):
    """The command, the configuration or an argument cannot be used."""

    exit = Exit.USAGE


class QueryError(UsageError):
    """A query that does not parse; ``position`` counts characters from 0."""

    def __init__(self, message: str, hint: str = "", *, position: int = 0) -> None:
        super().__init__(message, hint)
        self.position = position


class UnknownTagError(UsageError, LookupError):
    """Tags that no caption has; ``nearest`` maps each to existing tags and their counts."""

    def __init__(
        self, message: str, hint: str = "", *, nearest: dict[str, list[tuple[str, int]]]
    ) -> None:
        super().__init__(message, hint)
        self.nearest = nearest


class ForeignPlanError(UsageError):
    """A plan file that is not for this dataset, not of this version, or not whole."""


class DatasetError(TagsmithError, OSError):
    """The folder, or one of its files, cannot be used."""


class ReadOnlyError(DatasetError):
    """The folder can be read but not changed."""


class LockedError(DatasetError):
    """Another Tagsmith holds the folder."""


class NotUnderstoodError(TagsmithError):
    """The words were not understood, or a question to the user is open."""

    exit = Exit.CLARIFY


class ServerError(TagsmithError):
    """The model server cannot be reached or cannot be used; nothing was changed."""

    exit = Exit.SERVER


class BudgetError(TagsmithError):
    """The steps or the time that a scripted run was given are spent; nothing was changed."""

    exit = Exit.BUDGET


class StoppedError(TagsmithError):
    """The user stopped a request, or a tool that takes long; nothing was staged by it."""

    exit = Exit.INTERRUPTED

    def __init__(self, message: str = "Stopped.", hint: str = "Nothing was changed.") -> None:
        super().__init__(message, hint)


class ModelError(TagsmithError):
    """A vision model is not on this machine, is damaged, or does not keep to its spec."""


class ConflictError(TagsmithError):
    """Files changed since the plan was made; ``paths`` names them. Nothing was changed."""

    exit = Exit.CONFLICT

    def __init__(self, message: str, hint: str = "", *, paths: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.paths = paths


class JournalError(TagsmithError):
    """The journal is damaged, written by a newer Tagsmith, or cannot be kept."""


class OutcomeUnknownError(TagsmithError):
    """The change is in place, but the disk did not confirm that it will last."""

    exit = Exit.UNKNOWN
