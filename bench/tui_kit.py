"""What bench/tui.py measures with: a dataset, a session, floors, and a clock on every frame."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rich.segment import Segment
from textual import events
from textual._compositor import CompositorUpdate
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Size
from textual.screen import Screen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Input, Label, Markdown, Static

SETTLED = 0.04  # seconds without a frame after which a key has had its effect
PARAGRAPH = (
    "The captions of **group {n}** name the `watermark` first, and that is where a trainer reads "
    "them; move it behind the subject, or take it out.\n\n"
    "- keep `dog {n}` where it stands\n- drop `blurry` from the others\n\n"
)


def make_dataset(folder: Path, files: int) -> None:
    """Write empty images with captions of a dozen tags; one tag of each is in no other."""
    if folder.is_dir():
        return
    folder.mkdir(parents=True)
    for number in range(files):
        common = [f"tag {(number * step) % 3000:04d}" for step in range(1, 12)]
        tags = ", ".join([*common, f"rare {number:06d}"])
        (folder / f"img_{number:06d}.txt").write_text(tags)
        (folder / f"img_{number:06d}.png").touch()


def make_session(root: str, turns: int) -> str:
    """Write down a conversation of so many turns; return where it lies."""
    from tagsmith.agent.events import Call, Said, ToolFinished
    from tagsmith.agent.session import Session
    from tagsmith.agent.session_files import folder
    from tagsmith.agent.turns import ModelText, Turn, UserText
    from tagsmith.tools.toolbox import Outcome
    from tagsmith.tools.workspace import Workspace

    workspace = Workspace.open(root)
    session = Session(workspace.root)
    for number in range(turns):
        words, answer = f"question {number}: what stands where?", PARAGRAPH.format(n=number)
        session.words(words)
        session.event(ToolFinished(Call("list_tag_frequencies", {}), Outcome("tag 0001 40", {})))
        session.event(Said(answer))
        session.now(workspace, [Turn((UserText(words), ModelText(answer)))])
    session.close()
    return os.fspath(folder() / f"{session.id}.jsonl")


def tokens(count: int) -> list[str]:
    """Return an answer in Markdown cut into pieces of four characters."""
    text = ""
    while len(text) < 4 * count:
        text += PARAGRAPH.format(n=len(text))
    return [text[start : start + 4] for start in range(0, 4 * count, 4)]


class Speaking:
    """An engine that says a text, piece by piece, at a steady rate."""

    name = "bench"

    def __init__(self, pieces: list[str], rate: float) -> None:
        self.pieces = pieces
        self.rate = rate

    def respond(self, text: str, workspace: Any) -> Generator[Any, None, None]:
        from tagsmith.agent.events import Said

        del text, workspace
        start = time.perf_counter()
        for number, piece in enumerate(self.pieces):
            time.sleep(max(0.0, start + number / self.rate - time.perf_counter()))
            yield Said(piece)


@dataclass(frozen=True)
class Frame:
    """When a frame was on its way to the terminal: wall and CPU time; whether it had the mark."""

    wall: float
    cpu: float
    marked: bool


class Clocked(App[Any]):
    """An app whose frames are rendered to the escape sequences, headless too, and clocked."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.frames: list[Frame] = []
        self.mark = "\0"

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        drawn = ""
        if isinstance(renderable, CompositorUpdate) and not self._batch_count:
            drawn = renderable.render_segments(self.console)
        super()._display(screen, renderable)
        if drawn:
            self.frames.append(Frame(time.perf_counter(), time.thread_time(), self.mark in drawn))


# Floors: what Textual alone does


class Lines(ScrollView, can_focus=True):
    """The least that a list of any length is in Textual: strings, a cursor, the line API."""

    BINDINGS: ClassVar[list[Any]] = [
        ("down", "move(1)"),
        ("up", "move(-1)"),
        ("pagedown", "move(20)"),
        ("end", "move(1000000)"),
        ("home", "move(-1000000)"),
    ]

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.cursor = 0

    def on_mount(self) -> None:
        self.virtual_size = Size(80, self.count)

    def render_line(self, y: int) -> Strip:
        index = self.scroll_offset.y + y
        style = self.rich_style if index != self.cursor else self.rich_style + self.reversed
        return Strip([Segment(f"row {index:06d}".ljust(self.size.width), style)])

    @property
    def reversed(self) -> Any:
        from rich.style import Style

        return Style(reverse=True)

    def action_move(self, rows: int) -> None:
        before, self.cursor = self.cursor, max(0, min(self.count - 1, self.cursor + rows))
        self.refresh_lines(before)
        self.refresh_lines(self.cursor)
        top, height = self.scroll_offset.y, self.size.height
        if not top <= self.cursor < top + height:
            aim = self.cursor if self.cursor < top else self.cursor - height + 1
            self.scroll_to(y=aim, animate=False)


class ListScreen(Screen[None]):
    """A list between two lines."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def compose(self) -> ComposeResult:
        yield Static("above")
        yield Lines(self.count)
        yield Static("below")

    def on_mount(self) -> None:
        self.query_one(Lines).focus()


class Minimal(Clocked):
    """A line of text and an input."""

    def compose(self) -> ComposeResult:
        yield Static("minimal-first-frame")
        yield Input()


class MinimalAnswer(Clocked):
    """Text that arrives in pieces: Markdown as Textual streams it, or a label with all of it."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def compose(self) -> ComposeResult:
        with VerticalScroll() as scroll:
            scroll.anchor()
            yield Markdown() if self.kind == "markdown" else Label(markup=False)

    async def show(self, pieces: list[str], rate: float) -> None:
        """Write the pieces at a rate, and return when all is drawn."""
        import asyncio

        write, stop = self._writer()
        start = time.perf_counter()
        for number, piece in enumerate(pieces):
            await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
            await write(piece)
        await stop()

    def _writer(self) -> tuple[Callable[[str], Any], Callable[[], Any]]:
        if self.kind == "markdown":
            stream = Markdown.get_stream(self.query_one(Markdown))
            return stream.write, stream.stop
        label, text = self.query_one(Label), []

        async def write(piece: str) -> None:
            text.append(piece)
            label.update("".join(text))

        async def stop() -> None:
            return None

        return write, stop


# What is read of the process


def resident() -> float:
    """Return the resident memory of this process in MiB."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def settled(app: Clocked) -> Callable[[], Any]:
    """Return a coroutine function that waits until the app has drawn nothing for a moment."""
    import asyncio

    async def wait(seen: int = -1) -> None:
        while len(app.frames) != seen:
            seen = len(app.frames)
            await asyncio.sleep(SETTLED)

    return wait


def key(name: str) -> events.Key:
    """Return the event of a key as a driver makes it."""
    return events.Key(name, None)


def out(found: dict[str, Any]) -> None:
    """Print what a child process has measured."""
    print(json.dumps(found))
