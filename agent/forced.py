"""An answer that the server holds to a JSON Schema: for a call that could not be read in text.

One flat object: ``tool`` (a name, or none), the arguments of all tools, and ``say``. It is the
second attempt, never the first, because it forbids prose and goes badly with thinking
(docs/servers.md). What comes of it is judged as strictly as any other answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tagsmith.agent.prompting import ERROR_LENGTH, one_line, render
from tagsmith.agent.server.faults import (
    BadCallError,
    BrokenAnswerError,
    ContextOverflowError,
    EndpointError,
    RejectedError,
    ServerFailedError,
)
from tagsmith.agent.server.servers import ServerKind
from tagsmith.agent.toolcalls import Interpretation, interpret
from tagsmith.agent.toolcalls.thinking import spoken

Schemas = Mapping[str, Mapping[str, Any]]
TOOL, SAY, NO_TOOL = "tool", "say", "none"
# These document it, and turn it into a grammar (docs/servers.md).
TAKES_SCHEMA = frozenset(
    {ServerKind.LM_STUDIO, ServerKind.LLAMA_CPP, ServerKind.OLLAMA, ServerKind.VLLM}
)
_KEPT = ("type", "items", "enum")
# What can come of such a request and says nothing against an ordinary one.
_FAILURES = (
    BadCallError,
    BrokenAnswerError,
    ContextOverflowError,
    RejectedError,
    ServerFailedError,
)


@dataclass(slots=True)
class Forcing:
    """Whether the server of a connection takes a schema, as far as is known."""

    possible: bool = False


class Attempt:
    """The one attempt of a turn. ``wanted``: the next request is to be held to the schema."""

    def __init__(self, forcing: Forcing) -> None:
        self._forcing = forcing
        self._made = False
        self.wanted = False

    def want(self) -> None:
        """Have the next request held to the schema, if the server can and it is the first time."""
        self.wanted = self._forcing.possible and not self._made
        self._made = self._made or self.wanted

    def over(self) -> bool:
        """Go back to ordinary requests; whether this one was not."""
        was, self.wanted = self.wanted, False
        return was

    def survives(self, error: EndpointError) -> bool:
        """Whether an error is due to the schema alone; a server that refuses it is remembered."""
        if not isinstance(error, _FAILURES) or not self.over():
            return False
        if isinstance(error, RejectedError | ServerFailedError):
            self._forcing.possible = False
        return True


def response_format(schemas: Schemas) -> dict[str, Any]:
    """Return the setting of a request that holds its answer to a call of one of the tools."""
    arguments: dict[str, Any] = {}
    for schema in schemas.values():
        for name, definition in schema.get("properties", {}).items():
            arguments[name] = _common(arguments.get(name), definition)
    properties = {
        TOOL: {"type": "string", "enum": [*schemas, NO_TOOL]},
        **arguments,
        SAY: {"type": "string"},
    }
    schema = {
        "type": "object",
        "properties": properties,
        "required": [TOOL, SAY],
        "additionalProperties": False,
    }
    shape = {"name": "tagsmith_answer", "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": shape}


def _common(known: Mapping[str, Any] | None, definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return what fits an argument of this name in every tool that has it."""
    found = {key: definition[key] for key in _KEPT if key in definition}
    return (
        found
        if known is None
        else {key: found[key] for key in found if found[key] == known.get(key)}
    )


def instructions(reason: str, schemas: Schemas) -> str:
    """Return what the model reads with such a request: why, and the tools with their arguments."""
    tools = "\n".join(f"- {name}: {_arguments(schema)}" for name, schema in schemas.items())
    return render("forced", reason=one_line(reason, ERROR_LENGTH), tools=tools)


def _arguments(schema: Mapping[str, Any]) -> str:
    required: Sequence[str] = schema.get("required", ())
    names = [*required, *(one for one in schema.get("properties", {}) if one not in required)]
    return ", ".join(one if one in required else f"{one} (optional)" for one in names) or "none"


def interpret_forced(message: Mapping[str, Any], schemas: Schemas) -> tuple[Interpretation, str]:
    """Return the call of such an answer, and what it says to the user.

    A message that is no such object is judged like any other. Of a thought nothing is taken.
    """
    found = None if message.get("tool_calls") else _object(message.get("content"))
    name = found.get(TOOL) if found else None
    if found is None or not isinstance(name, str) or name not in (*schemas, NO_TOOL):
        return interpret({**message, "reasoning": "", "reasoning_content": ""}, schemas), ""
    said = found.get(SAY)
    say = said.strip() if isinstance(said, str) else ""
    if name == NO_TOOL:
        return Interpretation(), say
    known = schemas[name].get("properties", {})
    arguments = {key: value for key, value in found.items() if key in known}
    call = {"function": {"name": name, "arguments": arguments}}
    return interpret({**message, "content": "", "tool_calls": [call]}, schemas), say


def _object(content: Any) -> dict[str, Any] | None:
    """Return the object that a text is, if it is one and no name in it stands twice."""
    said = spoken(content) if isinstance(content, str) else None
    if said is None or said.unclosed:
        return None
    try:
        found = json.loads(said.text, object_pairs_hook=_distinct)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found
