"""The line a person talks on: history, completion, several lines with ctrl+j or shift+enter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.worker import get_current_worker

from tagsmith.tui.text import line
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.palette import ACCENT, MUTED

if TYPE_CHECKING:
    from tagsmith.tui.widgets.completion import Completion, Source

MAX_HISTORY = 500
SHORT_NOTE = 12
LIKE_FROM = 3  # characters of a name, before names that are only much like it are offered


class Prompt(TextField):
    """The input of the chat."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "screen.scroll_transcript(-1)", show=False),
        Binding("pagedown", "screen.scroll_transcript(1)", show=False),
    ]

    class Wanted(Message):
        """Something that is not for the engine: ``help`` and ``quit`` (the app's), ``back``."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    class Offered(Message):
        """Completions to show on the last line; none hides them."""

        def __init__(self, content: Content | None) -> None:
            super().__init__()
            self.content = content

    class Alike(Message):
        """Names of images much like what was typed after an ``@``."""

        def __init__(self, typed: str, names: list[str]) -> None:
            super().__init__()
            self.typed = typed
            self.names = names

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(lines=True, id=id)
        self.source: Source | None = None  # what there is to complete; none before the first frame
        self.proposal = ""
        self._history: list[str] = []
        self._place = 0
        self._draft = ""
        self._offers: list[Completion] = []
        self._offer = -1

    def submit(self) -> None:
        """Send what is on the line, and empty it before the next key: that one is of new words."""
        super().submit()
        self.clear()

    def remember(self, text: str) -> None:
        """Add what was sent to the history."""
        if text:
            self._history = [one for one in self._history if one != text][1 - MAX_HISTORY :]
            self._history.append(text)
        self._place = len(self._history)

    def remember_earlier(self, texts: Sequence[str]) -> None:
        """Put what was sent in earlier sessions before the history."""
        # What was sent twice stands where it was sent last.
        newest = dict.fromkeys(reversed([*texts, *self._history]))
        self._history = list(newest)[: MAX_HISTORY - 1][::-1]
        self._place = len(self._history)

    def propose(self, text: str) -> None:
        """Show something to say on the empty line; tab takes it."""
        self.proposal = text
        hint = Content.assemble(line(text, MUTED), ("   tab", ACCENT)) if text else Content()
        self.placeholder = hint

    async def _on_key(self, event: events.Key) -> None:
        if event.key not in ("tab", "shift+tab"):
            self._withdraw()
        if self._handle(event.key):
            event.stop()
            event.prevent_default()

    def _handle(self, pressed: str) -> bool:
        """Handle a key of the prompt's own; whether it was one."""
        if pressed == "tab":
            self._complete(1)
        elif pressed == "shift+tab" and not self.text:
            self.post_message(self.Wanted("calls"))
        elif pressed == "shift+tab":
            self._complete(-1)
        elif pressed == "up" and self.cursor_at_first_line:
            self._recall(-1)
        elif pressed == "down" and self.cursor_at_last_line:
            self._recall(1)
        elif pressed == "escape":
            self.post_message(self.Wanted("back"))
        elif pressed in ("question_mark", "ctrl+d") and not self.text:
            self.post_message(self.Wanted("help" if pressed == "question_mark" else "quit"))
        else:
            return False
        return True

    def _recall(self, step: int) -> None:
        """Go through what was sent; with words on the line, through what begins with them."""
        if self._place == len(self._history):
            self._draft = self.text
        place = self._place + step
        while 0 <= place < len(self._history):
            if self._history[place].startswith(self._draft):
                break
            place += step
        if 0 <= place <= len(self._history):
            self._place = place
            self.put(self._draft if place == len(self._history) else self._history[place])

    # Completion

    @property
    def _before(self) -> str:
        return self.get_text_range((0, 0), self.cursor_location)

    def on_text_area_changed(self) -> None:
        """Offer what is written with a sign in front while it is typed: /commands, @mentions."""
        if self.source is None:
            return
        from tagsmith.tui.widgets.completion import complete, mention

        before = self._before
        typed = mention(before)
        if not typed and not (before.startswith("/") and " " not in before):
            return
        offers = complete(before, self.source)
        if offers:
            self._offers, self._offer = offers, -1
            self._show()
        elif typed and len(typed) >= LIKE_FROM:
            look = partial(self._look_alike, typed, self.source)
            self.run_worker(look, thread=True, exclusive=True, group="like", exit_on_error=False)

    def _look_alike(self, typed: str, source: Source) -> None:
        worker = get_current_worker()
        names = source.names.like(typed, lambda: worker.is_cancelled)
        self.post_message(self.Alike(typed, names))

    @on(Alike)
    def _offer_alike(self, message: Alike) -> None:
        from tagsmith.tui.widgets.completion import image_offer, mention

        if self.source is None or mention(self._before) != message.typed:
            return
        offers = [image_offer(name, message.typed, self.source) for name in message.names]
        self._offers, self._offer = [one for one in offers if one], -1
        self._show()

    def _complete(self, step: int) -> None:
        if not self.text:
            self.put(self.proposal)
            return
        if self._offers:
            self._cycle(step)
            return
        from tagsmith.tui.widgets.completion import Completion, common_prefix, complete

        offers = complete(self._before, self.source) if self.source else []
        if not offers:
            return
        if len(offers) == 1:
            self._take(offers[0].length, offers[0].text)
            return
        prefix = common_prefix(offers)
        length = offers[0].length
        if len(prefix) > length and len({one.length for one in offers}) == 1:
            self._take(length, prefix)
            offers = [Completion(len(prefix), one.text, one.note) for one in offers]
        self._offers, self._offer = offers, -1
        self._show()

    def _cycle(self, step: int) -> None:
        current = self._offers[self._offer] if self._offer >= 0 else None
        length = len(current.text) if current else self._offers[0].length
        self._offer = (self._offer + step) % len(self._offers)
        self._take(length, self._offers[self._offer].text)
        self._show()

    def _take(self, length: int, text: str) -> None:
        row, column = self.cursor_location
        self.replace(text, (row, column - length), (row, column))

    def _show(self) -> None:
        parts = []
        for index, one in enumerate(self._offers):
            chosen = index == self._offer
            shown = line(one.text.strip(), f"{ACCENT} bold" if chosen else "")
            if chosen or len(one.note) <= SHORT_NOTE:
                shown = Content.assemble(shown, " ", line(one.note, MUTED))
            parts.append(shown)
        ahead = parts[max(0, self._offer) :]
        self.post_message(self.Offered(Content("   ").join(ahead)))

    def _withdraw(self) -> None:
        if self._offers:
            self._offers = []
            self.post_message(self.Offered(None))
