"""A session: a conversation written down while it happens, so that it can be gone on with.

One file a conversation, in the user's own data folder and readable by the user only; records are
appended, each in one write, so that a crash loses at most the last of them. A session that cannot
be written says so once and never stops the conversation. No key of a server is written: whoever
sends it back, it is replaced before anything is stored.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr

from tagsmith.agent import session_files as files
from tagsmith.agent.events import Event, Said
from tagsmith.agent.hiding import Hider
from tagsmith.agent.session_entries import event_record, memory
from tagsmith.agent.session_files import Saved
from tagsmith.agent.session_log import Forgetful, How, Log
from tagsmith.agent.session_plan import staging
from tagsmith.agent.session_records import (
    MAX_LINE,
    Header,
    Record,
    Settlement,
    Staging,
    Words,
    clipped,
    encode,
)
from tagsmith.agent.turns import Turn
from tagsmith.tools.errors import UsageError
from tagsmith.tools.paths import escape
from tagsmith.tools.workspace import Workspace

NOTHING = Staging(files=0, steps=[], dropped=[], edits=[], undoes=[])
_FLAGS = os.O_WRONLY | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


class Session:
    """The file of one conversation, made when there is something to keep.

    ``keys`` are what must never be in it.
    """

    def __init__(
        self, root: str, keys: Iterable[SecretStr | None] = (), place: Path | None = None
    ) -> None:
        self._root = root
        self._hider = Hider(keys)
        self._place = place or files.folder()
        self._path = self._place / f"{new_id()}{files.SUFFIX}"
        self._file: int | None = None
        self._has_file = self._torn = False
        self._turn = 0
        self._answer: list[str] = []
        self._staged = NOTHING
        self._last_turn: Turn | None = None
        self._trouble = self._told = ""

    @classmethod
    def resume(cls, saved: Saved, keys: Iterable[SecretStr | None] = ()) -> Session:
        """Go on with a session. Raises UsageError where it is open already or cannot be written."""
        session = cls(saved.root, keys, saved.path.parent)
        session._path, session._turn = saved.path, saved.last_turn
        session._staged = saved.plan or NOTHING
        session._last_turn = saved.turns[-1] if saved.turns else None
        try:
            session._file = os.open(saved.path, _FLAGS)
            session._has_file = session._torn = True
        except OSError as error:
            raise UsageError(
                f"{saved.path} cannot be written: {error.strerror}.", "Check its permissions."
            ) from error
        if not _hold(session._file):
            session.close()
            raise UsageError(
                f"The session {saved.id} is open in another Tagsmith.",
                "Go on there, or leave it first.",
            )
        return session

    @property
    def id(self) -> str:
        """See Log; empty before there is a file."""
        return self._path.stem if self._has_file else ""

    # What is kept

    def words(self, text: str) -> None:
        """See Log."""
        self._turn += 1
        self._append(Words(turn=self._turn, text=clipped(self._hider.text(text))))

    def event(self, event: Event) -> None:
        """See Log. The pieces of an answer are kept as one, so that no key is cut in two."""
        if isinstance(event, Said):
            self._answer.append(event.text)
            return
        self._end_answer()
        record = event_record(event)
        if record is not None:
            self._append(record)

    def settled(self, how: How, text: str = "") -> None:
        """See Log."""
        self._end_answer()
        self._append(Settlement(how=how, text=text))
        if how != "stopped":
            self._staged = NOTHING

    def now(self, workspace: Workspace, turns: Iterable[Turn]) -> None:
        """See Log."""
        self._end_answer()
        for last in list(turns)[-1:]:
            if last != self._last_turn:
                self._last_turn = last
                self._append(memory(last))
        pending = staging(workspace)
        if pending != self._staged:
            self._staged = pending
            self._append(pending)

    def leave_pending(self, workspace: Workspace) -> None:
        """See Log."""
        self._staged = staging(workspace)

    def trouble(self) -> str:
        """See Log."""
        if self._trouble == self._told:
            return ""
        self._told = self._trouble
        return self._trouble

    def hidden(self, text: str) -> str:
        """See Log."""
        return self._hider.text(text)

    def close(self) -> None:
        """See Log."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    # How

    def _end_answer(self) -> None:
        text = "".join(self._answer)
        self._answer.clear()
        if text.strip():
            record = event_record(Said(text))
            if record is not None:
                self._append(record)

    def _append(self, record: Record) -> None:
        line = encode(self._without_keys(record))
        if len(line) > MAX_LINE:
            self._trouble = "A part of this session is too long to be saved."
            return
        try:
            if self._file is None:
                self._file = self._create()
            if not self._has_file:
                os.ftruncate(self._file, 0)
                line = encode(Header(dataset=escape(self._root), started=_now())) + line
            elif self._torn:
                line = b"\n" + line
            self._torn = True
            _write(self._file, line)
            self._has_file, self._torn = True, False
        except OSError as error:
            self._trouble = f"This session is not being saved: {error.strerror or error}."

    def _create(self) -> int:
        os.makedirs(self._place, mode=0o700, exist_ok=True)
        os.chmod(self._place, 0o700)
        files.prune(self._place, files.KEPT - 1)
        descriptor = os.open(self._path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        _hold(descriptor)
        return descriptor

    def _without_keys(self, record: Record) -> Record:
        if not self._hider:
            return record
        return type(record).model_validate(self._hider.value(record.model_dump()))


def new_id() -> str:
    """Return the id of a session that begins now: its time (UTC) and four random digits."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(2)}"


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _write(descriptor: int, data: bytes) -> None:
    """Write all of the data. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _hold(descriptor: int) -> bool:
    """Keep other processes from going on with the file; False where one does already.

    The lock ends with the process. Where the system has no such locks, nothing is held.
    """
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def session_for(root: str, keys: Iterable[SecretStr | None] = ()) -> Log:
    """Return a new session for a dataset; one that keeps nothing where it would lie inside it."""
    with suppress(OSError, ValueError):
        place, real = os.path.realpath(files.folder()), os.path.realpath(root)
        if os.path.commonpath([place, real]) == real:
            return Forgetful()
    return Session(root, keys)
