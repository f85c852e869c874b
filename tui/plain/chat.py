"""The chat in plain lines: one line in, plain text out, the same engine and the same review."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING

from tagsmith.tools import toolbox
from tagsmith.tools.errors import Exit, StoppedError, TagsmithError
from tagsmith.tools.paths import display
from tagsmith.tools.watch import Watch
from tagsmith.tui.commands.console import Console
from tagsmith.tui.language import many, say
from tagsmith.tui.plain.decisions import Decisions, unknown
from tagsmith.tui.plain.lines import Lines
from tagsmith.tui.plain.turns import Turns
from tagsmith.tui.plain.voice import PROMPT, Voice
from tagsmith.tui.plain.work import Left, Post, Worker

if TYPE_CHECKING:
    from tagsmith.agent.conversation import Conversation
    from tagsmith.tui.opening import Opened, Opening

PROBLEMS_TOLD = 5
LEAVES = "Ctrl-C once more, Ctrl-D or /quit leaves."
DEMO = "demo"
QUIT = ("/quit", "/exit")


class PlainChat:
    """Opens a dataset and talks about it until the user leaves.

    ``open_folder`` and ``open_demo`` open a dataset where ``run`` is given none. ``conversation``
    is the one that is, or was, going on.
    """

    def __init__(
        self,
        console: Console,
        open_folder: Callable[[str], Opening] | None = None,
        open_demo: Callable[[], Opening] | None = None,
    ) -> None:
        self._voice = Voice(console)
        self._lines = Lines()
        self._worker = Worker(self._voice)
        self._open_folder = open_folder
        self._open_demo = open_demo
        self._suggestion = ""
        self.conversation: Conversation | None = None

    def run(self, opening: Opening | None) -> Exit:
        """Talk. Raises TagsmithError where the dataset that was given cannot be opened."""
        try:
            opened = self._ask_folder() if opening is None else self._open(opening)
            if opened is not None:
                self.conversation = opened.conversation
                self._begin(opened)
                self._talk(opened.conversation)
        except Left:
            self._leave()
            return Exit.INTERRUPTED
        return Exit.DONE

    def _leave(self) -> None:
        """Leave the session as it was before the work, which goes on in its thread until the end.

        Nothing else may look at the conversation any more.
        """
        self._voice.tell(say("Left before the work had ended. Nothing was written."))
        if self.conversation is not None:
            self.conversation.session.close()
            self.conversation = None

    # Opening

    def _open(self, opening: Opening) -> Opened:
        self._voice.tell(say("Opening {name}.", name=display(opening.name)))
        self._suggestion = opening.suggestion

        def enter(post: Post, watch: Watch) -> Opened:
            del post
            return opening.open(watch)

        return self._worker.run(enter)

    def _ask_folder(self) -> Opened | None:
        """Ask for a folder until one can be opened; None where the user leaves."""
        self._voice.tell(say("Which folder holds the images? demo draws a small one to try."))
        while True:
            try:
                text = self._lines.ask(say("Folder: ")).strip()
            except (EOFError, KeyboardInterrupt):
                self._voice.console.write("\n")
                return None
            try:
                if text == DEMO and self._open_demo:
                    return self._open(self._open_demo())
                if text and self._open_folder:
                    return self._open(self._open_folder(os.path.expanduser(text)))
            except TagsmithError as error:
                self._voice.fail(error.message, error.hint)

    def _begin(self, opened: Opened) -> None:
        conversation, voice = opened.conversation, self._voice
        for note in opened.notes:
            voice.tell(say("Note: {note}", note=note))
        self._greet(conversation)
        if self._suggestion:
            voice.tell(say("Say for example: {words}", words=self._suggestion))
        if conversation.earlier is not None:
            self._go_on(conversation)
        Thread(target=conversation.warm, daemon=True).start()

    def _greet(self, conversation: Conversation) -> None:
        dataset = conversation.workspace.dataset
        captions = sum(1 for sample in dataset.samples if sample.caption is not None)
        numbers = [
            many(len(dataset.samples), "{n} image", "{n} images"),
            many(captions, "{n} caption", "{n} captions"),
        ]
        if dataset.skipped:
            numbers.append(many(len(dataset.skipped), "{n} skipped", "{n} skipped"))
        name = os.path.basename(dataset.root) or dataset.root
        self._voice.tell(f"{display(name)}: {', '.join(numbers)}.")
        for problem in dataset.problems[:PROBLEMS_TOLD]:
            self._voice.tell(say("Problem: {problem}.", problem=problem))
        more = len(dataset.problems) - PROBLEMS_TOLD
        if more > 0:
            self._voice.tell(many(more, "and {n} more problem", "and {n} more problems"))
        told = say(
            "Engine: {name}. Say what should change, or /help. "
            "Nothing is written before you apply it.",
            name=conversation.engine.name,
        )
        self._voice.tell(told)

    def _go_on(self, conversation: Conversation) -> None:
        """Show the end of an earlier session, and bring back what was pending in it."""
        saved = conversation.earlier
        if saved is None:
            return
        self._voice.recall(saved.shown, saved.before)
        started = saved.started.replace("T", " ").removesuffix("Z")
        self._voice.tell(say("This goes on with the session of {started} UTC.", started=started))

        def bring_back(post: Post, watch: Watch) -> list[str]:
            del post
            workspace = conversation.workspace
            workspace.watch = watch
            try:
                return conversation.bring_back()
            finally:
                workspace.watch = Watch()

        for told in self._worker.run(bring_back):
            self._voice.tell(say("Note: {note}", note=told))

    # Talking

    def _talk(self, conversation: Conversation) -> None:
        turns = Turns(conversation, self._voice, self._worker)
        decisions = Decisions(turns, self._voice, self._lines, self._worker)
        warned = False
        turns.state()
        while True:
            try:
                text = self._lines.ask(PROMPT).strip()
            except EOFError:
                self._voice.console.write("\n")
                return
            except KeyboardInterrupt:
                self._voice.console.write("\n")
                if warned:
                    return
                warned = True
                self._voice.tell(say(LEAVES))
                continue
            warned = False
            if text in QUIT:
                return
            if text:
                self._lines.remember(conversation.session.hidden(text))
                self._do(text, turns, decisions)

    def _do(self, text: str, turns: Turns, decisions: Decisions) -> None:
        """Do what the user sent: words for the engine, a command of ours, or a tool."""
        try:
            if not text.startswith("/"):
                turns.say(text)
                return
            name, _, words = text.removeprefix("/").strip().partition(" ")
            name = name.replace("-", "_").lower()
            if name in decisions.commands:
                decisions.commands[name](words.strip())
            elif name in toolbox.tools():
                turns.call(text)
            else:
                raise unknown(name)
        except KeyboardInterrupt:  # while something long was being written out
            turns.forget()
            self._voice.tell(say("Stopped."))
        except StoppedError as error:
            self._voice.tell(str(error))
        except TagsmithError as error:
            hidden = turns.conversation.session.hidden
            self._voice.fail(hidden(error.message), hidden(error.hint))
