"""A grid of pictures of any number: only those in sight are ever decoded or drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar, Protocol

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style
from textual.worker import Worker, WorkerState

from tagsmith.tui.actions import Scope, bindings
from tagsmith.tui.language import say
from tagsmith.tui.preview import Decoder, Picture, Remembered, Seen, Unseen, Wanted
from tagsmith.tui.text import line
from tagsmith.tui.widgets.palette import MUTED
from tagsmith.tui.widgets.pixels import Ink
from tagsmith.tui.widgets.preview import Preview

REMEMBERED = 1024
BAR = "▌"
# Each step makes tiles so much wider; so many steps either way.
LARGER = 1.35
MOST_STEPS = 4
NARROWEST = 8


class Tiles(Protocol):
    """What a grid shows."""

    @property
    def count(self) -> int:
        """Number of images."""
        ...

    def path(self, index: int) -> str:
        """Return the absolute path of an image."""
        ...

    def label(self, index: int) -> Content:
        """Return what stands beneath an image: one line, which is cut to fit."""
        ...


class NoTiles:
    """An empty grid."""

    count = 0

    def path(self, index: int) -> str:
        """Never called: there is no image."""
        raise IndexError(index)

    def label(self, index: int) -> Content:
        """Never called: there is no image."""
        raise IndexError(index)


@dataclass(frozen=True, slots=True)
class Grid:
    """How images are laid out: columns, the cells of a tile, the box of its picture."""

    columns: int
    width: int
    height: int
    box: tuple[int, int]

    @classmethod
    def fitting(cls, room: int, steps: int, *, pictures: bool = True) -> Grid:
        """Return the grid for ``room`` cells: five columns on 80, eight on 200, fewer by ``steps``.

        A tile is a bar at its left, its picture in a square, its label, and a free line; without
        ``pictures`` it is the label alone.
        """
        wished = max(NARROWEST, (12 + room / 16) * LARGER**steps)
        columns = max(1, min(round(room / wished), room // NARROWEST))
        width = max(NARROWEST, room // columns)
        if not pictures:
            return cls(columns, width, 1, (width - 2, 0))
        box = width - 2, (width - 2) // 2
        return cls(columns, width, box[1] + 2, box)


class Thumbnails(ScrollView, can_focus=True, inherit_bindings=False):
    """Pictures in rows with their names, and a cursor.

    Opening takes the same time for ten images and for 100,000. Decoding runs behind: what is in
    sight first, then the screens after and before it; what is scrolled away is given up.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"thumbnails--cursor", "thumbnails--waiting"}
    BINDINGS = bindings(Scope.LIST)

    remembered: ClassVar[Remembered] = Remembered(REMEMBERED)

    cursor: var[int] = var(0)

    class Highlighted(Message):
        """The cursor stands on another image."""

        def __init__(self, sender: Thumbnails, index: int) -> None:
            super().__init__()
            self.sender = sender
            self.index = index

        @property
        def control(self) -> Thumbnails:
            """The grid, so that ``on`` can select by id."""
            return self.sender

    class Chosen(Highlighted):
        """An image was chosen with enter or a double click."""

    class Drawn(Message, bubble=False):
        """The thread has drawn a picture that was wanted."""

        def __init__(self, wanted: Wanted, drawn: list[Strip] | Unseen) -> None:
            super().__init__()
            self.wanted = wanted
            self.drawn = drawn

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tiles: Tiles = NoTiles()
        self._steps = 0
        self._grid = Grid.fitting(80, 0)
        self._places: dict[Wanted, int] = {}
        self._drawn: dict[Wanted, list[Strip] | Unseen] = {}
        self._lines: dict[int, Strip] = {}
        self._ink = Ink(None, dark=True)
        self._style = RichStyle()
        self._decoder = Decoder(self.remembered, self._seen)

    # What is shown

    def on_resize(self) -> None:
        """The grid is as wide as its place."""
        self._measure()

    def on_unmount(self) -> None:
        """Nobody looks any more."""
        self._decoder.want(())

    def notify_style_update(self) -> None:
        """Draw everything in the colours of another theme."""
        super().notify_style_update()
        self._lines.clear()
        if self.is_attached and (self._ink.system is None or self._ink != Ink.of(self.app)):
            self._drawn.clear()
            self._want()

    def show(self, tiles: Tiles, cursor: int = 0) -> None:
        """Show other images, with the cursor on one of them."""
        self._tiles = tiles
        self._measure()
        self.cursor = cursor
        self._scroll_to_cursor()
        self.post_message(self.Highlighted(self, self.cursor))

    def resize_tiles(self, steps: int) -> None:
        """Make the pictures larger, or smaller for a negative number of steps."""
        self._steps = max(-MOST_STEPS, min(self._steps + steps, MOST_STEPS))
        self._measure()
        self._scroll_to_cursor()

    def refresh_tile(self, index: int) -> None:
        """Draw one image again because its label changed, or its picture came."""
        self._forget_row(index // self._grid.columns)

    def refresh_tiles(self) -> None:
        """Draw all images again because their labels changed."""
        self._lines.clear()
        self.refresh()

    @property
    def columns(self) -> int:
        """Images in a row."""
        return self._grid.columns

    def _measure(self) -> None:
        room = self.scrollable_content_region.width
        self._grid = Grid.fitting(room, self._steps, pictures=Preview.enabled)
        rows = -(-self._tiles.count // self._grid.columns)
        self.virtual_size = Size(room, rows * self._grid.height)
        self._lines.clear()
        self.refresh()
        self._want()

    def _forget_row(self, row: int) -> None:
        top = row * self._grid.height
        for y in range(top, top + self._grid.height):
            self._lines.pop(y, None)
        self.refresh_lines(top, self._grid.height)

    # Which pictures are wanted

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Want what comes into sight."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._want()

    def _want(self) -> None:
        """Ask for what is in sight and a screen around it; forget all that is farther away."""
        if not (self.is_attached and Preview.enabled):
            return
        self._ink, self._style = Ink.of(self.app), self.visual_style.rich_style
        self._places = {
            self._ink.wanted(self._tiles.path(index), *self._grid.box): index
            for index in self._near()
        }
        self._drawn = {one: seen for one, seen in self._drawn.items() if one in self._places}
        kept = {index // self._grid.columns for index in self._places.values()}
        height = self._grid.height
        self._lines = {y: strip for y, strip in self._lines.items() if y // height in kept}
        if self._decoder.want(one for one in self._places if one not in self._drawn):
            self.run_worker(self._decoder.work, thread=True, exit_on_error=False, group="pictures")

    def _near(self) -> Iterator[int]:
        """Yield the images in sight, then those a screen below, then those a screen above."""
        grid, count = self._grid, self._tiles.count
        first = self.scroll_offset.y // grid.height
        rows = -(-max(1, self.scrollable_content_region.height) // grid.height) + 1
        for top in (first, first + rows, first - rows):
            low, high = max(0, top) * grid.columns, max(0, top + rows) * grid.columns
            yield from range(min(low, count), min(high, count))

    def _seen(self, wanted: Wanted, seen: Seen) -> None:
        """Draw a picture; runs in the thread."""
        drawn = self._ink.draw(seen, self._style) if isinstance(seen, Picture) else seen
        self.post_message(self.Drawn(wanted, drawn))

    def on_thumbnails_drawn(self, message: Drawn) -> None:
        """Show a picture that was drawn, if it is still near."""
        index = self._places.get(message.wanted)
        if index is not None:
            self._drawn[message.wanted] = message.drawn
            self.refresh_tile(index)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A mistake of ours costs the pictures, and is told."""
        if event.state is WorkerState.ERROR:
            name = type(event.worker.error).__name__
            told = say("No picture: Tagsmith made a mistake ({name}).", name=name)
            self.app.notify(told, markup=False)

    # Lines

    def render_line(self, y: int) -> Strip:
        """Draw a visible line."""
        y += self.scroll_offset.y
        if y not in self._lines:
            self._lines[y] = self._line(y)
        return self._lines[y]

    def _line(self, y: int) -> Strip:
        if not self._tiles.count and y == 1:
            words = Content(" ") + line(say("Nothing to show."), MUTED)
            return Strip(self._segments(words, self.visual_style))
        row, inner = divmod(y, self._grid.height)
        first = row * self._grid.columns
        tiles = range(first, min(first + self._grid.columns, self._tiles.count))
        pieces = chain.from_iterable(self._tile_line(index, inner) for index in tiles)
        style = self.visual_style.rich_style
        return Strip(pieces).adjust_cell_length(self.scrollable_content_region.width, style)

    def _tile_line(self, index: int, inner: int) -> Iterator[Segment]:
        """Yield one line of a tile: the bar, the line itself, a cell of distance."""
        style, (width, height) = self.visual_style, self._grid.box
        own = style
        if index == self.cursor and self._tiles.count:
            own += self.get_visual_style("thumbnails--cursor")
        blank = inner > height
        yield Segment(BAR if own is not style and not blank else " ", own.rich_style)
        if blank:
            yield Segment(" " * width, style.rich_style)
        elif inner == height:
            yield from self._label(index, width, own)
        else:
            yield from self._picture_line(index, inner, style)
        yield Segment(" ", style.rich_style)

    def _label(self, index: int, width: int, style: Style) -> Iterator[Segment]:
        fitted = self._tiles.label(index).truncate(width, ellipsis=True, pad=True)
        yield from self._segments(fitted, style)

    def _picture_line(self, index: int, inner: int, style: Style) -> Iterator[Segment]:
        width, height = self._grid.box
        seen = self._drawn.get(self._ink.wanted(self._tiles.path(index), width, height))
        if seen is None:
            waiting = style + self.get_visual_style("thumbnails--waiting")
            yield Segment(" " * width, waiting.rich_style)
            return
        lines = self._told(seen, style) if isinstance(seen, Unseen) else seen
        row = inner - (height - len(lines)) // 2
        if not 0 <= row < len(lines):
            yield Segment(" " * width, style.rich_style)
            return
        one = lines[row]
        left = (width - one.cell_length) // 2
        yield Segment(" " * left, style.rich_style)
        yield from one
        yield Segment(" " * (width - one.cell_length - left), style.rich_style)

    def _told(self, unseen: Unseen, style: Style) -> list[Strip]:
        """Return why there is no picture, in as many lines as a tile has."""
        width, height = self._grid.box
        words = line(say("No picture: {reason}.", reason=unseen.reason), MUTED)
        lines = [one.rstrip() for one in words.wrap(width)[:height]]
        return [Strip(self._segments(one, style)) for one in lines]

    def _segments(self, content: Content, style: Style) -> Iterator[Segment]:
        pieces = content.render(style, end="", parse_style=self.app.stylesheet.parse_style)
        yield from (Segment(text, own.rich_style) for text, own in pieces)

    # The cursor

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor among the images."""
        return max(0, min(cursor, self._tiles.count - 1))

    def watch_cursor(self, before: int, after: int) -> None:
        """Redraw the two images that changed, and tell."""
        self.refresh_tile(before)
        self.refresh_tile(after)
        self._scroll_to_cursor()
        self.post_message(self.Highlighted(self, after))

    def _scroll_to_cursor(self) -> None:
        height = self.scrollable_content_region.height
        top = self.cursor // self._grid.columns * self._grid.height
        bottom = top + self._grid.height - 1
        at = self.scroll_offset.y
        if not height:
            return
        if top < at or self._grid.height > height:
            self.scroll_to(y=top, animate=False)
        elif bottom > at + height:
            self.scroll_to(y=bottom - height, animate=False)

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows; in the first and the last it stays."""
        to = self.cursor + rows * self._grid.columns
        if to >= self._tiles.count and rows > 0:
            last_row = (self._tiles.count - 1) // self._grid.columns
            to = self._tiles.count - 1 if self.cursor // self._grid.columns < last_row else -1
        if to >= 0:
            self.cursor = to

    def action_page(self, pages: int) -> None:
        """Move the cursor by screens."""
        rows = max(1, self.scrollable_content_region.height // self._grid.height)
        self.cursor += pages * rows * self._grid.columns

    def action_go(self, end: bool) -> None:
        """Move the cursor to the first or the last image."""
        self.cursor = self._tiles.count - 1 if end else 0

    def action_choose(self) -> None:
        """Tell that the image at the cursor was chosen."""
        if self._tiles.count:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on an image; a double click chooses it."""
        place = event.get_content_offset(self)
        if place is None:
            return
        column = min(place.x // self._grid.width, self._grid.columns - 1)
        row = (self.scroll_offset.y + place.y) // self._grid.height
        index = row * self._grid.columns + column
        if index < self._tiles.count:
            self.cursor = index
            if event.chain == 2:
                self.action_choose()
