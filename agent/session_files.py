"""The folder of session files: finding, listing, pruning, and reading one from its end."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from tagsmith.agent import session_entries as entries
from tagsmith.agent.session_entries import Entry, Prompted
from tagsmith.agent.session_records import (
    Header,
    Memory,
    Record,
    Settlement,
    Staging,
    Words,
    decode,
    decode_header,
    is_plan,
)
from tagsmith.agent.turns import Turn
from tagsmith.tools.errors import UsageError
from tagsmith.tools.paths import display, unescape

KEPT = 50
SUFFIX = ".jsonl"
# What a screen shows of an earlier conversation, and what a model is told of it at most.
SHOWN, SHOWN_BYTES = 60, 1 << 20
TOLD_TURNS, TOLD_BYTES = 40, 1 << 20
MOST_BYTES = 4 << 20
HEAD_BYTES = 1 << 16
_BLOCK = 1 << 16
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}")


@dataclass(frozen=True, slots=True)
class Saved:
    """A session as it was read: ``shown`` is its end, with ``before`` turns before that.

    ``turns`` are what a model knew, ``plan`` what was pending; ``damaged`` counts the lines of the
    part that was read which are no records.
    """

    path: Path
    root: str
    started: str
    shown: tuple[Entry, ...] = ()
    before: int = 0
    last_turn: int = 0
    turns: tuple[Turn, ...] = ()
    plan: Staging | None = None
    damaged: int = 0

    @property
    def id(self) -> str:
        """Return what the session is called on the command line."""
        return self.path.stem


@dataclass(frozen=True, slots=True)
class Summary:
    """A session in a list: ``changed`` in seconds since 1970; ``trouble`` says what is wrong."""

    id: str
    changed: float
    root: str = ""
    words: str = ""
    files: int = 0
    trouble: str = ""


def folder() -> Path:
    """Return the folder of the user's sessions, which need not exist."""
    import platformdirs

    return platformdirs.user_data_path("tagsmith", appauthor=False) / "sessions"


def paths(place: Path) -> list[Path]:
    """Return the session files in a folder, the one that changed last first."""
    try:
        with os.scandir(place) as found:
            known = [
                (one.stat(follow_symlinks=False).st_mtime_ns, one.name)
                for one in found
                if one.name.endswith(SUFFIX)
                and _ID.fullmatch(one.name.removesuffix(SUFFIX))
                and one.is_file(follow_symlinks=False)
            ]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UsageError(
            f"The sessions in {place} cannot be read: {error.strerror}.", "Check its permissions."
        ) from error
    return [place / name for _, name in sorted(known, reverse=True)]


def find(place: Path, name: str) -> Path:
    """Return the session of an id, or of the beginning of one. Raises UsageError for no or many."""
    found = [one for one in paths(place) if name and one.stem.startswith(name)]
    exact = [one for one in found if one.stem == name]
    if len(exact or found) == 1:
        return (exact or found)[0]
    problem = "There is no session" if not found else "There are several sessions"
    raise UsageError(f"{problem} {display(name)!r}.", "`tagsmith --resume` lists them.")


def prune(place: Path, kept: int = KEPT) -> None:
    """Delete the sessions that have not been used longest; what cannot be deleted stays."""
    for path in paths(place)[kept:]:
        try:
            path.unlink()
        except OSError:
            return


def summaries(place: Path) -> Iterator[Summary]:
    """Yield the sessions in a folder, the one that was used last first."""
    for path in paths(place):
        try:
            changed = path.stat().st_mtime
            yield _summary(path, changed)
        except OSError:
            continue
        except UsageError as error:
            yield Summary(path.stem, changed, trouble=error.message)


def _summary(path: Path, changed: float) -> Summary:
    with path.open("rb") as file:
        header = _header(path, file)
        said = (decode(line) for line in file.read(HEAD_BYTES).split(b"\n"))
        words = next((one.text for one in said if isinstance(one, Words)), "")
        plan = _last_plan(file)
    return Summary(path.stem, changed, _root(path, header), words, plan.files if plan else 0)


