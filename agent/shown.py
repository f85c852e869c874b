"""The tools as a model sees them: the core ones, slim; with room all of them; with more, whole.

What is shown never takes more than about a quarter of the context.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tagsmith.tools import toolbox
from tagsmith.tools.toolbox import Tool

ALL_FROM, TOLD_FROM, WHOLE_FROM = 16_384, 32_768, 65_536  # tokens of context
LONGEST_DESCRIPTION = 100
# Limits that the workshop checks anyway; small models need the tokens for other things.
_LEFT_OUT = frozenset({"default", "minimum", "maximum", "minItems", "maxItems", "minLength"})
_EXPLAINED_ONCE = "where"  # in the system prompt


@dataclass(frozen=True, slots=True)
class ShownTool:
    """A tool as a model sees it: ``parameters`` is the JSON Schema of its arguments."""

    name: str
    description: str
    parameters: Mapping[str, Any]

    def wire(self) -> dict[str, Any]:
        """Return the tool in the form of the API."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": dict(self.parameters),
        }
        return {"type": "function", "function": function}


def shown_tools(context: int) -> tuple[ShownTool, ...]:
    """Return what a model with so many tokens of context sees; the same each time, in one order."""
    if context < TOLD_FROM:
        everything = context >= ALL_FROM
        return tuple(_slim(one) for one in toolbox.tools().values() if one.core or everything)
    whole = context >= WHOLE_FROM
    return tuple(
        ShownTool(one.name, one.description, one.parameters(advanced=whole))
        for one in toolbox.tools().values()
    )


def chars(tools: Iterable[ShownTool]) -> int:
    """Return how many characters the tools have as they are sent."""
    return sum(len(json.dumps(one.wire(), ensure_ascii=False)) for one in tools)


def _slim(tool: Tool) -> ShownTool:
    full = tool.parameters(advanced=False)
    properties = {name: _slim_property(name, one) for name, one in full["properties"].items()}
    slim: dict[str, Any] = {"type": "object", "properties": properties}
    if full["required"]:
        slim["required"] = full["required"]
    return ShownTool(tool.name, _shortened(tool.description), slim)


def _slim_property(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    explained = name == _EXPLAINED_ONCE or "enum" in schema
    left_out = _LEFT_OUT | ({"description"} if explained else set())
    return {key: value for key, value in schema.items() if key not in left_out}


def _shortened(description: str) -> str:
    """Return the first sentences that are short enough together; the first one always."""
    sentences = description.split(". ")
    kept = sentences[0]
    for one in sentences[1:]:
        if len(kept) + len(one) + 2 > LONGEST_DESCRIPTION:
            break
        kept = f"{kept}. {one}"
    return kept if kept.endswith(".") else f"{kept}."
