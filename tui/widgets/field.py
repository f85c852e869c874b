"""A text field that shows what it holds safely, whatever was pasted into it."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from tagsmith.tui.text import one_to_one


class TextField(TextArea):
    """An editor of one line, or of several with ctrl+j; enter submits.

    The text itself stays byte-exact; only its drawing replaces unsafe characters, one for one.
    """

    class Submitted(Message):
        """Enter was pressed."""

        def __init__(self, sender: TextField, value: str) -> None:
            super().__init__()
            self.sender = sender
            self.value = value

        @property
        def control(self) -> TextField:
            """The field, so that ``on`` can select by id."""
            return self.sender

    def __init__(
        self,
        *,
        lines: bool = False,
        placeholder: Content | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(
            compact=True,
            highlight_cursor_line=False,
            placeholder=placeholder or Content(),
            id=id,
            classes=classes,
        )
        self._lines = lines
        self.cursor_blink = False

    def get_line(self, line_index: int) -> Text:
        """Return a line to draw."""
        return Text(one_to_one(self.document.get_line(line_index)), end="", no_wrap=True)

    def put(self, value: str) -> None:
        """Replace the text and place the cursor behind it."""
        self.text = value
        self.move_cursor(self.document.end)

    def submit(self) -> None:
        """Post what the field holds."""
        self.post_message(self.Submitted(self, self.text))

    async def _on_key(self, event: events.Key) -> None:
        # The base class handles every other key: Textual calls it next, so no super() here.
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.submit()
        elif event.key in ("ctrl+j", "shift+enter") and self._lines:
            event.stop()
            event.prevent_default()
            self.insert("\n")

    async def _on_paste(self, event: events.Paste) -> None:
        if not self._lines:
            event.stop()
            event.prevent_default()
            self.insert(" ".join(event.text.split("\n")))
