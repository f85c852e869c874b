"""Everything that goes wrong with a model server, as what happened and what to do.

``transport`` and ``client`` raise ``Fault``, which holds facts. ``explain`` turns it into one of
the errors below, which a person reads. docs/servers.md shows the whole table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.tools.errors import ServerError

RETRIES = 2
MODELS_SHOWN = 8


class Kind(StrEnum):
    """What went wrong, by where: reaching the server, its refusal, its answer, its pace."""

    REFUSED = "connection refused"
    NAME = "name not found"
    TLS = "no secure connection"
    ADDRESS = "not an address"
    CONNECT = "no connection in time"
    NETWORK = "connection failed"

    KEY = "key refused"
    MODEL = "model missing"
    NOT_FOUND = "no such route"
    BUSY = "busy"
    LOADING = "model loading"
    FAILED = "server failed"
    BAD_CALL = "unreadable tool call"
    OVERFLOW = "context overflow"
    REDIRECT = "redirected"
    REJECTED = "request rejected"

    NOT_API = "not a model server"
    EMPTY = "empty answer"
    CUT = "answer cut"
    DROPPED = "connection dropped"
    GARBLED = "answer damaged"
    CRASHED = "error while answering"
    FLOOD = "answer too long"

    FIRST_TOKEN = "no answer in time"
    STALLED = "answer stalled"
    TURN = "answer took too long"


class Fault(Exception):
    """A fact about a request that failed; nothing of it has been run.

    ``words`` are the server's own, one line without secrets; ``detail`` is ours. ``seconds`` is the
    limit that passed, or the pause that a busy server asks for; ``tokens`` and ``context`` tell of
    an overflow.
    """

    def __init__(
        self,
        kind: Kind,
        words: str = "",
        *,
        detail: str = "",
        status: int = 0,
        seconds: float = 0.0,
        tokens: int | None = None,
        context: int | None = None,
    ) -> None:
        super().__init__(kind.value)
        self.kind = kind
        self.words = words
        self.detail = detail
        self.status = status
        self.seconds = seconds
        self.tokens = tokens
        self.context = context


class EndpointError(ServerError):
    """A fault, explained; ``fault`` keeps the facts. Nothing was run and nothing was changed."""

    def __init__(self, message: str, hint: str, fault: Fault) -> None:
        super().__init__(message, hint)
        self.fault = fault


class UnreachableError(EndpointError):
    """There is no connection to the server."""


class KeyRefusedError(EndpointError):
    """The server wants an API key, or another one."""


class ModelMissingError(EndpointError):
    """The server does not have the model, or has none loaded."""


class BusyError(EndpointError):
    """The server has too much to do; ``fault.seconds`` is the pause that it asks for."""


class RejectedError(EndpointError):
    """The server answers, but does not take such requests."""


class ServerFailedError(EndpointError):
    """The server failed, or its model crashed."""


class ContextOverflowError(EndpointError):
    """The conversation is longer than the loaded context, or the answer is empty as if it were."""


class BadCallError(EndpointError):
    """The server could not read the tool call that its own model wrote: the model's fault."""


class BrokenAnswerError(EndpointError):
    """The answer is cut, damaged or endless: nothing in it may be run."""


class TooSlowError(EndpointError):
    """A time limit passed."""


@dataclass(frozen=True, slots=True)
class Row:
    """How one kind is told; the texts are formats of the names in ``explain``."""

    error: type[EndpointError]
    message: str
    hint: str


_START = (
    "Start the model server (in LM Studio: Developer, Start Server; port 1234), or give the "
    "address of another with --base-url."
)
_AGAIN = "Nothing was run. Ask again."
_ADDRESS = "Check the address: it usually ends in /v1."
_LONGER = (
    "Load the model with a longer context, or start a new conversation; smaller questions help too."
)

