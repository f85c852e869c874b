"""The first frame waits for nothing heavy."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("openai", "langchain", "onnxruntime", "huggingface_hub", "numpy", "PIL")
FIRST_FRAME = """
import asyncio, sys, tempfile, pathlib
from tagsmith.agent.conversation import Conversation
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.app import TagsmithApp

class Silent:
    name = "offline"
    def respond(self, text, workspace):
        return iter(())

async def main():
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "a.png").touch()
        async with TagsmithApp(Conversation(Workspace.open(folder), Silent())).run_test() as pilot:
            await pilot.pause()

asyncio.run(main())
print(*sorted(set(sys.modules) & set(HEAVY)))
"""


def test_the_app_and_its_first_frame_load_nothing_heavy() -> None:
    code = FIRST_FRAME.replace("HEAVY", repr(HEAVY))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    assert done.stdout.strip() == ""


def test_the_sanitiser_needs_no_textual() -> None:
    code = "import sys, tagsmith.tui.text as t; t.plain('x'); print('textual' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"
