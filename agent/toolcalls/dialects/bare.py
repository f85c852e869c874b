"""Calls without a marker: the whole message is a call, or prose holds one object that is a call.

Only objects count in prose. A Python call, or a name before its arguments (Functionary, GLM 4,
Mistral without its token), counts only as the whole message. Sources: vllm#43116 (Granite 3.3),
vllm tests/tool_parsers/test_llama3_json_tool_parser.py, llama.cpp tests/test-chat.cpp.
"""

from __future__ import annotations

import re
from dataclasses import replace

from tagsmith.agent.toolcalls.dialects import objects, python_calls
from tagsmith.agent.toolcalls.dialects.bodies import Calls, read_named_arguments
from tagsmith.agent.toolcalls.model import Envelope, Tools, Unreadable, clip
from tagsmith.agent.toolcalls.names import registered
from tagsmith.agent.toolcalls.reader import Reader

MAX_ATTEMPTS = 200  # openings tried in one message; ordinary prose has a handful

_FENCED = re.compile(r"```[\w-]*[ \t]*\n(.*?)\s*(?:```)?\s*\Z", re.DOTALL)
_HEAD = re.compile(r"\[?\s*([A-Za-z_][\w.:-]{0,99})")
_START = re.compile(r"\{|\[(?=\s*\{)")


def find_whole(text: str, tools: Tools) -> list[Envelope]:
    """Return the envelope of a message that is nothing but a Python call or a name and object.

    A name before an object must be a tool's: ordinary labels stand before objects too.
    """
    fenced = _FENCED.fullmatch(text)
    body = fenced[1] if fenced else text
    head = _HEAD.match(body)
    ours = bool(head and registered(head[1], tools))
    is_python = python_calls.START.match(body) is not None
    if not ours and not is_python:
        return []
    try:
        calls, end = _read_whole(body, is_python)
    except Unreadable as error:
        return [Envelope(0, len(text), problem=error.reason)] if ours else []
    if not calls or body[end:].strip(" \t\r\n;"):
        return []
    found = tuple(replace(one, raw=clip(body)) for one in calls)
    return [Envelope(0, len(text), found)]


def _read_whole(text: str, is_python: bool) -> Calls:
    if is_python:
        return python_calls.read_calls(text, 0)
    return read_named_arguments(text, 0) or ([], 0)


def find_objects(text: str) -> list[Envelope]:
    """Return the objects in a text that are calls, and those that were meant to be."""
    envelopes: list[Envelope] = []
    if not objects.LOOKS_LIKE_CALL.search(text):
        return envelopes
    position = 0
    for _ in range(MAX_ATTEMPTS):
        opening = _START.search(text, position)
        if not opening:
            return envelopes
        envelope = _read(text, opening.start())
        position = max(envelope.end, opening.end())
        if envelope.calls or envelope.problem:
            envelopes.append(envelope)
    return [Envelope(0, len(text), problem="The answer holds too many braces to find one call.")]


def _read(text: str, start: int) -> Envelope:
    """Read the object at a position; an envelope without calls and problem is ordinary text."""
    reader = Reader(text, start)
    try:
        value = reader.value()
        calls = objects.calls_of(value)
    except Unreadable as error:
        end = max(error.position, reader.position)
        meant = objects.LOOKS_LIKE_CALL.search(text, start, min(end, len(text)))
        return Envelope(start, end, problem=error.reason if meant else "")
    end = reader.position
    if calls and reader.completed and not objects.has_arguments(value):
        return Envelope(start, end, problem="The call is not closed.")
    if not calls:
        problem = "The call has no name." if objects.names_a_call(value) else ""
        return Envelope(start, end, problem=problem)
    raw = clip(text[start:end])
    return Envelope(start, end, tuple(replace(call, raw=raw) for call in calls))
