"""Reading a refusal: what a status and a body mean, in the words of each server.

The phrases are those of LM Studio, llama.cpp, llama-cpp-python, Ollama, vLLM and OpenAI.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tagsmith.agent.server.faults import Fault, Kind

_OVERFLOW = re.compile(
    r"exceed_context_size|context_length_exceeded|context the overflows"
    r"|maximum context length|maximum model length|max_model_len"
    r"|context (?:size|length|window)\b.{0,60}exceed|exceed.{0,60}\bcontext (?:size|length|window)"
    r"|tokens to keep from the initial prompt is greater|prompt is too long|input is too long",
    re.IGNORECASE | re.DOTALL,
)
_BAD_CALL = re.compile(
    r"error parsing tool call|failed to parse tool call|failed to parse input at pos", re.IGNORECASE
)
_MODEL = re.compile(
    r"no models? (?:is |are )?(?:currently )?loaded|model_not_found|invalid model identifier"
    r"|model\b.{0,120}\b(?:not found|does not exist|is not loaded)|no such model|unknown model",
    re.IGNORECASE | re.DOTALL,
)
_LOADING = re.compile(r"loading model|model is (?:still )?loading", re.IGNORECASE)
_TOKENS = re.compile(
    r"n_prompt_tokens\W+(\d+)|first (\d+) tokens|request(?:ed)?(?: tokens)? \(?(\d+)"
    r"|(?:request has|resulted in|passed|contains(?: at least)?|too long:) (\d+)",
    re.IGNORECASE,
)
_CONTEXT = re.compile(
    r"n_ctx\W+(\d+)|context (?:length|size|window)(?: is| of)?(?: only)? \(?(\d+)", re.IGNORECASE
)


def refusal(status: int, body: str, words: str, pause: float = 0.0) -> Fault:
    """Return the fault that a status and a body tell; ``pause`` is what Retry-After asks for.

    ``body`` is what the server sent, for what it means; ``words`` is what may be shown of it.
    Status 0 is an error that came with a status of 200, or in the middle of an answer.
    """
    if _OVERFLOW.search(body):
        tokens, context = _first(_TOKENS, body), _first(_CONTEXT, body)
        return Fault(Kind.OVERFLOW, words, status=status, tokens=tokens, context=context)
    return Fault(_kind(status, body), words, status=status, seconds=pause)


def _kind(status: int, body: str) -> Kind:
    if _BAD_CALL.search(body):
        return Kind.BAD_CALL
    by_status = {401: Kind.KEY, 403: Kind.KEY, 429: Kind.BUSY}
    if status in by_status:
        return by_status[status]
    if 300 <= status < 400:
        return Kind.REDIRECT
    if _MODEL.search(body):
        return Kind.MODEL
    if status == 503:
        return Kind.LOADING if _LOADING.search(body) else Kind.BUSY
    if status in (404, 405):
        return Kind.NOT_FOUND
    if status == 0:
        return Kind.NOT_API if "unexpected endpoint" in body.lower() else Kind.CRASHED
    return Kind.FAILED if status >= 500 else Kind.REJECTED


def _first(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return int(next(filter(None, found.groups()))) if found else None


def pause(header: str, now: datetime | None = None) -> float:
    """Return the seconds that a Retry-After header asks for: a number, or a date; else 0."""
    try:
        return max(0.0, min(float(header), 1e6))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    now = now or datetime.now(UTC)
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds())
