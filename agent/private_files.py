"""Files that only their owner may read: settings, consents, transcripts."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from tagsmith.tools.errors import UsageError


def write_private(path: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner only (0600, in a 0700 folder).

    Raises UsageError where the folder or the file cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Check the folder's permissions and the space on the disk.",
        ) from error
