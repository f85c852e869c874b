"""Which engine answers: the one that was asked for, or a server if there is one, else the built-in.

A server on another machine is used only after the user has agreed, and nobody but the user can.
"""

from __future__ import annotations

import socket
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tagsmith.agent.consent import Consents, agrees
from tagsmith.agent.events import Asked, Engine, Event, Failed, Noted
from tagsmith.tools.errors import Exit

if TYPE_CHECKING:
    from tagsmith.agent.config import Settings
    from tagsmith.agent.context import Fill
    from tagsmith.agent.middleware import TurnLimits
    from tagsmith.agent.server.endpoint import Endpoint
    from tagsmith.agent.server_engine import ServerEngine
    from tagsmith.agent.turns import Turn
    from tagsmith.tools.workspace import Workspace

KNOCK_SECONDS = 1.0
PORTS = {"http": 80, "https": 443}
FALLBACK = "The built-in engine answers."


@dataclass(frozen=True, slots=True)
class Permission:
    """How the user can agree to a server on another machine.

    ``allowed`` is an agreement for this run; ``asks`` whether there is somebody to be asked.
    """

    consents: Consents
    allowed: bool = False
    asks: bool = False


def make_engine(
    settings: Settings,
    *,
    allow_remote: bool = False,
    asks: bool = False,
    limits: TurnLimits | None = None,
) -> Engine:
    """Return the engine that the settings ask for; no server is looked for before it is needed.

    ``allow_remote`` agrees, for this run, to a server on another machine; ``asks`` says that there
    is somebody to be asked; ``limits`` are what one message may cost, where a model answers.
    Raises UsageError where the key of the server cannot be read.
    """
    if settings.engine == "offline":
        return _offline()
    from tagsmith.agent import config
    from tagsmith.agent.server_engine import ServerEngine

    endpoint = settings.endpoint()
    server = ServerEngine(endpoint, limits, asks=asks)
    engine = AutoEngine(server) if settings.engine == "auto" else server
    if endpoint.local:
        return engine
    permission = Permission(Consents(config.folder()), allow_remote, asks)
    return GuardedEngine(engine, endpoint, permission)


def _offline() -> Engine:
    from tagsmith.agent.offline.engine import OfflineEngine

    return OfflineEngine()


class AutoEngine:
    """The server's engine where a server answers the first message, else the built-in one."""

    def __init__(self, server: ServerEngine) -> None:
        self._server = server
        self._chosen: Engine | None = None

    @property
    def name(self) -> str:
        """Return the name of the engine that answers; "auto" before one had to."""
        return "auto" if self._chosen is None else self._chosen.name

    def respond(self, text: str, workspace: Workspace) -> Generator[Event, None, None]:
        """Answer one message; see Engine."""
        if self._chosen is None:
            yield from self._choose(text, workspace)
        else:
            yield from self._chosen.respond(text, workspace)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Return the turns that the server's model can still be told of; see ServerEngine."""
        return self._server.turns

    @property
    def tokens(self) -> int:
        """Return the tokens that the server has counted so far; see ServerEngine."""
        return self._server.tokens

    @property
    def fill(self) -> Fill | None:
        """Return how full the context is of the model that answers; see ServerEngine."""
        return self._server.fill if self._chosen is self._server else None

    def restore(self, turns: Iterable[Turn]) -> None:
        """Go on with an earlier conversation; see ServerEngine."""
        self._server.restore(turns)

    @property
    def endpoint(self) -> Endpoint:
        """Return the server's address and settings."""
        return self._server.endpoint

    def use(self, model: str) -> None:
        """Have a model of the server answer from the next message on; see ServerEngine."""
        self._server.use(model)
        self._chosen = None

    def cancel(self) -> None:
        """Stop the turn that is going on, at once."""
        self._server.cancel()

    def warm(self) -> None:
        """Import what the first answer needs, if there is a server that could give it."""
        if is_listening(self._server.endpoint):
            self._server.warm()

    def close(self) -> None:
        """Close the connection to the server."""
        self._server.close()

    def _choose(self, text: str, workspace: Workspace) -> Generator[Event, None, None]:
        """Answer through the server; where none is found, say so and let the other one answer."""
        if not is_listening(self._server.endpoint):
            yield Noted(f"No server answers at {self._server.endpoint.base_url}. {FALLBACK}")
        else:
            yield from self._ask_server(text, workspace)
            if self._chosen is not None:
                return
        self._chosen = _offline()
        yield from self._chosen.respond(text, workspace)

    def _ask_server(self, text: str, workspace: Workspace) -> Generator[Event, None, None]:
        with closing(self._server.respond(text, workspace)) as events:
            for event in events:
                if isinstance(event, Failed) and not self._server.connected:
                    yield Noted(f"{event.message} {FALLBACK}")
                    return
                yield event
        self._chosen = self._server


