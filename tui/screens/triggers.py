"""Triggers: one image after the other, one key for each trigger, and nothing lost on the way."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content

from tagsmith.tools.errors import TagsmithError, UsageError
from tagsmith.tools.trigger_board import Show
from tagsmith.tools.trigger_desk import TOOL, Desk, open_desk
from tagsmith.tools.trigger_sets import TriggerSets
from tagsmith.tui.actions import Scope, bindings, legend
from tagsmith.tui.language import say
from tagsmith.tui.preview import Picture
from tagsmith.tui.repeats import Repeats, Verdict
from tagsmith.tui.screens.staging import Left, StagingScreen
from tagsmith.tui.screens.triggers_shown import (
    caption_words,
    done_line,
    image_line,
    none_left,
    overtaken,
    progress_line,
    refusal,
    settings,
    shown_tags,
    turned,
)
from tagsmith.tui.text import line
from tagsmith.tui.widgets.buttons import Buttons
from tagsmith.tui.widgets.chips import Chips
from tagsmith.tui.widgets.edge import EdgeLine, KeyLine
from tagsmith.tui.widgets.palette import MUTED, WARNING
from tagsmith.tui.widgets.preview import Preview

if TYPE_CHECKING:
    from tagsmith.agent.conversation import Conversation
    from tagsmith.tools.toolbox import Outcome
    from tagsmith.tui.jobs import Snapshot
    from tagsmith.tui.screens.triggers_sets import Edited

AHEAD, BEHIND = 3, 1
WIDE_FROM, TALL_FROM = 100, 40
ORDER = (Show.ALL, Show.UNASSIGNED, Show.SKIPPED)


class TriggersScreen(StagingScreen):
    """A picture, its caption as chips, and up to ten buttons.

    Every press is kept at once; leaving stages them all as one step. ``wanted`` names a set.
    """

    CSS_PATH = "triggers.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE_FROM, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (TALL_FROM, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.TRIGGERS)

    def __init__(self, conversation: Conversation, snapshot: Snapshot, wanted: str = "") -> None:
        super().__init__(conversation, snapshot)
        self.wanted = wanted
        self.desk: Desk | None = None
        self.at = 0
        self.advancing = True
        self.showing = Show.ALL
        self._repeats = Repeats()
        self._pressed_at = 0.0
        self._did = False
        self._busy = False
        self._leaving = False
        self._gives_up = False
        self._asked_restart = False
        self._sides: tuple[int, int] | None = None

    def compose(self) -> ComposeResult:
        """Lay the screen out: picture and buttons, the image, its caption, what was done."""
        yield EdgeLine(Content.styled(f" {say('Triggers')}", "bold"), id="head")
        with Horizontal(id="board"):
            yield Preview(id="picture")
            yield Buttons(id="buttons")
        yield EdgeLine(id="image")
        yield Chips(id="chips")
        yield EdgeLine(id="note")
        yield KeyLine(legend(Scope.TRIGGERS), id="foot")

    def on_mount(self) -> None:
        """Open the set of buttons in the background."""
        self.note(say("reading the captions"))
        self._open(self.wanted)

    def _open(self, wanted: str = "") -> None:
        self._busy = True
        workspace, log = self.conversation.workspace, self.desk.log if self.desk else None
        prose = self.desk is not None and self.desk.prose
        self.in_thread(partial(open_desk, workspace, wanted, log, prose=prose), self._opened)

    def _opened(self, desk: Desk | TriggerSets) -> None:
        self._busy = False
        if isinstance(desk, TriggerSets):
            self.desk = None
            self._edit(desk)
            return
        self.desk = desk
        self.note("")
        if desk.overtaken:
            self.note(overtaken(desk.overtaken), WARNING)
        self._go(min(desk.place, len(desk.board.samples) - 1))

    def refused(self, error: TagsmithError) -> None:
        """Show why nothing was staged, or why the buttons cannot be used."""
        self._gives_up = self._leaving
        self._busy = self._leaving = False
        self.note(f"{error.message} {error.hint}", WARNING)

    # What is shown

    def note(self, text: str, style: str = "") -> None:
        """Say something on the line below the caption."""
        sign = Content.styled("! ", WARNING) if style == WARNING else Content()
        self.query_one("#note", EdgeLine).left = sign + line(text, style)

    def _go(self, number: int | None) -> None:
        """Go to an image; None says that there is none left in that direction."""
        desk = self.desk
        if desk is None:
            return
        if number is None:
            self.note(none_left(desk.board))
            return
        moved = number != self.at
        self.at = number
        if moved:
            self._sides = None
            desk.stop_at(number)
        self._show_picture(desk)
        self._draw()

    def _show_picture(self, desk: Desk) -> None:
        near = [*range(self.at + 1, self.at + 1 + AHEAD), *range(self.at - BEHIND, self.at)]
        inside = [number for number in near if 0 <= number < len(desk.board.names)]
        preview = self.query_one("#picture", Preview)
        preview.show(self._path(desk, self.at))
        preview.prefetch([self._path(desk, number) for number in inside])

    def _path(self, desk: Desk, number: int) -> str:
        return os.path.join(self.conversation.workspace.root, desk.board.names[number])

    @on(Preview.Shown)
    def _picture_shown(self, message: Preview.Shown) -> None:
        desk, seen = self.desk, message.seen
        if desk is not None and message.path == self._path(desk, self.at):
            self._sides = seen.size if isinstance(seen, Picture) else None
            self._draw_image(desk)

    def _draw(self) -> None:
        desk = self.desk
        if desk is None:
            return
        board = desk.board
        head = self.query_one("#head", EdgeLine)
        title = Content.styled(f" {say('Triggers')}", "bold")
        head.left = Content.assemble(title, (" · ", MUTED), line(desk.chosen.name))
        head.right = progress_line(board)
        self._draw_image(desk)
        look = board.look(self.at)
        shown = settings(desk, advancing=self.advancing, showing=self.showing)
        self.query_one(Buttons).show(board.triggers, board.counts, look.held, shown)
        chips = self.query_one(Chips)
        words = caption_words(look, prose=desk.prose)
        if words is not None:
            chips.say(words)
        else:
            chips.show(*shown_tags(look, board.triggers, prose=desk.prose))

    def _draw_image(self, desk: Desk) -> None:
        image = self.query_one("#image", EdgeLine)
        image.left, image.right = image_line(desk.board, self.at, self._sides)
        trouble = desk.log.trouble
        text = say("not kept: {why}", why=trouble) if trouble else ""
        self.query_one("#note", EdgeLine).right = line(text, WARNING)

    # Keys

    def on_key(self, event: events.Key) -> None:
        """Remember when a key was pressed: what it means may depend on it."""
        self._pressed_at = event.time
        if event.key != "X":
            self._asked_restart = False

    def action_press(self, button: int) -> None:
        """Toggle a button's trigger."""
        if self._judge(str(button)):
            self._press(button)

    @on(Buttons.Pressed)
    def _clicked(self, message: Buttons.Pressed) -> None:
        self._press(message.button)

    def _press(self, button: int) -> None:
        desk = self.desk
        self._did = False
        if desk is None or self._busy:
            return
        if button >= len(desk.chosen.triggers):
            self.note(say("There is no such button; b adds one."))
            return
        try:
            deed = desk.press(self.at, button)
        except UsageError as error:
            self.note(refusal(error.message), WARNING)
            return
        self._did = True
        self.note("")
        self.query_one("#note", EdgeLine).left = done_line(deed, desk.board)
        # Taking a trigger off corrects a mistake: the right one is to follow, on the same image.
        following = self._next(1) if self.advancing and deed.on else None
        if following is None:
            self._draw()
        else:
            self._go(following)

    def _next(self, by: int) -> int | None:
        return None if self.desk is None else self.desk.board.step(self.at, by, self.showing)

    def _judge(self, key: str) -> bool:
        """Tell whether this is a press; of a key held down, what counted too much is undone."""
        verdict = self._repeats.judge(key, self._pressed_at)
        if verdict is Verdict.TAKE_BACK and self._did:
            self._take_back()
        if verdict is not Verdict.PRESS:
            self.note(say("A key that is held down counts once."))
        return verdict is Verdict.PRESS

    def action_skip(self) -> None:
        """Skip the image."""
        desk = self.desk
        if desk is None or self._busy or not self._judge("space"):
            return
        self._did = desk.skip(self.at)
        name = desk.board.samples[self.at].name
        self.note(say("skipped {name}", name=name) if self._did else "", MUTED)
        following = self._next(1)
        if following is None:
            self._draw()
        self._go(following)

    def action_undo(self) -> None:
        """Take the last press or skip back, and go to its image."""
        if self._repeats.judge("u", self._pressed_at) is Verdict.PRESS:
            self._take_back()

    def _take_back(self) -> None:
        desk = self.desk
        taken = desk.undo() if desk is not None and not self._busy else None
        if taken is None:
            self.note(say("Nothing to take back; what is applied is undone in the history."))
            return
        deed, number = taken
        self._go(self.at if number is None else number)
        what = deed.trigger or say("skip")
        self.note(say("took back: {what}", what=what), MUTED)

    def action_step(self, by: int) -> None:
        """Go to the next image, or the one before."""
        self._go(self._next(by))

    def action_go(self, end: bool) -> None:
        """Go to the first image that is shown, or the last."""
        desk = self.desk
        if desk is not None:
            start, by = (len(desk.board.samples), -1) if end else (-1, 1)
            self._go(desk.board.step(start, by, self.showing))

    def action_advance(self) -> None:
        """Go on after a press, or stay."""
        self.advancing = not self.advancing
        self._draw()

    def action_show(self) -> None:
        """Show all images, the unassigned ones, or the skipped ones."""
        desk = self.desk
        if desk is None:
            return
        for _ in ORDER:
            self.showing = ORDER[(ORDER.index(self.showing) + 1) % len(ORDER)]
            found = self._first_shown(desk)
            if found is not None:
                self.note("")
                self._go(found)
                return

    def _first_shown(self, desk: Desk) -> int | None:
        """Return the image at hand if it is shown, else the next one, else the one before."""
        if desk.board.shows(self.at, self.showing):
            return self.at
        following = desk.board.step(self.at, 1, self.showing)
        return desk.board.step(self.at, -1, self.showing) if following is None else following

    def action_position(self) -> None:
        """Put the triggers of the set at the other end."""
        desk = self.desk
        if desk is None:
            return

        self._while_busy(desk.turn, lambda: self.note(turned(desk.board)))

    def _while_busy(self, work: Callable[[], None], then: Callable[[], None]) -> None:
        """Count all images again in a thread; no key presses meanwhile."""
        if self._busy:
            return
        self._busy = True

        def done(_: None) -> None:
            self._busy = False
            then()
            self._draw()

        self.in_thread(work, done)

    def action_sentences(self) -> None:
        """Edit captions in sentences too, or leave them alone."""
        desk = self.desk
        if desk is not None:
            work = partial(desk.take_sentences, not desk.prose)
            self._while_busy(work, lambda: self.note(""))

    def action_restart(self) -> None:
        """Forget what was pressed and skipped, once that was asked twice."""
        desk = self.desk
        if desk is None:
            return
        if not self._asked_restart:
            self._asked_restart = True
            self.note(say("Forget all presses and skips of this set? X again does."), WARNING)
            return
        self._asked_restart = False
        self.note("")
        self._while_busy(desk.restart, lambda: self._go(0))

    # Sets, and leaving

    def action_sets(self) -> None:
        """Edit the buttons."""
        if self.desk is not None and not self._busy:
            self._edit(self.desk.sets)

    def _edit(self, sets: TriggerSets) -> None:
        from tagsmith.tui.screens.triggers_sets import SetsScreen

        screen = SetsScreen(sets, self.snapshot.vocabulary, self.wanted)
        self.app.push_screen(screen, self._edited)

    def _edited(self, edited: Edited | None) -> None:
        if edited is None or edited.sets.chosen is None:
            if self.desk is None:
                self.dismiss(Left())
            return
        from tagsmith.tui.screens.triggers_sets import keep

        self._busy = True
        self.note(say("reading the captions"))
        self.in_thread(partial(keep, self.conversation, self.desk, edited), lambda _: self._open())

    def action_review(self) -> None:
        """Stage the triggers and review them."""
        self._leave(review=True)

    def action_back(self) -> None:
        """Stage the triggers and go back to the chat."""
        self._leave(review=False)

    def _leave(self, *, review: bool) -> None:
        desk = self.desk
        if self._busy:
            return
        if desk is None or self._gives_up:
            self.dismiss(Left())
            return
        self._busy = self._leaving = True
        desk.stop_at(self.at)
        self.note(say("staging"))

        def work() -> Outcome | None:
            arguments = desk.arguments()
            return None if arguments is None else self.conversation.call(TOOL, arguments)

        def then(_: Outcome | None) -> None:
            self.dismiss(Left(review=review))

        self.in_thread(work, then)
