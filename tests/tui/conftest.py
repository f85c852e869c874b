"""A small dataset, an engine that plays a script, and an app on both."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hostile_texts import FORBIDDEN, HOSTILE
from textual.app import App
from textual.pilot import Pilot

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Call, Event, Said, ToolFinished, ToolStarted
from tagsmith.tools import toolbox
from tagsmith.tools.workspace import Workspace
from tagsmith.tui import language
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.widgets import confirm, plan_card

CAPTIONS = (
    "dog, solo, brown fur, watermark, grass",
    "dog, running, outdoors, grass",
    "cat, indoors, solo, watermark",
    "dog, coco, solo, beach",
    "cat, outdoors, blue eyes",
    "monkey, hat, outdoors, watermark",
    "1girl, dog, long hair, outdoors",
    "1girl, white shirt, long hair, solo",
)

Turn = Sequence[Event | Call]


class ScriptedEngine:
    """Answers each message with the events given for it, and runs the calls among them."""

    name = "offline"

    def __init__(self, turns: Mapping[str, Turn]) -> None:
        self.turns = turns

    def respond(self, text: str, workspace: Workspace) -> Generator[Event, None, None]:
        for step in self.turns.get(text, [Said(f"You said: {text}")]):
            if isinstance(step, Call):
                yield ToolStarted(step)
                yield ToolFinished(step, toolbox.call(workspace, step.tool, step.arguments))
            else:
                yield step


def make_dataset(root: Path, captions: Sequence[str], repeat: int = 1) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for number, caption in enumerate([*captions] * repeat, start=1):
        (root / f"img_{number:04}.png").write_bytes(b"not a picture")
        (root / f"img_{number:04}.txt").write_text(caption)
    return root


@pytest.fixture(autouse=True)
def _fixed_time_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Speak English whatever the machine's locale is, before a test and after it."""
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.delenv("TAGSMITH_LANGUAGE", raising=False)
    language.use("en")
    yield
    language.use("en")


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what a test sends out of the user's own history of inputs."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Forty-eight samples: 18 with ``watermark``, 24 with ``dog``."""
    return make_dataset(tmp_path / "pets", CAPTIONS, repeat=6)


TURNS: Mapping[str, Turn] = {
    "quita watermark y pon el trigger coco en los perros": [
        Said("Two steps are staged: `watermark` goes from 18 captions, "),
        Said("and `coco` comes first where there is a dog."),
        Call("prune_tags", {"tags": ["watermark"]}),
        Call("add_trigger", {"trigger": "coco", "where": "dog"}),
    ],
    "small": [Call("prune_tags", {"tags": ["hat"], "where": "name:img_0006*"})],
    "delete": [Call("delete_images", {"where": "name:img_0006*"})],
    "order": [Call("move_tags", {"tags": ["solo"], "where": "name:img_0001*"})],
}


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine(TURNS)


@pytest.fixture
def make_app(pets: Path, engine: ScriptedEngine) -> Callable[..., TagsmithApp]:
    def make(root: Path = pets, suggestion: str = "", theme: str = "dark") -> TagsmithApp:
        return TagsmithApp(Conversation(Workspace.open(root), engine), suggestion, theme=theme)

    return make


@pytest.fixture
def idle() -> Callable[[Pilot[int]], Awaitable[None]]:
    """Wait until no job runs and what they posted is shown."""

    async def wait(pilot: Pilot[int]) -> None:
        await pilot.pause()
        while pilot.app.workers:
            await pilot.app.workers.wait_for_complete()
            await pilot.pause()
        await pilot.pause()

    return wait


@pytest.fixture(autouse=True)
def _review_takes_keys(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the review and its last question take keys at once, but for tests of that half second."""
    if "with_grace" not in request.fixturenames:
        monkeypatch.setattr(confirm, "GRACE", 0.0)


@pytest.fixture
def with_grace() -> None:
    """Keep the half second in which the review takes no keys that decide."""


@pytest.fixture
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a plan card take keys at once."""
    monkeypatch.setattr(plan_card, "GRACE", 0.0)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "hostile" in metafunc.fixturenames:
        metafunc.parametrize("hostile", HOSTILE, ids=[ascii(one)[1:24] for one in HOSTILE])


@pytest.fixture
def hostile_texts() -> tuple[str, ...]:
    return HOSTILE


@pytest.fixture
def assert_harmless() -> Callable[[App[Any]], None]:
    """Check every strip on the screen: nothing a terminal obeys, nothing to click."""

    def check(app: App[Any]) -> None:
        for strip in app.screen._compositor.render_strips():
            for segment in strip:
                assert not FORBIDDEN.search(segment.text), ascii(segment.text)
                assert not segment.control
                if segment.style is not None:
                    assert "@click" not in segment.style.meta
                    assert segment.style.link is None

    return check
