"""The first run: a folder to work on, or the demo."""

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
from tagsmith.tui import jobs
from tagsmith.tui.text import block, line
from tagsmith.tui.widgets.completion import common_start
from tagsmith.tui.widgets.edge import EdgeLine, keys
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.outcomes import progress
from tagsmith.tui.widgets.palette import MUTED

if TYPE_CHECKING:
    from tagsmith.tui.opening import Opened, Opening

WELCOME = (
    "Tagsmith edits the captions of an image dataset by conversation.\n"
    "You review every change before it is written, and you can undo it afterwards."
)
KEYS = [
    ("enter", "open"),
    ("tab", "complete"),
    ("enter on the empty line", "demo"),
    ("ctrl+q", "quit"),
]


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
    """Asks for a folder and opens it in a worker, or says why it cannot be opened."""

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

    def __init__(
        self, open_folder: Callable[[str], Opening], open_demo: Callable[[], Opening] | None
    ) -> None:
        super().__init__()
        self._open_folder = open_folder
        self._open_demo = open_demo
        self._opens = False
        self._stop = Flag()

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        with Vertical(id="welcome"):
            yield Static(Content.styled("Tagsmith", "$accent bold"), markup=False)
            yield Static(Content(WELCOME), markup=False)
            yield Static(Content.styled("Folder with the images", "bold"), id="ask", markup=False)
            hint = "a path; enter alone opens a demo on made-up pictures"
            yield TextField(id="folder", placeholder=line(hint, MUTED))
            yield Static(id="trouble", markup=False)
        yield EdgeLine(Content(" ") + keys(KEYS), id="foot")

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(TextField).focus()

    def on_unmount(self) -> None:
        """Stop the opening: nobody is there to be told any more."""
        self._stop.set()

    @on(TextField.Submitted)
    def _submitted(self, message: TextField.Submitted) -> None:
        if self._opens:
            return
        path = message.value.strip()
        if not path and self._open_demo is None:
            self._say("Type the path of a folder with images.")
            return
        self._opens = True
        self._stop.clear()
        self._tell("opening … esc stops it")
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
            self.post_message(self.Opened(opened, opening.suggestion))

    @on(Refused)
    def _refused(self, message: Refused) -> None:
        self._opens = False
        self._say(message.message)

    @on(jobs.Progressed)
    def _progressed(self, message: jobs.Progressed) -> None:
        if self._opens and not self._stop.is_set():
            self._tell(f"{progress(message.step)} … esc stops it")

    def _tell(self, doing: str) -> None:
        self.query_one("#trouble", Static).update(line(doing, MUTED))

    def _say(self, trouble: str) -> None:
        content = (
            Content.assemble(("! ", "$text-error bold"), block(trouble)) if trouble else Content()
        )
        self.query_one("#trouble", Static).update(content)

    def on_key(self, event: events.Key) -> None:
        """Tab completes the path; Esc ends the opening."""
        if event.key == "escape" and self._opens:
            event.stop()
            self._stop.set()
            self._tell("stopping")
        elif event.key == "tab":
            event.stop()
            event.prevent_default()
            field = self.query_one(TextField)
            field.put(complete_folder(field.text))
