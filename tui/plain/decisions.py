"""The commands of the plain chat: the review of the pending plan, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from tagsmith.tools import toolbox
from tagsmith.tools.errors import UsageError
from tagsmith.tools.paths import display
from tagsmith.tools.plan import Plan
from tagsmith.tools.watch import Step, Watch
from tagsmith.tui import slash
from tagsmith.tui.changes import Group, needs_count, text_of
from tagsmith.tui.commands import history
from tagsmith.tui.commands.diff import totals_text
from tagsmith.tui.language import many, say
from tagsmith.tui.plain import editing, review
from tagsmith.tui.plain.commands import COMMANDS, FILES, KEYS, named
from tagsmith.tui.plain.lines import Lines
from tagsmith.tui.plain.turns import Turns
from tagsmith.tui.plain.voice import Voice, listed
from tagsmith.tui.plain.work import Post, Worker
from tagsmith.tui.text import is_clean, one_line

if TYPE_CHECKING:
    from tagsmith.tools.journal import Applied

STEP = "step"
WRITING = "The plan is being written. That ends first."
NOT_APPLIED = "Not applied. The plan stays pending."


class Decisions:
    """The commands on one conversation, by their names. They raise TagsmithError and Left."""

    def __init__(self, turns: Turns, voice: Voice, lines: Lines, worker: Worker) -> None:
        self._turns = turns
        self._conversation = turns.conversation
        self._workspace = turns.conversation.workspace
        self._voice = voice
        self._lines = lines
        self._worker = worker
        self.commands: dict[str, Callable[[str], None]] = {
            "plan": self._plan,
            "files": self._files,
            "show": self._show,
            "tags": self._tags,
            "drop": lambda words: self._set(words, keep=False),
            "keep": lambda words: self._set(words, keep=True),
            "edit": self._edit,
            "apply": self._apply,
            "reject": self._reject,
            "history": self._history,
            "help": self._help,
            "models": lambda words: self._server("models", words),
            "model": lambda words: self._server("model", words),
            "server": lambda words: self._server("server", words),
        }

    # The review

    def _plan(self, words: str) -> None:
        del words
        review.tell_plan(self._turns.staged(), self._voice)

    def _files(self, words: str) -> None:
        if words and not words.isdecimal():
            raise UsageError(say("{words} is no page.", words=repr(words)), _usage("files"))
        review.tell_files(self._turns.staged(), int(words or 1), self._voice)

    def _show(self, words: str) -> None:
        _need(words, "show")
        pending = self._turns.staged()
        review.tell_group(pending.only(words), pending, self._voice)

    def _tags(self, words: str) -> None:
        del words
        review.tell_tags(self._turns.staged().plan, self._voice)

    def _set(self, words: str, *, keep: bool) -> None:
        """Drop or keep a step, or files with all files of their samples."""
        _need(words, "keep" if keep else "drop")
        pending = self._turns.staged()
        step = _of_step(words)
        if step is not None:
            self._set_step(step, keep=keep)
        else:
            chosen = pending.find(words)
            for one in chosen:
                (self._workspace.keep if keep else self._workspace.drop)(one.changes[0].path)
            self._tell_set(chosen, keep=keep)
        self._conversation.save()
        self._turns.state()

    def _set_step(self, number: str, *, keep: bool) -> None:
        if not number.isdecimal():
            raise UsageError(
                say("{number} is no number of a step.", number=repr(number)),
                say("/plan lists the steps."),
            )

        def drop() -> None:
            self._workspace.drop_step(int(number), dropped=not keep)

        self._turns.read(drop)
        self._voice.tell(
            say("Step {number} is kept.", number=int(number))
            if keep
            else say("Step {number} is dropped.", number=int(number))
        )
        for one in self._workspace.staged:
            if one.failure and not one.dropped:
                at, why = one.step.number, one.failure
                self._voice.tell(say("Step {number} does nothing now: {why}", number=at, why=why))

    def _tell_set(self, chosen: list[Group], *, keep: bool) -> None:
        names = listed([display(one.name) for one in chosen])
        told = say("Kept: {names}.", names=names) if keep else say("Dropped: {names}.", names=names)
        self._voice.tell(told)

    # A caption by hand

    def _edit(self, words: str) -> None:
        _need(words, "edit")
        pending = self._turns.staged()
        one = pending.only(words)
        texts = [change for change in one.changes if change.after is not None]
        if not texts:
            raise UsageError(
                say("This file's caption does not change, so there is no text to edit.")
            )
        change = texts[0]
        before = text_of(change.after)
        text = self._edited(before)
        if text is None or text == before:
            self._voice.tell(say("The caption stays as it was."))
            return
        self._workspace.edit(change.to or change.path, text)
        self._workspace.keep(change.path)
        self._conversation.save()
        self._voice.tell(say("After:"))
        self._voice.quote(text)
        self._turns.state()

    def _edited(self, text: str) -> str | None:
        """Return the text as the user left it: in the editor, on the line, or typed anew."""
        if command := editing.editor():
            return editing.edit(text, command)
        try:
            if self._lines.edits and is_clean(text):
                return self._lines.ask(say("Caption: "), text)
            self._voice.tell(say("Now:"))
            self._voice.quote(text)
            return self._lines.ask(say("The new caption, empty leaves it: ")) or None
        except (EOFError, KeyboardInterrupt):
            self._voice.console.write("\n")
            return None

    # Apply and reject

    def _apply(self, words: str) -> None:
        del words
        plan = self._turns.staged().plan
        if not plan:
            raise UsageError(
                say("Nothing is kept, so there is nothing to apply."), say("/keep takes back.")
            )
        self._voice.tell(say("To be written: {totals}.", totals=totals_text(plan.totals)))
        review.tell_warnings(plan, self._voice)
        if not self._agreed(plan):
            self._voice.tell(say(NOT_APPLIED))
            return
        applied = self._written(plan)
        told = many(plan.totals.files, "Applied to {n} file.", "Applied to {n} files.")
        self._voice.tell(f"{told} {say('/undo takes it back.')}")
        for message in applied.messages:
            self._voice.tell(say("Note: {note}", note=message))
        self._turns.state()

    def _agreed(self, plan: Plan) -> bool:
        """Ask for yes; for the count where much is at stake (needs_count)."""
        files = plan.totals.files
        if not needs_count(plan.totals, len(self._workspace.dataset.samples)):
            return _is_yes(self._lines.decide(say("Type yes to apply it: ")))
        self._voice.tell(
            say("This deletes files.")
            if plan.totals.trashed
            else say("This changes more than a tenth of the images.")
        )
        answer = self._lines.decide(
            say("Type {files}, the number of files, to apply it: ", files=files)
        )
        return answer.replace(",", "") == str(files)

    def _written(self, plan: Plan) -> Applied:
        def apply(post: Post, watch: Watch) -> Applied:
            del post

            def progress(done: int, total: int) -> None:
                watch.tell(Step("Applying", done, total, "files"))

            return self._conversation.apply(plan.id, progress)

        return self._worker.run(apply, ends_first=WRITING)

    def _reject(self, words: str) -> None:
        self._turns.staged()
        self._turns.read(self._conversation.reject)
        self._voice.tell(say("Rejected. The plan is forgotten."))
        if words:
            self._turns.say(words)
        else:
            self._turns.state()

    # Around it

    def _history(self, words: str) -> None:
        journal = self._conversation.journal
        entries = self._turns.read(journal.history)
        if words:
            from tagsmith.tools.journal.history import find

            entry = find(entries, words)
            history.show(entry, self._voice.console)
            changes = self._turns.read(lambda: list(journal.changes(entry.id)))
            review.tell_changes(changes, self._voice)
        elif not entries:
            self._voice.tell(say("No plan was applied here yet."))
        for entry in entries if not words else ():
            history.show(entry, self._voice.console)

    def _server(self, name: str, words: str) -> None:
        from tagsmith.tui.server_talk import told

        def ask(post: Post, watch: Watch) -> list[str]:
            del post, watch
            return told(self._conversation, name, words)

        self._voice.quote("\n".join(self._turns.work(ask)))

    def _help(self, words: str) -> None:
        if words:
            tool = toolbox.find(words.removeprefix("/").replace("-", "_"))
            self._voice.tell(slash.usage(tool))
            self._voice.quote(tool.description)
            return
        self._voice.tell(say("Say what should change, in English or Spanish, or give a command:"))
        for one in COMMANDS:
            self._voice.tell(f"{one.usage}: {say(one.help)}.")
        self._voice.tell(say(FILES))
        self._voice.tell(say(KEYS))
        self._voice.tell(say("Every tool is a command, too; /help TOOL has its arguments:"))
        for tool in toolbox.tools().values():
            self._voice.tell(f"/{tool.name}: {say(tool.summary)}.")


def unknown(name: str) -> UsageError:
    """Return the error for a command that is neither ours nor a tool."""
    known = [*(one.name for one in COMMANDS), *toolbox.tools()]
    near = get_close_matches(name, known, n=3)
    names = say(" or ").join(f"/{one}" for one in near)
    hint = say("Did you mean {names}?", names=names) if near else say("/help lists all.")
    return UsageError(say("There is no command /{name}.", name=one_line(name, limit=40)), hint)


def _need(words: str, name: str) -> None:
    if not words:
        raise UsageError(say("/{name} needs to know which file.", name=name), _usage(name))


def _usage(name: str) -> str:
    found = named(name)
    return say("Use: {usage}", usage=found.usage if found else f"/{name}")


def _of_step(words: str) -> str | None:
    """Return the number behind ``step``, None where the words do not begin so."""
    for word in (STEP, say(STEP)):
        if words.lower().startswith(f"{word} "):
            return words[len(word) :].strip()
    return None


def _is_yes(answer: str) -> bool:
    """Tell whether an answer is the yes of the language in use; its accent may be left out."""
    return answer.casefold() in (say("yes"), say("yes").replace("í", "i"))
