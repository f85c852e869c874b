"""The review in words: a pending plan by step, by file and by tag, and which file is meant."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tagsmith.agent.conversation import Conversation
from tagsmith.tools.errors import UsageError
from tagsmith.tools.paths import display
from tagsmith.tools.plan import Change, Kind, Plan, Totals, tag_changes
from tagsmith.tools.refusals import TagChange
from tagsmith.tools.workspace import Staged
from tagsmith.tui.changes import Group, group, moved, tags_of, text_of
from tagsmith.tui.commands.diff import totals_text, what
from tagsmith.tui.language import many, say
from tagsmith.tui.plain.voice import Voice, listed

PAGE = 20
MOST_TAGS = 100
MOST_CHANGES = 3
WILD = "*?["
DONE = {
    Kind.EDIT: "edited",
    Kind.CREATE: "a new caption",
    Kind.MOVE: "moved",
    Kind.TRASH: "to the trash",
}


@dataclass(frozen=True, slots=True)
class Pending:
    """A plan as it waits: ``plan`` is what would be applied, ``groups`` hold what is dropped too.

    ``staged`` are its steps, ``dropped`` the images that the user left out, ``refused`` the tag
    changes that were rejected in every file.
    """

    plan: Plan
    groups: Sequence[Group]
    staged: Sequence[Staged]
    dropped: frozenset[str]
    refused: frozenset[TagChange] = frozenset()

    @classmethod
    def of(cls, conversation: Conversation) -> Pending:
        """Read what is pending: to be called in a job."""
        workspace, plan = conversation.workspace, conversation.pending()
        whole = conversation.everything() if workspace.dropped else plan
        dropped = frozenset(workspace.dropped)
        refused = frozenset(workspace.refused)
        return cls(plan, group(whole.changes), tuple(workspace.staged), dropped, refused)

    def __bool__(self) -> bool:
        return bool(self.groups or self.staged)

    def find(self, text: str) -> list[Group]:
        """Return the groups that a number of the list, a name or a pattern means.

        Raises UsageError where there is none.
        """
        wanted = text.strip()
        if wanted.isdecimal():
            if 1 <= int(wanted) <= len(self.groups):
                return [self.groups[int(wanted) - 1]]
            raise UsageError(
                many(
                    len(self.groups),
                    "The plan has {n} file; there is no number {wanted}.",
                    "The plan has {n} files; there is no number {wanted}.",
                    wanted=wanted,
                ),
                say("/files lists them with their numbers."),
            )
        found = [one for one in self.groups if wanted in _names(one)]
        if not found and any(char in wanted for char in WILD):
            found = [one for one in self.groups if _matches(one, wanted)]
        if not found:
            raise UsageError(
                say("No file of the plan is called {name}.", name=repr(display(wanted))),
                say("/files lists them; * stands for any characters."),
            )
        return found

    def only(self, text: str) -> Group:
        """Return the one group that is meant. Raises UsageError where there is none, or several."""
        found = self.find(text)
        if len(found) > 1:
            names = listed([display(one.name) for one in found])
            raise UsageError(
                say("Several files are called that: {names}.", names=names),
                say("Give the whole path."),
            )
        return found[0]


def _names(one: Group) -> set[str]:
    """Return what a group may be called: paths, and names without folder or suffix."""
    paths = {one.sample, one.name}
    for change in one.changes:
        paths |= {change.path, change.to or change.path}
    short = {os.path.basename(path) for path in paths}
    names = paths | short | {os.path.splitext(name)[0] for name in short}
    return names | {display(name) for name in names}


def _matches(one: Group, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in _names(one))


def tell_plan(pending: Pending, voice: Voice) -> None:
    """Write the plan in numbers: by kind, by step, what was dropped, what deserves a warning."""
    voice.tell(say("Plan {id}, nothing written yet.", id=pending.plan.id[:4]))
    voice.tell(f"{totals_text(pending.plan.totals)}.")
    voice.tell(say("By kind: {kinds}.", kinds=_kinds(pending.plan.totals)))
    for one in pending.staged:
        voice.tell(_step(one))
    if pending.dropped:
        told = many(len(pending.dropped), "Dropped: {n} image.", "Dropped: {n} images.")
        voice.tell(f"{told} {say('/keep takes one back.')}")
    for change in sorted(pending.refused):
        sign = "+" if change.added else "-"
        voice.row([(say("Rejected in every file: "), ""), (f"{sign} {change.tag}", "")])
    tell_warnings(pending.plan, voice)
    voice.tell(
        say("/files, /show FILE and /tags tell more; /drop FILE or /drop step N leaves out.")
    )


def _kinds(totals: Totals) -> str:
    numbers = (
        (totals.edited, many(totals.edited, "{n} caption edited", "{n} captions edited")),
        (totals.created, many(totals.created, "{n} created", "{n} created")),
        (totals.moved, many(totals.moved, "{n} file moved", "{n} files moved")),
        (totals.trashed, many(totals.trashed, "{n} file to the trash", "{n} files to the trash")),
    )
    return ", ".join(text for number, text in numbers if number) or say("no file changes")


def _step(one: Staged) -> str:
    number, summary = one.step.number, one.step.summary or one.step.tool
    why = f" {one.failure}" if one.failure else ""
    if one.dropped:
        told = say("Step {number}, dropped: {summary}.", number=number, summary=summary)
    elif one.failure:
        told = say("Step {number}, does nothing now: {summary}.", number=number, summary=summary)
    else:
        told = say("Step {number}: {summary}.", number=number, summary=summary)
    return told + why


def tell_warnings(plan: Plan, voice: Voice) -> None:
    """Write what the tools noted beside changes, each note once with its number of files."""
    notes = Counter(note for change in plan.changes for note in change.notes)
    for note, files in notes.most_common(5):
        told = many(files, "Warning: {note}: {n} file.", "Warning: {note}: {n} files.", note=note)
        voice.tell(told)


def tell_files(pending: Pending, page: int, voice: Voice) -> None:
    """Write a page of the files. Raises UsageError where there is no such page."""
    total = len(pending.groups)
    pages = max(1, -(-total // PAGE))
    if not 1 <= page <= pages:
        raise UsageError(
            say("There is no page {page}; the last is {pages}.", page=page, pages=pages)
        )
    first = (page - 1) * PAGE
    shown = pending.groups[first : first + PAGE]
    told = say(
        "Files {first:,} to {last:,} of {total:,}, page {page} of {pages}.",
        first=first + 1,
        last=first + len(shown),
        total=total,
        page=page,
        pages=pages,
    )
    voice.tell(told)
    for number, one in enumerate(shown, start=first + 1):
        _tell_row(number, one, pending, voice)
    if page < pages:
        voice.tell(say("/files {page} goes on.", page=page + 1))


def _tell_row(number: int, one: Group, pending: Pending, voice: Voice) -> None:
    state = ""
    if one.sample in pending.dropped:
        state = say(" dropped:")
    elif one.yours:
        state = say(" yours:")
    for index, change in enumerate(one.changes[:MOST_CHANGES]):
        lead = f"{number}.{state} " if index == 0 else say("  and ")
        voice.row([(f"{lead}{display(change.path)}", ""), *what(change)])
    more = len(one.changes) - MOST_CHANGES
    if more > 0:
        voice.tell(many(more, "  and {n} more file", "  and {n} more files"))


def tell_group(one: Group, pending: Pending, voice: Voice) -> None:
    """Write everything about one sample's changes, and the steps that made them."""
    if one.sample in pending.dropped:
        voice.tell(say("Dropped: this stays as it is. /keep takes it back."))
    for change in one.changes:
        _tell_change(change, voice)
    causes = {number for change in one.changes for number in change.steps}
    for staged in pending.staged:
        if staged.step.number in causes:
            voice.tell(_step(staged))