ROWS: dict[Kind, Row] = {
    Kind.REFUSED: Row(
        UnreachableError, "No server answers at {url}: the connection was refused.", _START
    ),
    Kind.NAME: Row(
        UnreachableError,
        "The host of {url} was not found.",
        "Check the spelling of the address, and the network.",
    ),
    Kind.TLS: Row(
        UnreachableError,
        "No secure connection to {url}{said}.",
        "A local server usually speaks http://, not https://. For a hosted one, check the clock "
        "and the certificates of this machine.",
    ),
    Kind.ADDRESS: Row(
        UnreachableError,
        "{url} cannot be asked{said}.",
        "Write the address like http://localhost:1234/v1.",
    ),
    Kind.CONNECT: Row(
        UnreachableError,
        "No connection to {url} within {seconds} s.",
        "Check that the machine is on and in this network, and that its firewall lets this in.",
    ),
    Kind.NETWORK: Row(UnreachableError, "The connection to {url} failed{said}.", _START),
    Kind.KEY: Row(
        KeyRefusedError,
        "{url} refuses {key} (HTTP {status}){said}.",
        "Set the key in the environment as TAGSMITH_API_KEY, or keep it in the keyring.",
    ),
    Kind.MODEL: Row(
        ModelMissingError,
        "The server at {url} does not have {model}{said}.",
        "{served}Load a model in the server, or choose one with --model.",
    ),
    Kind.NOT_FOUND: Row(
        RejectedError, "{url} has no chat completions (HTTP {status}){said}.", _ADDRESS
    ),
    Kind.BUSY: Row(
        BusyError,
        "The server at {url} is busy (HTTP {status}){said}.",
        "{pause}Ask again later, or use another server.",
    ),
    Kind.LOADING: Row(
        BusyError,
        "The server at {url} is still loading its model.",
        "Ask again when it is loaded, or raise first_token_timeout.",
    ),
    Kind.FAILED: Row(
        ServerFailedError,
        "The server at {url} failed (HTTP {status}){said}.",
        "Nothing was run. Ask again; if it goes on, load the model again and read the log there.",
    ),
    Kind.BAD_CALL: Row(
        BadCallError,
        "The server could not read the tool call that its model wrote{said}.",
        "Nothing was run. Say it in other words, or use another model.",
    ),
    Kind.OVERFLOW: Row(
        ContextOverflowError, "The conversation is too long for the model{size}{said}.", _LONGER
    ),
    Kind.REDIRECT: Row(
        RejectedError,
        "{url} redirects elsewhere{said}; that is not followed.",
        "If you trust that address, give it with --base-url.",
    ),
    Kind.REJECTED: Row(
        RejectedError,
        "The server at {url} does not take the request (HTTP {status}){said}.",
        "Nothing was run. Another model, or a newer version of the server, may take it.",
    ),
    Kind.NOT_API: Row(
        RejectedError,
        "{url} does not answer as a model server does{said}.",
        _ADDRESS + " A proxy or a login page may be in between.",
    ),
    Kind.EMPTY: Row(
        ContextOverflowError,
        "The server at {url} answered with nothing.",
        "The usual cause is a conversation longer than the loaded context. " + _LONGER,
    ),
    Kind.CUT: Row(BrokenAnswerError, "The answer ended before it was complete.", _AGAIN),
    Kind.DROPPED: Row(
        BrokenAnswerError,
        "The server at {url} broke off the connection{said}.",
        "Nothing was run. See whether the server still runs, then ask again.",
    ),
    Kind.GARBLED: Row(BrokenAnswerError, "The answer arrived damaged{said}.", _AGAIN),
    Kind.CRASHED: Row(
        ServerFailedError,
        "The server at {url} reported an error while it answered{said}.",
        "Nothing was run. The model may have crashed or been unloaded: load it again, then ask "
        "again.",
    ),
    Kind.FLOOD: Row(
        BrokenAnswerError,
        "The answer of {url} did not end, so it was stopped.",
        "Nothing was run. Ask for less at a time, or use another model.",
    ),
    Kind.FIRST_TOKEN: Row(
        TooSlowError,
        "No answer from {url} within {seconds} s.",
        "The model may still be loading: ask again when the server shows it as loaded, or raise "
        "first_token_timeout.",
    ),
    Kind.STALLED: Row(TooSlowError, "The answer from {url} stood still for {seconds} s.", _AGAIN),
    Kind.TURN: Row(
        TooSlowError,
        "The answer from {url} was not complete after {seconds} s.",
        "Nothing was run. Ask for less at a time, or raise turn_timeout.",
    ),
}


def explain(fault: Fault, endpoint: Endpoint, served: Sequence[str] = ()) -> EndpointError:
    """Return the error that tells a fault to the user; ``served`` are the models there are."""
    row = ROWS[fault.kind]
    names = {
        "url": endpoint.base_url,
        "said": _said(fault),
        "status": fault.status,
        "seconds": _number(fault.seconds),
        "pause": f"It asks for {_number(fault.seconds)} s. " if fault.seconds else "",
        "key": "the API key" if endpoint.key else "to answer without an API key",
        "model": f"the model {endpoint.model!r}" if endpoint.model else "a model loaded",
        "served": _served(served),
        "size": _size(fault),
    }
    return row.error(row.message.format(**names), row.hint.format(**names), fault)


def retry_after(fault: Fault, attempt: int, endpoint: Endpoint) -> float | None:
    """Return how long to wait before a request is sent again, in seconds; None: not again.

    ``attempt`` counts from 1. Sending again is safe: tools run only after a whole answer. A server
    that loads its model is asked again for as long as the caller's own time limit allows.
    """
    limits = endpoint.limits
    if fault.kind is Kind.LOADING:
        return fault.seconds or limits.backoff * 2
    if attempt > RETRIES or fault.kind not in (Kind.BUSY, Kind.FAILED):
        return None
    wait = fault.seconds or limits.backoff * 2 ** (attempt - 1)
    return wait if wait <= limits.wait else None


def _said(fault: Fault) -> str:
    if fault.words:
        return f': "{fault.words.rstrip(".")}"'
    return f": {fault.detail}" if fault.detail else ""


def _number(seconds: float) -> str:
    return f"{seconds:.0f}" if seconds >= 1 else f"{seconds:.1f}"


def _served(models: Sequence[str]) -> str:
    if not models:
        return ""
    more = f" and {len(models) - MODELS_SHOWN} more" if len(models) > MODELS_SHOWN else ""
    return f"It has: {', '.join(models[:MODELS_SHOWN])}{more}. "


def _size(fault: Fault) -> str:
    if fault.tokens and fault.context:
        return f" ({fault.tokens} tokens; its context is {fault.context})"
    return f" (its context is {fault.context} tokens)" if fault.context else ""
