"""A caption as chips: its tags in their order, those that matter marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.widget import Widget

from tagsmith.tui.language import many
from tagsmith.tui.text import line
from tagsmith.tui.widgets.palette import ACCENT, MUTED

BETWEEN = " · "
SIGN = "●"

Test = Callable[[str], bool]


def chips(tags: Sequence[str], marked: Test, width: int, height: int) -> Content:
    """Return the tags in lines of ``width`` cells; what does not fit into ``height`` is counted.

    A chip is never split over two lines; one that is longer than a line is cut.
    """
    lines: list[list[Content]] = [[]]
    used = 0
    for number, tag in enumerate(tags):
        chip = _chip(tag, marked=marked(tag)).truncate(max(1, width), ellipsis=True)
        more = chip.cell_length + (len(BETWEEN) if lines[-1] else 0)
        if used + more > width and lines[-1]:
            if len(lines) == height:
                return _joined(_with_rest(lines, len(tags) - number, width))
            lines.append([])
            used, more = 0, chip.cell_length
        lines[-1].append(chip)
        used += more
    return _joined(lines)


def _chip(tag: str, *, marked: bool) -> Content:
    if not marked:
        return line(tag)
    return Content.assemble((f"{SIGN} ", ACCENT), line(tag, f"{ACCENT} bold"))


def _with_rest(lines: list[list[Content]], left: int, width: int) -> list[list[Content]]:
    """Return the lines with how many tags are left out at their end, in place of as many as need
    be.
    """
    last = lines[-1]
    while True:
        rest = Content.styled(many(left, "… {n} more", "… {n} more"), MUTED)
        taken = sum(one.cell_length + len(BETWEEN) for one in last)
        if taken + rest.cell_length <= width or not last:
            return [*lines[:-1], [*last, rest]]
        last, left = last[:-1], left + 1


def _joined(lines: list[list[Content]]) -> Content:
    between = Content.styled(BETWEEN, MUTED)
    return Content("\n").join([between.join(one) for one in lines])


class Chips(Widget):
    """Shows a caption's tags, or something else in their place."""

    DEFAULT_CSS = "Chips { height: 3; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tags: Sequence[str] = ()
        self._marked: Test = lambda _: False
        self._words: Content | None = Content()

    def show(self, tags: Sequence[str], marked: Test) -> None:
        """Show tags, those marked for which the test holds."""
        self._tags, self._marked, self._words = tags, marked, None
        self.refresh()

    def say(self, words: Content) -> None:
        """Show a text where there are no tags."""
        self._words = words
        self.refresh()

    def render(self) -> Content:
        """Draw the chips."""
        if self._words is not None:
            return self._words
        return chips(self._tags, self._marked, *self.content_size)
