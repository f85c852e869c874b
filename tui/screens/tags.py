"""Tags: which there are, how often, where, beside what; and what to do about them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.line import split_protected
from tagsmith.tools.query import all_of, quote
from tagsmith.tui.actions import Scope, bindings, legend
from tagsmith.tui.language import many, say
from tagsmith.tui.screens.staging import Left
from tagsmith.tui.screens.tags_counted import CountingScreen
from tagsmith.tui.screens.tags_shown import (
    Sort,
    TagRows,
    filtered,
    heads,
    ordered,
    selection,
    totals,
    usual,
)
from tagsmith.tui.text import line
from tagsmith.tui.widgets.asked import Asked
from tagsmith.tui.widgets.edge import EdgeLine, KeyLine
from tagsmith.tui.widgets.lines import LineList
from tagsmith.tui.widgets.palette import ACCENT, MUTED, WARNING

if TYPE_CHECKING:
    from tagsmith.agent.conversation import Conversation
    from tagsmith.tools.dataset import Sample
    from tagsmith.tools.toolbox import Outcome
    from tagsmith.tui.jobs import Snapshot

MOST_NAMED = 3


class TagsScreen(CountingScreen):
    """A row for each tag. ``where`` chooses the images that count, and that actions touch."""

    CSS_PATH = "tags.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.TAGS)

    def __init__(self, conversation: Conversation, snapshot: Snapshot, *, where: str = "") -> None:
        super().__init__(conversation, snapshot)
        self.sort = Sort.IMAGES
        self.text = ""
        self._wanted = where
        self._usual: list[str] = []
        self._order: list[str] = []
        self._rows = TagRows(self.known, (), self.marks)
        self._steps: list[int] = []

    def compose(self) -> ComposeResult:
        """Lay the screen out: totals, columns, tags, what was done."""
        yield EdgeLine(id="head")
        yield EdgeLine(id="columns")
        yield LineList(id="tags")
        yield EdgeLine(id="note")
        yield Asked(id="asked")
        yield KeyLine(legend(Scope.TAGS), id="foot")

    def on_mount(self) -> None:
        """Show the counts that the chat has, and count the rest behind them."""
        self._list.focus()
        if self._wanted:
            self._choose(self._wanted)
        else:
            self.count(fresh=False)

    @property
    def _list(self) -> LineList:
        return self.query_one("#tags", LineList)

    @property
    def _asked(self) -> Asked:
        return self.query_one(Asked)

    # What is shown

    def counted(self) -> None:
        """Show other counts."""
        self._usual = usual(self.known.vocabulary)
        self._reorder()

    def learned(self) -> None:
        """Show what is known beside the counts; the order changes where it is sorted by that."""
        self._rows.known = self.known
        if self.sort is Sort.WITH and not self.known.marked:
            self.sort = Sort.IMAGES
            self._reorder()
        elif self.sort in (Sort.PLACE, Sort.WITH, Sort.SCORE):
            self._reorder()
        else:
            self._list.refresh()
            self._draw_head()

    def _reorder(self) -> None:
        self._order = ordered(self.known, self._usual, self.sort)
        self._show()

    def _show(self) -> None:
        """Show the tags that the filter lets through; the cursor stays on its tag."""
        at = self._at()
        shown = filtered(self._order, self.text) if self.text else self._order
        self._rows = TagRows(self.known, shown, self.marks)
        self._list.show(self._rows, shown.index(at) if at in shown else 0)
        self._draw_head()

    def _at(self) -> str | None:
        """Return the key of the tag at the cursor."""
        found = self._rows.keys
        return found[min(self._list.cursor, len(found) - 1)] if found else None

    def _draw_head(self) -> None:
        head = self.query_one("#head", EdgeLine)
        head.left = totals(self.known, self.images, self.where)
        counting = Content.styled(f"{say('counting')} ", ACCENT)
        head.right = selection(self.known) + (counting if self.known.profile is None else Content())
        columns = self.query_one("#columns", EdgeLine)
        columns.left, columns.right = heads(self.known, self.sort)
        if self.text:
            found = f"  {self._rows.count:,}"
            columns.left += Content.assemble(
                ("   /", MUTED), line(self.text, ACCENT), (found, MUTED)
            )

    def note(self, text: str, style: str = "", state: str = "") -> None:
        """Say something on the line above the last; ``state`` stands at its right edge."""
        sign = Content.styled("! ", WARNING) if style == WARNING else Content()
        note = self.query_one("#note", EdgeLine)
        note.left, note.right = sign + line(text, style), line(state, MUTED)

    # Choosing

    def action_mark(self) -> None:
        """Mark the tag at the cursor, or take its mark off."""
        one = self._at()
        if one is None:
            return
        if one in self.marks:
            del self.marks[one]
        else:
            self.marks[one] = None
        self._list.refresh_row(self._list.cursor)
        self._list.action_move(1)
        self.compare()

    def action_unmark(self) -> None:
        """Take all marks off."""
        self.marks.clear()
        self.compare()

    def action_sort(self) -> None:
        """Sort by the next column."""
        sorts = self.known.sorts()
        at = sorts.index(self.sort) if self.sort in sorts else -1
        self.sort = sorts[(at + 1) % len(sorts)]
        self._reorder()
        self._list.cursor = 0

    def action_filter(self) -> None:
        """Ask for a text that the shown tags hold."""
        legend_ = [("enter", say("keep")), ("esc", say("show all"))]
        words = Content(say("Tags that hold, or match (*hair):"))
        self._asked.ask("filter", words, legend_, value=self.text)

    def action_where(self) -> None:
        """Ask for a query that chooses the images."""
        legend_ = [("enter", say("count")), ("tab", say("complete")), ("esc", say("leave it"))]
        words = Content(say("Count only images where:"))
        vocabulary = self.snapshot.vocabulary
        self._asked.ask("where", words, legend_, value=self.where, vocabulary=vocabulary)

    @on(Asked.Typed)
    def _typed(self, message: Asked.Typed) -> None:
        if message.what == "filter":
            self.text = message.value
            self._show()

    @on(Asked.Answered)
    def _answered(self, message: Asked.Answered) -> None:
        self._list.focus()
        what, value = message.what, message.value
        if what == "filter":
            self.text = value or ""
            self._show()
        elif what == "where":
            if value is not None:
                self._choose(value)
        elif value:
            self._act(what, value)

    def _choose(self, where: str) -> None:
        """Count only the images that a query matches; a mistake in it changes nothing."""

        def then(_: list[Sample]) -> None:
            self.where = where
            self.known = replace(self.known, profile=None, scores=None)
            self.count()

        self.stop_counting()

        self.in_thread(lambda: self.conversation.workspace.select(where or None), then)

    # Actions

    def _chosen(self) -> list[str]:
        """Return the marked tags as they are spelt, else the one at the cursor."""
        at = self._at()
        found = list(self.marks) or ([] if at is None else [at])
        return [self.known.vocabulary.spelling(one) for one in found]

    def _named(self) -> str:
        chosen = self._chosen()
        if len(chosen) <= MOST_NAMED:
            return ", ".join(chosen)
        return many(len(chosen), "{n} tag", "{n} tags")

    def _their_images(self) -> str | None:
        """Return a query for the images that have all chosen tags."""
        return all_of(self.where or None, *map(quote, self._chosen()))

    def _ask(self, what: str, question: str, value: str = "") -> None:
        legend_ = [("enter", say("stage")), ("tab", say("complete")), ("esc", say("leave it"))]
        words = line(question).truncate(max(20, self.size.width // 2), ellipsis=True)
        vocabulary = None if what == "isolate" else self.known.vocabulary
        self._asked.ask(what, words, legend_, value=value, vocabulary=vocabulary)

    def action_replace(self) -> None:
        """Ask by what to replace the chosen tags."""
        if self._chosen() and not self._means_more():
            self._ask("replace", say("Replace {tags} by:", tags=self._named()))

    def action_prune(self) -> None:
        """Stage the removal of the chosen tags."""
        if self._chosen() and not self._means_more():
            self.stage("prune_tags", self._here({"tags": self._chosen()}))

    def action_add(self) -> None:
        """Ask which tags to add to the images that have the chosen ones."""
        if self._chosen():
            self._ask("add", say("Add to images with {tags}:", tags=self._named()))

    def action_isolate(self) -> None:
        """Ask for the name of the folder for the images that have the chosen tags."""
        chosen = self._chosen()
        if chosen:
            value = "".join(char if char.isalnum() else "_" for char in chosen[0]).strip("_")
            question = say("Isolate images with {tags} as:", tags=self._named())
            self._ask("isolate", question, value)

    def _act(self, what: str, value: str) -> None:
        if what == "replace":
            self.stage("replace_tags", self._here({"old": self._chosen(), "new": _tags(value)}))
        elif what == "isolate":
            self.stage("isolate_images", {"where": self._their_images(), "name": value})
        else:
            for tag in _tags(value):
                arguments: dict[str, object] = {"trigger": tag, "position": "last"}
                self.stage("add_trigger", arguments | {"where": self._their_images()})

    def _here(self, arguments: dict[str, object]) -> dict[str, object]:
        return arguments | ({"where": self.where} if self.where else {})

    def _means_more(self) -> bool:
        """Tell, and say, that a chosen tag is also a wildcard that names others."""
        found = self.known.vocabulary
        for tag in self._chosen():
            number = len(found.matching(tag))
            if number > 1:
                text = say(
                    "{tag} is a wildcard too: it means {n} tags. Use the chat, with a where.",
                    tag=tag,
                    n=number,
                )
                self.note(text, WARNING)
                return True
        return False

    def stage(self, tool: str, arguments: dict[str, object]) -> None:
        """Call a tool; counting stops for it and begins again."""
        self.stop_counting()
        self.note(say("staging"))
        super().stage(tool, arguments)

    def staged(self, tool: str, outcome: Outcome) -> None:
        """Show what a tool staged, and count again."""
        del tool
        if outcome.files:
            self._steps.append(self.conversation.workspace.staged[-1].step.number)
        first = outcome.text.split("\n", 1)[0]
        self._changed(first, outcome.state)

    def _changed(self, text: str, state: str) -> None:
        """Say what was staged or taken back, and count again."""
        self.note(text, state=state)
        self.known = replace(self.known, profile=None)
        self.count()

    def action_undo(self) -> None:
        """Take back the step that was staged here last."""
        if not self._steps:
            self.note(say("Nothing was staged here."))
            return
        number, conversation = self._steps.pop(), self.conversation
        self.stop_counting()

        def work() -> str:
            conversation.workspace.forget_step(number)
            conversation.save()
            return conversation.workspace.state()

        self.in_thread(work, lambda state: self._changed(say("Taken back."), state))

    def refused(self, error: TagsmithError) -> None:
        """Show why nothing was staged or counted."""
        self.note(f"{error.message} {error.hint}".strip(), WARNING)
        if self.known.profile is None:
            self.count(fresh=False)
        if self.known.marked and self.known.together is None:
            self.compare()

    # Leaving

    @on(LineList.Chosen)
    def _row_chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Open the images that have the chosen tags."""
        where = self._their_images()
        if where is None or not self._chosen():
            return
        from tagsmith.tui.screens.gallery import GalleryScreen

        title = say("Images with {tags}", tags=self._named())
        screen = GalleryScreen(self.conversation, self.snapshot, where=where, title=title)
        self.app.push_screen(screen, self._opened)

    def _opened(self, left: Left | None) -> None:
        if left is not None and (left.words or left.review):
            self._leave(left)
        else:
            self.known = replace(self.known, profile=None)
            self.count()

    def action_chat(self) -> None:
        """Put the chosen tags on the chat's line."""
        if self._chosen():
            self._leave(Left(words=", ".join(self._chosen())))

    def action_review(self) -> None:
        """Review what is staged."""
        self._leave(Left(review=True))

    def action_back(self) -> None:
        """Go back to the chat."""
        self._leave(Left())

    def _leave(self, left: Left) -> None:
        """Leave once no thread reads the workspace any more."""
        self.stop_counting()

        def then(_: None) -> None:
            self.dismiss(left)

        self.in_thread(lambda: None, then)


def _tags(value: str) -> list[str]:
    return [tag for part in split_protected(value)[::2] if (tag := part.strip())]
