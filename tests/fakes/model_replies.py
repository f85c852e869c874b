"""What a fake model server can answer: chunks, events, bodies, refusals, and bad manners."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

EVENTS = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}
DONE = b"data: [DONE]\n\n"
MODEL = "qwen3.5-9b"


@dataclass(frozen=True)
class Pause:
    """Wait so long before the next part."""

    seconds: float


@dataclass(frozen=True)
class Hang:
    """Say nothing more until the client hangs up."""


@dataclass(frozen=True)
class Cut:
    """Hang up in the middle: with an orderly end of the connection, or a reset."""

    how: Literal["end", "reset"] = "end"


Part = bytes | Pause | Hang | Cut


@dataclass(frozen=True)
class Reply:
    """An HTTP answer in parts. Status 0 sends no head at all, ``raw`` nothing but itself.

    Not ``chunked``, the end of the connection is the end of the body.
    """

    parts: tuple[Part, ...] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(EVENTS))
    chunked: bool = True
    raw: bytes = b""


def chunk(delta: Any = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """A chunk of the chat completions API."""
    choice = {"index": 0, "delta": {} if delta is None else delta, "finish_reason": finish}
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": MODEL}
    return head | {"choices": [choice]} | more


def event(data: Any) -> bytes:
    """One server-sent event; a str is sent as it is, anything else as JSON."""
    written = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f"data: {written}\n\n".encode()


def events(*chunks: Any, done: bool = True) -> tuple[bytes, ...]:
    return (*map(event, chunks), *([DONE] if done else []))


def stream(*chunks: Any, done: bool = True) -> Reply:
    return Reply(events(*chunks, done=done))


def call(
    index: int | None, name: str | None, arguments: Any, id: str | None = ""
) -> dict[str, Any]:
    """An entry of ``tool_calls``; None leaves a key out."""
    function = {"name": name, "arguments": arguments}
    entry: dict[str, Any] = {"index": index, "id": id, "type": "function"}
    found = {key: value for key, value in entry.items() if value is not None}
    return found | {"function": {k: v for k, v in function.items() if v is not None}}


def text(words: str, finish: str | None = "stop") -> Reply:
    """A plain answer, a word a chunk."""
    pieces = words.split(" ")
    spaced = [one + " " for one in pieces[:-1]] + pieces[-1:]
    return stream(
        chunk({"role": "assistant", "content": ""}),
        *(chunk({"content": one}) for one in spaced),
        chunk({}, finish),
    )


def calls(*wanted: tuple[str, dict[str, Any]], say: str = "") -> Reply:
    """An answer of tool calls, as OpenAI streams them."""
    deltas: list[Any] = [{"content": say}] if say else []
    for index, (name, arguments) in enumerate(wanted):
        written = json.dumps(arguments, ensure_ascii=False)
        half = len(written) // 2
        deltas.append({"tool_calls": [call(index, name, "", f"call_{index}")]})
        deltas += [
            {"tool_calls": [call(index, None, piece, None)]}
            for piece in (written[:half], written[half:])
        ]
    return stream(*map(chunk, deltas), chunk({}, "tool_calls"))


def answer(body: Any, status: int = 200) -> Reply:
    """A JSON body; None is a 404."""
    if body is None:
        return refuse(404, {"error": "Not Found"})
    return Reply((json.dumps(body).encode(),), status, dict(JSON))


def refuse(status: int, body: Any, **headers: str) -> Reply:
    """A refusal; a str body is sent as it is. Write header names with _ for -."""
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply((data,), status, {**JSON, **more})


def page(html: str, status: int = 200) -> Reply:
    return Reply((html.encode(),), status, {"content-type": "text/html; charset=utf-8"})


def dripping(parts: Iterable[bytes], every: float) -> Reply:
    """A stream that takes its time before each part."""
    return Reply(tuple(one for part in parts for one in (Pause(every), part)))
