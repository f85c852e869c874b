"""Asking a model: one request, its answer as it comes, its time limits, and second attempts.

The caller waits in its own thread; ``cancel`` from any other releases it at once. What comes out is
shown while it comes, but only the whole ``Answer`` may be acted on: it comes last, or not at all.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from tagsmith.agent.hiding import Hider, HidingStream
from tagsmith.agent.server import listings
from tagsmith.agent.server.background import Background
from tagsmith.agent.server.endpoint import Endpoint, Limits
from tagsmith.agent.server.faults import Fault, Kind, explain, retry_after
from tagsmith.agent.server.sse import Reader
from tagsmith.agent.server.transport import Transport
from tagsmith.agent.server.wire import Assembly, Delta, Message

SERVED_SECONDS = 2.0
# Some servers end an answer, and neither say so nor hang up; usage may still come after its end.
REST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """The server asks for patience: the request is sent again after ``seconds``, counting down."""

    reason: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, in the form of the API (``Assembly.message``)."""

    message: Message


Event = Delta | Waiting | Answer


class ChatClient:
    """A model server that answers requests, one at a time; close it, or use it in a ``with``.

    A request is the body of a chat completion: ``messages``, and ``tools``, ``temperature`` and so
    on; ``model`` is the endpoint's unless the request names one.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._transport = Transport(endpoint)
        self._background = Background()

    def __enter__(self) -> ChatClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def stream(self, request: Mapping[str, Any]) -> Generator[Event, None, None]:
        """Yield an answer as it comes; the last event of a whole one is ``Answer``.

        Raises EndpointError (what happened, and what to do) and StoppedError after ``cancel``. The
        message of an answer that hit its length limit does come: its ``finish_reason`` says so.
        """
        return self._background.iterate(lambda: self._explained(request, stream=True))

    def complete(self, request: Mapping[str, Any]) -> Message:
        """Return a whole answer that is not streamed; raises as ``stream`` does."""
        for event in self._background.iterate(lambda: self._explained(request, stream=False)):
            if isinstance(event, Answer):
                return event.message
        raise explain(Fault(Kind.CUT), self.endpoint)

    def warm(self) -> None:
        """Import what the first request needs, and wait for it: to be called while nobody waits."""
        self._background.result(self._transport.warm())

    def cancel(self) -> None:
        """Stop the request that runs: its caller gets StoppedError, the connection is closed."""
        self._background.cancel()

    def close(self) -> None:
        """Stop what runs, and close all connections."""
        self._background.close(self._transport.close)

    async def _explained(self, request: Mapping[str, Any], *, stream: bool) -> AsyncIterator[Event]:
        body = {"model": self.endpoint.model, **request, "stream": stream}
        if stream:
            body.setdefault("stream_options", {"include_usage": True})
        try:
            async for event in self._attempts(body):
                yield event
        except Fault as fault:
            served = await self._served() if fault.kind is Kind.MODEL else []
            raise explain(fault, self.endpoint, served) from None

    async def _attempts(self, body: Mapping[str, Any]) -> AsyncIterator[Event]:
        """Send a request, and again while the server only asks for patience."""
        clock = _Clock(self.endpoint.limits, streamed=body["stream"])
        for attempt in itertools.count(1):
            try:
                async for event in self._attempt(body, clock):
                    yield event
                return
            except Fault as fault:
                wait = retry_after(fault, attempt, self.endpoint)
                if wait is None or not clock.allows(wait, fault):
                    raise
                reason = explain(fault, self.endpoint).message
            async for event in _countdown(reason, wait):
                yield event

    async def _attempt(self, body: Mapping[str, Any], clock: _Clock) -> AsyncIterator[Event]:
        assembly, reader = Assembly(), Reader(self.endpoint.key)
        hidden = _Hidden(Hider([self.endpoint.key]))
        async with AsyncExitStack() as stack:
            async with clock.limit():
                pieces = await stack.enter_async_context(self._transport.chat(body))
            while not reader.done:
                piece = await _next(pieces, clock, assembly)
                for chunk in reader.finish() if piece is None else reader.feed(piece):
                    before = assembly.size
                    if delta := hidden.delta(assembly.add(chunk)):
                        yield delta
                    clock.note(progress=assembly.size > before, over=assembly.ended)
                if piece is None:
                    break
        if assembly.empty:
            raise Fault(Kind.EMPTY)
        if not assembly.ended:
            raise Fault(Kind.CUT)
        if rest := hidden.rest():
            yield rest
        yield Answer(hidden.hider.value(assembly.message()))

    async def _served(self) -> list[str]:
        """Return the models there are, where the server tells quickly: for a message."""
        path = f"{self.endpoint.path}/models"
        with suppress(Fault, TimeoutError):
            async with asyncio.timeout(SERVED_SECONDS):
                return [one.id for one in listings.openai(await self._transport.ask(path))]
        return []


class _Hidden:
    """Keeps the key of the server, which servers echo, out of what an answer shows."""

    def __init__(self, hider: Hider) -> None:
        self.hider = hider
        self._text, self._reasoning = HidingStream(hider), HidingStream(hider)

    def delta(self, delta: Delta) -> Delta:
        """Return what can be shown of a delta by now."""
        text, reasoning = self._text.feed(delta.text), self._reasoning.feed(delta.reasoning)
        return Delta(text, reasoning, self.hider.text(delta.tool))

    def rest(self) -> Delta:
        """Return what was held back because it looked like the beginning of the key."""
        return Delta(self._text.rest(), self._reasoning.rest())


class _Clock:
    """What is left of a turn's time, by the clock of the event loop."""

    def __init__(self, limits: Limits, *, streamed: bool) -> None:
        self._limits = limits
        self._first = limits.first_token if streamed else limits.turn
        self._turn_ends = self._now() + limits.turn
        self._begin()

    def _begin(self) -> None:
        self._fault = Fault(Kind.FIRST_TOKEN, seconds=self._first)
        self._ends = self._now() + self._first
        self._begun = False

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def note(self, *, progress: bool, over: bool) -> None:
        """Count from now on, because something of the answer came; ``over``: only a rest may."""
        if progress:
            self._begun = True
            self._fault = Fault(Kind.STALLED, seconds=self._limits.between_tokens)
            self._ends = self._now() + self._limits.between_tokens
        if over:
            self._ends = min(self._ends, self._now() + REST_SECONDS)

    def allows(self, wait: float, fault: Fault) -> bool:
        """Whether the request may be sent again after a pause; begins to count anew if so.

        A server that loads its model has ``first_token`` for that in all.
        """
        if fault.kind is Kind.LOADING:
            return not self._begun and self._now() + wait < min(self._ends, self._turn_ends)
        if self._begun or self._now() + wait >= self._turn_ends:
            return False
        self._begin()
        self._ends += wait
        return True

    @asynccontextmanager
    async def limit(self) -> AsyncIterator[None]:
        """Raise the fault of the limit that passes within the block."""
        try:
            async with asyncio.timeout_at(min(self._ends, self._turn_ends)):
                yield
        except TimeoutError:
            if self._now() >= self._turn_ends:
                raise Fault(Kind.TURN, seconds=self._limits.turn) from None
            raise self._fault from None


async def _next(pieces: AsyncIterator[bytes], clock: _Clock, assembly: Assembly) -> bytes | None:
    """Return the next piece of a body; None at its end, and for a break after the answer's end."""
    try:
        async with clock.limit():
            return await anext(pieces, None)
    except Fault:
        if assembly.ended:
            return None
        raise


async def _countdown(reason: str, wait: float) -> AsyncIterator[Event]:
    while wait > 0:
        yield Waiting(reason, math.ceil(wait))
        await asyncio.sleep(min(1.0, wait))
        wait -= 1.0
