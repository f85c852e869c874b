"""The arguments of a call, from whatever a model or a server put there to one plain object."""

from __future__ import annotations

import re
from typing import Any

from tagsmith.agent.toolcalls.model import Schema, Unreadable
from tagsmith.agent.toolcalls.names import plain_name
from tagsmith.agent.toolcalls.reader import MAX_DEPTH, Reader

MAX_ENCODINGS = 3  # arguments encoded as text, within text: seen twice, never more
MAX_OBJECTS = 32  # openings after the arguments that are tried as a second object

_OPENING = re.compile(r"(?:```\w*|json\b|\s|\ufeff)*", re.IGNORECASE)
_CLOSERS = re.compile(r"[\s}\])`]*")
# An object closed too early: what follows would be one more argument, perhaps its condition.
_CONTINUED = re.compile(r"[\s}\])]*,\s*(?:\\{0,7}[\"'“])[\w.-]{1,60}\\{0,7}[\"'”]\s*[:\uff1a]")
_OBJECT = re.compile(r"\{")
_LEAK = re.compile(r'\A(?:<\|"\|>|<escape>)(.*)(?:<\|"\|>|<escape>)\Z', re.DOTALL)

# Wrappers that models put around the arguments, and what may stand beside them.
_WRAPPERS = ("arguments", "parameters", "properties")
_BESIDE = {"name", "function", "type", "id", "required", "additionalProperties", "$schema", "title"}


def read_arguments(given: Any) -> dict[str, Any]:
    """Return the arguments as one object; nothing at all means no arguments.

    Accepts an object, its text, text encoded again, and a list of one object. Raises Unreadable.
    """
    value = given
    for _ in range(MAX_ENCODINGS):
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
            value = value[0]
        if value is None:
            return {}
        if isinstance(value, dict):
            cleaned: dict[str, Any] = _unmark(value, 0)
            return cleaned
        if not isinstance(value, str):
            break
        value = _read_text(value)
    raise Unreadable("The arguments are not one object.")


def _read_text(text: str) -> Any:
    """Read the one value that a text holds; what follows it may be closers or prose."""
    start = _OPENING.match(text)
    reader = Reader(text, start.end() if start else 0)
    reader.skip()
    if not reader.peek():
        return None
    value = reader.value()
    if isinstance(value, dict):
        if goes_on(text, reader.position):
            raise Unreadable("The arguments go on behind their end.", reader.position)
        _refuse_another(text, reader.position, value)
    elif text[reader.position :].strip(" \t\r\n`"):
        raise Unreadable("The arguments are not one object.", reader.position)
    return value


def goes_on(text: str, end: int) -> bool:
    """Tell whether an object that ends at a place goes on behind it, with one more key."""
    return _CONTINUED.match(text, end) is not None


def _refuse_another(text: str, end: int, value: dict[str, Any]) -> None:
    """Raise Unreadable where a second, different object follows: nobody knows which is meant."""
    after = _CLOSERS.match(text, end)
    for _ in range(MAX_OBJECTS):
        found = _OBJECT.search(text, after.end() if after else end)
        if not found:
            return
        reader = Reader(text, found.start())
        try:
            other = reader.value()
        except Unreadable:
            end, after = found.end(), None
            continue
        if other != value:
            raise Unreadable("There are two different sets of arguments.", found.start())
        end, after = reader.position, None


def _unmark(value: Any, depth: int) -> Any:
    """Take Gemma's quotes off texts that a server left in its JSON."""
    if isinstance(value, str):
        leaked = _LEAK.match(value)
        return leaked[1] if leaked else value
    if depth > MAX_DEPTH:
        raise Unreadable("The values are nested too deeply.")
    if isinstance(value, list):
        return [_unmark(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {str(_unmark(str(k), 0)): _unmark(one, depth + 1) for k, one in value.items()}
    return value


def unwrap(arguments: dict[str, Any], name: str, schema: Schema) -> dict[str, Any]:
    """Take the arguments out of a wrapper, where the schema has no argument of that name.

    A wrapper counts only if nothing stands beside it but the tool's own name and words of JSON
    Schema. Raises Unreadable for a wrapper that names another tool.
    """
    known = schema.get("properties", {})
    for _ in range(MAX_ENCODINGS):
        beside = arguments.keys() - known.keys()
        wrappers = [one for one in _WRAPPERS if one in beside]
        if len(wrappers) != 1 or not beside == arguments.keys() <= {*_BESIDE, *_WRAPPERS}:
            break
        for key in ("name", "function"):
            if key in arguments and plain_name(str(arguments[key])) != name:
                raise Unreadable(f"The arguments name another tool than {name}.")
        arguments = read_arguments(arguments[wrappers[0]])
    return arguments