def tell_changes(changes: Iterable[Change], voice: Voice, limit: int = PAGE) -> None:
    """Write what became of the first files of an applied plan."""
    listed = list(changes)
    for change in listed[:limit]:
        voice.row([(display(change.path), ""), *what(change)])
    more = len(listed) - limit
    if more > 0:
        voice.tell(many(more, "and {n} more file", "and {n} more files"))


def _tell_change(change: Change, voice: Voice) -> None:
    to = say(" to {path}", path=display(change.to)) if change.to else ""
    yours = say(", by your hand") if change.yours else ""
    voice.tell(f"{display(change.path)}: {say(DONE[change.kind])}{to}{yours}.")
    if change.after is not None:
        _tell_tags(change, voice)
        voice.tell(say("Before:") if change.before is not None else say("Before: no caption."))
        if change.before is not None:
            voice.quote(text_of(change.before))
        voice.tell(say("After:"))
        voice.quote(text_of(change.after))
    for note in change.notes:
        voice.tell(say("Warning: {note}.", note=note))


def _tell_tags(change: Change, voice: Voice) -> None:
    added, removed = tag_changes(change.before, change.after)
    before, after = tags_of(change.before), tags_of(change.after)
    for tag in removed[:MOST_TAGS]:
        voice.row([(f"- {tag}", "")])
    for tag in added[:MOST_TAGS]:
        voice.row([(f"+ {tag}", ""), (say(", first") if after[:1] == [tag] else "", "")])
    more = max(0, len(added) - MOST_TAGS) + max(0, len(removed) - MOST_TAGS)
    if more:
        voice.tell(many(more, "and {n} more tag", "and {n} more tags"))
    if not (added or removed):
        order = moved(before, after) and before != after
        voice.tell(say("The order changes.") if order else say("Text changes."))


def tell_tags(plan: Plan, voice: Voice) -> None:
    """Write the tags that the plan removes and adds, the most files first."""
    added: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    for change in plan.changes:
        if change.after is not None:
            more, fewer = tag_changes(change.before, change.after)
            added.update(set(more))
            removed.update(set(fewer))
    if not (added or removed):
        voice.tell(say("No tag is added or removed."))
    if removed:
        voice.tell(many(len(removed), "{n} tag removed:", "{n} tags removed:"))
        _tell_counts("-", removed, voice)
    if added:
        voice.tell(many(len(added), "{n} tag added:", "{n} tags added:"))
        _tell_counts("+", added, voice)


def _tell_counts(sign: str, counts: Counter[str], voice: Voice) -> None:
    for tag, files in counts.most_common(MOST_TAGS):
        told = many(files, ": {n} file", ": {n} files")
        voice.row([(f"{sign} {tag}", ""), (told, "")])
    more = len(counts) - MOST_TAGS
    if more > 0:
        voice.tell(many(more, "and {n} more tag", "and {n} more tags"))
