"""Calls written as JSON objects: OpenAI, Llama, Hermes, Command-R, JSON-RPC, generic llama.cpp.

Forms: ``{"name", "arguments"}`` and its synonyms, ``{"function": {...}}``, ``{"tool_calls":
[...]}``, lists of these. Sources: llama.cpp tests/test-chat.cpp and common/chat.cpp; the chat
templates of the families; ollama#5976 (JSON-RPC); smolagents#122 (OpenAI's object as Python).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tagsmith.agent.toolcalls.model import Found, Unreadable
from tagsmith.agent.toolcalls.reader import MAX_DEPTH

_NAMES = ("name", "function_name", "tool_name", "function", "tool", "method", "recipient_name")
_ARGUMENTS = ("arguments", "parameters", "params", "args", "input", "tool_input", "action_input")
_LISTS = ("tool_calls", "toolcalls", "function_calls", "tool_uses", "calls")
_SINGLES = ("tool_call", "function_call", "function", "call")
# What may stand beside a name that has no arguments: anything else may be an argument.
_BESIDE = {"id", "type", "index", "tool_call_id", "call_id", "jsonrpc", "thought", "reason"}

#: Tells cheaply whether text can hold a call in this form.
LOOKS_LIKE_CALL = re.compile(
    r"[\"'“](?:"
    + "|".join((*_NAMES, *_LISTS, *_SINGLES, *_ARGUMENTS[:2], "action"))
    + r")\\{0,7}[\"'”]\s{0,99}[:\uff1a]"
)


def calls_of(value: Any, *, depth: int = 0) -> list[Found] | None:
    """Return the calls that a value writes, or None for a value that is no call.

    Raises Unreadable for a call that is ambiguous: two names, or two sets of arguments.
    """
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, list):
        return _each(value, depth)
    if not isinstance(value, dict) or _is_definition(value):
        return None
    for key in _LISTS:
        if isinstance(value.get(key), list):
            return _each(value[key], depth)
    for key in _SINGLES:
        if isinstance(value.get(key), dict):
            return calls_of(value[key], depth=depth + 1)
    return _one(value)


def _each(values: list[Any], depth: int) -> list[Found] | None:
    """Return the calls of a list, or None if any item of it is no call."""
    calls: list[Found] = []
    for value in values:
        found = calls_of(value, depth=depth + 1) if isinstance(value, dict) else None
        if not found:
            return None
        calls += found
    return calls or None


def _one(value: Mapping[str, Any]) -> list[Found] | None:
    names = {value[key] for key in _NAMES if isinstance(value.get(key), str)}
    given = [key for key in _ARGUMENTS if key in value]
    if not names and given and isinstance(value.get("action"), str):
        names = {value["action"]}
    if not names:
        return None
    if not given and not value.keys() <= {*_BESIDE, *_NAMES}:
        return None
    if len(names) > 1:
        raise Unreadable("The call has two names.")
    if any(value[key] != value[given[0]] for key in given):
        raise Unreadable("The call has two sets of arguments.")
    identity = value.get("id", value.get("tool_call_id"))
    arguments = value[given[0]] if given else None
    beside = tuple(key for key in value if key not in {*_BESIDE, *_NAMES, *_ARGUMENTS, "action"})
    found = Found(names.pop(), arguments, identity if isinstance(identity, str) else "")
    return [replace(found, beside=beside)]


def _is_definition(value: Mapping[str, Any]) -> bool:
    """Tell whether this is a tool's definition, echoed from the system prompt."""
    inner = value.get("function") if isinstance(value.get("function"), dict) else value
    schema = inner.get("parameters") if isinstance(inner, dict) else None
    is_schema = isinstance(schema, dict) and "properties" in schema
    return is_schema and isinstance(inner, dict) and "description" in inner


def names_a_call(value: Any) -> bool:
    """Tell whether a whole object was meant as a call although it cannot be one."""
    has_arguments = isinstance(value, dict) and any(key in value for key in _ARGUMENTS[:2])
    return has_arguments and not _is_definition(value)


def has_arguments(value: Any) -> bool:
    """Tell whether an object writes its arguments out, so that nothing of it can be missing."""
    if isinstance(value, list):
        return all(has_arguments(one) for one in value)
    if not isinstance(value, dict):
        return False
    inner = [value[key] for key in (*_LISTS, *_SINGLES) if isinstance(value.get(key), dict | list)]
    return any(key in value for key in _ARGUMENTS) or any(has_arguments(one) for one in inner)
