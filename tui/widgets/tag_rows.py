"""A plan by tag change as rows: a mark, the tag that goes or comes, in how many files."""

from __future__ import annotations

from collections.abc import Container, Sequence

from textual.content import Content

from tagsmith.tools.refusals import TagChange
from tagsmith.tui.changes import TagFiles
from tagsmith.tui.language import say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.edge import spread
from tagsmith.tui.widgets.palette import ADDED, MINUS, MUTED, REMOVED


class TagRows:
    """Rows of tag changes; below them, ``others``: the files that have none.

    ``refused`` is asked at each drawing, so that a row shows what was decided on it at once.
    """

    def __init__(
        self, tags: Sequence[TagFiles], others: int, refused: Container[TagChange]
    ) -> None:
        self.tags = tags
        self._others = others
        self._refused = refused

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.tags) + bool(self._others)

    def row(self, index: int, width: int) -> Content:
        """Return one row."""
        if index == len(self.tags):
            other = line(say("other changes"), MUTED)
            return spread(Content("     ") + other, line(f"{self._others:,} ", MUTED), width)
        one = self.tags[index]
        refused = one.change in self._refused
        left = Content.assemble(
            line(f" [{' ' if refused else 'x'}] ", MUTED if refused else ""),
            tag_change(one, MUTED if refused else ""),
        )
        files = f"{len(one.samples):,} "
        told = f"{say('rejected')}  {files}" if refused else files
        return spread(left, line(told, MUTED if refused else ""), width)


def tag_change(one: TagFiles, style: str = "") -> Content:
    """Return a tag with its sign, and where it is put if that is the first place everywhere."""
    sign, own = ("+", ADDED) if one.change.added else (MINUS, REMOVED)
    shown = line(sign, style or own) + line(one.change.tag, style or own)
    return Content.assemble(shown, " ", line(say("» first"), MUTED)) if one.first else shown
