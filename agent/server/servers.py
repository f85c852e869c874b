"""Which server answers at an address, what models it has, and which one to use.

Nothing here loads a model by itself: ``load`` is for an explicit wish of the user.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeVar

from tagsmith.agent.server import listings
from tagsmith.agent.server.background import Background
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server.faults import Fault, Kind, explain
from tagsmith.agent.server.listings import Body, Loaded, ModelInfo
from tagsmith.agent.server.transport import Transport
from tagsmith.tools.errors import UsageError

# The context that LM Studio and Ollama load a model with unless told otherwise (docs/servers.md).
ASSUMED_CONTEXT = 4096
# With less a conversation is soon forgotten; with the longer one all tools fit, and the examples.
SHORT_CONTEXT, LONGER_CONTEXT = 8192, 16_384
LISTING = "/models"
T = TypeVar("T")


class ServerKind(StrEnum):
    """The servers whose own routes are read."""

    LM_STUDIO = "lmstudio"
    LLAMA_CPP = "llamacpp"
    OLLAMA = "ollama"
    VLLM = "vllm"
    KOBOLDCPP = "koboldcpp"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """A server and its models; ``notes`` are sentences that a user should read.

    ``asked`` are the URLs that were asked, in order.
    """

    base_url: str
    kind: ServerKind
    models: tuple[ModelInfo, ...]
    notes: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """How many tokens a conversation may have, and who says so."""

    tokens: int
    source: Literal["setting", "server", "assumed"]

    @property
    def note(self) -> str:
        """Return a sentence for the user."""
        return {
            "setting": f"The context is {self.tokens} tokens, as set.",
            "server": f"The model is loaded with a context of {self.tokens} tokens.",
            "assumed": f"The server does not tell the model's context; {self.tokens} tokens are "
            "assumed. Set context_length if it is another.",
        }[self.source]


def probe(endpoint: Endpoint) -> ServerInfo:
    """Ask a server what it is and which models it has; takes seconds at most.

    Raises EndpointError where it does not answer, or not as a model server.
    """
    return _run(endpoint, _probe)


def choose(info: ServerInfo, wanted: str = "") -> ModelInfo:
    """Return the model to use: the wanted one, else the one that is loaded, else the only one.

    ``wanted`` may leave out the publisher and ``:latest``. Raises ModelMissingError with the models
    there are where none fits, or where the user has to say which.
    """
    fitting = _matching(info.models, wanted) if wanted else _obvious(info.models)
    if len(fitting) == 1:
        return fitting[0]
    served = [one.id for one in fitting or info.models]
    raise explain(Fault(Kind.MODEL), Endpoint(info.base_url, model=wanted), served)


def context(endpoint: Endpoint, model: ModelInfo) -> Context:
    """Return the context to keep within: the user's figure, the server's, or 4096 tokens."""
    if endpoint.context_length:
        return Context(endpoint.context_length, "setting")
    if model.context_length:
        return Context(model.context_length, "server")
    return Context(ASSUMED_CONTEXT, "assumed")


def longer(endpoint: Endpoint, model: ModelInfo) -> int:
    """Return the context that a model should be loaded with again, in tokens; 0: as it is is well.

    That is the user's figure, or 16,384 where it has less than 8,192; never more than it can have.
    """
    has, most = model.context_length or 0, model.max_context or 0
    if len(model.instances) != 1 or has >= (endpoint.context_length or SHORT_CONTEXT):
        return 0
    wanted = min(endpoint.context_length or LONGER_CONTEXT, most)
    return wanted if wanted > has else 0


def load(endpoint: Endpoint, model: ModelInfo, context_length: int) -> Loaded:
    """Have LM Studio load a model with a context of so many tokens; the user has asked for it.

    What is loaded of it is unloaded first, as there is rarely room for both; where loading fails,
    it is loaded again as it was. Takes as long as a turn may. Raises UsageError for other servers,
    which are told on their own command line, and EndpointError.
    """

    async def ask(transport: Transport) -> Loaded:
        with suppress(Fault):
            for instance in model.instances:
                await transport.ask("/api/v1/models/unload", {"instance_id": instance})
        try:
            return await _load(transport, model.id, context_length)
        except Fault as fault:
            if fault.kind in (Kind.NOT_FOUND, Kind.NOT_API):
                raise _cannot_load(endpoint) from None
            with suppress(Fault):
                if model.instances and model.context_length:
                    await _load(transport, model.id, model.context_length)
            raise

    return _run(endpoint, ask, seconds=endpoint.limits.turn)


async def _load(transport: Transport, model: str, context_length: int) -> Loaded:
    wish = {"model": model, "context_length": context_length, "echo_load_config": True}
    return listings.loaded(await transport.ask("/api/v1/models/load", wish))


def _cannot_load(endpoint: Endpoint) -> UsageError:
    return UsageError(
        f"The server at {endpoint.base_url} cannot be told to load a model.",
        "Start it with the context that you want (docs/servers.md).",
    )


def _run(
    endpoint: Endpoint,
    ask: Callable[[Transport], Awaitable[T]],
    seconds: float | None = None,
) -> T:
    background, transport = Background(), Transport(endpoint)
    limit = 2 * endpoint.limits.connect if seconds is None else seconds

    async def within() -> T:
        try:
            async with asyncio.timeout(limit):
                return await ask(transport)
        except TimeoutError:
            raise explain(Fault(Kind.FIRST_TOKEN, seconds=limit), endpoint) from None
        except Fault as fault:
            raise explain(fault, endpoint) from None

    try:
        return background.result(within())
    finally:
        background.close(transport.close)


async def _probe(transport: Transport) -> ServerInfo:
    endpoint = transport.endpoint
    listed = await transport.ask(f"{endpoint.path}{LISTING}")
    kind, models = await _identified(transport, listed)
    notes, asked = _notes(endpoint, kind, models), tuple(transport.asked)
    return ServerInfo(endpoint.base_url, kind, tuple(models), notes, asked)


async def _identified(transport: Transport, listed: Body) -> tuple[ServerKind, list[ModelInfo]]:
    """Return what a server is: by what its listing says of itself, else by the routes it has."""
    owners = listings.owners(listed)
    if "vllm" in owners:
        return ServerKind.VLLM, listings.openai(listed, loaded=True)
    for kind, owner, read in _READERS:
        if owner in owners and (found := await _tried(read, transport, listed)):
            return kind, found
    for kind, _, read in _READERS:
        if found := await _tried(read, transport, listed):
            return kind, found
    return ServerKind.OTHER, listings.openai(listed)


async def _tried(read: Read, transport: Transport, listed: Body) -> list[ModelInfo]:
    try:
        return await read(transport, listed)
    except Fault:
        return []


async def _lm_studio(transport: Transport, _listed: Body) -> list[ModelInfo]:
    return listings.lm_studio(await transport.ask("/api/v1/models"))


async def _lm_studio_old(transport: Transport, _listed: Body) -> list[ModelInfo]:
    return listings.lm_studio_old(await transport.ask("/api/v0/models"))


async def _llama_cpp(transport: Transport, listed: Body) -> list[ModelInfo]:
    return listings.llama_cpp(listed, await transport.ask("/props"))


async def _ollama(transport: Transport, _listed: Body) -> list[ModelInfo]:
    running = await transport.ask("/api/ps")
    return listings.ollama(await transport.ask("/api/tags"), running)


async def _koboldcpp(transport: Transport, listed: Body) -> list[ModelInfo]:
    version = await transport.ask("/api/extra/version")
    if version.get("result") != "KoboldCpp":
        return []
    length = await transport.ask("/api/extra/true_max_context_length")
    return listings.koboldcpp(listed, length)


Read = Callable[[Transport, Body], Coroutine[Any, Any, list[ModelInfo]]]
# Kind, what its listing gives as owner, and how its models are read; the likeliest first.
_READERS: tuple[tuple[ServerKind, str, Read], ...] = (
    (ServerKind.LM_STUDIO, "organization_owner", _lm_studio),
    (ServerKind.LM_STUDIO, "organization_owner", _lm_studio_old),
    (ServerKind.LLAMA_CPP, "llamacpp", _llama_cpp),
    (ServerKind.OLLAMA, "library", _ollama),
    (ServerKind.KOBOLDCPP, "koboldcpp", _koboldcpp),
)


def _notes(endpoint: Endpoint, kind: ServerKind, models: Sequence[ModelInfo]) -> tuple[str, ...]:
    notes = []
    if not models:
        notes.append("The server has no model yet: get one there first.")
    elif all(one.loaded is False for one in models):
        notes.append("No model is loaded: the first answer waits for that, which can take minutes.")
    if kind is ServerKind.OLLAMA:
        notes.append(
            "Ollama cuts longer conversations off without a word: set OLLAMA_CONTEXT_LENGTH there."
        )
    if endpoint.key and not endpoint.local and endpoint.base_url.startswith("http:"):
        notes.append("The API key travels unencrypted: the address begins with http://.")
    return tuple(notes)


def _matching(models: Sequence[ModelInfo], wanted: str) -> list[ModelInfo]:
    """Return the models that a name means, by the strictest reading that finds any."""
    plain = wanted.casefold().removesuffix(":latest")
    readings: tuple[Callable[[str], bool], ...] = (
        lambda id_: id_ == wanted,
        lambda id_: id_.casefold().removesuffix(":latest") == plain,
        lambda id_: id_.casefold().removesuffix(":latest").rpartition("/")[2] == plain,
    )
    for fits in readings:
        if found := [one for one in models if fits(one.id)]:
            return found
    return []


def _obvious(models: Sequence[ModelInfo]) -> list[ModelInfo]:
    """Return what is loaded (of several, the one that was trained for tools), else all."""
    loaded = [one for one in models if one.loaded]
    trained = [one for one in loaded if one.tools]
    return trained if len(trained) == 1 else loaded or list(models)
