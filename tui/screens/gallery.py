"""The gallery: pictures to look through, mark, set apart, send to the trash, and describe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from tagsmith.tools.paths import escape
from tagsmith.tui import gallery
from tagsmith.tui.actions import Scope, bindings
from tagsmith.tui.gallery import Kind, Shelf
from tagsmith.tui.jobs import Progressed, watching
from tagsmith.tui.language import many, say
from tagsmith.tui.screens.gallery_look import GalleryLook, Read, Zoom
from tagsmith.tui.screens.staging import Left
from tagsmith.tui.text import line, plain
from tagsmith.tui.widgets.chips import Chips
from tagsmith.tui.widgets.edge import EdgeLine, keys
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.outcomes import progress
from tagsmith.tui.widgets.palette import ADDED

if TYPE_CHECKING:
    from tagsmith.tools.toolbox import Outcome
    from tagsmith.tools.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Staged:
    """What calls of a tool staged, and how many files are staged in all now."""

    outcomes: list[Outcome]
    files: int


class GalleryScreen(GalleryLook):
    """A grid of pictures; one of them large with its caption; groups of images to choose from.

    It opens on what ``where`` matches, on ``samples`` (paths of images), or on ``clusters`` of
    them, under a ``title``. What is done to the marked images, or to the one at the cursor, is
    staged through the tools.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.GALLERY)

    def more_groups(self) -> list[tuple[str, Read]]:
        """Return the duplicates."""
        return [(say("Duplicates"), self._duplicates)]

    def _duplicates(self, workspace: Workspace) -> Shelf:
        """Find duplicates; runs in a thread until it is done or somebody leaves."""
        self.stop.clear()
        idle, workspace.watch = workspace.watch, watching(self.post_message, self.stop)
        try:
            return gallery.duplicates(workspace, title=say("Duplicates"))
        finally:
            workspace.watch = idle

    @on(Progressed)
    def _show_progress(self, message: Progressed) -> None:
        if self.busy:
            foot = self.query_one("#foot", EdgeLine)
            stop = keys([("esc", say("stop"))])
            foot.left = Content.assemble(" ", line(progress(message.step)), "   ", stop)

    def on_unmount(self) -> None:
        """Nobody waits for duplicates any more."""
        self.stop.set()

    # Marked images

    def _chosen(self) -> set[str]:
        """Return the marked images, else the one at the cursor."""
        current = self.current
        return set(self.marked) or ({current.image} if current is not None else set())

    def action_isolate(self) -> None:
        """Ask for the folder that the images go to; isolated ones are brought back."""
        if self.busy or self.current is None:
            return
        if self.shelf.kind is Kind.ISOLATED:
            self._call_each("restore_images", [{"name": self.shelf.name}])
            return
        number = len(self._chosen())
        asked = many(number, "Move {n} image to _isolated/", "Move {n} images to _isolated/")
        self.query_one("#asked", Static).update(line(f" {asked}"))
        self.query_one("#asking").display = True
        answer = self.query_one("#answer", TextField)
        answer.put("")
        answer.focus()

    @on(TextField.Submitted, "#answer")
    def _named(self, message: TextField.Submitted) -> None:
        message.stop()
        name = message.value.strip()
        if not name:
            self.complain(say("Give the folder a name, or leave with esc."))
        elif not self.busy:
            where = gallery.queries(self.shelf, self._chosen())
            self._call_each("isolate_images", [{"where": one, "name": name} for one in where])

    def action_trash(self) -> None:
        """Stage that the images go to the trash."""
        if self.shelf.kind is Kind.ISOLATED:
            self.complain(say("These are set apart: m brings them back, then D takes them."))
        elif not self.busy and self.current is not None:
            where = gallery.queries(self.shelf, self._chosen())
            self._call_each("delete_images", [{"where": one} for one in where])

    def _call_each(self, tool: str, arguments: Sequence[dict[str, object]]) -> None:
        """Call a tool as often as the selection needs; ``_moved_away`` follows."""
        self.busy = True

        def work() -> _Staged:
            outcomes = [self.conversation.call(tool, one) for one in arguments]
            return _Staged(outcomes, self.workspace.files)

        self.in_thread(work, self._moved_away)

    def _moved_away(self, staged: _Staged) -> None:
        self._close_question()
        self.marked.clear()
        self._tell(staged)
        self.read_again(gallery.again)

    def _tell(self, staged: _Staged) -> None:
        """Say what was staged: on the last line, and what was left alone beside it."""
        self.busy = False
        self.staged_files = staged.files
        self.draw_head()
        heads, _, rests = zip(*(one.text.partition("\n") for one in staged.outcomes), strict=True)
        done = any(one.files for one in staged.outcomes)
        sign = Content.styled("✓ ", ADDED) if done else Content()
        self.tell(sign + line(" ".join(heads)))
        if rest := "\n".join(filter(None, rests)):
            self.app.notify(plain(rest), markup=False, severity="warning")

    # The caption

    def action_edit(self) -> None:
        """Edit the caption of the image at the cursor."""
        sample = self.current
        if sample is None or self.busy:
            return
        if self.shelf.kind is Kind.ISOLATED:
            self.complain(say("These are set apart: m brings them back, then e edits them."))
            return
        found = gallery.caption(self.workspace, self.shelf, sample)
        if isinstance(found, str):
            self.complain(say("The caption cannot be edited: {reason}.", reason=found))
            return
        text = gallery.editable(found)
        field = self.query_one("#writing", TextField)
        field.put(text)
        if field.text != text:
            self.complain(say("The caption holds characters that the line editor would change."))
            return
        self.open_zoom()
        self._write(True)

    def _write(self, writing: bool) -> None:
        """Show the editor in place of the chips, or the chips again."""
        field = self.query_one("#writing", TextField)
        field.display, self.query_one(Chips).display = writing, not writing
        self.query_one("#details").set_class(writing, "-writing")
        (field if writing else self.query_one(Zoom)).focus()

    @on(TextField.Submitted, "#writing")
    def _written(self, message: TextField.Submitted) -> None:
        message.stop()
        sample = self.current
        if sample is None or self.busy:
            return
        found = gallery.caption(self.workspace, self.shelf, sample)
        if not isinstance(found, str) and message.value == gallery.editable(found):
            self._write(False)
            return
        self.busy = True
        given: dict[str, object] = {"image": escape(sample.image), "text": message.value}

        def work() -> _Staged:
            outcome = self.conversation.call("set_caption", given)
            return _Staged([outcome], self.workspace.files)

        self.in_thread(work, self._rewritten)

    def _rewritten(self, staged: _Staged) -> None:
        self._write(False)
        self._tell(staged)
        self.read_again(gallery.same)

    # Review and back

    def action_review(self) -> None:
        """Leave for the review of what is staged."""
        if self.staged_files:
            self.dismiss(Left(review=True))
        else:
            self.complain(say("Nothing is staged."))

    def action_back(self) -> None:
        """Leave the field, the groups, the large image, the group, or the gallery."""
        focused = self.focused.id if self.focused is not None else ""
        if self.busy:
            self.stop.set()
        elif focused == "writing":
            self._write(False)
        elif focused == "answer":
            self._close_question()
        elif focused == "filter":
            self.query_one("#filter").display = False
            self.grid.focus()
        elif self.zoomed or focused == "shelves":
            self.leave_zoom()
        elif not self.read_first():
            self.dismiss(Left())

    def _close_question(self) -> None:
        self.query_one("#asking").display = False
        (self.query_one(Zoom) if self.zoomed else self.grid).focus()

    def on_key(self, event: events.Key) -> None:
        """Tab goes to the next group of images that are alike, and nowhere else."""
        if event.key in ("tab", "shift+tab"):
            event.stop()
            event.prevent_default()
            self.action_group(1 if event.key == "tab" else -1)
