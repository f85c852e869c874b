"""Everything a model server does wrong once it can be reached, each as a scripted reply.

``kind`` is the name of the fault in ``tagsmith.agent.server.faults.Kind``; ``says`` are words that
the user must see; ``secret`` stands for the API key where a server echoes it.
"""

from __future__ import annotations

from dataclasses import dataclass

from model_listings import OVERFLOWS, role_only
from model_replies import (
    DONE,
    Cut,
    Hang,
    Reply,
    call,
    chunk,
    dripping,
    event,
    events,
    page,
    refuse,
    stream,
)

SECRET = "sk-canary-4f1d8b6a2c"
HALF_CALL = (
    event(chunk({"content": "I will replace it."})),
    event(chunk({"tool_calls": [call(0, "replace_tags", "", "call_0")]})),
    event(chunk({"tool_calls": [call(0, None, '{"old": ["1girl"], "new": ["1wo', None)]})),
)
WHOLE_CALL = (event(chunk({"tool_calls": [call(0, "prune_tags", '{"tags": ["dog"]}', "call_0")]})),)
RETRIED = 3


@dataclass(frozen=True)
class FaultMode:
    """What the server does, what it is called, and what the user must read.

    ``requests`` is how often the client asks; ``limit`` names the time limit that ends it.
    """

    reply: Reply
    kind: str
    says: tuple[str, ...] = ()
    requests: int = 1
    limit: str = ""


WRONG_KEY = {
    "error": {"message": f"Incorrect API key provided: {SECRET}.", "code": "invalid_api_key"}
}
CRASH = {"error": {"message": "error parsing tool call: raw='{\"old\": [', err=EOF"}}
PARSE = {"error": {"code": 500, "message": "Failed to parse input at pos 31: <tool_call>"}}
REFUSALS: dict[str, FaultMode] = {
    "401": FaultMode(refuse(401, WRONG_KEY), "KEY", ("[key]", "TAGSMITH_API_KEY", "401")),
    "403": FaultMode(refuse(403, "Forbidden"), "KEY", ("403", "Forbidden")),
    "404 model": FaultMode(
        refuse(404, {"error": {"message": "model 'x' not found", "code": "model_not_found"}}),
        "MODEL",
        ("wanted-model", "qwen/qwen3.5-9b", "--model"),
    ),
    "404 route": FaultMode(refuse(404, "404 page not found"), "NOT_FOUND", ("404", "/v1")),
    "no models loaded, as a string": FaultMode(
        refuse(400, {"error": "No models loaded. Please load a model."}),
        "MODEL",
        ("No models loaded",),
    ),
    "400 as a string": FaultMode(
        refuse(400, {"error": "Invalid tool_choice type: 'object'."}),
        "REJECTED",
        ("Invalid tool_choice type: 'object'", "400"),
    ),
    "400 of fastapi": FaultMode(
        refuse(422, {"detail": [{"loc": ["body"], "msg": "field required"}]}),
        "REJECTED",
        ("field required", "422"),
    ),
    "400 jinja": FaultMode(
        refuse(400, {"error": "Error rendering prompt with jinja template: unknown filter"}),
        "REJECTED",
        ("jinja",),
    ),
    "429 and wait": FaultMode(
        refuse(429, {"error": {"message": "Rate limit"}}, retry_after="0.05"),
        "BUSY",
        ("Rate limit", "429"),
        RETRIED,
    ),
    "429 for an hour": FaultMode(
        refuse(429, {"error": "Slow down"}, retry_after="3600"), "BUSY", ("3600 s", "Slow down")
    ),
    "500": FaultMode(
        refuse(500, {"error": "CUDA out of memory"}),
        "FAILED",
        ("CUDA out of memory", "500"),
        RETRIED,
    ),
    "502 page": FaultMode(
        page("<html><head><title>502 Bad Gateway</title></head></html>", 502),
        "FAILED",
        ("502 Bad Gateway",),
        RETRIED,
    ),
    "503 busy": FaultMode(
        refuse(503, {"detail": {"msg": "Server is busy; please try again later."}}),
        "BUSY",
        ("Server is busy",),
        RETRIED,
    ),
    "500 ollama bad call": FaultMode(refuse(500, CRASH), "BAD_CALL", ("tool call",)),
    "500 llama.cpp bad call": FaultMode(refuse(500, PARSE), "BAD_CALL", ("tool call",)),
    "500 without an end": FaultMode(
        Reply((b'{"error": "half a mess', Cut("reset")), 500),
        "FAILED",
        ("half a mess",),
        RETRIED,
    ),
    "redirect": FaultMode(
        refuse(307, "", location="http://192.0.2.1/v1/chat/completions"),
        "REDIRECT",
        ("http://192.0.2.1", "not followed"),
    ),
    **{
        f"overflow {name}": FaultMode(
            reply(5000, 4096), "EMPTY" if name == "lmstudio-gguf" else "OVERFLOW", ("context",)
        )
        for name, reply in OVERFLOWS.items()
    },
}

