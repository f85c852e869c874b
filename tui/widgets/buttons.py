"""The trigger buttons: a digit, whether the trigger stands on this image, and on how many."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tagsmith.tui.text import line
from tagsmith.tui.widgets.chips import SIGN
from tagsmith.tui.widgets.edge import spread
from tagsmith.tui.widgets.palette import ACCENT, MUTED

DIGITS = "1234567890"


class Buttons(Widget):
    """A row for each button, spaced out where there is room; a click is a press.

    Below them stand ``settings``: (key, what it is, how it stands).
    """

    DEFAULT_CSS = "Buttons { width: 32; height: 1fr; }"

    class Pressed(Message):
        """A button was clicked."""

        def __init__(self, button: int) -> None:
            super().__init__()
            self.button = button

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._triggers: Sequence[str] = ()
        self._counts: Sequence[int] = ()
        self._held = 0
        self._settings: Sequence[tuple[str, str, str]] = ()

    def show(
        self,
        triggers: Sequence[str],
        counts: Sequence[int],
        held: int,
        settings: Sequence[tuple[str, str, str]],
    ) -> None:
        """Show buttons: their triggers, on how many images each is, and which stand on this one.

        ``held`` has a bit for each button.
        """
        self._triggers, self._counts, self._held = triggers, counts, held
        self._settings = settings
        self.refresh()

    @property
    def _pitch(self) -> int:
        """How many lines a button takes."""
        room = self.content_size.height - len(self._settings) - 1
        return 2 if room >= 2 * len(self._triggers) else 1

    def render(self) -> Content:
        """Draw them."""
        width = self.content_size.width
        gap = [Content()] * (self._pitch - 1)
        lines: list[Content] = []
        for button in range(len(self._triggers)):
            lines += [self._button(button, width), *gap]
        settings = [self._setting(one, width) for one in self._settings]
        room = self.content_size.height - len(lines) - len(settings)
        return Content("\n").join([*lines, *[Content()] * max(0, room), *settings])

    def _button(self, button: int, width: int) -> Content:
        held = self._held >> button & 1
        number = self._counts[button]
        left = Content.assemble(
            (f" {DIGITS[button]}  ", ACCENT),
            (f"{SIGN} " if held else "  ", ACCENT),
            line(self._triggers[button], "bold" if held else ""),
        )
        shown = f"{number:,} " if number else "- "
        return spread(left, Content.styled(shown, "" if number else MUTED), width)

    def _setting(self, one: tuple[str, str, str], width: int) -> Content:
        key, name, value = one
        left = Content.assemble(line(f" {key}    ", ACCENT), line(name, MUTED))
        return spread(left, line(f"{value} "), width)

    def on_click(self, event: events.Click) -> None:
        """Press the button on the line."""
        place = event.get_content_offset(self)
        if place is not None and place.y // self._pitch < len(self._triggers):
            self.post_message(self.Pressed(place.y // self._pitch))
