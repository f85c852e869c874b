"""The first frame waits for nothing heavy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HEAVY = ("openai", "langchain", "onnxruntime", "huggingface_hub", "numpy", "PIL")
# What opening a dataset needs, and the frame that says so does not.
BEHIND = (
    *("pydantic", "lark", "rapidfuzz", "argparse", "tagsmith.agent", "tagsmith.tools"),
    *("tagsmith.tui.screens", "tagsmith.tui.widgets"),
)
AT_FIRST = {
    *("argparse", "tagsmith.tools", "tagsmith.tools.errors"),
    *("tagsmith.tools.paths", "tagsmith.tools.wording"),
    *("tagsmith.tools.vision", "tagsmith.tools.vision.preferences"),
    *("tagsmith.agent", "tagsmith.agent.config_start"),
    *("tagsmith.tui.screens", "tagsmith.tui.screens.background"),
    *("tagsmith.tui.screens.chat", "tagsmith.tui.screens.work"),
    "tagsmith.tui.widgets",
    *(f"tagsmith.tui.widgets.{name}" for name in ("edge", "field", "messages")),
    *(f"tagsmith.tui.widgets.{name}" for name in ("outcomes", "palette", "past", "prompt")),
    *(f"tagsmith.tui.widgets.{name}" for name in ("rows", "state_line", "talk_line")),
    *(f"tagsmith.tui.widgets.{name}" for name in ("transcript", "waiting", "welcome")),
}
STARTED = """
import sys
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.cli import main

def shown(self):
    import asyncio

    async def frame():
        async with self.run_test() as pilot:
            strips = self.screen._compositor.render_strips()
            text = "".join(segment.text for strip in strips for segment in strip)
            assert "Opening pets" in text, text
            if STAGE == "first frame":
                tell()
            await pilot.pause()
            await self.workers.wait_for_complete()
            await pilot.pause()
            if STAGE == "open":
                tell()

    asyncio.run(frame())

def tell():
    print(*sorted(sys.modules))

def held(self, what):
    if STAGE == "open":
        begin(self, what)

from tagsmith.tui.screens.work import WorkScreen
begin, WorkScreen._open = WorkScreen._open, held
TagsmithApp.run = shown
sys.stdin.isatty = sys.stdout.isatty = lambda: True
sys.exit(main([sys.argv[1]]))
"""


def modules(tmp_path: Path, stage: str) -> set[str]:
    """The modules that are loaded once the program, started on a folder, has come so far."""
    folder = tmp_path / "pets"
    folder.mkdir()
    (folder / "a.png").touch()
    code = STARTED.replace("STAGE", repr(stage))
    home = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("STATE", "CONFIG", "DATA")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | home | {"TAGSMITH_ENGINE": "offline"},
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return set(done.stdout.split())


def test_the_first_frame_waits_for_nothing_of_the_dataset(tmp_path: Path) -> None:
    loaded = modules(tmp_path, "first frame")
    assert "textual.app" in loaded
    assert {name for name in loaded if name.startswith(BEHIND)} == AT_FIRST


def test_an_open_dataset_has_loaded_nothing_heavy(tmp_path: Path) -> None:
    loaded = modules(tmp_path, "open")
    assert {"tagsmith.agent.conversation", "tagsmith.tools.workspace"} <= loaded
    assert loaded & set(HEAVY) == set()


def test_the_sanitiser_needs_no_textual() -> None:
    code = "import sys, tagsmith.tui.text as t; t.plain('x'); print('textual' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"
