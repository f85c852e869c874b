"""Is a file the one that its spec means? Hashed once, then remembered by the file's stamp.

What was hashed is kept in ``digests.json`` of the user's cache folder, so that a second start does
not read 1.3 GB again. Losing that file costs a new reading and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision.schema import ModelFile
from tagsmith.tools.watch import Step, Watch

_FILE = "digests.json"
_VERSION = 1
_MOST_BYTES = 4 << 20
_MOST_FILES = 2000
_BLOCK = 4 << 20
_HEX = re.compile(r"[0-9a-f]{64}")

Stamp = tuple[int, int, int]


def stamp(path: str) -> Stamp:
    """Return (size, mtime in ns, inode) of the file, behind any symlink. Raises OSError."""
    found = os.stat(path)
    return found.st_size, found.st_mtime_ns, found.st_ino


def remembered(path: str) -> str | None:
    """Return the sha256 that the file had when it was last hashed; None where it changed since."""
    entry = _read().get(os.path.realpath(path))
    try:
        return entry[1] if entry is not None and entry[0] == stamp(path) else None
    except OSError:
        return None


def digest(path: str, watch: Watch | None = None) -> str:
    """Return the file's sha256, from memory where its stamp is known.

    Raises OSError where the file cannot be read, StoppedError where ``watch`` says so.
    """
    known = remembered(path)
    if known is not None:
        return known
    before = stamp(path)
    found = _hash(path, before[0], watch or Watch())
    if stamp(path) == before:
        _remember(os.path.realpath(path), before, found)
    return found


def difference(file: ModelFile, path: str, found: str | None) -> str | None:
    """Say how a file differs from its spec, or None; ``found`` is its sha256 if it is known.

    Raises OSError where the file is not there.
    """
    size = os.stat(path).st_size
    if file.size is not None and size != file.size:
        return f"it has {size:,} bytes, not {file.size:,}"
    if found is not None and file.sha256 is not None and not found.startswith(file.sha256):
        return f"its sha256 is {found[: len(file.sha256)]}, not {file.sha256}"
    return None


def check_file(file: ModelFile, path: str, watch: Watch | None = None) -> str | None:
    """Say how a file differs from its spec, hashing it where that can tell; None: it does not.

    Raises ModelError where it cannot be read.
    """
    try:
        found = difference(file, path, None)
        if found is None and file.sha256 is not None:
            found = difference(file, path, digest(path, watch))
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read: {error.strerror or error}.", "Check its permissions."
        ) from error
    return found


def _hash(path: str, size: int, watch: Watch) -> str:
    hasher, done = hashlib.sha256(), 0
    with open(path, "rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            hasher.update(block)
            done += len(block)
            watch.tell(Step(f"Verifying {os.path.basename(path)}", done, size, "bytes"))
            watch.check("Stopped while the model was verified.", "Nothing was changed.")
    return hasher.hexdigest()


def _place() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("tagsmith", appauthor=False) / _FILE


def _read() -> dict[str, tuple[Stamp, str]]:
    """Return what is remembered; a file that is not ours, or damaged, is as good as none."""
    try:
        with _place().open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        found = json.loads(data) if len(data) <= _MOST_BYTES else {}
        if found["version"] != _VERSION:
            return {}
        return {path: _entry(*entry) for path, entry in found["files"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _entry(size: int, mtime: int, inode: int, sha256: str) -> tuple[Stamp, str]:
    if not _HEX.fullmatch(sha256):
        raise ValueError(sha256)
    return (size, mtime, inode), sha256


def _remember(path: str, found: Stamp, sha256: str) -> None:
    """Add one file, and drop those that are gone; a folder that cannot be written is no failure."""
    kept = {name: entry for name, entry in _read().items() if os.path.exists(name)}
    kept.pop(path, None)
    kept[path] = (found, sha256)
    newest = list(kept.items())[-_MOST_FILES:]
    text = json.dumps(
        {"version": _VERSION, "files": {name: [*at, known] for name, (at, known) in newest}}
    )
    with suppress(OSError):
        write_whole(_place(), text)


def write_whole(path: Path, text: str) -> None:
    """Write a small file of ours whole or not at all, and its folder. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
