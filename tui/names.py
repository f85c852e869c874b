"""The images of a dataset by their names: found by a part of one, written so that it means one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property

from tagsmith.tools.paths import collision_key
from tagsmith.tui.text import is_clean

MOST = 50
CHUNK = 2_000  # names that are compared at a time, in about two milliseconds
LIKE = 70.0  # of 100


class Names:
    """Paths of images, relative to the dataset. What it needs is worked out once, when needed."""

    def __init__(self, paths: Sequence[str] = ()) -> None:
        self.paths = tuple(paths)

    def warm(self) -> None:
        """Work everything out: for a thread, so that the first completion is quick too."""
        _ = self._text, self._meanings

    @cached_property
    def _keys(self) -> list[str]:
        return [collision_key(path) for path in self.paths]

    @cached_property
    def _text(self) -> tuple[str, list[int]]:
        """All names in one text, and where in it each begins."""
        starts, at = [], 0
        for one in self._keys:
            starts.append(at)
            at += len(one) + 1
        return "\n".join(self._keys), starts

    @cached_property
    def _meanings(self) -> Counter[str]:
        """How many images each name, stem and path stands for in a query."""
        found: Counter[str] = Counter()
        for one in self._keys:
            file = one.rpartition("/")[2]
            found.update({one, one.rpartition(".")[0], file, file.rpartition(".")[0]})
        return found

    def holding(self, typed: str, most: int = MOST) -> list[str]:
        """Return names that hold what was typed, those whose file begins with it first."""
        from bisect import bisect_right

        wanted = collision_key(typed)
        text, starts = self._text
        found: dict[int, bool] = {}
        for begins, part in ((True, f"/{wanted}"), (True, f"\n{wanted}"), (False, wanted)):
            place = -1
            if part[:1] == "\n" and text.startswith(wanted):
                found.setdefault(0, begins)
            while len(found) < most and (place := text.find(part, place + 1)) >= 0:
                if "\n" in wanted:
                    break
                found.setdefault(bisect_right(starts, place + begins) - 1, begins)
        ordered = sorted(found, key=lambda index: (not found[index], index))
        return [self.paths[index] for index in ordered[:most]]

    def like(self, typed: str, stopped: Callable[[], bool], most: int = MOST) -> list[str]:
        """Return names much like what was typed, the likest first: for a thread.

        Names are compared in chunks, so that other threads get their turn; none are returned once
        ``stopped`` says so.
        """
        from rapidfuzz import fuzz, process

        wanted = collision_key(typed)
        found: list[tuple[float, int]] = []
        for start in range(0, len(self._keys), CHUNK):
            if stopped():
                return []
            scored = process.extract(
                wanted,
                self._keys[start : start + CHUNK],
                scorer=fuzz.partial_ratio,
                score_cutoff=LIKE,
                limit=most,
            )
            found += [(-score, start + index) for _, score, index in scored]
        return [self.paths[index] for _, index in sorted(found)[:most]]

    def term(self, path: str) -> str:
        """Write an image as the query term that means exactly it; empty where none does.

        A name alone also means its namesakes in other folders. Always in quotes: without them the
        built-in engine can take the whole for a name. A name with quotes in it has no term.
        """
        if '"' in path or not is_clean(path):
            return ""
        file = path.rpartition("/")[2]
        if self._meanings[collision_key(file)] == 1:
            return f'name:"{_escaped(file)}"'
        alone = "/" in path and self._meanings[collision_key(path)] == 1
        return f'name:"{_escaped(path)}"' if alone else ""


def _escaped(text: str) -> str:
    return re.sub(r"[\\*?]", r"\\\g<0>", text)
