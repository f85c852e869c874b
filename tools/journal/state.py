"""The state of one transaction: a small append-only log, one checked line a step.

The first line tells what the plan was (all that ``history`` needs); every further line is a mark.
A line is eight hexadecimal digits of CRC-32, a space, and JSON. A torn last line is a line that
was never written; a damaged line before a good one is damage.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from zlib import crc32

from tagsmith.tools.errors import JournalError
from tagsmith.tools.journal.layout import STATE, folder_of
from tagsmith.tools.journal.tree import Tree
from tagsmith.tools.plan import Totals

VERSION = 1
_MOST_BYTES = 1 << 24


class Mark(StrEnum):
    """Steps of a transaction, in the order in which they can happen."""

    FOLDERS = "folders"  # the folders that will be made
    BATCH = "batch"  # changes up to ``end`` are staged
    APPLYING = "applying"  # from here on the dataset is touched
    PARKED = "parked"  # every source is out of the way: targets may be filled
    UNPARKED = "unparked"  # a roll-back has emptied those targets again
    ABORTED = "aborted"  # rolled back
    COMMIT = "commit"
    CHECKED = "checked"  # read back after the machine started anew
    DONE = "done"
    PRUNING = "pruning"


@dataclass(frozen=True, slots=True)
class Header:
    """What a transaction is: the plan it applies, who asked for it, what it undoes."""

    plan_id: str
    title: str
    origin: str
    time: datetime
    totals: Totals
    undoes: tuple[str, ...] = ()
    partial: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the first line's fields."""
        fields = asdict(self) | {"time": self.time.isoformat()}
        return {"journal": VERSION, **fields}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Header:
        """Read ``to_json``. Raises KeyError, TypeError or ValueError on anything else."""
        return cls(
            plan_id=str(data["plan_id"]),
            title=str(data["title"]),
            origin=str(data["origin"]),
            time=datetime.fromisoformat(data["time"]),
            totals=Totals(**data["totals"]),
            undoes=tuple(str(name) for name in data["undoes"]),
            partial=bool(data["partial"]),
        )


@dataclass(slots=True)
class State:
    """A log as it was read. ``header`` is None where not even the first line was written."""

    tx: str
    header: Header | None = None
    marks: dict[Mark, dict[str, Any]] = field(default_factory=dict)
    size: int = 0

    @property
    def staged(self) -> int:
        """How many changes may have been touched."""
        return int(self.marks.get(Mark.BATCH, {}).get("end", 0))

    @property
    def made(self) -> list[str]:
        """The folders that this transaction makes, outermost first."""
        return list(self.marks.get(Mark.FOLDERS, {}).get("made", ()))

    @property
    def committed(self) -> bool:
        """Tell whether the plan is applied."""
        return Mark.COMMIT in self.marks and Mark.PRUNING not in self.marks

    @property
    def finished(self) -> bool:
        """Tell whether nothing is left to do for recovery."""
        return self.committed and Mark.DONE in self.marks


def now() -> datetime:
    """Return the time for a log."""
    return datetime.now(UTC)


def load(tree: Tree, tx: str) -> State:
    """Read the log of a transaction. Raises JournalError if it is damaged or newer."""
    path = f"{folder_of(tx)}/{STATE}"
    data = tree.read(path, _MOST_BYTES)
    state = State(tx)
    if data is None:
        return state
    lines = data.split(b"\n")
    for number, line in enumerate(lines[:-1]):
        values = _parse(line)
        if values is None:
            if any(_parse(later) for later in lines[number + 1 :]):
                raise damaged(path, f"line {number + 1} does not have its checksum")
            break
        _take(state, values, path)
        state.size += len(line) + 1
    return state


def damaged(path: str, how: str) -> JournalError:
    """Return the error for a journal file that cannot be believed."""
    return JournalError(
        f"The journal file {path} is damaged: {how}.",
        "No caption was touched. Restore .tagsmith/ from a backup, or move it away to give up "
        "the history and go on with the files as they are.",
    )


class StateLog:
    """A log open for appending; a torn end is cut off first."""

    def __init__(self, tree: Tree, tx: str, size: int | None = None) -> None:
        self._tree = tree
        self._descriptor = tree.files.open_log(*tree.where(f"{folder_of(tx)}/{STATE}"))
        if size is not None:
            tree.files.truncate(self._descriptor, size)

    def begin(self, header: Header) -> None:
        """Write the first line."""
        self._append(header.to_json())

    def add(self, mark: Mark, *, durable: bool = True, **values: Any) -> None:
        """Append a mark; with ``durable`` also wait for the disk."""
        self._append({"mark": mark.value, "time": now().isoformat(), **values})
        if durable:
            self.flush()

    def flush(self) -> None:
        """Wait until the log is on the medium."""
        self._tree.files.flush(self._descriptor)

    def close(self) -> None:
        """Close the log."""
        self._tree.files.close(self._descriptor)

    def _append(self, values: dict[str, Any]) -> None:
        text = json.dumps(values, separators=(",", ":")).encode("ascii")
        self._tree.files.append(self._descriptor, b"%08x %s\n" % (crc32(text), text))


def _parse(line: bytes) -> dict[str, Any] | None:
    checksum, _, text = line.partition(b" ")
    if checksum != b"%08x" % crc32(text):
        return None
    values = json.loads(text)
    return values if isinstance(values, dict) else None


def _take(state: State, values: dict[str, Any], path: str) -> None:
    try:
        if state.header is None:
            if int(values["journal"]) > VERSION:
                raise JournalError(
                    f"The journal file {path} was written by a newer Tagsmith "
                    f"(format {values['journal']}; this one reads up to {VERSION}).",
                    "Update Tagsmith.",
                )
            state.header = Header.from_json(values)
        else:
            state.marks[Mark(values["mark"])] = values
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(path, f"it has a line that means nothing ({error})") from error
