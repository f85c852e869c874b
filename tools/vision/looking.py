"""What a tool will have to look at, known before it runs: looking can then be done elsewhere.

Tools that look at images keep what they saw. So the looking needs no workspace, may be stopped and
gone on with, and once it is done the tool's own call costs nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tagsmith.tools import toolbox
from tagsmith.tools.tagging.caption_images import CaptionImages
from tagsmith.tools.tagging.run_tagger import RunTagger
from tagsmith.tools.watch import Step, Watch
from tagsmith.tools.workspace import Workspace

TOOLS = ("run_tagger", "caption_images")

_LOOK_SECONDS = 0.05
_eyes = threading.Lock()


@dataclass(frozen=True, slots=True)
class Look:
    """What one call needs looked at.

    ``names`` are the models, ``total`` the images, ``todo`` those of them that some model has not
    seen, as far as is known. ``work`` looks at them, in any thread and again from where it was
    stopped; it raises what the tool would.
    """

    names: tuple[str, ...]
    total: int
    todo: int
    work: Callable[[Watch], None]


def find_look(workspace: Workspace, tool: str, arguments: Mapping[str, Any]) -> Look | None:
    """Return what a call will look at, None for a tool that does not.

    Reads the workspace and changes nothing. Raises what the tool raises for its arguments.
    """
    if tool not in TOOLS:
        return None
    args = toolbox.validate(toolbox.find(tool), dict(arguments))
    if isinstance(args, RunTagger):
        from tagsmith.tools.vision import tag_run

        return tag_run.look(workspace, args)
    if isinstance(args, CaptionImages):
        from tagsmith.tools.vision.captioners import run

        return run.look(workspace, args)
    raise AssertionError(f"{tool} is in TOOLS")


@contextmanager
def alone(watch: Watch) -> Iterator[None]:
    """Wait until nobody else in this process looks at images: models would push each other out.

    Raises StoppedError once ``watch`` says so.
    """
    while not _eyes.acquire(timeout=_LOOK_SECONDS):
        watch.check("Stopped; nothing was looked at.")
        watch.tell(Step("Waiting for the job that looks at images", 0, 0, ""))
    try:
        yield
    finally:
        _eyes.release()
