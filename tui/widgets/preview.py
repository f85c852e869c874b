"""The preview: one picture, as large as its place, decoded behind what the user does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from tagsmith.tui.language import say
from tagsmith.tui.preview import Decoder, Picture, Remembered, Seen, Unseen, Wanted
from tagsmith.tui.text import line
from tagsmith.tui.widgets.palette import MUTED
from tagsmith.tui.widgets.pixels import Ink

# So long the picture before stays: no flicker where the next one is quick, no wrong one to look at.
STALE_AFTER = 0.15
NOTHING = Content()


class Preview(Widget):
    """Shows a picture with two pixels a cell; where it cannot be read, it says why.

    It stands where ``content-align`` says. With ``enabled`` False no picture is decoded.
    """

    DEFAULT_CSS = "Preview { width: 1fr; height: 1fr; content-align: center middle; }"

    enabled: ClassVar[bool] = True
    remembered: ClassVar[Remembered] = Remembered()

    class Shown(Message):
        """A picture is shown (``Picture``), or why there is none (``Unseen``)."""

        def __init__(self, sender: Preview, path: str, seen: Seen) -> None:
            super().__init__()
            self.sender = sender
            self.path = path
            self.seen = seen

        @property
        def control(self) -> Preview:
            """The preview, so that ``on`` can select by id."""
            return self.sender

    class Drawn(Message, bubble=False):
        """The thread has drawn what is wanted."""

        def __init__(self, wanted: Wanted, seen: Seen, drawn: list[Strip]) -> None:
            super().__init__()
            self.wanted = wanted
            self.seen = seen
            self.drawn = drawn

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._path: str | None = None
        self._near: tuple[str, ...] = ()
        self._drawn: Wanted | None = None
        self._lines: list[Strip] = []
        self._words = NOTHING
        self._wrapped: tuple[object, list[Strip]] = None, []
        self._ink = Ink(None, dark=True)
        self._style = Style()
        self._decoder = Decoder(self.remembered, self._seen)

    def show(self, path: str | None) -> None:
        """Show the image at an absolute path; None shows nothing."""
        self._path, self._near = path, ()
        if path is None:
            self._put(None)
        elif not self.enabled:
            self._put(None, words=line(say("Pictures are off."), MUTED))
        elif self.is_attached and self._drawn is not None:
            self.set_timer(STALE_AFTER, self._drop_stale)
        self._want()

    def prefetch(self, paths: Iterable[str]) -> None:
        """Decode these as well, after what is shown: call it behind each ``show``."""
        self._near = tuple(paths)
        self._want()

    def on_resize(self) -> None:
        """A picture is as large as its place."""
        self._want()

    def notify_style_update(self) -> None:
        """Dots have the colours of the theme."""
        super().notify_style_update()
        if self.is_attached and (self._ink.system is None or self._ink != Ink.of(self.app)):
            self._want()

    def on_unmount(self) -> None:
        """Nobody looks any more."""
        self._decoder.want(())

    def _want(self) -> None:
        if not self.is_attached:
            return
        self._ink, self._style = Ink.of(self.app), self.visual_style.rich_style
        wanted = [self._wanted(path) for path in (self._path, *self._near) if path is not None]
        if not (self.enabled and self._path is not None and self.content_size.area):
            wanted = []
        if self._decoder.want(wanted):
            self.run_worker(self._decoder.work, thread=True, exit_on_error=False, group="preview")

    def _wanted(self, path: str) -> Wanted:
        return self._ink.wanted(path, *self.content_size)

    def _seen(self, wanted: Wanted, seen: Seen) -> None:
        """Draw what is to be shown; runs in the thread."""
        if wanted.path == self._path:
            drawn = self._ink.draw(seen, self._style) if isinstance(seen, Picture) else []
            self.post_message(self.Drawn(wanted, seen, drawn))

    def on_preview_drawn(self, message: Drawn) -> None:
        """Show what was drawn, if it is still wanted."""
        wanted, seen = message.wanted, message.seen
        if self._path is None or wanted != self._wanted(self._path):
            return
        if isinstance(seen, Unseen):
            words = line(say("No picture: {reason}.", reason=seen.reason), MUTED)
            self._put(wanted, words=words)
        else:
            self._put(wanted, message.drawn)
        self.post_message(self.Shown(self, wanted.path, seen))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A mistake of ours is told where the picture would be."""
        if event.state is WorkerState.ERROR:
            name = type(event.worker.error).__name__
            told = say("No picture: Tagsmith made a mistake ({name}).", name=name)
            self._put(None, words=line(told, MUTED))

    def _drop_stale(self) -> None:
        if self._drawn is not None and self._drawn.path != self._path:
            self._put(None)

    def _put(
        self, drawn: Wanted | None, lines: Sequence[Strip] = (), words: Content = NOTHING
    ) -> None:
        self._drawn, self._lines, self._words = drawn, list(lines), words
        self._wrapped = None, []
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line: of the picture, or of why there is none."""
        width, height = self.content_size
        across, down = self.styles.content_align
        style = self.visual_style
        lines = self._lines or self._told(width)
        row = y - max(0, _before(down, height - len(lines)))
        if not 0 <= row < len(lines):
            return Strip.blank(width, style.rich_style)
        one = lines[row]
        left = max(0, _before(across, width - one.cell_length))
        padded = Strip([Segment(" " * left, style.rich_style), *one])
        return padded.adjust_cell_length(width, style.rich_style)

    def _told(self, width: int) -> list[Strip]:
        """Return the words in lines; wrapped once, not for each line."""
        if self._wrapped[0] != (width, self.visual_style):
            words = [self._written(one) for one in self._words.wrap(width)]
            self._wrapped = (width, self.visual_style), words
        return self._wrapped[1]

    def _written(self, words: Content) -> Strip:
        parse = self.app.stylesheet.parse_style
        pieces = words.rstrip().render(self.visual_style, end="", parse_style=parse)
        return Strip([Segment(text, own.rich_style) for text, own in pieces])


def _before(align: str, room: int) -> int:
    """Return how much of the room that is left lies before what is aligned."""
    return {"center": room // 2, "middle": room // 2, "right": room, "bottom": room}.get(align, 0)
