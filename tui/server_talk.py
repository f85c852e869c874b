"""What ``/models``, ``/model NAME`` and ``/server`` answer: the model server about itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tagsmith.agent.conversation import Conversation
from tagsmith.tools.errors import UsageError
from tagsmith.tui import server_report

if TYPE_CHECKING:
    from tagsmith.agent.server.endpoint import Endpoint


@runtime_checkable
class OverServer(Protocol):
    """An engine that asks a model server, or could."""

    @property
    def name(self) -> str:
        """Return what answers: the server, or what took its place."""
        ...

    @property
    def endpoint(self) -> Endpoint:
        """Return the server's address and settings."""
        ...

    def use(self, model: str) -> None:
        """Have another model answer from the next message on."""
        ...


def told(conversation: Conversation, name: str, words: str) -> list[str]:
    """Ask the server, and return what it is and has; its models and settings stay as they are.

    ``name`` is the command without its slash. Raises UsageError where no server is used, and what
    asking raises.
    """
    engine = conversation.engine
    if not isinstance(engine, OverServer):
        raise UsageError(
            "No model server is used: the built-in engine answers.",
            "Set engine to auto or server (docs/servers.md), and start Tagsmith again.",
        )
    if name == "server":
        return [*_server(engine.endpoint), *_fallen_back(engine)]
    return _pick(engine, words.strip()) if name == "model" and words.strip() else _models(engine)


def _models(engine: OverServer) -> list[str]:
    from tagsmith.agent.server.servers import probe

    info = probe(engine.endpoint)
    used = server_report.chosen(info, engine.endpoint.model)
    return [
        f"{server_report.server_name(info)}:",
        *server_report.models(info, used),
        "/model NAME picks one for this session.",
    ]


def _pick(engine: OverServer, wanted: str) -> list[str]:
    from tagsmith.agent import config
    from tagsmith.agent.server.servers import choose, probe

    info = probe(engine.endpoint)
    model = choose(info, wanted)
    engine.use(model.id)
    name = server_report.shown(model.id)
    doubt = " It was not trained to call tools." if model.tools is False else ""
    return [
        f"From the next message on, {name} answers.{doubt}",
        f"To keep it, write model = {json.dumps(name)} in {config.folder() / config.FILE}.",
    ]


def _server(endpoint: Endpoint) -> list[str]:
    from tagsmith.agent.server.faults import EndpointError
    from tagsmith.agent.server.servers import probe

    try:
        info = probe(endpoint)
    except EndpointError as error:
        return server_report.failed(endpoint, error)
    return server_report.reached(info, server_report.chosen(info, endpoint.model))


def _fallen_back(engine: OverServer) -> list[str]:
    return ["The built-in engine answers for now."] if engine.name == "offline" else []
