"""The Textual app: starts the screens, and holds what is the same on all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import TextArea

from tagsmith.tools.errors import StoppedError, TagsmithError
from tagsmith.tui import jobs
from tagsmith.tui.actions import Scope, bindings
from tagsmith.tui.language import say
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.text import one_line, plain
from tagsmith.tui.themes import THEMES, theme_for
from tagsmith.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from textual.command import Provider
    from textual.notifications import SeverityLevel

    from tagsmith.agent.config_start import Start
    from tagsmith.agent.conversation import Conversation
    from tagsmith.tui.opening import Opened, Opening
    from tagsmith.tui.screens.first_run import FirstRunScreen

AGAIN_WITHIN = 1.5
WIDE_FROM = 100


def _palette() -> type[Provider]:
    from tagsmith.tui.command_palette import Commands

    return Commands


class TagsmithApp(App[int]):
    """The chat on one dataset; without one, the first-run screen that asks for it.

    The dataset is a ``conversation`` on it, or an ``opening`` that takes place behind the first
    frame; where that fails, ``refusal`` is why the app ended, and where the user stops it, the
    first-run screen follows. ``open_folder`` and ``open_demo`` are what that screen opens; what
    they raise is shown there. ``notes`` are what opening had to say. ``theme`` is one of
    ``themes.CHOICES``; without ``animation`` nothing on the screen moves by itself.
    """

    CSS_PATH = "app.tcss"
    TITLE = "Tagsmith"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    COMMANDS: ClassVar[set[Any]] = {_palette}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE_FROM, "-wide")]  # noqa: RUF012 - as the base class declares it
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.EVERYWHERE)

    def __init__(
        self,
        conversation: Conversation | None = None,
        first_suggestion: str = "",
        *,
        opening: Opening | None = None,
        open_folder: Callable[[str], Opening] | None = None,
        open_demo: Callable[[], Opening] | None = None,
        theme: str = "dark",
        animation: bool = True,
    ) -> None:
        if conversation is None and opening is None and open_folder is None:
            raise ValueError("TagsmithApp needs a conversation, or a way to open one")
        chosen = theme_for(theme)
        super().__init__(ansi_color=chosen.ansi)
        if not animation:
            self.animation_level = "none"
        self.notes: tuple[str, ...] = ()
        self.refusal: TagsmithError | None = None
        self._conversation = conversation
        self._opening = opening
        self._first_suggestion = first_suggestion
        self._open_folder = open_folder
        self._open_demo = open_demo
        self._asked_to_quit = 0.0
        self._leaving = False
        for one in THEMES.values():
            self.register_theme(one)
        # Without its watcher, which would style everything a second time as soon as it is drawn.
        self.set_reactive(TagsmithApp.theme, chosen.name)
        self.stylesheet.set_variables(self.get_css_variables())

    def _watch_theme(self, theme_name: str) -> None:
        self.ansi_color = self.current_theme.ansi
        super()._watch_theme(theme_name)

    @property
    def conversation(self) -> Conversation | None:
        """The conversation that is, or was, going on."""
        return self._conversation

    def get_default_screen(self) -> Screen[None]:
        """Return the chat if there is one to open: nothing else is drawn before it."""
        start = self._conversation or self._opening
        return ChatScreen(start, self._first_suggestion) if start else super().get_default_screen()

    def on_mount(self) -> None:
        """Ask for a folder where none is given."""
        if self._conversation is None and self._opening is None:
            self._ask_for_folder()

    def _ask_for_folder(self) -> None:
        from tagsmith.tui.screens.first_run import FirstRunScreen

        if self._open_folder is not None:
            self.push_screen(FirstRunScreen(self._open_folder, self._open_demo))

    def set_up(self, current: str, then: Callable[[None], None]) -> bool:
        """Go through the first steps again, with a folder open; whether that is possible here."""
        from tagsmith.tui.screens.first_run import FirstRunScreen

        if self._open_folder is not None:
            self.push_screen(FirstRunScreen(self._open_folder, self._open_demo, current), then)
        return self._open_folder is not None

    def settings_changed(self, start: Start) -> None:
        """Let what the user has set of the interface hold at once."""
        self.theme = theme_for(start.theme).name
        self.animation_level = "full" if start.animation else "none"

    def on_first_run_screen_opened(self, message: FirstRunScreen.Opened) -> None:
        """Go on to the chat, which is there already if a folder was given at first."""
        self._adopt(message.opened)
        chat = self._chat()
        if chat is None:
            chat = ChatScreen(message.opened.conversation, message.suggestion, self.notes)
            self.switch_screen(chat)
        else:
            self.pop_screen()
            chat.enter(message.opened, message.suggestion)

    @on(jobs.Entered)
    def _entered(self, message: jobs.Entered) -> None:
        self._adopt(message.opened)

    def _adopt(self, opened: Opened) -> None:
        self._conversation, self.notes = opened.conversation, opened.notes

    @on(jobs.Refused)
    def _refused(self, message: jobs.Refused) -> None:
        stopped = isinstance(message.error, StoppedError)
        if self._leaving and stopped:
            self.exit()
        elif self._open_folder is not None and stopped:
            self._ask_for_folder()
        else:
            self.refusal = message.error
            self.exit(return_code=int(message.error.exit))

    @on(Prompt.Wanted)
    def _wanted(self, message: Prompt.Wanted) -> None:
        if message.what == "help":
            self.action_help()
        elif message.what == "quit":
            self.leave()

    @on(jobs.Ended)
    def _job_ended(self) -> None:
        if self._leaving:
            self._end_jobs(self._chat())
            self.exit()

    def action_help(self) -> None:
        """Show the help, once."""
        from tagsmith.tui.screens.help import HelpScreen, scope_of

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(scope_of(type(self.screen))))

    def action_command_palette(self) -> None:
        """Open the palette, which asks in the language in use."""
        from textual.command import CommandPalette

        if not isinstance(self.screen, CommandPalette):
            asking = say("Search for commands…")
            self.push_screen(CommandPalette(placeholder=asking, id="--command-palette"))

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a notice for some seconds; never as markup, whoever asks for that."""
        del markup
        super().notify(
            plain(message), title=one_line(title), severity=severity, timeout=timeout, markup=False
        )

    def command_runner(self, text: str, *, send: bool = True) -> Callable[[], None]:
        """Return what sends a command, or puts it on the line to be completed there."""

        def run() -> None:
            chat = self._chat()
            if chat is not None:
                while self.screen is not chat:
                    self.pop_screen()
                chat.take(text, send=send)

        return run

    def tool_summaries(self) -> Mapping[str, str]:
        """Return the tools that the open dataset has, and what they do."""
        chat = self._chat()
        return {} if chat is None else chat.tools

    async def action_quit(self) -> None:
        """Quit."""
        self.leave()

    def leave(self) -> None:
        """Quit; an apply that runs is finished first, other work is stopped.

        Asked twice, other work is not waited for.
        """
        chat = self._chat()
        if chat is not None and chat.busy.startswith("applying"):
            self._leaving = True
            self.notify(say("Tagsmith quits when the plan is applied."), markup=False)
        elif chat is not None and chat.busy and not self._leaving:
            self._leaving = True
            chat.waiting.clear()
            chat.back()
        else:
            self._end_jobs(chat)
            self.exit()

    def _end_jobs(self, chat: ChatScreen | None) -> None:
        """End what runs behind the chat; what becomes of it is told when the screen is gone."""
        if chat is not None:
            self.notes = (*self.notes, *chat.end_jobs())

    @staticmethod
    def _fate(chat: ChatScreen) -> str:
        """Return what becomes of the pending plan."""
        kept = chat.conversation.session.id
        return say(" The pending plan is kept.") if kept else say(" The pending plan is lost.")

    def _fatal_error(self) -> None:
        """End after a mistake of ours with a report of where it was.

        Textual's own report shows the values of local variables: captions, words, settings.
        """
        from rich.traceback import Traceback

        self.bell()
        self.panic(Traceback(show_locals=False, width=None))

    def _chat(self) -> ChatScreen | None:
        return next((one for one in self.screen_stack if isinstance(one, ChatScreen)), None)

    def action_step_back(self) -> None:
        """Copy, clear the line, take back what waits, stop the work, or (twice) quit."""
        if self._copy():
            return
        chat = self._chat()
        if isinstance(self.screen, ChatScreen):
            if self.screen.clear_line() or self.screen.take_back():
                return
            if self.screen.busy:
                self.screen.back()
                return
        now = time.monotonic()
        if now - self._asked_to_quit < AGAIN_WITHIN:
            self.leave()
            return
        self._asked_to_quit = now
        loses = "" if chat is None or chat.pending is None else self._fate(chat)
        told = say("Press ctrl+c again to quit.") + loses
        self.notify(told, timeout=AGAIN_WITHIN, markup=False)

    def _copy(self) -> bool:
        focused = self.focused
        if isinstance(focused, TextArea) and focused.selected_text:
            self.copy_to_clipboard(focused.selected_text)
            return True
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
            self.screen.clear_selection()
        return bool(selected)
