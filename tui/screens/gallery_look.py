"""The looking part of the gallery: the grid, one image large, groups, filter, marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Event as Flag
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tagsmith.tools.caption import Caption
from tagsmith.tools.errors import TagsmithError
from tagsmith.tui import gallery
from tagsmith.tui.actions import Scope, legend
from tagsmith.tui.gallery import Cluster, Kind, Shelf
from tagsmith.tui.language import say
from tagsmith.tui.preview import Seen
from tagsmith.tui.screens import gallery_shown as shown
from tagsmith.tui.screens.staging import StagingScreen
from tagsmith.tui.text import line
from tagsmith.tui.widgets.chips import Chips
from tagsmith.tui.widgets.edge import EdgeLine, fitted
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.lines import LineList
from tagsmith.tui.widgets.palette import MUTED, WARNING
from tagsmith.tui.widgets.preview import Preview
from tagsmith.tui.widgets.thumbnails import Thumbnails

if TYPE_CHECKING:
    from tagsmith.agent.conversation import Conversation
    from tagsmith.tools.dataset import Sample
    from tagsmith.tools.workspace import Workspace
    from tagsmith.tui.jobs import Snapshot

WIDE_FROM = 100
# Which neighbours are decoded before they are asked for, in this order.
NEIGHBOURS = (1, -1, 2, -2)
NEWS_SECONDS = 5.0

Read = Callable[["Workspace"], Shelf]


class Zoom(Container, can_focus=True):
    """One image, large; the screen has its keys."""


class GalleryLook(StagingScreen):
    """Shows a shelf of images as a grid, or one of them with its caption."""

    CSS_PATH = "gallery.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE_FROM, "-wide")]  # noqa: RUF012 - as the base class declares it

    def __init__(
        self,
        conversation: Conversation,
        snapshot: Snapshot,
        *,
        where: str = "",
        samples: Sequence[str] | None = None,
        clusters: Sequence[Cluster] = (),
        title: str = "",
    ) -> None:
        super().__init__(conversation, snapshot)
        self.workspace = conversation.workspace
        self.shelf = Shelf(Kind.QUERY, [])
        self.marked = set(gallery.worse(clusters))
        self.staged_files = snapshot.plan.totals.files
        self.busy = False
        self.stop = Flag()
        self._first: Read = partial(gallery.by_query, where=where)
        if clusters:
            self._first = partial(gallery.alike, clusters=clusters, title=title)
        elif samples is not None:
            self._first = partial(gallery.given, images=samples, title=title)
        self._at_first = True
        self._offered: list[tuple[str, Read]] = []
        self._seen: Seen | None = None
        self._news = Content()

    def compose(self) -> ComposeResult:
        """Lay the screen out: the grid; in its place one image with its caption, or the groups."""
        yield EdgeLine(Content.styled(f" {say('Gallery')}", "bold"), id="head")
        yield TextField(id="filter", placeholder=Content("dog and not cat"))
        yield Thumbnails(id="grid")
        yield LineList(id="shelves")
        with Zoom(id="zoom"):
            yield Preview(id="picture")
            with Vertical(id="details"):
                yield EdgeLine(id="image")
                yield Chips(id="chips")
                yield TextField(lines=True, id="writing")
        with Horizontal(id="asking"):
            yield Static(id="asked", markup=False)
            yield TextField(id="answer")
        yield EdgeLine(id="foot")

    def on_mount(self) -> None:
        """Read the images in the background."""
        for name in ("filter", "shelves", "zoom", "writing", "asking"):
            self.query_one(f"#{name}").display = False
        self.grid.focus()
        self.read(self._first, first=True)

    @property
    def grid(self) -> Thumbnails:
        """The pictures."""
        return self.query_one(Thumbnails)

    @property
    def zoomed(self) -> bool:
        """Whether one image is shown large."""
        return self.query_one(Zoom).display

    @property
    def current(self) -> Sample | None:
        """The image at the cursor."""
        return self.shelf.samples[self.grid.cursor] if self.shelf.samples else None

    # Shelves

    def read(self, read: Read, *, cursor: int = 0, first: bool = False) -> None:
        """Read other images in the background, and show them."""
        if self.busy:
            return
        self.busy = True

        def then(shelf: Shelf) -> None:
            self._at_first = first
            self.show_shelf(shelf, cursor)

        self.in_thread(lambda: read(self.workspace), then)

    def read_again(self, how: Callable[[Workspace, Shelf], Shelf]) -> None:
        """Read the images as they are after what was staged."""
        shelf = self.shelf
        self.read(
            lambda workspace: how(workspace, shelf), cursor=self.grid.cursor, first=self._at_first
        )

    def read_first(self) -> bool:
        """Go back to the images that the gallery was opened on; False where they are shown."""
        if not self._at_first:
            self.read(self._first, first=True)
            return True
        return False

    def show_shelf(self, shelf: Shelf, cursor: int = 0) -> None:
        """Show images as a grid."""
        self.busy = False
        self.shelf = shelf
        self.marked |= shelf.marked
        self.query_one("#filter").display = self.query_one("#shelves").display = False
        self.grid.show(shown.Pictures(self.workspace, shelf, self.marked), cursor)
        if self.zoomed and shelf.samples:
            self.look()
        else:
            self.leave_zoom()
        self.draw_head()

    def refused(self, error: TagsmithError) -> None:
        """Show why nothing was read or staged."""
        self.busy = False
        self.complain(f"{error.message} {error.hint}")

    def action_filter(self) -> None:
        """Show what a query matches."""
        field = self.query_one("#filter", TextField)
        field.display = True
        field.put(self.shelf.where)
        field.focus()

    @on(TextField.Submitted, "#filter")
    def _filter(self, message: TextField.Submitted) -> None:
        message.stop()
        self.read(partial(gallery.by_query, where=message.value.strip()))

    def action_sample(self) -> None:
        """Show a random sample of what the query matches."""
        self.read(partial(gallery.sampled, where=self.shelf.where))

    def action_group(self, step: int) -> None:
        """Go to another group of images that are alike."""
        shelf = self.shelf
        if len(shelf.clusters) > 1:
            number = (shelf.cluster + step) % len(shelf.clusters)
            read = partial(gallery.alike, clusters=shelf.clusters, title=shelf.title, number=number)
            self.read(read, first=self._at_first)

    def action_groups(self) -> None:
        """Offer groups of images to show."""
        self.in_thread(partial(gallery.names, self.workspace), self._offer)

    def _offer(self, isolated: list[str]) -> None:
        self._offered = [
            (say("All images"), gallery.by_query),
            (say("A random sample"), partial(gallery.sampled, where=self.shelf.where)),
            *self.more_groups(),
            *(
                (say("Isolated as {name}", name=name), partial(gallery.isolated, name=name))
                for name in isolated
            ),
        ]
        shelves = self.query_one("#shelves", LineList)
        self.leave_zoom()
        self.grid.display, shelves.display = False, True
        shelves.show(shown.Titles([title for title, _ in self._offered]))
        shelves.focus()

    def more_groups(self) -> list[tuple[str, Read]]:
        """Return groups that a tool finds, with what reads them."""
        return []

    @on(LineList.Chosen, "#shelves")
    def _group_chosen(self, message: LineList.Chosen) -> None:
        self.read(self._offered[message.index][1])

    # One image

    @on(Thumbnails.Chosen)
    def open_zoom(self) -> None:
        """Show the image at the cursor in place of the grid."""
        self.grid.display, self.query_one(Zoom).display = False, True
        self.query_one(Zoom).focus()
        self.look()

    @on(Thumbnails.Highlighted)
    def _moved(self) -> None:
        if self.zoomed:
            self.look()
        self.draw_keys()

    def action_zoom(self) -> None:
        """Show the image large, or the grid again."""
        if self.zoomed:
            self.leave_zoom()
        elif self.current is not None:
            self.open_zoom()

    def leave_zoom(self) -> None:
        """Show the grid."""
        self.query_one(Zoom).display = self.query_one("#shelves").display = False
        self.grid.display = True
        self.grid.focus()
        self.query_one(Preview).show(None)

    def look(self) -> None:
        """Show the image at the cursor large, with its caption."""
        sample = self.current
        if sample is None:
            self.leave_zoom()
            return
        self._seen = None
        preview = self.query_one(Preview)
        preview.show(self._file(sample))
        near = [self.grid.cursor + step for step in NEIGHBOURS]
        samples = [self.shelf.samples[at] for at in near if 0 <= at < len(self.shelf.samples)]
        preview.prefetch(map(self._file, samples))
        self._draw_image()
        found = gallery.caption(self.workspace, self.shelf, sample)
        words, chips = shown.caption_words(found), self.query_one(Chips)
        if words is not None:
            chips.say(words)
        elif isinstance(found, Caption):
            chips.show(found.tags, lambda _: False)

    def _file(self, sample: Sample) -> str:
        return gallery.file_of(self.workspace, self.shelf, sample)

    @on(Preview.Shown)
    def _measured(self, message: Preview.Shown) -> None:
        self._seen = message.seen
        self._draw_image()

    def _draw_image(self) -> None:
        if self.shelf.samples and self.zoomed:
            image = self.query_one("#image", EdgeLine)
            at = self.grid.cursor
            image.left = shown.image_line(self.shelf, at, self._seen, self.marked)

    def action_step(self, step: int) -> None:
        """Go to a neighbour."""
        self.grid.cursor += step

    def action_larger(self, steps: int) -> None:
        """Make the pictures of the grid larger or smaller."""
        self.grid.resize_tiles(steps)

    # Marks

    def action_mark(self) -> None:
        """Mark the image, or take its mark; in the grid go on to the next."""
        sample = self.current
        if sample is None:
            return
        self.marked ^= {sample.image}
        self.grid.refresh_tile(self.grid.cursor)
        self._draw_image()
        self.draw_head()
        if not self.zoomed:
            self.grid.cursor += 1

    def action_mark_all(self) -> None:
        """Mark all images that are shown; where all are marked already, none."""
        images = {sample.image for sample in self.shelf.samples}
        if images <= self.marked:
            self.marked -= images
        else:
            self.marked |= images
        self.grid.refresh_tiles()
        self._draw_image()
        self.draw_head()

    # Lines

    def draw_head(self) -> None:
        """Draw what is shown, marked and staged."""
        head = self.query_one("#head", EdgeLine)
        head.left = Content.assemble(
            (f" {say('Gallery')}", "bold"), (" · ", MUTED), shown.title(self.shelf)
        )
        head.right = shown.state(len(self.marked), self.staged_files)
        self.draw_keys()

    def draw_keys(self) -> None:
        """Draw the keys of what has the focus."""
        words: Content = self._news or fitted(self._keys(), self.size.width)
        self.query_one("#foot", EdgeLine).left = words

    def _keys(self) -> Sequence[tuple[str, str]]:
        focused = self.focused.id if self.focused is not None else ""
        if self.zoomed and focused == "zoom":
            return shown.zoom_keys(staged=bool(self.staged_files))
        special = shown.field_keys(focused or "")
        staged, alike = bool(self.staged_files), len(self.shelf.clusters) > 1
        return special or shown.grid_keys(legend(Scope.GALLERY), staged=staged, alike=alike)

    def tell(self, news: Content) -> None:
        """Say something on the last line, in place of the keys for some seconds."""
        self._news = Content(" ") + news
        self.draw_keys()

        def forget(told: Content = self._news) -> None:
            if self._news is told:
                self._news = Content()
                self.draw_keys()

        self.set_timer(NEWS_SECONDS, forget)

    def complain(self, message: str) -> None:
        """Say on the last line why something is not done."""
        self.tell(Content.assemble(("! ", WARNING), line(message)))

    def on_descendant_focus(self) -> None:
        """The last line tells the keys of what has the focus."""
        self.draw_keys()

    def on_resize(self) -> None:
        """The last line has as many keys as fit."""
        self.draw_keys()
