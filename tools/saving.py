"""Writing a file that is not of the dataset: whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable

_CHUNK = 1 << 20


def replace(target: str, pieces: Iterable[bytes]) -> None:
    """Write the pieces beside the target, then put that file in its place, synced.

    Raises OSError; the target is then as it was.
    """
    temporary = os.path.join(os.path.dirname(target), f".tagsmith-{os.urandom(8).hex()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with open(descriptor, "wb", buffering=_CHUNK) as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
