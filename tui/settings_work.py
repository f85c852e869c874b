"""What the settings screen does in a thread: read, save, ask the server, try a model.

Nothing here touches a widget. A key of the server is never part of what is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tagsmith.tools.errors import TagsmithError
from tagsmith.tui.language import say

if TYPE_CHECKING:
    from tagsmith.agent.config import Origin
    from tagsmith.agent.config_file import Value
    from tagsmith.agent.conversation import Conversation
    from tagsmith.agent.server.endpoint import Endpoint
    from tagsmith.agent.server.servers import ServerInfo
    from tagsmith.agent.server.trial import Trial
    from tagsmith.agent.settings import Settings
    from tagsmith.tui.commands.models import Listed

# Settings that another engine has to be made for.
OF_THE_ENGINE = (
    *("engine", "base_url", "model", "caption_model", "context_length", "proxy", "keyring"),
    *("connect_timeout", "first_token_timeout", "between_tokens_timeout", "turn_timeout"),
)
AT_THE_NEXT_OPENING = ("caption_extensions",)


@dataclass(frozen=True, slots=True)
class Read:
    """The settings with where each comes from, and what is known of the server's key."""

    origins: Mapping[str, Origin]
    key: str


@dataclass(frozen=True, slots=True)
class Server:
    """What the model server is and has, or in lines why it does not answer; the model in use."""

    url: str
    info: ServerInfo | None = None
    used: str = ""
    trouble: tuple[str, ...] = ()


def read() -> Read:
    """Read the settings. Raises UsageError for a wrong one."""
    from tagsmith.agent import config

    return Read(config.origins(), _key(config.load()))


def _key(settings: Settings) -> str:
    """Tell whether there is a key for the server, never what it is."""
    from tagsmith.agent.keys import VARIABLE

    try:
        found = settings.endpoint().key is not None
    except TagsmithError as error:
        return error.message
    if found:
        return say("there is one; it is never shown or written down")
    return say("none; set {variable} for a server that wants one", variable=VARIABLE)


def ask_server() -> Server:
    """Ask the server of the settings what it has; where it does not answer, say why."""
    from tagsmith.agent import config

    return _asked(config.load().endpoint())


def _asked(endpoint: Endpoint) -> Server:
    from tagsmith.agent.server.faults import EndpointError
    from tagsmith.agent.server.servers import probe
    from tagsmith.tui import server_report

    try:
        info = probe(endpoint)
    except EndpointError as error:
        return Server(endpoint.base_url, trouble=tuple(server_report.failed(endpoint, error)))
    return Server(endpoint.base_url, info, server_report.chosen(info, endpoint.model))


def find_server(address: str) -> Server:
    """Return what answers at an address, which is kept where a server does; "" for the set one.

    A server on another machine is only asked where its address was typed. Raises UsageError.
    """
    from tagsmith.agent import config

    endpoint = config.load({"base_url": address or None}).endpoint()
    if not (address or endpoint.local):
        told = say("{url} is set; it is asked once you say something.", url=endpoint.base_url)
        return Server(endpoint.base_url, trouble=(told,))
    found = _asked(endpoint)
    if address and found.info is not None and endpoint.base_url != config.load().base_url:
        config.save({"base_url": endpoint.base_url})
    return found


def vision_models() -> list[Listed]:
    """Return the vision models, those that are here first."""
    from tagsmith.tui.commands.models import listed

    return sorted(listed(), key=lambda one: (not one.installed, one.role, one.name))


def try_model(model: str, began: Callable[[Callable[[], None]], None]) -> Trial:
    """Make a test call; ``began`` is given what stops it. Raises EndpointError."""
    from tagsmith.agent import config
    from tagsmith.agent.server.trial import trial

    return trial(config.load().endpoint(), model, began)


def save(conversation: Conversation | None, changes: Mapping[str, Value | None]) -> Read:
    """Save settings and let them hold at once where that is possible; return what holds now.

    Raises UsageError where a value cannot be used or the file not be changed; nothing is saved.
    """
    from tagsmith.agent import config

    config.save(changes)
    found = read()
    if conversation is not None and any(name in OF_THE_ENGINE for name in changes):
        renew(conversation)
    return found


def renew(conversation: Conversation) -> None:
    """Let the settings' engine and captioner answer from the next message on.

    What a model was told of the conversation goes over to it.
    """
    from tagsmith.agent import config
    from tagsmith.agent.captioning import equip
    from tagsmith.agent.conversation import Remembering
    from tagsmith.agent.engines import make_engine

    old, new = conversation.engine, make_engine(config.load(), asks=True)
    if isinstance(old, Remembering) and isinstance(new, Remembering):
        new.restore(old.turns)
    close = getattr(old, "close", None)
    if close is not None:
        close()
    conversation.engine = new
    conversation.images = equip(conversation.workspace, asks=True)


def catch_up(conversation: Conversation) -> None:
    """Let the server answer whose address was saved meanwhile, where it is another."""
    from tagsmith.agent import config

    endpoint: Endpoint | None = getattr(conversation.engine, "endpoint", None)
    if endpoint is not None and endpoint.base_url != config.load().base_url:
        renew(conversation)


def note_of(name: str, origin: Origin) -> str:
    """Return what is to be known once a setting was saved: where it does not hold yet, and why."""
    from tagsmith.agent.config import Source

    if origin.source in (Source.ENVIRONMENT, Source.OPTION):
        return say("Saved; {place} comes first while it is set.", place=origin.place)
    if name in AT_THE_NEXT_OPENING:
        return say("Saved; it holds when the folder is opened next.")
    return say("Saved.")
