"""Fit arguments to the schema of their tool, by the few conversions that lose nothing.

A bare or comma-separated text becomes a list (a tag holds no comma), the text of a list becomes
that list, "20" becomes 20, a list of one becomes its text, null counts as absent, and unknown
arguments are left out if the required ones are there. Everything else is refused with an error
that names the arguments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tagsmith.agent.toolcalls.model import Misfit, Schema, Unreadable, clip
from tagsmith.agent.toolcalls.reader import MAX_DEPTH, Reader

REASON_LENGTH = 300  # what a small model still reads (specs/llm.md 4.1)
_INTEGER = re.compile(r"[+-]?\d{1,18}(?:\.0+)?")
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d+)?(?:[eE][+-]?\d{1,2})?")
_KINDS = {"array": "list", "string": "text", "integer": "whole number", "boolean": "true or false"}


def fit(
    name: str, arguments: Mapping[str, Any], schema: Schema
) -> tuple[dict[str, Any], list[str]]:
    """Return the arguments as the schema wants them, and the names of those left out.

    Raises Misfit with a reason of at most 300 characters.
    """
    known: Mapping[str, Schema] = schema.get("properties", {})
    given = {key: value for key, value in arguments.items() if value is not None}
    missing = [key for key in schema.get("required", ()) if key not in given]
    dropped = [key for key in given if key not in known]
    if missing:
        unknown = f" There is no argument {dropped[0]!r}." if dropped else ""
        problem = f"The argument {missing[0]!r} is missing.{unknown}"
        raise Misfit(explain(problem, name, schema))
    try:
        fitted = {key: _convert(key, value, known[key]) for key, value in _known(given, known)}
    except Misfit as error:
        raise Misfit(explain(str(error), name, schema)) from error
    return fitted, dropped


def _known(given: Mapping[str, Any], known: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in given.items() if key in known]


def explain(problem: str, name: str, schema: Schema) -> str:
    """Return the problem, the allowed arguments and one correct example, within the length."""
    properties: Mapping[str, Schema] = schema.get("properties", {})
    required = list(schema.get("required", ()))
    order = [*required, *(key for key in properties if key not in required)]
    listed = ", ".join(
        f"{key} ({_kind(properties.get(key, {}))}{'' if key in required else ', optional'})"
        for key in order
    )
    example = json.dumps({key: _sample(properties.get(key, {})) for key in required})
    allowed = f" {name} takes: {listed or 'no arguments'}."
    shown = f" Example: {example}"
    room = REASON_LENGTH - len(shown)
    short = clip(problem, max(60, room - len(allowed)))
    return clip(clip(short + allowed, max(room, 0)) + shown, REASON_LENGTH)


def _kind(schema: Schema) -> str:
    choices = schema.get("enum")
    if choices:
        return " or ".join(str(one) for one in choices)
    return _KINDS.get(str(schema.get("type")), str(schema.get("type", "any")))


def _sample(schema: Schema) -> Any:
    if schema.get("enum"):
        return schema["enum"][0]
    samples: dict[str, Any] = {
        "array": ["example tag"],
        "integer": 1,
        "number": 1,
        "boolean": True,
        "object": {},
    }
    return samples.get(str(schema.get("type")), "example tag")


def _convert(key: str, value: Any, schema: Schema, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        raise Misfit(f"{key!r} is nested too deeply.")
    variants = schema.get("anyOf") or schema.get("oneOf")
    if variants:
        return _first_that_fits(key, value, variants, depth)
    kinds = schema.get("type")
    if isinstance(kinds, list):
        options = [{**schema, "type": one} for one in kinds]
        return _first_that_fits(key, value, options, depth)
    converted = _to_kind(str(kinds), key, value, schema, depth)
    choices = schema.get("enum")
    if choices and converted not in choices:
        raise Misfit(f"{key!r} cannot be {clip(str(value), 30)!r}.")
    return converted


def _to_kind(kind: str, key: str, value: Any, schema: Schema, depth: int) -> Any:
    if kind == "array":
        return _to_list(key, value, schema, depth)
    if kind == "string":
        return _to_text(key, value, schema, depth)
    convert = _SIMPLE.get(kind)
    return convert(key, value) if convert else value


def _first_that_fits(key: str, value: Any, variants: Sequence[Schema], depth: int) -> Any:
    for variant in variants:
        if variant.get("type") != "null":
            try:
                return _convert(key, value, variant, depth + 1)
            except Misfit:
                continue
    raise Misfit(f"{key!r} has no allowed value.")


def _to_list(key: str, value: Any, schema: Schema, depth: int) -> list[Any]:
    items = _split(key, value) if isinstance(value, str) else value
    if not isinstance(items, list):
        raise Misfit(f"{key!r} must be a list.")
    if len(items) < schema.get("minItems", 0):
        raise Misfit(f"{key!r} must not be empty.")
    inner = schema.get("items", {})
    return [_convert(key, item, inner, depth + 1) for item in items]


def _split(key: str, text: str) -> list[Any]:
    """Make a list of a text: the list that it spells, or its parts between commas."""
    stripped = text.strip()
    if stripped.startswith(("[", "('", '("')):
        return _spelled(key, stripped)
    if "\n" in stripped:
        raise Misfit(f"{key!r} must be a list: a tag has no line break.")
    return [part.strip() for part in stripped.split(",") if part.strip()]


def _spelled(key: str, text: str) -> list[Any]:
    reader = Reader(text)
    try:
        value = reader.value()
    except Unreadable as error:
        raise Misfit(f"{key!r} is no list that can be read.") from error
    if not isinstance(value, list) or text[reader.position :].strip():
        raise Misfit(f"{key!r} is no list that can be read.")
    return value


def _to_text(key: str, value: Any, schema: Schema, depth: int) -> str:
    if isinstance(value, list) and len(value) == 1 and depth == 0:
        value = value[0]
    if not isinstance(value, str):
        raise Misfit(f"{key!r} must be text.")
    if len(value) < schema.get("minLength", 0):
        raise Misfit(f"{key!r} must not be empty.")
    return value


def _to_integer(key: str, value: Any) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value.strip().split(".")[0])
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Misfit(f"{key!r} must be a whole number.")
    return value


def _to_number(key: str, value: Any) -> int | float:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misfit(f"{key!r} must be a number.")
    return value


def _to_boolean(key: str, value: Any) -> bool:
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if not isinstance(value, bool):
        raise Misfit(f"{key!r} must be true or false.")
    return value


def _to_object(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Misfit(f"{key!r} must be an object.")
    return value


_SIMPLE: dict[str, Callable[[str, Any], Any]] = {
    "integer": _to_integer,
    "number": _to_number,
    "boolean": _to_boolean,
    "object": _to_object,
}
