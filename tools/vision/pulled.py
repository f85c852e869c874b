"""What was pulled of models whose specs leave something open: the commit, or a file's sha256.

Kept in ``pulled.json`` of the user's data folder, so that such a model stays what it was on the day
of its pull, and a file of it that is damaged later is seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision.schema import ModelFile, ModelSpec
from tagsmith.tools.vision.verify import write_whole

_FILE = "pulled.json"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Pulled:
    """The commit of a repository that was pulled, and the sha256 of its files by their paths."""

    repo: str
    commit: str
    sha256: Mapping[str, str] = field(default_factory=dict)


def data_folder() -> Path:
    """Return where Tagsmith keeps the user's data; it need not exist."""
    import platformdirs

    return platformdirs.user_data_path("tagsmith", appauthor=False)


def is_open(spec: ModelSpec) -> bool:
    """Tell whether a pull decides what the spec does not."""
    return spec.revision is None or any(file.sha256 is None for file in spec.files)


def commit_of(spec: ModelSpec) -> str | None:
    """Return the commit whose files are used: the spec's, else the one that was pulled here."""
    if spec.revision is not None:
        return spec.revision
    found = _entry(spec)
    return found.commit if found is not None else None


def expected(spec: ModelSpec) -> tuple[ModelFile, ...]:
    """Return the spec's files in the cache, with the sha256 of the pull where it has none."""
    found = _entry(spec)
    if found is None or found.commit != commit_of(spec):
        return spec.files
    return tuple(
        file
        if file.sha256 is not None
        else file.model_copy(update={"sha256": found.sha256.get(file.path)})
        for file in spec.files
    )


def record(spec: ModelSpec, commit: str, sha256: Mapping[str, str]) -> None:
    """Remember a pull. Raises ModelError where that cannot be written."""
    entry = {"repo": spec.repo, "commit": commit, "sha256": dict(sha256)}
    _write({**_read(), spec.name: entry})


def forget(spec: ModelSpec) -> None:
    """Forget a pull, so that the next one takes the newest. Raises ModelError."""
    found = _read()
    if found.pop(spec.name, None) is not None:
        _write(found)


def _entry(spec: ModelSpec) -> Pulled | None:
    """Return what is recorded of the model, None where that is damaged or of another repo."""
    try:
        found = Pulled(**_read()[spec.name])
        good = _COMMIT.fullmatch(found.commit) and all(
            _SHA256.fullmatch(digest) for digest in found.sha256.values()
        )
    except (KeyError, TypeError, AttributeError):
        return None
    return found if good and found.repo == spec.repo else None


def _read() -> dict[str, Any]:
    try:
        with (data_folder() / _FILE).open("rb") as file:
            found = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(found: Mapping[str, Any]) -> None:
    place = data_folder() / _FILE
    try:
        write_whole(place, json.dumps(found))
    except OSError as error:
        raise ModelError(
            f"{place} cannot be written: {error.strerror or error}.",
            "Check the folder's permissions and the space on the disk.",
        ) from error
