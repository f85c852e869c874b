"""A question on a line of its own, answered in a field that completes tags."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from tagsmith.tools.tags import Vocabulary
from tagsmith.tui.text import line
from tagsmith.tui.widgets.completion import Completion, Source, complete
from tagsmith.tui.widgets.edge import EdgeLine, keys
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.palette import ACCENT, MUTED

Legend = Iterable[tuple[str, str]]


class AnswerField(TextField):
    """A field in which tab takes the offered tag and escape leaves."""

    class Left(Message):
        """Escape was pressed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.offers: list[Completion] = []
        self._taken = -1

    def offer(self, source: Source) -> None:
        """Find what the text could become, unless it was taken from the offers just now."""
        if self._taken < 0:
            self.offers = complete(self.text, source)

    @property
    def taken(self) -> int:
        """Which of the offers stands in the text; -1 where none does."""
        return self._taken

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            self.post_message(self.Left())
        elif event.key in ("tab", "shift+tab"):
            self._take(1 if event.key == "tab" else -1)
        else:
            self._taken = -1
            return
        event.stop()
        event.prevent_default()

    def _take(self, step: int) -> None:
        if not self.offers:
            return
        standing = self.offers[self._taken] if self._taken >= 0 else None
        length = len(standing.text) if standing else self.offers[0].length
        self._taken = (self._taken + step) % len(self.offers)
        self.put(self.text[: len(self.text) - length] + self.offers[self._taken].text)


class Asked(Vertical):
    """Asks one thing at a time; hidden until then. Meanwhile the screen has the class -asking."""

    DEFAULT_CSS = """
    Asked { height: 2; background: $panel; }
    Asked Horizontal { height: 1; }
    Asked #asked-what { width: auto; max-width: 50%; height: 1; }
    Asked #asked-field { width: 1fr; height: 1; background: $surface; }
    """

    class Answered(Message):
        """The user answered ``what`` was asked, or left it (None)."""

        def __init__(self, what: str, value: str | None) -> None:
            super().__init__()
            self.what = what
            self.value = value

    class Typed(Message):
        """The answer to ``what`` changed, and is not given yet."""

        def __init__(self, what: str, value: str) -> None:
            super().__init__()
            self.what = what
            self.value = value

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.display = False
        self.what = ""
        self._source = Source()
        self._legend: Legend = ()

    def compose(self) -> ComposeResult:
        """A question, its field, and a line with what tab offers and the keys."""
        with Horizontal():
            yield Static(id="asked-what", markup=False)
            yield AnswerField(id="asked-field")
        yield EdgeLine(id="asked-offers")

    @property
    def field(self) -> AnswerField:
        """The field."""
        return self.query_one(AnswerField)

    def ask(
        self,
        what: str,
        question: Content,
        legend: Legend,
        *,
        value: str = "",
        vocabulary: Vocabulary | None = None,
    ) -> None:
        """Ask; ``what`` comes back with the answer, ``legend`` are the keys that help."""
        self.what, self._legend = what, legend
        self._source = Source(vocabulary=vocabulary)
        self.query_one("#asked-what", Static).update(Content.assemble(" ", question, "  "))
        self.display = True
        self.screen.set_class(True, "-asking")
        self.field.put(value)
        self._draw()
        self.field.focus()

    def close(self) -> None:
        """Ask no longer."""
        self.display = False
        self.screen.set_class(False, "-asking")
        self.what = ""

    @on(TextArea.Changed)
    def _changed(self, message: TextArea.Changed) -> None:
        message.stop()
        if self.display:
            self.field.offer(self._source)
            self._draw()
            self.post_message(self.Typed(self.what, self.field.text))

    def _draw(self) -> None:
        field, parts = self.field, []
        for index, one in enumerate(field.offers):
            style = f"{ACCENT} bold" if index == field.taken else ""
            parts.append(Content.assemble(line(one.text, style), line(f" {one.note}", MUTED)))
        offers = self.query_one("#asked-offers", EdgeLine)
        offers.left = Content(" ") + Content("   ").join(parts[max(0, field.taken) :])
        offers.right = keys(self._legend) + " "

    @on(TextField.Submitted)
    def _submitted(self, message: TextField.Submitted) -> None:
        message.stop()
        self._answer(message.value.strip())

    @on(AnswerField.Left)
    def _left(self, message: AnswerField.Left) -> None:
        message.stop()
        self._answer(None)

    def _answer(self, value: str | None) -> None:
        what = self.what
        self.close()
        self.post_message(self.Answered(what, value))
