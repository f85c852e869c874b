"""docs/faults.md: every fault mode played to the engine, and what the user saw of it.

    python tests/fakes/fault_table.py      writes the page anew

``tests/agent/test_fault_table.py`` fails where the page says something else than what happens.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from engine_kit import PATIENCE, Talk, Told, digests, make_dataset
from fault_modes import BODIES, BREAKS, FAULTS, REFUSALS, RETRIED, SECRET, FaultMode
from model_server import ModelServer
from pydantic import SecretStr

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.server.endpoint import Endpoint, Limits
from tagsmith.agent.server_engine import ServerEngine
from tagsmith.tools.workspace import Workspace

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
ADDRESS = "http://localhost:1234/v1"
SHORT, GRACE = 0.3, 1.0  # seconds: the limits of these runs, and what a message may take besides
HEAD = """\
# What happens when a model server fails

Made by `tests/fakes/fault_table.py`, which plays each fault to the engine over HTTP; a test fails
where this page is not what it finds. "At once" is within a second; a limit is that of
[the settings](servers.md#time-limits), and the message comes within a second after it. "Goes on"
stands where no tool was run, not one byte of the dataset has changed, and the next message was
answered within a second.
"""
COLUMNS = "| fault | what the user sees | time to the message | state after |\n|---|---|---|---|\n"
PARTS = {
    "Refusals": REFUSALS,
    "Answers that are none": BODIES,
    "Answers that break off or stand still": BREAKS,
}


@dataclass(frozen=True)
class Played:
    """A fault, what was told of it, and what was true afterwards."""

    name: str
    mode: FaultMode
    told: Told
    seconds: float
    unharmed: bool
    goes_on: bool

    @property
    def in_time(self) -> bool:
        limit = SHORT if self.mode.limit else 0.0
        return self.seconds < limit + GRACE

    @property
    def seen(self) -> str:
        failed, asked = self.told.failed, self.told.asked
        if failed is not None:
            return f"{failed.message} {failed.hint}"
        return f"A question: {asked.question}" if asked is not None else "nothing"

    @property
    def row(self) -> str:
        told = self.seen.replace(f"{SHORT:g} s", f"{self._limit:.0f} s").replace("|", "\\|")
        after = "goes on" if self.unharmed and self.goes_on else "HARMED"
        return f"| {self.name} | {told} | {self._when} | {self.told.state}, {after} |"

    @property
    def _limit(self) -> float:
        return float(getattr(Limits(), self.mode.limit)) if self.mode.limit else 0.0

    @property
    def _when(self) -> str:
        if self.mode.limit:
            return f"after {self._limit:.0f} s"
        if self.mode.requests == RETRIED:
            return "after two more attempts"
        return "at once"


def play(name: str, folder: Path) -> Played:
    """Play one fault to an engine that has answered before."""
    mode, root = FAULTS[name], make_dataset(folder)
    limits = replace(PATIENCE, **({mode.limit: SHORT} if mode.limit else {}))
    before = digests(root)
    with ModelServer() as server:
        endpoint = Endpoint(server.base_url, key=SecretStr(SECRET), limits=limits)
        engine = ServerEngine(endpoint)
        talk = Talk(server, Conversation(Workspace.open(str(root)), engine), engine)
        try:
            talk.say("hello")
            server.script(*[mode.reply] * 6)
            began = time.monotonic()
            told = talk.say("change 1girl to 1woman")
            seconds = time.monotonic() - began
            server.forget_script()
            began = time.monotonic()
            answered = talk.say("still there?").text == "Hello from the fake server."
            goes_on = answered and time.monotonic() - began < GRACE
        finally:
            engine.close()
        told = _with_address(told, server)
    unharmed = not told.started and told.state == "nothing staged" and digests(root) == before
    return Played(name, mode, told, seconds, unharmed, goes_on)


def _with_address(told: Told, server: ModelServer) -> Told:
    def plain(text: str) -> str:
        return text.replace(server.base_url, ADDRESS).replace(server.origin, ADDRESS[:-3])

    failed, asked = told.failed, told.asked
    events = list(told.events)
    if failed is not None:
        events[events.index(failed)] = replace(failed, message=plain(failed.message))
    if asked is not None:
        events[events.index(asked)] = replace(asked, question=plain(asked.question))
    return Told(tuple(events))


def page(played: dict[str, Played]) -> str:
    """The whole page."""
    parts = [HEAD]
    for title, modes in PARTS.items():
        rows = "\n".join(played[name].row for name in modes)
        parts.append(f"## {title}\n\n{COLUMNS}{rows}\n")
    return "\n".join(parts)


def play_all(folder: Path) -> Iterator[Played]:
    for number, name in enumerate(FAULTS):
        yield play(name, folder / str(number))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        PAGE.write_text(page({one.name: one for one in play_all(Path(scratch))}), "utf-8")
