"""A text that is replaced at every key: what is around it stays where it is."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Sheet(Static):
    """Text in a box that scrolls, as high as the box at least.

    So the screen is laid out again only where a text is longer than the box, not for each text.
    """

    DEFAULT_CSS = "Sheet { height: auto; min-height: 100%; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)

    def show(self, content: Content) -> None:
        """Replace the text."""
        size, box = self.content_size, self.container_size.height
        fits = size.width > 0 and len(content.wrap(size.width)) <= box
        self.update(content, layout=not (fits and size.height == box))
