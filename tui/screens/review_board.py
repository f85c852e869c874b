"""The review's board: a list on the left, what its row means on the right, the numbers around."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen

from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.overlay import is_image
from tagsmith.tools.plan import Plan, Totals
from tagsmith.tui.changes import Group, Tally, tally
from tagsmith.tui.language import many, say
from tagsmith.tui.screens import review_detail
from tagsmith.tui.screens.review_keys import more_keys, shown_keys
from tagsmith.tui.screens.review_state import (
    Marked,
    Reviewed,
    View,
    find_marked,
    politely,
)
from tagsmith.tui.text import line
from tagsmith.tui.widgets.confirm import Confirm
from tagsmith.tui.widgets.edge import EdgeLine, keys
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.lines import LineList, NoRows, Rows
from tagsmith.tui.widgets.palette import MUTED
from tagsmith.tui.widgets.plan_rows import PlanRows, categories
from tagsmith.tui.widgets.preview import Preview
from tagsmith.tui.widgets.sheet import Sheet
from tagsmith.tui.widgets.step_rows import StepRows
from tagsmith.tui.widgets.tag_rows import TagRows, tag_change

if TYPE_CHECKING:
    from tagsmith.agent.conversation import Conversation
    from tagsmith.tui.jobs import Snapshot

MOST_STEPS_SHOWN = 4
WIDE_FROM, VAST_FROM = 100, 150
PICTURED_FROM = 120, 36  # the screen on which a picture is shown without being asked for
AHEAD = 2
BESIDES = 4  # cells of the line of counts that hold none: its padding, the gap between both edges


@dataclass(frozen=True, slots=True)
class SaysWhy:
    """The user rejects the plan, and wants to say why."""


Decision = Plan | SaysWhy


class ReviewBoard(Screen[Decision | None]):
    """Shows a plan by file, by step or by tag change; it decides nothing.

    No job runs while it is open, so it may use the workspace. What takes long runs in a thread,
    one thing after the other; meanwhile nothing else touches what is staged.
    """

    CSS_PATH = "review.tcss"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - as the base class declares it
        (0, "-narrow"),
        (WIDE_FROM, "-wide"),
        (VAST_FROM, "-vast"),
    ]

    class Ready(Message):
        """A thread has a result for the screen."""

        def __init__(self, then: Callable[[], None]) -> None:
            super().__init__()
            self.then = then

    def __init__(self, conversation: Conversation, snapshot: Snapshot) -> None:
        super().__init__()
        self._conversation = conversation
        self._workspace = conversation.workspace
        self._images = snapshot.images
        self._state = Reviewed(self._workspace, snapshot.whole, snapshot.plan.totals)
        self._view = View.FILES
        self._from = View.FILES
        self._label = Content()
        self._tally: Tally | None = None
        self._tallied: Plan | None = None
        self._cursors: dict[View, int] = {}
        self._changes: list[Callable[[], None]] = []
        self._counting = False
        self._pictured: bool | None = None

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield EdgeLine(id="head")
        with Horizontal(id="panes"):
            with Vertical(id="left"):
                yield TextField(id="filter", placeholder=Content("dog and not cat"))
                yield LineList(id="files")
                yield EdgeLine(id="accepted")
                yield LineList(id="steps")
            with Vertical(id="right"):
                with Container(id="body"):
                    with VerticalScroll(id="detail"):
                        yield Sheet(id="diff")
                    yield Preview(id="picture")
                yield TextField(lines=True, id="editor")
        yield Confirm(id="confirm")
        yield EdgeLine(id="foot")

    def on_mount(self) -> None:
        """Show the plan; what deserves a look is looked for in a thread."""
        self.query_one("#filter").display = False
        self._editor.display = False
        self._show_rows()
        self._files.focus()
        self.call_after_refresh(self._find_marked)

    @property
    def _groups(self) -> Sequence[Group]:
        return self._state.groups

    @property
    def _files(self) -> LineList:
        return self.query_one("#files", LineList)

    @property
    def _steps(self) -> LineList:
        return self.query_one("#steps", LineList)

    @property
    def _editor(self) -> TextField:
        return self.query_one("#editor", TextField)

    # Threads

    def _in_thread(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Run ``work`` in a thread, then ``then`` with its result; tell of a TagsmithError."""

        def run() -> None:
            try:
                result = work()
            except TagsmithError as error:
                told = str(error)
                self.post_message(self.Ready(lambda: self._failed(told)))
            else:
                self.post_message(self.Ready(lambda: then(result)))

        self.run_worker(run, thread=True, group="review")

    @on(Ready)
    def _ready(self, message: Ready) -> None:
        if self.is_attached:
            message.then()

    def _failed(self, told: str) -> None:
        self._counting = False
        self._complain(told)

    def _recount(self, change: Callable[[], None] | None = None) -> None:
        """Change what is staged, if so, and count the plan again, in a thread."""
        if change is not None:
            self._changes.append(change)
        if self._counting:
            return
        self._counting = True
        changes, self._changes = self._changes, []
        self._in_thread(partial(self._counted, changes), self._adopt)
        self._draw_counts()

    def _counted(self, changes: list[Callable[[], None]]) -> tuple[Plan, Totals]:
        for change in changes:
            change()
        whole = self._conversation.everything()
        dropped = bool(self._workspace.dropped)
        return whole, self._conversation.pending().totals if dropped else whole.totals

    def _adopt(self, counted: tuple[Plan, Totals]) -> None:
        self._counting = False
        if self._changes:
            self._recount()
            return
        self._state.adopt(*counted)
        self._show_rows(self._files.cursor)
        self._find_marked()

    def _find_marked(self) -> None:
        state = self._state
        groups = state.groups

        def show(found: Marked) -> None:
            if state.groups is groups:
                state.marked = found
                self._show_rows(self._files.cursor)

        self._in_thread(partial(find_marked, self._workspace, groups), show)

    def _count_tags(self) -> None:
        """Count the plan by step and by tag change, unless that is done or being done."""
        plan = self._state.plan
        if self._tallied is plan:
            return
        self._tallied = plan

        def show(found: Tally) -> None:
            if self._tallied is plan:
                self._tally = found
                if self._view is not View.FILES:
                    self._show_rows(self._cursors.pop(self._view, self._files.cursor))

        self._in_thread(lambda: tally(politely(self._workspace.texts()), plan), show)

    # What is shown

    def _show_rows(self, cursor: int = 0) -> None:
        self._files.show(self._rows(), cursor)
        self._show_steps()
        self._draw_counts()

    def _rows(self) -> Rows:
        state = self._state
        if self._view is View.FILES:
            outside = state.marked.outside
            return PlanRows(state.groups, state.is_dropped, state.shown, outside)
        self._count_tags()
        if self._tally is None:
            return NoRows()
        if self._view is View.STEPS:
            files = {number: len(samples) for number, samples in self._tally.steps.items()}
            return StepRows(self._workspace.staged, files)
        return TagRows(self._tally.tags, len(self._tally.others), self._workspace.refused)

    def _show_steps(self) -> None:
        rows = StepRows(self._workspace.staged)
        self._steps.display = self._view is not View.STEPS
        self._steps.show(rows, self._steps.cursor)
        self._steps.styles.height = min(rows.count, MOST_STEPS_SHOWN)

    def _draw_counts(self) -> None:
        head, state = self.query_one("#head", EdgeLine), self._state
        steps, refused = len(self._workspace.steps), len(self._workspace.refused)
        size = many(state.kept.files, " · {n} file", " · {n} files")
        size += many(steps, " · {n} step", " · {n} steps")
        if refused:
            size += many(refused, " · {n} tag change rejected", " · {n} tag changes rejected")
        head.left = Content.assemble(line(say(" Review"), "bold"), line(size, MUTED))
        right = categories(state.kept) + Content(" ")
        written = say("counting") if self._counting else say("nothing written yet")
        longer = Content.assemble(categories(state.kept), line(f" · {written} ", MUTED))
        fits = head.left.cell_length + longer.cell_length + 2 <= self.size.width
        head.right = longer if fits else right
        self._draw_accepted()
        self._draw_keys()

    def _draw_accepted(self) -> None:
        accepted, state = self.query_one("#accepted", EdgeLine), self._state
        kept, total = f"{state.accepted:,}", f"{len(state.groups):,}"
        accepted.left = line(say("{kept} of {total} accepted", kept=kept, total=total))
        if self._view is not View.FILES:
            by = say("by step") if self._view is View.STEPS else say("by tag")
            accepted.right = line(say("counting") if self._tally is None else by)
            return
        hidden, marked = state.hidden, len(state.marked.rows)
        notes = [many(hidden, "{n} not shown", "{n} not shown")] if hidden else []
        notes += [many(marked, "{n} marked", "{n} marked")] if marked else []
        while (
            notes
            and len(" · ".join(notes)) + accepted.left.cell_length + BESIDES
            > self._files.size.width
        ):
            notes.pop()
        accepted.right = line(" · ".join(notes))

    def _draw_keys(self) -> None:
        foot, focused = self.query_one("#foot", EdgeLine), self.focused
        which = focused.id if focused is not None else None
        foot.left = Content(" ") + keys(shown_keys(which, self._view, self._state))
        parts = []
        if self._state.narrowed:
            parts.append(line(say("in "), MUTED) + self._label + Content(" "))
        if self._state.where:
            parts.append(
                Content.assemble(line(say("filter "), MUTED), line(self._state.where), " ")
            )
        if not parts and which == "files":
            parts.append(more_keys(self.size.width - foot.left.cell_length))
        foot.right = Content("").join(parts)

    def _complain(self, message: str) -> None:
        self.query_one("#foot", EdgeLine).left = Content.assemble(
            (" ! ", "$text-error"), line(message)
        )

    def on_resize(self) -> None:
        """What fits depends on the width."""
        self._draw_counts()
        self._show_detail()

    def on_descendant_focus(self) -> None:
        """The last line tells the keys of what has the focus."""
        self._draw_keys()

    # The right side

    @on(LineList.Highlighted, "#files")
    def _show_detail(self) -> None:
        self.query_one("#diff", Sheet).show(self._detail())
        self.query_one("#detail").scroll_home(animate=False)
        self._show_picture()

    def _detail(self) -> Content:
        if self._view is View.FILES:
            one = self._state.at(self._files.cursor)
            if one is not None:
                outside = self._state.marked.outside.get(one.sample, ())
                return review_detail.of_file(one, self._workspace.steps, outside)
            if self._state.groups:
                return line(say("No file of the plan matches the filter."), MUTED)
            return line(say("Nothing would be written: g shows what was rejected."), MUTED)
        if self._tally is None:
            return Content()
        find, region = self._state.find, self.query_one("#detail").content_size
        return self._of_group(find, region.width - 1, region.height)

    def _of_group(self, find: review_detail.Find, width: int, height: int) -> Content:
        counted = self._tally
        if counted is None:
            return Content()
        cursor = self._files.cursor
        if self._view is View.STEPS:
            staged = self._workspace.staged
            if cursor >= len(staged):
                return Content()
            samples = counted.steps.get(staged[cursor].step.number, ())
            return review_detail.of_step(staged[cursor], samples, find, width, height)
        if cursor < len(counted.tags):
            one = counted.tags[cursor]
            refused = one.change in self._workspace.refused
            return review_detail.of_tag(one, refused, find, width, height)
        return review_detail.of_others(counted.others, find, width, height)

    def _group_at(self) -> tuple[Content, Sequence[str]] | None:
        """Return what the group at the cursor is called, and its samples."""
        counted, cursor = self._tally, self._files.cursor
        if counted is None:
            return None
        if self._view is View.STEPS:
            staged = self._workspace.staged
            if cursor >= len(staged):
                return None
            number = staged[cursor].step.number
            return line(say("step {number}", number=number)), counted.steps.get(number, ())
        if cursor < len(counted.tags):
            return tag_change(counted.tags[cursor]), counted.tags[cursor].samples
        return (line(say("other files")), counted.others) if counted.others else None

    @property
    def _shows_picture(self) -> bool:
        if self._pictured is not None:
            return self._pictured
        width, height = PICTURED_FROM
        return self.size.width >= width and self.size.height >= height

    def _show_picture(self) -> None:
        picture = self.query_one("#picture", Preview)
        one = self._state.at(self._files.cursor) if self._view is View.FILES else None
        picture.display = self._shows_picture and one is not None
        if not picture.display or one is None:
            picture.show(None)
            return
        picture.show(self._path(one.sample))
        near = map(self._path, self._state.near(self._files.cursor, AHEAD))
        picture.prefetch([path for path in near if path is not None])

    def _path(self, sample: str) -> str | None:
        """Return where a sample's image lies: changes name it as it is on disk."""
        return os.path.join(self._workspace.root, sample) if is_image(sample) else None
