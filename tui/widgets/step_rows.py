"""The steps of a plan as rows: a mark, the number, what it does, why it now does nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from tagsmith.tools.workspace import Staged
from tagsmith.tui.text import line
from tagsmith.tui.widgets.edge import spread
from tagsmith.tui.widgets.palette import MUTED, WARNING


class StepRows:
    """Rows of the list of steps; with ``files``, each with the number of its files."""

    def __init__(self, staged: Sequence[Staged], files: Mapping[int, int] | None = None) -> None:
        self._staged = staged
        self._files = files

    @property
    def count(self) -> int:
        """Number of steps."""
        return len(self._staged)

    def row(self, index: int, width: int) -> Content:
        """Return one row."""
        one = self._staged[index]
        mark = " " if one.dropped else "x"
        style = MUTED if one.dropped else ""
        shown = line(one.step.summary or one.step.tool, style)
        content = Content.assemble(line(f" [{mark}] {one.step.number} ", style), shown)
        if one.failure:
            content = Content.assemble(content, ("  ! ", WARNING), line(one.failure, WARNING))
        if self._files is None:
            return content.truncate(width, ellipsis=True)
        files = self._files.get(one.step.number, 0)
        return spread(content, line(f"{files:,} " if files else "", style), width)