def read(path: Path) -> Saved:
    """Read a session; what a crash tore off at its end, and lines that are damaged, are left out.

    Raises UsageError where the file is no session, is of a newer version, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            header = _header(path, file)
            tail = _Tail(file.tell())
            for start, line in backwards(file):
                if start < tail.first or tail.full:
                    break
                tail.take(start, line)
            plan = tail.plan if tail.knows_plan else _last_plan(file, before=tail.reached)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}.", "Check its permissions."
        ) from error
    shown, before = tail.shown()
    return Saved(
        path,
        _root(path, header),
        header.started,
        shown,
        before,
        tail.last_turn,
        entries.turns(reversed(tail.memories)),
        plan,
        tail.damaged,
    )


def root_of(path: Path) -> str:
    """Return the dataset of a session. Raises UsageError as ``read`` does."""
    try:
        with path.open("rb") as file:
            return _root(path, _header(path, file))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def _header(path: Path, file: BinaryIO) -> Header:
    header = decode_header(file.readline(HEAD_BYTES))
    if isinstance(header, int):
        raise UsageError(
            f"{path} was written by a newer Tagsmith (format {header}).",
            "It is left as it is; update Tagsmith to open it.",
        )
    if header is None:
        raise UsageError(
            f"{path} is not a session of Tagsmith, or its beginning is damaged.",
            "It is left as it is; `tagsmith --resume` lists the others.",
        )
    return header


def _root(path: Path, header: Header) -> str:
    root = unescape(header.dataset)
    if not os.path.isabs(root) or "\0" in root:
        raise UsageError(f"{path} names no folder as its dataset.", "It is left as it is.")
    return root


def _last_plan(file: BinaryIO, before: int | None = None) -> Staging | None:
    """Return what was pending at the end, or before a place in the file."""
    for start, line in backwards(file, before):
        if start and is_plan(line):
            record = decode(line)
            if isinstance(record, Staging):
                return record
            if isinstance(record, Settlement) and record.how != "stopped":
                return None
    return None


def backwards(file: BinaryIO, end: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file from the last to the first, each with where it starts."""
    place = file.seek(0, os.SEEK_END) if end is None else end
    rest: list[bytes] = []
    while place:
        start = max(0, place - _BLOCK)
        file.seek(start)
        data = file.read(place - start)
        first, *others = data.split(b"\n")
        at = place
        for index, piece in enumerate(reversed(others)):
            at -= len(piece)
            yield at, piece + b"".join(reversed(rest)) if index == 0 else piece
            at -= 1
            if index == 0:
                rest = []
        rest.append(first)
        place = start
    if rest:
        yield 0, b"".join(reversed(rest))


@dataclass(slots=True)
class _Tail:
    """Takes lines from the last to the first, until there is enough of each kind.

    Lines before ``first`` are the header's.
    """

    first: int
    reached: int = 0
    last_turn: int = 0
    damaged: int = 0
    knows_plan: bool = False
    plan: Staging | None = None
    memories: list[Memory] = field(default_factory=list)
    _entries: list[Entry] = field(default_factory=list)
    _bytes: int = 0
    _shown_bytes: int = 0
    _told_bytes: int = 0

    @property
    def full(self) -> bool:
        """Whether no more lines are wanted."""
        enough = self._shown_all and self._told_all and self.last_turn
        return bool(enough) or self._bytes > MOST_BYTES

    def take(self, start: int, line: bytes) -> None:
        """Take a line."""
        self.reached = start
        self._bytes += len(line)
        if line.strip():
            self._sort(decode(line), len(line))

    def _sort(self, record: Record | None, size: int) -> None:
        if record is None:
            self.damaged += 1
        elif isinstance(record, Staging):
            self._settle(record)
        elif isinstance(record, Memory):
            self._told_bytes += size
            if not self._told_all:
                self.memories.append(record)
        else:
            if isinstance(record, Settlement) and record.how != "stopped":
                self._settle(None)
            self._show(record, size)

    def _settle(self, plan: Staging | None) -> None:
        if not self.knows_plan:
            self.knows_plan, self.plan = True, plan

    def _show(self, record: Record, size: int) -> None:
        """Keep what a record shows; the words of the last turn in any case."""
        self._shown_bytes += size
        first_words = isinstance(record, Words) and not self.last_turn
        if isinstance(record, Words) and first_words:
            self.last_turn = record.turn
        entry = entries.entry(record)
        if entry is not None and (first_words or not self._shown_all):
            self._entries.append(entry)

    @property
    def _shown_all(self) -> bool:
        return len(self._entries) >= SHOWN or self._shown_bytes > SHOWN_BYTES

    @property
    def _told_all(self) -> bool:
        return len(self.memories) >= TOLD_TURNS or self._told_bytes > TOLD_BYTES

    def shown(self) -> tuple[tuple[Entry, ...], int]:
        """Return the last whole turns in their order, and the number of turns before them."""
        shown = list(reversed(self._entries))
        starts = [at for at, one in enumerate(shown) if isinstance(one, Prompted)]
        first = shown[starts[0]] if starts else None
        if self.reached > self.first and starts:
            shown = shown[starts[0] :]
        return tuple(shown), first.turn - 1 if isinstance(first, Prompted) else 0
