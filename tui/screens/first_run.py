"""The first run: the model server, a folder to work on or the demo, and a first thing to say.

No step waits for another: the server is looked for meanwhile, and each can be left as it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from threading import Event as Flag
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from tagsmith.tools.errors import TagsmithError
from tagsmith.tui import jobs, settings_work
from tagsmith.tui.language import say
from tagsmith.tui.text import block, line
from tagsmith.tui.widgets.completion import common_start
from tagsmith.tui.widgets.edge import EdgeLine, keys
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.outcomes import progress
from tagsmith.tui.widgets.palette import ACCENT, MUTED

if TYPE_CHECKING:
    from tagsmith.tui.opening import Opened, Opening

WELCOME = (
    "Tagsmith edits the captions of an image dataset by conversation. "
    "You review every change before it is written, and you can undo it afterwards."
)
# It only reads, and the built-in engine understands it in every language of the interface.
FIRST_WORDS = "list the most frequent tags"


def complete_folder(typed: str) -> str:
    """Return a path completed as far as the folders on disk decide; itself where nothing fits."""
    parent, name = os.path.split(os.path.expanduser(typed))
    try:
        with os.scandir(parent or ".") as entries:
            found = [one.name for one in entries if one.name.startswith(name) and one.is_dir()]
    except OSError:
        return typed
    if not name.startswith("."):
        found = [one for one in found if not one.startswith(".")]
    completed = os.path.join(parent, common_start(found)) if found else typed
    return completed + os.sep if len(found) == 1 else completed


class FirstRunScreen(Screen[None]):
    """Three steps, of which only the folder must be answered.

    ``current`` is the folder that is open already: then it can be kept.
    """

    CSS_PATH = "first_run.tcss"

    class Opened(Message):
        """A folder is open."""

        def __init__(self, opened: Opened, suggestion: str) -> None:
            super().__init__()
            self.opened = opened
            self.suggestion = suggestion

    class Refused(Message):
        """A folder could not be opened."""

        def __init__(self, message: str) -> None:
            super().__init__()
            self.message = message

    class Asked(Message):
        """What is known of the model server now; ``error`` where its address is none."""

        def __init__(self, server: settings_work.Server | None, error: str = "") -> None:
            super().__init__()
            self.server = server
            self.error = error

    def __init__(
        self,
        open_folder: Callable[[str], Opening],
        open_demo: Callable[[], Opening] | None,
        current: str = "",
    ) -> None:
        super().__init__()
        self._open_folder = open_folder
        self._open_demo = open_demo
        self._current = current
        self._opens = False
        self._stop = Flag()

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        with Vertical(id="welcome"):
            yield Static(Content.styled("Tagsmith", f"{ACCENT} bold"), markup=False)
            yield Static(Content(say(WELCOME)), markup=False)
            yield Static(_step(1, say("Model server: optional")), classes="step", markup=False)
            yield Static(line(say("looking for it …"), MUTED), id="server", markup=False)
            yield TextField(id="address", placeholder=line(say("its address"), MUTED))
            yield Static(_step(2, say("Folder with the images")), classes="step", markup=False)
            yield TextField(id="folder", placeholder=line(self._hint(), MUTED))
            yield Static(id="trouble", markup=False)
            yield Static(_step(3, say("Then say, for a start:")), classes="step", markup=False)
            words = Content.assemble(
                line(f"“{say(FIRST_WORDS)}”"),
                line("  " + say("tab takes it; it only reads"), MUTED),
            )
            yield Static(words, id="first", markup=False)
        yield EdgeLine(id="foot")

    def _hint(self) -> str:
        if self._current:
            return say("a path; enter alone stays with {folder}", folder=self._current)
        if self._open_demo is None:
            return say("a path")
        return say("a path; enter alone opens a demo on made-up pictures")

    def on_mount(self) -> None:
        """Type at once; look for the server meanwhile."""
        self._folder.focus()
        self._draw_keys()
        self._ask("")

    def on_unmount(self) -> None:
        """Stop the opening: nobody is there to be told any more."""
        self._stop.set()

    @property
    def _folder(self) -> TextField:
        return self.query_one("#folder", TextField)

    @property
    def _address(self) -> TextField:
        return self.query_one("#address", TextField)

    # The server

    def _ask(self, address: str) -> None:
        self.run_worker(partial(self._asks, address), thread=True, group="server")

    def _asks(self, address: str) -> None:
        try:
            server = settings_work.find_server(address)
        except TagsmithError as error:
            self.post_message(self.Asked(None, str(error)))
        else:
            self.post_message(self.Asked(server))

    @on(Asked)
    def _answered(self, message: Asked) -> None:
        told, server = self.query_one("#server", Static), message.server
        if server is None:
            told.update(Content.assemble(("! ", "$text-error bold"), block(message.error)))
            return
        if not self._address.text:
            self._address.put(server.url)
        told.update(_about_server(server))
        if server.info is not None:
            self._to_folder()

    @on(TextField.Submitted, "#address")
    def _typed_address(self, message: TextField.Submitted) -> None:
        message.stop()
        told = self.query_one("#server", Static)
        told.update(line(say("looking for it …"), MUTED))
        self._ask(message.value.strip())

    # The folder

    @on(TextField.Submitted, "#folder")
    def _submitted(self, message: TextField.Submitted) -> None:
        if self._opens:
            return
        path = message.value.strip()
        if not path and self._current:
            self.dismiss(None)
            return
        if not path and self._open_demo is None:
            self._say(say("Type the path of a folder with images."))
            return
        self._opens = True
        self._stop.clear()
        self._tell(say("opening … esc stops it"))
        if path or self._open_demo is None:
            opening = self._open_folder(os.path.expanduser(path))
        else:
            opening = self._open_demo()
        self.run_worker(partial(self._open, opening), thread=True)

    def _open(self, opening: Opening) -> None:
        try:
            opened = opening.open(jobs.watching(self.post_message, self._stop))
        except TagsmithError as error:
            self.post_message(self.Refused(str(error)))
        else:
            self.post_message(self.Opened(opened, opening.suggestion or say(FIRST_WORDS)))

    @on(Refused)
    def _refused(self, message: Refused) -> None:
        self._opens = False
        self._say(message.message)

    @on(jobs.Progressed)
    def _progressed(self, message: jobs.Progressed) -> None:
        if self._opens and not self._stop.is_set():
            self._tell(say("{progress} … esc stops it", progress=progress(message.step)))

    def _tell(self, doing: str) -> None:
        self.query_one("#trouble", Static).update(line(doing, MUTED))

    def _say(self, trouble: str) -> None:
        content = (
            Content.assemble(("! ", "$text-error bold"), block(trouble)) if trouble else Content()
        )
        self.query_one("#trouble", Static).update(content)

    # Keys

    def on_descendant_focus(self) -> None:
        """The last line tells the keys of the step."""
        self._draw_keys()

    def _draw_keys(self) -> None:
        if self._address.has_focus:
            shown = [("enter", say("ask this address")), ("down, esc", say("leave it"))]
        else:
            shown = [("enter", say("open")), ("tab", say("complete")), ("up", say("model server"))]
            if self._current:
                shown.append(("esc", say("back")))
        shown.append(("ctrl+q", say("quit")))
        self.query_one("#foot", EdgeLine).left = Content(" ") + keys(shown)

    def on_key(self, event: events.Key) -> None:
        """Tab completes the path, up and down go between the steps, Esc leaves what is done."""
        if event.key == "escape":
            event.stop()
            self._leave()
        elif event.key in ("up", "shift+tab"):
            event.stop()
            event.prevent_default()
            self.add_class("-address")
            self._address.focus()
            # So that another address can just be typed.
            self._address.select_all()
        elif event.key == "down" or (event.key == "tab" and self._address.has_focus):
            event.stop()
            event.prevent_default()
            self._to_folder()
        elif event.key == "tab":
            event.stop()
            event.prevent_default()
            self._folder.put(complete_folder(self._folder.text))

    def _leave(self) -> None:
        if self._opens:
            self._stop.set()
            self._tell(say("stopping"))
        elif self._address.has_focus:
            self._to_folder()
        elif self._current:
            self.dismiss(None)

    def _to_folder(self) -> None:
        self._folder.focus()
        self.remove_class("-address")


def _step(number: int, what: str) -> Content:
    return Content.assemble((f"{number}  ", ACCENT), line(what, "bold"))


def _about_server(server: settings_work.Server) -> Content:
    """Return what the search for a server came to, and that nobody needs one."""
    from tagsmith.tui import server_report

    if server.info is None:
        return Content("\n").join(
            [
                line(server.trouble[0]),
                line(say("The built-in engine answers: it knows the daily commands."), MUTED),
            ]
        )
    name = server_report.server_name(server.info)
    used = server_report.shown(server.used) if server.used else say("no model chosen yet")
    return Content.assemble(("✓ ", "$text-success bold"), line(f"{name}: {used}"))
