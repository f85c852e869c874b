"""The sets of trigger buttons: add, rename, delete, reorder; and which set is in use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen

from tagsmith.tools import trigger_sets
from tagsmith.tools.errors import UsageError
from tagsmith.tools.line import split_protected
from tagsmith.tools.tags import key
from tagsmith.tools.trigger_desk import TOOL, Desk
from tagsmith.tools.trigger_progress import ProgressLog
from tagsmith.tools.trigger_sets import TriggerSets
from tagsmith.tools.triggers import TriggerSet
from tagsmith.tui.actions import Scope, bindings, legend
from tagsmith.tui.language import many, say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.asked import Asked
from tagsmith.tui.widgets.buttons import DIGITS
from tagsmith.tui.widgets.edge import EdgeLine, KeyLine, spread
from tagsmith.tui.widgets.lines import LineList
from tagsmith.tui.widgets.palette import ACCENT, MUTED, WARNING

if TYPE_CHECKING:
    from tagsmith.agent.conversation import Conversation
    from tagsmith.tools.tags import Vocabulary

Note = Callable[[ProgressLog], None]


@dataclass(frozen=True, slots=True)
class Edited:
    """The sets as they shall be, and what that means for the progress that is kept.

    ``leaves`` says that another set than before is in use, and that the one before still exists.
    """

    sets: TriggerSets
    notes: tuple[Note, ...] = ()
    leaves: bool = False


def keep(conversation: Conversation, desk: Desk | None, edited: Edited) -> None:
    """Write the sets down; of a set that is no longer in use, stage what was pressed.

    Runs in a thread. Raises DatasetError where the sets cannot be written.
    """
    root = conversation.workspace.root
    if desk is not None and edited.leaves:
        arguments = desk.arguments()
        if arguments is not None:
            conversation.call(TOOL, arguments)
    trigger_sets.save(root, edited.sets)
    log = desk.log if desk is not None else ProgressLog.open(root)
    for note in edited.notes:
        note(log)


class SetRows:
    """The sets: which is in use, its name, how many buttons it has."""

    def __init__(self, sets: TriggerSets) -> None:
        self._sets = sets

    @property
    def count(self) -> int:
        """Number of sets."""
        return len(self._sets.sets)

    def row(self, index: int, width: int) -> Content:
        """Return one row."""
        one, chosen = self._sets.sets[index], self._sets.chosen
        sign = "● " if chosen is not None and one.name == chosen.name else "  "
        left = Content.assemble((f" {sign}", ACCENT), line(one.name))
        number = many(len(one.triggers), "{n} button ", "{n} buttons ")
        return spread(left, Content.styled(number, MUTED), width)


class TriggerRows:
    """The buttons of a set: their digits, their triggers, and how many images have them now."""

    def __init__(self, triggers: Sequence[str], vocabulary: Vocabulary) -> None:
        self._triggers = triggers
        self._vocabulary = vocabulary

    @property
    def count(self) -> int:
        """Number of buttons."""
        return len(self._triggers)

    def row(self, index: int, width: int) -> Content:
        """Return one row."""
        trigger = self._triggers[index]
        left = Content.assemble((f" {DIGITS[index]}  ", ACCENT), line(trigger))
        number = self._vocabulary.counts[key(trigger)]
        shown = many(number, "{n} image ", "{n} images ") if number else say("new ")
        return spread(left, Content.styled(shown, MUTED), width)


class SetsScreen(Screen[Edited | None]):
    """Sets on the left, the buttons of the one at the cursor on the right.

    Ends with what was edited. ``proposed`` is the name proposed for the first set.
    """

    CSS_PATH = "triggers_sets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.BUTTONS)

    def __init__(self, sets: TriggerSets, vocabulary: Vocabulary, proposed: str = "") -> None:
        super().__init__()
        self.sets = sets
        self._before = sets
        self._vocabulary = vocabulary
        self._proposed = proposed
        self._notes: list[Note] = []
        self._doomed = ""
        self._used = sets.chosen.name if sets.chosen is not None else ""
        self._listed = ""

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield EdgeLine(Content.styled(f" {say('Sets of trigger buttons')}", "bold"), id="head")
        with Horizontal(id="sides"):
            yield LineList(id="sets")
            with Vertical(id="of-set"):
                yield EdgeLine(id="which")
                yield LineList(id="triggers")
        yield EdgeLine(id="note")
        yield Asked(id="asked")
        yield KeyLine(legend(Scope.BUTTONS), id="foot")

    def on_mount(self) -> None:
        """Show the sets, or ask for the first one."""
        chosen = self.sets.chosen
        self._show(self.sets.sets.index(chosen) if chosen is not None else 0)
        self._left.focus()
        if not self.sets.sets:
            self.note(say("A set has up to ten triggers, one for each digit key."))
            self._ask_name(self._proposed)
        elif chosen is not None and not chosen.triggers:
            self._right.focus()
            self.action_add()

    @property
    def _left(self) -> LineList:
        return self.query_one("#sets", LineList)

    @property
    def _right(self) -> LineList:
        return self.query_one("#triggers", LineList)

    @property
    def _asked(self) -> Asked:
        return self.query_one(Asked)

    @property
    def at_set(self) -> TriggerSet | None:
        """The set at the cursor."""
        return self.sets.sets[self._left.cursor] if self.sets.sets else None

    @property
    def _on_buttons(self) -> bool:
        return self._right.has_focus

    def note(self, text: str, style: str = "") -> None:
        """Say something on the line above the last."""
        sign = Content.styled(" ! ", WARNING) if style == WARNING else Content(" ")
        self.query_one("#note", EdgeLine).left = sign + line(text, style)

    def _show(self, cursor: int) -> None:
        self._left.show(SetRows(self.sets), cursor)
        self._show_triggers()

    def _show_triggers(self, cursor: int = 0) -> None:
        one = self.at_set
        self._listed = one.name if one else ""
        self._right.show(TriggerRows(one.triggers if one else (), self._vocabulary), cursor)
        which = self.query_one("#which", EdgeLine)
        which.left = Content(" ") + line(one.name, "bold") if one else Content()

    @on(LineList.Highlighted, "#sets")
    def _set_changed(self) -> None:
        if self.at_set is not None and self.at_set.name != self._listed:
            self._show_triggers()

    # Editing

    def action_other(self) -> None:
        """Go to the other list."""
        (self._left if self._on_buttons else self._right).focus()

    def action_add(self) -> None:
        """Ask for a new set, or for buttons of the one at the cursor."""
        if self._on_buttons and self.at_set is not None:
            self._ask_triggers()
        else:
            self._ask_name("")

    def _ask_name(self, value: str) -> None:
        words = Content(say("Name of the new set:"))
        self._asked.ask("new set", words, _answers(), value=value)

    def _ask_triggers(self) -> None:
        words = Content(say("Triggers, with commas between:"))
        self._asked.ask("new triggers", words, _answers(), vocabulary=self._vocabulary)

    def action_rename(self) -> None:
        """Ask for another name of what stands at the cursor."""
        one = self.at_set
        if one is None:
            return
        if not self._on_buttons:
            self._asked.ask("set", Content(say("Name:")), _answers(), value=one.name)
        elif one.triggers:
            old = one.triggers[self._right.cursor]
            self._asked.ask(
                "trigger",
                Content(say("Trigger:")),
                _answers(),
                value=old,
                vocabulary=self._vocabulary,
            )

    @on(Asked.Answered)
    def _answered(self, message: Asked.Answered) -> None:
        on_buttons = message.what in ("new triggers", "trigger")
        (self._right if on_buttons else self._left).focus()
        if not message.value:
            return
        self.note("")
        try:
            self._take(message.what, message.value)
        except UsageError as error:
            self.note(f"{error.message} {error.hint}".strip(), WARNING)

    def _take(self, what: str, value: str) -> None:
        one = self.at_set
        if what == "new set":
            self.sets = self.sets.added(TriggerSet(value))
            self._show(len(self.sets.sets) - 1)
            self._right.focus()
            self._ask_triggers()
        elif one is None:
            return
        elif what == "set":
            new = trigger_sets.checked(replace(one, name=value))
            self._put(one, new)
            self._used = new.name if one.name == self._used else self._used
            self._notes.append(lambda log: log.rename(one.name, new.name))
        elif what == "new triggers":
            tags = tuple(tag for part in split_protected(value)[::2] if (tag := part.strip()))
            self._put(one, replace(one, triggers=(*one.triggers, *tags)))
            self._show_triggers(len(one.triggers))
        else:
            self._retag(one, value)

    def _retag(self, one: TriggerSet, value: str) -> None:
        at = self._right.cursor
        old = one.triggers[at]
        self._put(one, replace(one, triggers=(*one.triggers[:at], value, *one.triggers[at + 1 :])))
        self._notes.append(lambda log: log.retag(one.name, old, value))
        self._show_triggers(at)

    def _put(self, old: TriggerSet, new: TriggerSet) -> None:
        """Put a set in place of another. Raises UsageError where it cannot be."""
        at = self._left.cursor
        self.sets = self.sets.changed(old.name, new)
        self._show(at)

    def action_delete(self) -> None:
        """Delete the button at the cursor; or the set, once that was asked twice."""
        one = self.at_set
        if one is None:
            return
        if not self._on_buttons:
            self._delete_set(one)
        elif one.triggers:
            at = self._right.cursor
            self._put(one, replace(one, triggers=(*one.triggers[:at], *one.triggers[at + 1 :])))
            self._show_triggers(min(at, len(one.triggers) - 2))

    def _delete_set(self, one: TriggerSet) -> None:
        if self._doomed != one.name:
            self._doomed = one.name
            self.note(say("Delete {name} and its progress? d again does.", name=one.name), WARNING)
            return
        at = self._left.cursor
        self.sets = self.sets.without(one.name)
        self._notes.append(lambda log: log.restart(one.name))
        self.note("")
        self._show(max(0, at - 1))

    def action_shift(self, by: int) -> None:
        """Move the button at the cursor up or down."""
        one, at = self.at_set, self._right.cursor
        if one is None or not self._on_buttons or not 0 <= at + by < len(one.triggers):
            return
        moved = list(one.triggers)
        moved[at], moved[at + by] = moved[at + by], moved[at]
        self._put(one, replace(one, triggers=tuple(moved)))
        self._show_triggers(at + by)

    # Leaving

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        one = self.at_set
        if one is not None:
            self.sets = self.sets.using(one.name)
            self._end()

    def action_back(self) -> None:
        """Keep what was edited."""
        self._end()

    def _end(self) -> None:
        chosen = self.sets.chosen
        if chosen is not None and not chosen.triggers:
            if self.sets == self._before:
                self.dismiss(None)
                return
            self.note(say("The set in use has no button yet: a adds some."), WARNING)
            self._before = self.sets
            return
        same = self.sets == self._before and not self._notes
        leaves = chosen is not None and chosen.name != self._used
        leaves = leaves and self.sets.named(self._used) is not None
        self.dismiss(None if same else Edited(self.sets, tuple(self._notes), leaves))


def _answers() -> list[tuple[str, str]]:
    return [
        ("enter", say("keep")),
        ("tab", say("complete")),
        ("esc", say("leave it")),
    ]
