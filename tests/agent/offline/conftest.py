"""A small dataset and a conversation with the engine, shared by the engine's tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tagsmith.agent.events import Asked, Event, Failed, Said, ToolStarted
from tagsmith.agent.offline.engine import OfflineEngine
from tagsmith.tools.workspace import Workspace

HERE = Path(__file__).parent


@dataclass
class Conversation:
    """One engine on one workspace; ``say`` answers one message."""

    workspace: Workspace
    engine: OfflineEngine = field(default_factory=OfflineEngine)
    events: list[Event] = field(default_factory=list)

    def say(self, *messages: str) -> Conversation:
        for message in messages:
            self.events = list(self.engine.respond(message, self.workspace))
        return self

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        started = [event for event in self.events if isinstance(event, ToolStarted)]
        return [(event.call.tool, event.call.arguments) for event in started]

    @property
    def asked(self) -> Asked | None:
        return next((event for event in self.events if isinstance(event, Asked)), None)

    @property
    def failed(self) -> Failed | None:
        return next((event for event in self.events if isinstance(event, Failed)), None)

    @property
    def said(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Said))

    @property
    def steps(self) -> list[tuple[str, dict[str, Any]]]:
        return [(step.tool, step.arguments) for step in self.workspace.steps]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("offline")
    captions = json.loads((HERE / "captions.json").read_text(encoding="utf-8"))
    for name, caption in captions.items():
        (root / f"{name}.png").write_bytes(b"not a picture, and never opened")
        if caption is not None:
            (root / f"{name}.txt").write_text(caption, encoding="utf-8")
    return root


@pytest.fixture
def talk(folder: Path) -> Callable[..., Conversation]:
    """Say messages to a fresh engine and return the conversation."""

    def start(*messages: str) -> Conversation:
        return Conversation(Workspace.open(folder)).say(*messages)

    return start
