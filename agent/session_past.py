"""The beginning of a session that goes on: the turns that were too many to show at first."""

from __future__ import annotations

from tagsmith.agent import session_entries as entries
from tagsmith.agent.session_entries import Entry, Prompted
from tagsmith.agent.session_files import Saved, backwards
from tagsmith.agent.session_records import decode
from tagsmith.tools.errors import UsageError

MOST_BYTES = 16 << 20


def earlier(saved: Saved) -> tuple[Entry, ...]:
    """Return what was said and done in the turns before those that ``saved`` shows, oldest first.

    Of a file of more than ``MOST_BYTES`` the end is read. Raises UsageError where it is gone.
    """
    found: list[Entry] = []
    reached, read = False, 0
    try:
        with saved.path.open("rb") as file:
            for _, line in backwards(file):
                record = decode(line) if line.strip() else None
                entry = None if record is None else entries.entry(record)
                read += len(line)
                if read > MOST_BYTES:
                    break
                if entry is not None and reached:
                    found.append(entry)
                elif isinstance(entry, Prompted):
                    reached = entry.turn <= saved.before + 1
    except OSError as error:
        raise UsageError(
            f"{saved.path} cannot be read: {error.strerror}.", "Check its permissions."
        ) from error
    return tuple(reversed(found))
