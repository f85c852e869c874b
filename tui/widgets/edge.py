"""One line with something at its left edge and something at its right edge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tagsmith.tui.language import say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.palette import ACCENT, MUTED

GAP = 2
KEY_NAMES = (
    *("space", "up", "down", "left", "right", "PgUp", "PgDn", "Home", "End"),
    "other letters",
)


def keys(legend: Iterable[tuple[str, str]]) -> Content:
    """Return a legend such as ``enter review   a apply``, the keys in the accent colour."""
    parts = [
        Content.assemble(line(key_words(key), ACCENT), " ", line(word, MUTED))
        for key, word in legend
    ]
    return Content("   ").join(parts)


def fitted(legend: Sequence[tuple[str, str]], width: int) -> Content:
    """Return a legend that fits; what stands before its last word is left out first."""
    shown = list(legend)
    while len(shown) > 1 and keys(shown).cell_length + 1 > width:
        del shown[-2]
    return Content(" ") + keys(shown)


def key_words(label: str) -> str:
    """Return the keys of a label as they are called in the language in use."""
    return ", ".join(say(one) if one in KEY_NAMES else one for one in label.split(", "))


def spread(left: Content, right: Content, width: int) -> Content:
    """Return both in a line of ``width`` cells; the left one is cut where they do not fit."""
    room = width - right.cell_length - (GAP if right else 0)
    if room < 1:
        return left.truncate(width, ellipsis=True, pad=True)
    return (
        left.truncate(room, ellipsis=True).pad_right(
            width - right.cell_length - min(left.cell_length, room)
        )
        + right
    )


class EdgeLine(Widget):
    """A line of the screen; setting ``left`` or ``right`` redraws it and lays nothing out again."""

    DEFAULT_CSS = "EdgeLine { height: 1; }"

    left: reactive[Content] = reactive(Content)
    right: reactive[Content] = reactive(Content)

    def __init__(
        self,
        left: Content | None = None,
        right: Content | None = None,
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.set_reactive(EdgeLine.left, left or Content())
        self.set_reactive(EdgeLine.right, right or Content())

    def render(self) -> Content:
        """Draw the line."""
        return spread(self.left, self.right, self.content_size.width)


class KeyLine(EdgeLine):
    """The last line of a screen: as many of its keys as fit, the last one always.

    What is put on it as ``left`` is shown instead.
    """

    legend: reactive[Sequence[tuple[str, str]]] = reactive(())

    def __init__(self, legend: Sequence[tuple[str, str]] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(KeyLine.legend, legend)

    def render(self) -> Content:
        """Draw the keys, or what was put in their place."""
        return super().render() if self.left else fitted(self.legend, self.content_size.width)
