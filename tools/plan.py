"""The net difference between a workspace and the disk: what is reviewed, then applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from tagsmith.tools import content
from tagsmith.tools.caption import why_not_editable
from tagsmith.tools.pairing import METADATA_FILE
from tagsmith.tools.reading import read_tags


class Kind(StrEnum):
    """What happens to one file."""

    EDIT = "edit"
    CREATE = "create"
    MOVE = "move"
    TRASH = "trash"


@dataclass(frozen=True, slots=True)
class Change:
    """What the plan does to one file.

    ``before`` and ``after`` are a caption's whole bytes; both are None where the content is not
    touched. ``seen`` is the digest of the file when the plan was made (None where ``before`` tells
    it, or where no file was there). ``stamp`` is ``content.stamp`` of that moment when it can be
    trusted; it spares the re-check a read and never leaves the process. ``sample`` is the image
    the file belongs to: what is dropped together. ``mtime_ns`` is set on undo: the old time.
    """

    kind: Kind
    path: str
    before: bytes | None = None
    after: bytes | None = None
    to: str | None = None
    seen: bytes | None = None
    stamp: bytes | None = None
    sample: str = ""
    steps: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    mtime_ns: int | None = None
    yours: bool = False

    @property
    def digest(self) -> bytes | None:
        """Digest of the file as the plan saw it; None where the plan saw no file."""
        if self.seen is not None or self.before is None:
            return self.seen
        return content.digest(self.before)


@dataclass(frozen=True, slots=True)
class Step:
    """One tool call that staged something; ``number`` counts from 1."""

    number: int
    tool: str
    arguments: dict[str, Any]
    summary: str


@dataclass(frozen=True, slots=True)
class Totals:
    """What a plan does, in numbers."""

    files: int = 0
    tags_added: int = 0
    tags_removed: int = 0
    edited: int = 0
    created: int = 0
    moved: int = 0
    trashed: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """An immutable list of changes under one name.

    ``id`` is a digest of what would happen to which bytes, so approving it approves exactly that:
    it does not depend on the title, the steps or the time.
    """

    id: str
    title: str
    steps: tuple[Step, ...]
    changes: tuple[Change, ...]
    totals: Totals = field(default_factory=Totals)
    undoes: tuple[str, ...] = ()
    partial: bool = False

    @classmethod
    def of(
        cls,
        title: str,
        steps: Iterable[Step],
        changes: Iterable[Change],
        *,
        undoes: tuple[str, ...] = (),
        partial: bool = False,
    ) -> Plan:
        """Make a plan, its changes in the order of their paths (what leaves before what comes).

        ``undoes`` names the entries of the journal that it takes back, newest first; ``partial``
        says that it takes back only some of their files, so that they still count as applied.
        """
        ordered = tuple(
            sorted(changes, key=lambda change: (change.path, change.kind is Kind.CREATE))
        )
        totals = count(ordered)
        return cls(plan_id(ordered), title, tuple(steps), ordered, totals, undoes, partial)

    def __bool__(self) -> bool:
        return bool(self.changes)


def plan_id(changes: Iterable[Change]) -> str:
    """Return 16 hexadecimal digits that stand for exactly these changes, given in path order."""
    state = blake2b(digest_size=8, person=b"tagsmith-plan-1")
    for change in changes:
        after = b"" if change.after is None else content.digest(change.after)
        for part in (
            change.kind.encode(),
            _bytes(change.path),
            change.digest or b"",
            after,
            _bytes(change.to or ""),
        ):
            state.update(len(part).to_bytes(4, "little"))
            state.update(part)
    return state.hexdigest()


def _bytes(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def tag_changes(before: bytes | None, after: bytes | None) -> tuple[list[str], list[str]]:
    """Return the tags that a change adds and those it removes, verbatim, each with its repeats."""
    old, new = _tags(before), _tags(after)
    added, removed = Counter(new), Counter(old)
    added.subtract(old)
    removed.subtract(new)
    return list((+added).elements()), list((+removed).elements())


def _tags(data: bytes | None) -> list[str]:
    if not data or why_not_editable(data):
        return []
    return read_tags(data)


def count(changes: Iterable[Change]) -> Totals:
    """Count files and tags of a plan."""
    kinds: Counter[Kind] = Counter()
    added = removed = 0
    for change in changes:
        kinds[change.kind] += 1
        if change.after is not None and not change.path.endswith(METADATA_FILE):
            more, fewer = tag_changes(change.before, change.after)
            added += len(more)
            removed += len(fewer)
    return Totals(
        files=kinds.total(),
        tags_added=added,
        tags_removed=removed,
        edited=kinds[Kind.EDIT],
        created=kinds[Kind.CREATE],
        moved=kinds[Kind.MOVE],
        trashed=kinds[Kind.TRASH],
    )
