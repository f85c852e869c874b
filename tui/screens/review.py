"""The review: every file of the plan, what happens to it, and the last word on it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from tagsmith.agent.conversation import Conversation
from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.plan import Change, Plan
from tagsmith.tools.wording import count
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.actions import Scope, bindings, legend
from tagsmith.tui.changes import Group, group, text_of
from tagsmith.tui.jobs import Snapshot
from tagsmith.tui.text import line
from tagsmith.tui.widgets.confirm import Confirm
from tagsmith.tui.widgets.diff import detail
from tagsmith.tui.widgets.edge import EdgeLine, keys
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.lines import LineList
from tagsmith.tui.widgets.palette import MUTED
from tagsmith.tui.widgets.plan_rows import PlanRows, totals_line
from tagsmith.tui.widgets.step_rows import StepRows

MOST_STEPS_SHOWN = 4
EDIT_KEYS = [("enter", "keep the text"), ("ctrl+j", "new line"), ("esc", "leave it")]
FILTER_KEYS = [("enter", "filter"), ("esc", "back")]
STEP_KEYS = [("x", "drop or take back"), ("tab", "to the files"), ("esc", "back")]


class ReviewScreen(Screen[Plan | None]):
    """Files on the left, the change of the one at the cursor on the right.

    Ends with the plan that the user approved, or with None where it stays pending. No job runs
    while it is open, so it may use the workspace; what takes long runs in a worker of its own.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.REVIEW)

    class Recounted(Message):
        """A worker has the plan again: whole, or to be asked about."""

        def __init__(self, plan: Plan, ask: bool) -> None:
            super().__init__()
            self.plan = plan
            self.ask = ask

    class Found(Message):
        """A worker knows which samples a filter matches, or why it does not parse."""

        def __init__(self, where: str, samples: frozenset[str] | None, trouble: str = "") -> None:
            super().__init__()
            self.where = where
            self.samples = samples
            self.trouble = trouble

    def __init__(
        self, conversation: Conversation, snapshot: Snapshot, *, asking: bool = False
    ) -> None:
        super().__init__()
        self._conversation = conversation
        self._workspace = conversation.workspace
        self._images = snapshot.images
        self._plan = snapshot.whole
        self._groups = group(snapshot.whole.changes)
        self._shown = self._groups
        self._where = ""
        self._asking = asking
        self._change: Change | None = None

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
                with VerticalScroll(id="detail"):
                    yield Static(id="diff", markup=False)
                yield TextField(lines=True, id="editor")
        yield Confirm(id="confirm")
        yield EdgeLine(id="foot")

    def on_mount(self) -> None:
        """Show the plan."""
        self.query_one("#filter").display = False
        self.query_one("#editor").display = False
        self._show_rows()
        self._show_steps()
        self._files.focus()
        if self._asking:
            self.action_apply()

    @property
    def _files(self) -> LineList:
        return self.query_one("#files", LineList)

    @property
    def _steps(self) -> LineList:
        return self.query_one("#steps", LineList)

    @property
    def _editor(self) -> TextField:
        return self.query_one("#editor", TextField)

    # What is shown

    def _show_rows(self, cursor: int = 0) -> None:
        self._files.show(PlanRows(self._shown, self._dropped), cursor)
        self._draw_counts()

    def _show_steps(self) -> None:
        rows = StepRows(self._workspace.staged)
        self._steps.show(rows, self._steps.cursor)
        self._steps.styles.height = min(rows.count, MOST_STEPS_SHOWN)

    def _draw_counts(self) -> None:
        head, steps = self.query_one("#head", EdgeLine), self._workspace.steps
        size = f"{count(self._plan.totals.files, 'file')} · {count(len(steps), 'step')}"
        head.left = Content.assemble((" Review", "bold"), line(f" · {size}", MUTED))
        head.right = Content.assemble(
            totals_line(self._plan.totals), (" · nothing written yet ", MUTED)
        )
        kept = len(self._groups) - sum(map(self._dropped, self._groups))
        accepted = self.query_one("#accepted", EdgeLine)
        accepted.left = Content(f"{kept:,} of {len(self._groups):,} accepted")
        hidden = len(self._groups) - len(self._shown)
        accepted.right = Content(f"{hidden:,} hidden" if hidden else "")
        self._draw_keys()

    def _draw_keys(self) -> None:
        foot, focused = self.query_one("#foot", EdgeLine), self.focused
        which = focused.id if focused is not None else ""
        special = {"editor": EDIT_KEYS, "filter": FILTER_KEYS, "steps": STEP_KEYS}
        foot.left = Content(" ") + keys(special.get(which or "", legend(Scope.REVIEW)))
        where = Content.assemble(("filter ", MUTED), line(self._where), " ")
        foot.right = where if self._where else Content()

    def _complain(self, message: str) -> None:
        self.query_one("#foot", EdgeLine).left = Content.assemble(
            (" ! ", "$text-error"), line(message)
        )

    @on(LineList.Highlighted, "#files")
    def _show_detail(self) -> None:
        one = self._current()
        diff = self.query_one("#diff", Static)
        if one is None:
            diff.update(Content.styled("No file of the plan matches the filter.", MUTED))
            return
        parts = [detail(change) for change in one.changes]
        causes = {number for change in one.changes for number in change.steps}
        steps = [step for step in self._workspace.steps if step.number in causes]
        lines = [
            Content.assemble(line(f"step {step.number} · ", MUTED), line(step.summary, MUTED))
            for step in steps
        ]
        parts.append(Content("\n").join(lines))
        diff.update(Content("\n\n").join(parts))
        self.query_one("#detail").scroll_home(animate=False)

    def _current(self) -> Group | None:
        return self._shown[self._files.cursor] if self._shown else None

    def _dropped(self, one: Group) -> bool:
        return one.sample in self._workspace.dropped

    def on_descendant_focus(self) -> None:
        """The last line tells the keys of what has the focus."""
        self._draw_keys()

    # Files

    def action_toggle_file(self) -> None:
        """Keep or drop the file at the cursor, with all files of its sample."""
        if self.focused is self._steps:
            self.action_steps()
            return
        one = self._current()
        if one is not None:
            self._set(one, keep=self._dropped(one))
            self._files.refresh_row(self._files.cursor)
            self._files.action_move(1)
            self._draw_counts()

    def action_all(self, keep: bool) -> None:
        """Keep or drop every file that the filter shows."""
        for one in self._shown:
            self._set(one, keep=keep)
        self._files.refresh()
        self._draw_counts()

    def _set(self, one: Group, *, keep: bool) -> None:
        path = one.changes[0].path
        if keep:
            self._workspace.keep(path)
        else:
            self._workspace.drop(path)

    # Steps

    def action_steps(self) -> None:
        """Go to the steps; there, drop one or take it back."""
        if self.focused is not self._steps:
            self._steps.focus()
            return
        staged = self._workspace.staged
        if staged:
            one = staged[self._steps.cursor]
            self._workspace.drop_step(one.step.number, dropped=not one.dropped)
            self._recount(ask=False)

    @on(LineList.Chosen, "#steps")
    def _step_chosen(self) -> None:
        self.action_steps()

    def _recount(self, *, ask: bool) -> None:
        conversation, post = self._conversation, self.post_message

        def work() -> None:
            plan = conversation.pending() if ask else conversation.everything()
            post(self.Recounted(plan, ask))

        self.run_worker(work, thread=True, group="plan")

    @on(Recounted)
    def _recounted(self, message: Recounted) -> None:
        if message.ask:
            self._ask(message.plan)
            return
        self._plan = message.plan
        self._groups = group(message.plan.changes)
        self._show_steps()
        self._filter(self._where)

    # The caption by hand

    def action_edit(self) -> None:
        """Edit the resulting caption of the file at the cursor in place."""
        one = self._current()
        texts = [change for change in one.changes if change.after is not None] if one else []
        if not texts:
            self._complain("This file's caption does not change, so there is no text to edit.")
            return
        self._change = texts[0]
        text = text_of(self._change.after)
        self._editor.put(text)
        if self._editor.text != text:
            self._complain("This caption holds characters that the line editor would change.")
            return
        self.query_one("#detail").display = False
        self._editor.display = True
        self._editor.focus()

    @on(TextField.Submitted, "#editor")
    def _edited(self, message: TextField.Submitted) -> None:
        message.stop()
        one, change = self._current(), self._change
        if one is None or change is None:
            return
        if message.value != text_of(change.after):
            try:
                self._workspace.edit(change.to or change.path, message.value)
            except TagsmithError as error:
                self._complain(error.message)
                return
            self._replace(one, change, message.value)
        self._close_editor()

    def _replace(self, one: Group, change: Change, text: str) -> None:
        after = self._workspace.edited.get(change.path, text.encode())
        changed = one.with_change(change, replace(change, after=after, yours=True))
        self._groups = [changed if each is one else each for each in self._groups]
        self._shown = [changed if each is one else each for each in self._shown]
        self._set(changed, keep=True)
        self._show_rows(self._files.cursor)

    def _close_editor(self) -> None:
        self._editor.display = False
        self.query_one("#detail").display = True
        self._files.focus()

    # The filter

    def action_filter(self) -> None:
        """Show only the files of samples that a query matches."""
        field = self.query_one("#filter", TextField)
        field.display = True
        field.put(self._where)
        field.focus()

    @on(TextField.Submitted, "#filter")
    def _filter_submitted(self, message: TextField.Submitted) -> None:
        message.stop()
        self._filter(message.value.strip())

    def _filter(self, where: str) -> None:
        if where:
            self.run_worker(partial(self._select, where), thread=True, group="filter")
        else:
            self.post_message(self.Found("", None))

    def _select(self, where: str) -> None:
        """Find the samples that match with the plan applied or without it."""
        found: set[str] = set()
        troubles: list[TagsmithError] = []
        for workspace in (self._workspace, Workspace(self._workspace.dataset)):
            try:
                found |= {self._workspace.on_disk(sample) for sample in workspace.select(where)}
            except TagsmithError as error:
                troubles.append(error)
        if len(troubles) == 2:
            self.post_message(self.Found(where, None, str(troubles[0])))
        else:
            self.post_message(self.Found(where, frozenset(found)))

    @on(Found)
    def _found(self, message: Found) -> None:
        if message.trouble:
            self._complain(message.trouble)
            return
        self._where = message.where
        samples = message.samples
        self._shown = [one for one in self._groups if samples is None or one.sample in samples]
        field = self.query_one("#filter", TextField)
        if field.has_focus:
            self._files.focus()
        field.display = False
        self._show_rows()

    # Apply and back

    def action_apply(self) -> None:
        """Ask whether to apply what is kept."""
        self._recount(ask=True)

    @on(LineList.Chosen, "#files")
    def _file_chosen(self) -> None:
        self.action_apply()

    def _ask(self, plan: Plan) -> None:
        if not plan:
            self._complain("Nothing is kept, so there is nothing to apply.")
            return
        self.query_one("#foot").display = False
        self.query_one(Confirm).ask(plan, self._images)

    @on(Confirm.Answered)
    def _answered(self, message: Confirm.Answered) -> None:
        if message.plan is not None:
            self.dismiss(message.plan)
            return
        self.query_one(Confirm).close()
        self.query_one("#foot").display = True
        self._files.focus()

    def action_back(self) -> None:
        """Leave the editor, the filter, the steps, or the review; the plan stays pending."""
        focused = self.focused
        if focused is self._editor:
            self._close_editor()
        elif focused is not None and focused.id == "filter":
            focused.display = False
            self._files.focus()
        elif focused is self._steps:
            self._files.focus()
        else:
            self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        """Tab goes round: files, the caption to scroll, steps."""
        if event.key == "tab" and self.focused is not None and self.focused.id == "filter":
            event.stop()
            event.prevent_default()
            self._files.focus()
