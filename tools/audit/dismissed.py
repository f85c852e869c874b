"""Findings that the user has dismissed for good: ``.tagsmith/dismissed.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from tagsmith.tools import state_files
from tagsmith.tools.errors import DatasetError
from tagsmith.tools.paths import STATE_FOLDER

FILE = "dismissed.json"
LARGEST = 16 << 20
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Dismissed:
    """A finding's id, what it said, and why it does not count."""

    id: str
    title: str = ""
    reason: str = ""


def load(root: str) -> tuple[Dismissed, ...]:
    """Return what was dismissed in a dataset, the oldest first.

    Raises DatasetError where the file is damaged; it stays as it is.
    """
    data = state_files.read(root, FILE, LARGEST)
    if data is None:
        return ()
    try:
        found = json.loads(data)
        if found["version"] != _VERSION:
            raise ValueError("it was written by another version")
        return tuple(
            Dismissed(str(one["id"]), str(one.get("title", "")), str(one.get("reason", "")))
            for one in found["dismissed"]
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DatasetError(
            f"{STATE_FOLDER}/{FILE} is damaged, so no finding is hidden: {error}.",
            "Mend it, or move it away to begin anew.",
        ) from error


def add(root: str, findings: Iterable[Dismissed]) -> None:
    """Remember more dismissals; one that was dismissed before gets the new reason.

    Raises DatasetError where the file is damaged or cannot be written; it is then as it was.
    """
    found = {one.id: one for one in load(root)}
    found.update((one.id, one) for one in findings)
    _save(root, found.values())


def remove(root: str, ids: Iterable[str]) -> list[str]:
    """Forget dismissals; returns the ids that were there. Raises DatasetError as ``add``."""
    found = {one.id: one for one in load(root)}
    gone = [one for one in ids if found.pop(one, None) is not None]
    if gone:
        _save(root, found.values())
    return gone


def _save(root: str, dismissed: Iterable[Dismissed]) -> None:
    found = {"version": _VERSION, "dismissed": [asdict(one) for one in dismissed]}
    text = json.dumps(found, ensure_ascii=False, indent=1)
    state_files.write(root, FILE, f"{text}\n".encode("utf-8", "surrogatepass"))
