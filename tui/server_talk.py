"""What ``/models``, ``/model NAME`` and ``/server`` answer: the model server about itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tagsmith.agent.conversation import Conversation
from tagsmith.tools.errors import UsageError
from tagsmith.tui import server_report
from tagsmith.tui.language import say

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
            say("No model server is used: the built-in engine answers."),
            say("Set engine to auto or server (docs/servers.md), and start Tagsmith again."),
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
        say("/model NAME picks one for this session."),
    ]


def _pick(engine: OverServer, wanted: str) -> list[str]:
    from tagsmith.agent import config
    from tagsmith.agent.server.servers import choose, probe

    info = probe(engine.endpoint)
    model = choose(info, wanted)
    engine.use(model.id)
    name = server_report.shown(model.id)
    told = say("From the next message on, {model} answers.", model=name)
    if model.tools is False:
        told += " " + say("It was not trained to call tools.")
    setting, file = f"model = {json.dumps(name)}", config.folder() / config.FILE
    return [told, say("To keep it, write {setting} in {file}.", setting=setting, file=file)]


def _server(endpoint: Endpoint) -> list[str]:
    from tagsmith.agent.server.faults import EndpointError
    from tagsmith.agent.server.servers import probe

    try:
        info = probe(endpoint)
    except EndpointError as error:
        return server_report.failed(endpoint, error)
    return server_report.reached(info, server_report.chosen(info, endpoint.model))


def _fallen_back(engine: OverServer) -> list[str]:
    return [say("The built-in engine answers for now.")] if engine.name == "offline" else []