def is_listening(endpoint: Endpoint) -> bool:
    """Tell whether anything takes connections there: cheap where the server is on this machine.

    Behind a proxy or on another machine, only asking properly tells; True.
    """
    if endpoint.proxy or not endpoint.local:
        return True
    parts = urlsplit(endpoint.base_url)
    try:
        place = (parts.hostname or "", parts.port or PORTS[parts.scheme])
        with socket.create_connection(place, timeout=KNOCK_SECONDS):
            return True
    except OSError:
        return False


class GuardedEngine:
    """An engine whose server is on another machine: it gets nothing before the user has agreed."""

    def __init__(
        self, engine: AutoEngine | ServerEngine, endpoint: Endpoint, permission: Permission
    ) -> None:
        self._engine = engine
        self._url = endpoint.base_url
        self._permission = permission
        self._asked_about: str | None = None

    @property
    def name(self) -> str:
        """Return the name of the engine behind."""
        return self._engine.name

    def respond(self, text: str, workspace: Workspace) -> Generator[Event, None, None]:
        """Answer one message, or ask for the agreement first; see Engine."""
        permission = self._permission
        waiting, self._asked_about = self._asked_about, None
        if permission.allowed or permission.consents.given(self._url, "captions"):
            yield from self._engine.respond(text, workspace)
        elif waiting is not None and agrees(text):
            permission.consents.give(self._url, "captions")
            yield Noted(f"Agreed: captions and file names may go to {self._url}.")
            yield from self._engine.respond(waiting, workspace)
        elif permission.asks:
            self._asked_about = text
            yield Asked(
                f"{self._url} is not on this machine. Your words, captions and file names would "
                "go there. Do you agree?",
                ("yes",),
            )
        else:
            yield Failed(
                f"{self._url} is not on this machine, and you have not agreed that captions and "
                "file names go there. Nothing was sent.",
                "Agree with --allow-remote, or use a server on this machine.",
                Exit.USAGE,
            )

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Return the turns that the server's model can still be told of; see ServerEngine."""
        return self._engine.turns

    @property
    def tokens(self) -> int:
        """Return the tokens that the server has counted so far; see ServerEngine."""
        return self._engine.tokens

    @property
    def fill(self) -> Fill | None:
        """Return how full the context is of the model that answers; see ServerEngine."""
        return self._engine.fill

    def restore(self, turns: Iterable[Turn]) -> None:
        """Go on with an earlier conversation; see ServerEngine."""
        self._engine.restore(turns)

    @property
    def endpoint(self) -> Endpoint:
        """Return the server's address and settings."""
        return self._engine.endpoint

    def use(self, model: str) -> None:
        """Have a model of the server answer from the next message on; see ServerEngine."""
        self._engine.use(model)

    def cancel(self) -> None:
        """Stop the turn that is going on, at once."""
        self._engine.cancel()

    def warm(self) -> None:
        """Import what the first answer needs."""
        self._engine.warm()

    def close(self) -> None:
        """Close the connection to the server."""
        self._engine.close()
