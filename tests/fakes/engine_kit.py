"""A small dataset, a conversation with the server engine over it, and what came of a message."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_server import ModelServer

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import (
    Asked,
    Done,
    Event,
    Failed,
    Noted,
    Said,
    ToolFinished,
    ToolStarted,
)
from tagsmith.agent.middleware import TurnLimits
from tagsmith.agent.server.endpoint import Endpoint, Limits
from tagsmith.agent.server_engine import ServerEngine
from tagsmith.tools.workspace import Workspace

CAPTIONS = {
    "one": "dog, hat, watermark, grass",
    "two": "dog, running, grass",
    "three": "cat, hat, watermark",
    "four": "cat, sofa, blue eyes",
    "five": "1girl, long hair, hat",
}
PATIENCE = Limits(
    connect=1.0, first_token=5.0, between_tokens=5.0, turn=9.0, wait=0.5, backoff=0.01
)


def make_dataset(root: Path, captions: Mapping[str, str] | None = None) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for name, caption in (captions or CAPTIONS).items():
        (root / f"{name}.png").write_bytes(f"picture {name}".encode())
        (root / f"{name}.txt").write_bytes(caption.encode())
    return root


def digests(root: Path) -> dict[str, str]:
    """Every file below a folder with a digest of its bytes, and every folder."""
    found = {}
    for folder, _, names in os.walk(root):
        found[os.path.relpath(folder, root)] = "folder"
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, root)] = hashlib.sha256(file.read()).hexdigest()
    return found


@dataclass(frozen=True)
class Told:
    """The events of one message, sorted."""

    events: tuple[Event, ...]

    @property
    def text(self) -> str:
        return "".join(one.text for one in self.events if isinstance(one, Said))

    @property
    def notes(self) -> list[str]:
        return [one.text for one in self.events if isinstance(one, Noted)]

    @property
    def started(self) -> list[tuple[str, dict[str, Any]]]:
        calls = (one.call for one in self.events if isinstance(one, ToolStarted))
        return [(call.tool, call.arguments) for call in calls]

    @property
    def finished(self) -> list[ToolFinished]:
        return [one for one in self.events if isinstance(one, ToolFinished)]

    @property
    def asked(self) -> Asked | None:
        return next((one for one in self.events if isinstance(one, Asked)), None)

    @property
    def failed(self) -> Failed | None:
        return next((one for one in self.events if isinstance(one, Failed)), None)

    @property
    def state(self) -> str:
        last = self.events[-1]
        assert isinstance(last, Done)
        return last.state


@dataclass(frozen=True)
class Talk:
    """A conversation with a scripted server, and all that the server was sent."""

    server: ModelServer
    conversation: Conversation
    engine: ServerEngine

    def say(self, text: str) -> Told:
        return Told(tuple(self.conversation.say(text)))

    @property
    def sent(self) -> list[dict[str, Any]]:
        return [one.json for one in self.server.chats]

    @property
    def last_message(self) -> dict[str, Any]:
        """The last message of the last request."""
        message = self.sent[-1]["messages"][-1]
        assert isinstance(message, dict)
        return message


@contextmanager
def talking(
    root: Path,
    server: ModelServer,
    limits: TurnLimits | None = None,
    model: str = "",
    context_length: int | None = None,
) -> Iterator[Talk]:
    endpoint = Endpoint(
        server.base_url, model=model, limits=PATIENCE, context_length=context_length
    )
    engine = ServerEngine(endpoint, limits)
    try:
        yield Talk(server, Conversation(Workspace.open(root), engine), engine)
    finally:
        engine.close()
