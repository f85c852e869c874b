"""The history: applied plans, newest first; what each changed; undo and redo."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.journal import Entry, Journal
from tagsmith.tools.plan import Change
from tagsmith.tui.actions import Scope, bindings, legend
from tagsmith.tui.changes import group
from tagsmith.tui.language import many, say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.diff import detail
from tagsmith.tui.widgets.edge import EdgeLine, KeyLine, spread
from tagsmith.tui.widgets.lines import LineList
from tagsmith.tui.widgets.palette import MUTED
from tagsmith.tui.widgets.plan_rows import ChangeRows

WIDE_FROM = 100

Request = tuple[str, dict[str, object]]


class EntryRows:
    """Rows of the history: when, what, from where, how many files, whether it is undone."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries

    @property
    def count(self) -> int:
        """Number of applied plans."""
        return len(self._entries)

    def row(self, index: int, width: int) -> Content:
        """Return one row."""
        entry = self._entries[index]
        style = MUTED if entry.undone else ""
        when = f" {entry.time.astimezone():%Y-%m-%d %H:%M}  "
        left = Content.assemble(line(when, MUTED), line(entry.title or say("(no title)"), style))
        origin = line(entry.origin, MUTED) if width >= WIDE_FROM else Content()
        right = Content.assemble(
            origin,
            (many(entry.totals.files, "{n} file", "{n} files").rjust(11), style),
            line(f"  {say(entry.state)} ".rjust(10), MUTED if entry.undone else "$text-success"),
        )
        return spread(left, right, width)


class HistoryScreen(Screen[Request | None]):
    """Lists applied plans. Ends with the tool to call, undo or redo of one of them, or None."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.HISTORY)

    class Listed(Message):
        """The history was read."""

        def __init__(self, entries: list[Entry]) -> None:
            super().__init__()
            self.entries = entries

    class Loaded(Message):
        """The changes of one entry were read."""

        def __init__(self, entry: Entry, changes: list[Change]) -> None:
            super().__init__()
            self.entry = entry
            self.changes = changes

    class Trouble(Message):
        """The journal could not be read."""

        def __init__(self, message: str) -> None:
            super().__init__()
            self.message = message

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal
        self._entries: list[Entry] = []
        self._rows = ChangeRows([])

    def compose(self) -> ComposeResult:
        """Lay the screen out: the list, or one entry's files and changes in its place."""
        yield EdgeLine(Content.styled(say(" History"), "bold"), id="head")
        yield LineList(id="entries")
        with Horizontal(id="panes"):
            yield LineList(id="left")
            with VerticalScroll(id="detail"):
                yield Static(id="diff", markup=False)
        yield KeyLine(id="foot")

    def on_mount(self) -> None:
        """Read the history in the background."""
        self._open(None)
        self.run_worker(self._list, thread=True, group="history")

    def _list(self) -> None:
        try:
            self.post_message(self.Listed(self._journal.history()))
        except TagsmithError as error:
            self.post_message(self.Trouble(str(error)))

    def _load(self, entry: Entry) -> None:
        try:
            self.post_message(self.Loaded(entry, list(self._journal.changes(entry.id))))
        except TagsmithError as error:
            self.post_message(self.Trouble(str(error)))

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        self._entries = message.entries
        self.query_one("#entries", LineList).show(EntryRows(self._entries))
        self._draw_head()

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        self._rows = ChangeRows(group(message.changes))
        self._open(message.entry)
        self.query_one("#left", LineList).show(self._rows)

    @on(Trouble)
    def _complain(self, message: Trouble) -> None:
        foot = self.query_one("#foot", EdgeLine)
        foot.left = Content.assemble((" ! ", "$text-error"), line(message.message))

    def _open(self, entry: Entry | None) -> None:
        """Show an entry's changes, or the list."""
        self.query_one("#entries").display = entry is None
        self.query_one("#panes").display = entry is not None
        self.query_one("#entries" if entry is None else "#left").focus()
        self._draw_head(entry)
        foot = self.query_one("#foot", KeyLine)
        foot.left = Content()
        # The first of them opens an entry.
        foot.legend = legend(Scope.HISTORY)[entry is not None :]

    def _draw_head(self, entry: Entry | None = None) -> None:
        head = self.query_one("#head", EdgeLine)
        if entry is None:
            plans = len(self._entries)
            told = (
                many(plans, "{n} applied plan, newest first", "{n} applied plans, newest first")
                if plans
                else say("nothing applied yet, newest first")
            )
            head.left = Content.assemble((say(" History"), "bold"), line(f" · {told}", MUTED))
        else:
            head.left = Content.assemble(
                (f"{say(' History')} · ", MUTED), line(entry.title, "bold")
            )

    @on(LineList.Chosen, "#entries")
    def _entry_chosen(self, message: LineList.Chosen) -> None:
        entry = self._entries[message.index]
        self.run_worker(partial(self._load, entry), thread=True, group="history")

    @on(LineList.Highlighted, "#left")
    def _show_detail(self, message: LineList.Highlighted) -> None:
        if self._rows.count:
            changes = self._rows.groups[message.index].changes
            shown = Content("\n\n").join([detail(change) for change in changes])
            self.query_one("#diff", Static).update(shown)

    def action_undo(self) -> None:
        """Stage the reverse of the entry at the cursor; the review shows it."""
        self._request("undo")

    def action_redo(self) -> None:
        """Stage again what was undone."""
        self._request("redo")

    def _request(self, verb: str) -> None:
        if self._entries:
            entry = self._entries[self.query_one("#entries", LineList).cursor]
            self.dismiss((verb, {"plan": entry.id}))

    def action_back(self) -> None:
        """Go back to the list, or to the chat."""
        if self.query_one("#panes").display:
            self._open(None)
        else:
            self.dismiss(None)
