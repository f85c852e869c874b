"""The review: every file of the plan, what happens to it, and the last word on it."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import SuspendNotSupported
from textual.binding import BindingType

from tagsmith.tools.caption import why_not_editable
from tagsmith.tools.errors import TagsmithError, UsageError
from tagsmith.tools.plan import Change, Plan
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.actions import Scope, bindings
from tagsmith.tui.changes import text_of
from tagsmith.tui.language import say
from tagsmith.tui.screens.review_board import Decision, ReviewBoard, SaysWhy
from tagsmith.tui.screens.review_state import View
from tagsmith.tui.widgets import confirm
from tagsmith.tui.widgets.confirm import Confirm
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.lines import LineList

if TYPE_CHECKING:
    from tagsmith.agent.conversation import Conversation
    from tagsmith.tui.jobs import Snapshot

__all__ = ["Decision", "ReviewScreen", "SaysWhy"]

VIEWS = (View.FILES, View.STEPS, View.TAGS)
# What waits until the screen could be read.
DECIDING = ("keep", "all", "steps", "edit", "editor", "apply", "why")
OTHERS = ("group", "filter", "next", "picture")


class ReviewScreen(ReviewBoard):
    """Files on the left, the change of the one at the cursor on the right.

    Ends with the plan that the user approved, with ``SaysWhy``, or with None where the plan stays
    pending. What is typed in its first half second decides nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.REVIEW)

    def __init__(
        self, conversation: Conversation, snapshot: Snapshot, *, asking: bool = False
    ) -> None:
        super().__init__(conversation, snapshot)
        self._asking = asking
        self._change: Change | None = None
        self._opened = 0.0

    def on_mount(self) -> None:
        """Ask at once, if that is what it was opened for."""
        self._opened = time.monotonic()
        if self._asking:
            self._apply()

    @property
    def _in_grace(self) -> bool:
        return time.monotonic() - self._opened < confirm.GRACE

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys for a text field, or typed ahead, are not for the review."""
        typing = isinstance(self.focused, TextField)
        if action in DECIDING and (typing or self._in_grace):
            return False
        if action in OTHERS and typing:
            return False
        return super().check_action(action, parameters)

    # Files

    def action_keep(self) -> None:
        """Keep or drop the file at the cursor, with all files of its sample; or the group."""
        if self.focused is self._steps or self._view is View.STEPS:
            self.action_steps()
        elif self._view is View.TAGS:
            self._toggle_tag()
        elif (one := self._state.at(self._files.cursor)) is not None:
            self._state.set(one, keep=self._state.is_dropped(one))
            self._files.refresh_row(self._files.cursor)
            self._files.action_move(1)
            self._draw_counts()

    def action_all(self, keep: bool) -> None:
        """Keep or drop every file that is in sight."""
        if self._view is not View.FILES:
            self._complain(say("A and R are for files: g goes back to them."))
        elif self._state.set_all(keep=keep):
            self._recount()
        self._files.refresh()
        self._draw_counts()

    def action_next(self, back: bool) -> None:
        """Go to the next or previous file that the filter matches, or that has a mark."""
        if self._view is not View.FILES:
            return
        found = self._state.next(self._files.cursor, back=back)
        if found is None:
            self._complain(say("No other file matches, and none has a mark."))
        else:
            self._files.cursor = found

    # Groups

    def action_group(self) -> None:
        """List the plan by step, by tag change, and by file again."""
        self._show_view(VIEWS[(VIEWS.index(self._view) + 1) % len(VIEWS)])

    def _show_view(self, view: View) -> None:
        self._cursors[self._view] = self._files.cursor
        self._view = view
        self._state.narrow(None)
        self._show_rows(self._cursors.get(view, 0))
        self._files.focus()

    def _open_group(self) -> None:
        found = self._group_at()
        if found is None:
            return
        label, samples = found
        group = self._view
        self._show_view(View.FILES)
        self._from, self._label = group, label
        self._state.narrow(samples)
        self._show_rows()

    def _toggle_tag(self) -> None:
        cursor = self._files.cursor
        if self._tally is None:
            self._complain(say("The plan is still being counted. Try again."))
            return
        if cursor >= len(self._tally.tags):
            self._complain(say("These files have no tag change to reject: drop the files."))
            return
        change, workspace = self._tally.tags[cursor].change, self._workspace
        workspace.refuse(change, refused=change not in workspace.refused)
        self._files.refresh_row(cursor)
        self._recount()

    # Steps

    def action_steps(self) -> None:
        """Go to the steps; there, drop one or take it back."""
        steps = self._files if self._view is View.STEPS else self._steps
        if self.focused is not steps:
            steps.focus()
            return
        staged = self._workspace.staged
        if steps.cursor < len(staged):
            one = staged[steps.cursor]

            def drop() -> None:
                self._workspace.drop_step(one.step.number, dropped=not one.dropped)

            self._recount(drop)

    @on(LineList.Chosen, "#steps")
    def _step_chosen(self) -> None:
        if not self._in_grace:
            self.action_steps()

    # The caption by hand

    def _editable(self) -> Change | None:
        """Return the change of a caption at the cursor; complain where there is none."""
        one = self._state.at(self._files.cursor) if self._view is View.FILES else None
        texts = [change for change in one.changes if change.after is not None] if one else []
        if self._counting:
            self._complain(say("The plan is still being counted. Try again."))
        elif one is None:
            self._complain(say("There is no file here to edit: g goes back to the files."))
        elif not texts:
            self._complain(say("This file's caption does not change, so there is no text to edit."))
        else:
            return texts[0]
        return None

    def action_edit(self) -> None:
        """Edit the resulting caption of the file at the cursor in place."""
        self._change = self._editable()
        if self._change is None:
            return
        text = text_of(self._change.after)
        self._editor.put(text)
        if self._editor.text != text:
            self._complain(
                say("This caption holds characters that the line editor would change. Use E.")
            )
            return
        self.query_one("#body").display = False
        self._editor.display = True
        self._editor.focus()

    @on(TextField.Submitted, "#editor")
    def _edited(self, message: TextField.Submitted) -> None:
        message.stop()
        change = self._change
        if change is None:
            return
        if message.value == text_of(change.after) or self._take(change, message.value):
            self._close_editor()

    def _take(self, change: Change, text: str) -> bool:
        """Take a caption written by hand; whether it could be taken."""
        one = self._state.at(self._files.cursor)
        if one is None:
            return False
        try:
            self._workspace.edit(change.to or change.path, text)
        except TagsmithError as error:
            self._complain(str(error))
            return False
        after = self._workspace.edited.get(change.path, text.encode())
        changed = one.with_change(change, replace(change, after=after, yours=True))
        self._state.replace(self._files.cursor, changed)
        self._tallied = None
        self._show_rows(self._files.cursor)
        return True

    def _close_editor(self) -> None:
        self._editor.display = False
        self.query_one("#body").display = True
        self._files.focus()

    def action_editor(self) -> None:
        """Edit the resulting caption in the user's own editor."""
        from tagsmith.tui.plain import editing

        change = self._editable()
        if change is None:
            return
        before = text_of(change.after)
        try:
            command = editing.editor()
            if not command:
                self._complain(say("No editor is set: set VISUAL or EDITOR, or press e."))
                return
            with self.app.suspend():
                text = editing.edit(before, command, _check_text)
        except SuspendNotSupported:
            self._complain(say("This terminal cannot be handed to an editor. Press e."))
        except TagsmithError as error:
            self._complain(f"{error.message} {error.hint}")
        else:
            if text == before:
                self._complain(say("Nothing was changed in the editor."))
            else:
                self._take(change, text)

    # The filter

    def action_filter(self) -> None:
        """Show only the files of samples that a query matches."""
        if self._view is not View.FILES:
            self._show_view(View.FILES)
        field = self.query_one("#filter", TextField)
        field.display = True
        field.put(self._state.where)
        field.focus()

    @on(TextField.Submitted, "#filter")
    def _filter_submitted(self, message: TextField.Submitted) -> None:
        message.stop()
        where = message.value.strip()
        if where:
            self._in_thread(partial(self._select, where), partial(self._found, where))
        else:
            self._found("", None)

    def _select(self, where: str) -> frozenset[str]:
        """Find the samples that match with the plan applied or without it. Raises QueryError."""
        found: set[str] = set()
        troubles: list[TagsmithError] = []
        for workspace in (self._workspace, Workspace(self._workspace.dataset)):
            try:
                found |= {self._workspace.on_disk(sample) for sample in workspace.select(where)}
            except TagsmithError as error:
                troubles.append(error)
        if len(troubles) == 2:
            raise troubles[0]
        return frozenset(found)

    def _found(self, where: str, samples: frozenset[str] | None) -> None:
        self._state.filter(where, samples)
        field = self.query_one("#filter", TextField)
        if field.has_focus:
            self._files.focus()
        field.display = False
        self._show_rows()

    # Apply and back

    def action_apply(self) -> None:
        """Ask whether to apply what is kept."""
        if self._counting:
            self._complain(say("The plan is still being counted. Try again."))
        else:
            self._apply()

    def _apply(self) -> None:
        self._in_thread(self._conversation.pending, self._ask)

    @on(LineList.Chosen, "#files")
    def _chosen(self) -> None:
        if self._view is not View.FILES:
            self._open_group()
        elif not self._in_grace:
            self.action_apply()

    def _ask(self, plan: Plan) -> None:
        if not plan:
            self._complain(say("Nothing is kept, so there is nothing to apply."))
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

    def action_why(self) -> None:
        """Leave the review to say what is wrong; the plan is rejected with these words."""
        self.dismiss(SaysWhy())

    def action_picture(self) -> None:
        """Show or hide the picture of the file at the cursor."""
        self._pictured = not self._shows_picture
        self._show_picture()

    def action_back(self) -> None:
        """Leave the editor, the filter, the steps, a group, or the review; the plan stays."""
        focused = self.focused
        if focused is self._editor:
            self._close_editor()
        elif focused is not None and focused.id == "filter":
            focused.display = False
            self._files.focus()
        elif focused is self._steps:
            self._files.focus()
        elif self._view is not View.FILES:
            self._show_view(View.FILES)
        elif self._state.narrowed:
            self._show_view(self._from)
        else:
            self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        """Tab goes round: files, the caption to scroll, steps."""
        if event.key == "tab" and self.focused is not None and self.focused.id == "filter":
            event.stop()
            event.prevent_default()
            self._files.focus()


def _check_text(text: str) -> None:
    """Refuse what an editor left and what cannot be a caption, before its file is gone."""
    if not text.strip():
        raise UsageError(say("The editor left no text; the caption stays as it was."))
    if reason := why_not_editable(text.encode("utf-8", "surrogatepass")):
        raise UsageError(say("This text cannot be a caption: {reason}.", reason=reason))
