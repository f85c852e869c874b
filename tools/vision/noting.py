"""What files looked like before workers read them: by that the store knows them again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator


class Noter:
    """Notes the status of files on their way to the workers, until it is asked for."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._statuses: dict[str, os.stat_result] = {}

    def noted(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield the paths (relative to the root), the status of each noted just before."""
        for path in paths:
            try:
                self._statuses[path] = os.lstat(os.path.join(self._root, path))
            except OSError:
                self._statuses.pop(path, None)
            yield path

    def take(self, path: str) -> os.stat_result | None:
        """Return what was noted of a file, and forget it; None where it could not be asked."""
        return self._statuses.pop(path, None)
