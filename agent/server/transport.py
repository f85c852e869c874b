"""The only door to the network: requests to one origin, through the ``openai`` client.

Both ``openai`` and the http library under it are imported here alone, inside functions.
Redirects are not followed, and proxies and credentials of the environment are not used. A request
carries no headers but those below; the key is added last, so that no library ever holds or logs it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from tagsmith import __version__
from tagsmith.agent.hiding import Hider
from tagsmith.agent.server.endpoint import Endpoint, Limits, origin
from tagsmith.agent.server.faults import Fault, Kind
from tagsmith.agent.server.refusals import pause, refusal
from tagsmith.agent.server.words import one_line, redact, server_words

if TYPE_CHECKING:
    import httpx2
    import openai

# The last is how the client library remembers, from the request, that the body is read elsewhere.
HEADERS_SENT = frozenset(
    {"host", "accept", "connection", "content-length", "content-type", "x-stainless-raw-response"}
)
# At other levels they write down headers, and some of what is sent.
LOGGERS = ("openai", "httpx2", "httpcore2")
MAX_REFUSAL = 64 * 1024
MAX_LISTING = 8 * 1024 * 1024
REFUSAL_SECONDS = 2.0
NO_KEY = "the key is added to the request itself"


class Transport:
    """An open way to one endpoint; to be used within one event loop, and closed there."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.asked: list[str] = []  # the URLs that ``ask`` was given
        self._http: httpx2.AsyncClient | None = None
        self._sdk: openai.AsyncOpenAI | None = None

    @asynccontextmanager
    async def chat(self, body: Mapping[str, Any]) -> AsyncIterator[AsyncIterator[bytes]]:
        """Send a chat completion; the value is its body, in pieces, once the server accepts it.

        Raises Fault for all that goes wrong on the way, also while the body is read.
        """
        from openai import OpenAIError

        with _translated(self.endpoint):
            completions = self._client().chat.completions.with_streaming_response
        rest = {name: value for name, value in body.items() if name not in ("model", "messages")}
        try:
            async with (
                completions.create(
                    model=body["model"], messages=body["messages"], extra_body=rest
                ) as response,
                aclosing(self._pieces(response.iter_bytes())) as pieces,
            ):
                yield pieces
        except OpenAIError as error:
            raise _fault(error, self.endpoint) from None

    async def _pieces(self, body: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        with _translated(self.endpoint):
            async for piece in body:
                yield piece

    async def warm(self) -> None:
        """Import what a chat needs; that takes about half a second."""
        self._client()

    async def ask(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Get a JSON object from a path of this origin, or post one; raises Fault."""
        method, size, pieces = ("GET" if body is None else "POST"), 0, []
        with _translated(self.endpoint):
            url = f"{self.endpoint.origin}{path}"
            self.asked.append(url)
            async with self._open().stream(method, url, json=body) as response:
                async for piece in response.aiter_bytes():
                    pieces.append(piece)
                    size += len(piece)
                    if size > MAX_LISTING:
                        raise Fault(Kind.FLOOD)
        text = b"".join(pieces)
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise Fault(Kind.NOT_API, server_words(text[:4096], self.endpoint.key)[:80])
        if found.get("error"):
            words = server_words(found, self.endpoint.key)
            raise refusal(0, text.decode("utf-8", "replace"), words)
        return Hider([self.endpoint.key]).value(found)

    async def close(self) -> None:
        """Close the connections; the transport opens new ones if it is used again."""
        http, self._http, self._sdk = self._http, None, None
        if http is not None:
            await http.aclose()

    def _client(self) -> openai.AsyncOpenAI:
        import openai

        if self._sdk is None:
            self._sdk = openai.AsyncOpenAI(
                api_key=NO_KEY,
                base_url=self.endpoint.base_url,
                http_client=self._open(),
                max_retries=0,
            )
        return self._sdk

    def _open(self) -> httpx2.AsyncClient:
        import httpx2

        if self._http is None:
            for name in LOGGERS:
                logging.getLogger(name).setLevel(logging.WARNING)
            limits = self.endpoint.limits
            self._http = httpx2.AsyncClient(
                trust_env=False,
                follow_redirects=False,
                proxy=self.endpoint.proxy,
                verify=self._certificates(),
                limits=httpx2.Limits(max_keepalive_connections=0),
                timeout=httpx2.Timeout(
                    None, connect=limits.connect, write=limits.between_tokens, pool=limits.connect
                ),
                event_hooks={"request": [self._prepare], "response": [self._inspect]},
            )
        return self._http

    def _certificates(self) -> ssl.SSLContext | bool:
        """Return what to trust: for http nothing, as reading the certificates takes 40 ms."""
        secure = self.endpoint.base_url.startswith("https:") or self.endpoint.proxy
        return True if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    async def _prepare(self, request: httpx2.Request) -> None:
        """Refuse every other origin; leave only the headers that are needed."""
        if origin(str(request.url)) != self.endpoint.origin:
            raise Fault(Kind.ADDRESS, detail="a request to another server was stopped")
        for name in set(request.headers) - HEADERS_SENT:
            del request.headers[name]
        request.headers["accept-encoding"] = "identity"
        request.headers["user-agent"] = f"tagsmith/{__version__}"
        if self.endpoint.key is not None:
            request.headers["authorization"] = f"Bearer {self.endpoint.key.get_secret_value()}"

    async def _inspect(self, response: httpx2.Response) -> None:
        """Raise the fault that a refusal tells, with as much of its body as comes at once."""
        if response.status_code < 300:
            return
        body = await _beginning(response)
        words = server_words(body, self.endpoint.key)
        if "location" in response.headers and response.status_code < 400:
            words = one_line(redact(response.headers["location"], self.endpoint.key))
        seconds = pause(response.headers.get("retry-after", ""))
        raise refusal(response.status_code, body.decode("utf-8", "replace"), words, seconds)


async def _beginning(response: httpx2.Response) -> bytes:
    import httpx2

    found = b""
    try:
        async with asyncio.timeout(REFUSAL_SECONDS):
            async for piece in response.aiter_bytes():
                found += piece
                if len(found) > MAX_REFUSAL:
                    break
    except (TimeoutError, httpx2.HTTPError):
        pass
    return found[:MAX_REFUSAL]


@contextmanager
def _translated(endpoint: Endpoint) -> Iterator[None]:
    """Turn the errors of the http library into Fault."""
    import httpx2

    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, UnicodeError) as error:
        raise _fault(error, endpoint) from None


def _fault(error: BaseException, endpoint: Endpoint) -> Fault:
    """Return the fault behind an error: libraries wrap what they got, some of it twice."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, Fault):
            return cause
        if isinstance(cause, socket.gaierror):
            return Fault(Kind.NAME)
        if isinstance(cause, ssl.SSLError):
            why = getattr(cause, "verify_message", "") or cause.reason or ""
            return Fault(Kind.TLS, detail=one_line(why))
        if isinstance(cause, ConnectionRefusedError):
            return Fault(Kind.REFUSED)
    words = one_line(redact(str(causes[-1]), endpoint.key))
    return _by_name({type(cause).__name__ for cause in causes}, words, endpoint.limits)


def _by_name(names: set[str], words: str, limits: Limits) -> Fault:
    """Return the fault that the http library's own classes stand for."""
    if "ConnectTimeout" in names:
        return Fault(Kind.CONNECT, seconds=limits.connect)
    if "WriteTimeout" in names:
        return Fault(Kind.STALLED, seconds=limits.between_tokens)
    if names & {"InvalidURL", "UnsupportedProtocol", "LocalProtocolError", "UnicodeError"}:
        return Fault(Kind.ADDRESS, detail=words)
    if "RemoteProtocolError" in names and "illegal" in words.lower():
        return Fault(Kind.NOT_API, detail="it does not speak HTTP")
    if names & {"RemoteProtocolError", "ReadError", "WriteError", "CloseError"}:
        return Fault(Kind.DROPPED)
    if "DecodingError" in names:
        return Fault(Kind.GARBLED, detail=words)
    return Fault(Kind.NETWORK, detail=words)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that led to it."""
    seen: list[BaseException] = []
    pending: list[BaseException | None] = [error]
    while pending:
        one = pending.pop(0)
        if one is None or one in seen:
            continue
        seen.append(one)
        yield one
        if isinstance(one, BaseExceptionGroup):
            pending += one.exceptions
        pending += [one.__cause__, one.__context__]
