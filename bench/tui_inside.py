"""The headless half of bench/tui.py: each measure runs in a process of its own, prints JSON."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tui_kit import (
    SETTLED,
    Clocked,
    ListScreen,
    Minimal,
    MinimalAnswer,
    Speaking,
    key,
    make_session,
    out,
    resident,
    settled,
    tokens,
)

SIZE = (120, 40)
ROUND = ("down", "down", "down", "pagedown", "up", "end", "up", "pagedown", "home", "down")


def app_on(root: str, engine: Any = None, **more: Any) -> Any:
    """Return Tagsmith, clocked, on a dataset."""
    from tagsmith.agent.conversation import Conversation
    from tagsmith.agent.offline.engine import OfflineEngine
    from tagsmith.tools.workspace import Workspace
    from tagsmith.tui import app as face

    class ClockedTagsmith(Clocked, face.TagsmithApp):
        CSS_PATH = Path(face.__file__).with_name("app.tcss")

    conversation = Conversation(Workspace.open(root), engine or OfflineEngine(), **more)
    return ClockedTagsmith(conversation)


async def rested(app: Any) -> None:
    """Wait until the chat has nothing to do, no thread runs, and all is drawn."""
    await asyncio.sleep(SETTLED)
    while app._chat() is None or app._chat().busy or app._chat()._snapshot is None:
        await asyncio.sleep(0.02)
    await app.workers.wait_for_complete()
    await settled(app)()


async def opened(app: Clocked, mark: str, act: Callable[[], object]) -> tuple[float, float]:
    """Do what opens a list; return wall and CPU seconds to the frame that has its rows."""
    app.mark, app.frames[:] = mark, []
    wall, cpu = time.perf_counter(), time.thread_time()
    act()
    while not any(frame.marked for frame in app.frames):
        await asyncio.sleep(0.001)
    frame = next(frame for frame in app.frames if frame.marked)
    return frame.wall - wall, frame.cpu - cpu


async def pressed(app: Clocked, name: str) -> tuple[float, float]:
    """Press a key; return wall seconds to its last frame, and CPU seconds of all it caused."""
    app.frames.clear()
    wall, cpu = time.perf_counter(), time.thread_time()
    app.post_message(key(name))
    await asyncio.sleep(SETTLED)
    await settled(app)(0 if not app.frames else len(app.frames))
    spent = time.thread_time() - cpu
    return (app.frames[-1].wall - wall if app.frames else 0.0), spent


async def list_of(
    app: Any,
    mark: str,
    act: Callable[[], object],
    rest: Callable[[], Awaitable[None]],
    options: dict[str, int],
) -> dict[str, Any]:
    """Open a list some times, leave it, and press keys in it."""
    before, opens, keys = resident(), [], []
    for number in range(options["opens"]):
        opens.append(await opened(app, mark, act))
        await rest()
        if number + 1 < options["opens"]:
            app.pop_screen()
            await rest()
    after = resident()
    for number in range(options["keys"]):
        keys.append(await pressed(app, ROUND[number % len(ROUND)]))
    app.pop_screen()
    await rest()
    return {"opens": opens, "keys": keys, "before": before, "after": after}


async def lists(root: str, options: dict[str, int]) -> dict[str, Any]:
    """Measure the Tags and the Review of a plan that edits every caption."""
    app = app_on(root)

    async def rest() -> None:
        await rested(app)

    async with app.run_test(size=SIZE):
        await rest()
        gc.collect()
        chat = app.screen
        start = resident()
        tags = await list_of(app, "tag 0", chat.tags, rest, options)
        chat.call("add_trigger", {"trigger": "sks person"})
        await rest()
        review = await list_of(app, "img_0", chat.review, rest, options)
    return {"start": start, "tags": tags, "review": review}


async def floor_lists(files: int, options: dict[str, int]) -> dict[str, Any]:
    """Measure a screen with a list of strings, in an app with nothing else."""
    app = Minimal()

    async def rest() -> None:
        await settled(app)()

    async with app.run_test(size=SIZE):
        await rest()
        start = resident()

        def act() -> None:
            app.push_screen(ListScreen(files))

        return {"start": start, "list": await list_of(app, "row 0", act, rest, options)}


async def stream(root: str, options: dict[str, int]) -> dict[str, Any]:
    """Let a model's answer arrive in the chat."""
    pieces = tokens(options["tokens"])
    app = app_on(root, Speaking(pieces, options["rate"]))
    async with app.run_test(size=SIZE):
        await rested(app)
        wall, cpu = time.perf_counter(), time.process_time()
        app.screen.submit("go on")
        await rested(app)
        return stream_result(app, wall, cpu)


async def floor_stream(kind: str, options: dict[str, int]) -> dict[str, Any]:
    """Let the same answer arrive in an app with nothing else."""
    app = MinimalAnswer(kind)
    async with app.run_test(size=SIZE):
        await settled(app)()
        wall, cpu = time.perf_counter(), time.process_time()
        await app.show(tokens(options["tokens"]), options["rate"])
        await settled(app)()
        return stream_result(app, wall, cpu)


def stream_result(app: Clocked, wall: float, cpu: float) -> dict[str, Any]:
    return {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "widgets": widgets(app),
        "memory": resident(),
    }


def widgets(app: Clocked) -> int:
    return len(list(app.screen.walk_children()))


async def session(root: str, options: dict[str, int]) -> dict[str, Any]:
    """Go on with a session of many turns: until the line can be used, and all pages are read."""
    from tagsmith.agent import session_files
    from tagsmith.agent.session import Session

    path, before = Path(os.environ["TAGSMITH_BENCH_SESSION"]), resident()
    start = time.perf_counter()
    saved = session_files.read(path)
    app = app_on(root, session=Session.resume(saved), earlier=saved)
    async with app.run_test(size=SIZE):
        while app._chat() is None or app._chat().busy or app._chat()._snapshot is None:
            await asyncio.sleep(0.001)
        usable = time.perf_counter() - start
        await rested(app)
        found = {"usable": usable, "widgets": widgets(app), "before": before}
        most = found["widgets"]
        for _ in range(options["pages"]):
            app.screen.action_scroll_transcript(-1)
            await settled(app)()
            most = max(most, widgets(app))
        return found | {"most": most, "after": resident()}


async def floor_session(root: str) -> dict[str, Any]:
    """Begin a session on the same dataset."""
    before, start = resident(), time.perf_counter()
    app = app_on(root)
    async with app.run_test(size=SIZE):
        while app._chat() is None or app._chat().busy or app._chat()._snapshot is None:
            await asyncio.sleep(0.001)
        usable = time.perf_counter() - start
        await rested(app)
        return {
            "usable": usable,
            "widgets": widgets(app),
            "before": before,
            "after": resident(),
        }


def child(name: str, root: str, options: dict[str, int]) -> None:
    """Run one measure in this process and print it."""
    runs: dict[str, Callable[[], Any]] = {
        "lists": lambda: lists(root, options),
        "floor_lists": lambda: floor_lists(options["files"], options),
        "stream": lambda: stream(root, options),
        "floor_markdown": lambda: floor_stream("markdown", options),
        "floor_label": lambda: floor_stream("label", options),
        "session": lambda: session(root, options),
        "floor_session": lambda: floor_session(root),
    }
    if name == "write_session":
        out({"path": make_session(root, options["turns"])})
        return
    out(asyncio.run(runs[name]()))
