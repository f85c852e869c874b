"""Lists of files in messages."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from tagsmith.tools.paths import display

_SHOWN = 3


def files(count: int) -> str:
    """Return ``1 file`` or ``n files``."""
    return "1 file" if count == 1 else f"{count} files"


def shown(paths: Collection[str]) -> str:
    """Return the first three names, and how many more there are."""
    names = ", ".join(display(path) for path in islice(paths, _SHOWN))
    return f"{names} and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else names