PORTAL = "<!DOCTYPE html><html><head><title>Hotel Wi-Fi</title></head><body>Log in</body></html>"
LATIN = event(chunk({"content": "caf@"})).replace(b"@", b"\xe9")
BROKEN = event('{"choices": [{"delta": {"content": "Hel')
ERROR = {"error": {"message": "The model has crashed without additional information."}}
BODIES: dict[str, FaultMode] = {
    "html": FaultMode(page(PORTAL), "NOT_API", ("Hotel Wi-Fi", "/v1")),
    "empty body": FaultMode(Reply(()), "EMPTY", ("answered with nothing",)),
    "not http": FaultMode(Reply(raw=b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "NOT_API", ("HTTP",)),
    "plain words": FaultMode(Reply((b"It works!",)), "NOT_API", ("It works!",)),
    "json without an answer": FaultMode(refuse(200, {"ok": True}), "NOT_API", ("ok",)),
    "unknown route with 200": FaultMode(
        refuse(200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"}),
        "NOT_API",
        ("Unexpected endpoint",),
    ),
    "nothing but done": FaultMode(stream(), "EMPTY", ("context",)),
    "nothing but a role": FaultMode(role_only(), "EMPTY", ("context",)),
    "invalid utf-8": FaultMode(Reply((*HALF_CALL, LATIN)), "GARBLED", ("UTF-8",)),
    "invalid json": FaultMode(Reply((*HALF_CALL, BROKEN)), "GARBLED", ("JSON",)),
    "error event": FaultMode(
        Reply((*HALF_CALL, event(ERROR))), "CRASHED", ("has crashed", "load it again")
    ),
    "error event by name": FaultMode(
        Reply((*HALF_CALL, b'event: error\ndata: {"error": "Model unloaded."}\n\n')),
        "CRASHED",
        ("Model unloaded",),
    ),
    "error line of llama.cpp": FaultMode(
        Reply((*HALF_CALL, b'error: {"message": "slot unavailable"}\n\n')),
        "CRASHED",
        ("slot unavailable",),
    ),
    "answer without end": FaultMode(
        stream(*(chunk({"content": "la " * 2000}) for _ in range(60)), done=False), "FLOOD"
    ),
    "reasoning without end": FaultMode(
        stream(*(chunk({"reasoning": "hm " * 8000}) for _ in range(60)), done=False), "FLOOD"
    ),
    "calls without end": FaultMode(
        stream(*(chunk({"tool_calls": [call(at, "undo", "{}")]}) for at in range(99))), "FLOOD"
    ),
    "one line of 3 MB": FaultMode(Reply((b"data: " + b"x" * 3_000_000,)), "FLOOD"),
}

AGAIN = ("Nothing was run",)
BREAKS: dict[str, FaultMode] = {
    "cut call, end of connection": FaultMode(
        Reply((*HALF_CALL, Cut()), chunked=False), "CUT", AGAIN
    ),
    "cut call, chunked": FaultMode(Reply((*HALF_CALL, Cut())), "DROPPED", AGAIN),
    "cut call, reset": FaultMode(Reply((*HALF_CALL, Cut("reset"))), "DROPPED", AGAIN),
    "cut call, half an event": FaultMode(
        Reply((*HALF_CALL, b'data: {"choices": [{"del', Cut()), chunked=False), "CUT", AGAIN
    ),
    "done without a finish reason": FaultMode(Reply((*HALF_CALL, DONE)), "CUT", AGAIN),
    "whole call without a finish reason": FaultMode(Reply((*WHOLE_CALL, DONE)), "CUT", AGAIN),
    "whole call, then a cut": FaultMode(Reply((*WHOLE_CALL, Cut()), chunked=False), "CUT", AGAIN),
    "cut before any byte": FaultMode(Reply((Cut(),), status=0), "DROPPED", AGAIN),
    "cut after the head": FaultMode(Reply((Cut(),)), "DROPPED", AGAIN),
    "no answer": FaultMode(Reply((Hang(),), status=0), "FIRST_TOKEN", limit="first_token"),
    "head, then nothing": FaultMode(Reply((Hang(),)), "FIRST_TOKEN", limit="first_token"),
    "comments for ever": FaultMode(
        dripping([b": working\n\n"] * 200, 0.02), "FIRST_TOKEN", limit="first_token"
    ),
    "role, then nothing": FaultMode(
        Reply((event(chunk({"role": "assistant"})), Hang())),
        "FIRST_TOKEN",
        limit="first_token",
    ),
    "stalled": FaultMode(Reply((*HALF_CALL, Hang())), "STALLED", limit="between_tokens"),
    "drip of bytes": FaultMode(
        dripping([HALF_CALL[0], *(bytes([one]) for one in HALF_CALL[1])], 0.02),
        "STALLED",
        limit="between_tokens",
    ),
    "drip of tokens": FaultMode(
        dripping([event(chunk({"content": "la "}))] * 200, 0.04), "TURN", limit="turn"
    ),
    "text without a finish reason": FaultMode(
        Reply(events(chunk({"content": "Hi"})), chunked=False), "CUT", AGAIN
    ),
}


FAULTS: dict[str, FaultMode] = {**REFUSALS, **BODIES, **BREAKS}
