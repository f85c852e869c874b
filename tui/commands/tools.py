"""``tagsmith tools``: what there is to call, for people and as JSON Schema."""

from __future__ import annotations

import json
from typing import Any

from tagsmith.tools import toolbox
from tagsmith.tools.errors import Exit
from tagsmith.tools.toolbox import Tool
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.parsing import Parser

EXAMPLES = """\
  tagsmith tools
  tagsmith tools replace_tags
  tagsmith tools --json
"""

FAMILIES = {
    "reads": "Look (these change nothing)",
    "edits": "Edit captions",
    "groups": "Move whole samples, undo",
    "tagging": "Find tags by looking at the pictures and their files",
    "auditing": "Find what is wrong, and stage its fixes",
}


def run(words: list[str], console: Console) -> Exit:
    """List the tools, or describe one."""
    parser = Parser("tagsmith tools", "List the tools, or show the arguments of one.", EXAMPLES)
    parser.add_argument("name", metavar="NAME", nargs="?", help="one tool")
    parser.add_argument(
        "--json", action="store_true", help="print their JSON Schemas, and that of results"
    )
    found = parser.parse_args(words[1:])
    known = toolbox.tools()
    if found.name is not None:
        one = toolbox.find(found.name.replace("-", "_"))
        known = {one.name: one}
    if found.json:
        console.write(json.dumps(published(known), indent=2) + "\n")
    elif found.name is not None:
        _describe(next(iter(known.values())), console)
    else:
        _list(known, console)
    return Exit.DONE


def published(known: dict[str, Tool]) -> dict[str, Any]:
    """Return the tools' JSON Schemas beside the schema of what --json prints."""
    from tagsmith.agent.result_json import schema

    return {
        "tools": [
            {
                "name": tool.name,
                "family": tool.family,
                "description": tool.description,
                "core": tool.core,
                "parameters": tool.parameters(),
            }
            for tool in known.values()
        ],
        "result": schema(),
    }


def _list(known: dict[str, Tool], console: Console) -> None:
    width = max(map(len, known))
    for family, title in FAMILIES.items():
        console.row([(title, "bold")])
        for tool in known.values():
            if tool.family == family:
                console.row([(f"  {tool.name:<{width}}  ", ""), (tool.summary, "dim")])
    console.say("`tagsmith tools NAME` shows the arguments of one of them.")


def _describe(tool: Tool, console: Console) -> None:
    schema = tool.parameters()
    console.row([(tool.name, "bold")])
    console.say(f"  {tool.description}")
    properties: dict[str, Any] = schema["properties"]
    for name, definition in properties.items():
        console.row(
            [
                (f"  {name}", "bold"),
                (f"  {_type(definition)}", ""),
                (", required" if name in schema["required"] else _default(definition), ""),
                (f"  {definition.get('description', '')}", "dim"),
            ]
        )


def _type(definition: dict[str, Any]) -> str:
    if choices := definition.get("enum"):
        return " | ".join(choices)
    if definition.get("type") == "array":
        return f"list of {definition['items']['type']}"
    return str(definition.get("type", "any"))


def _default(definition: dict[str, Any]) -> str:
    return f", default {json.dumps(definition['default'])}" if "default" in definition else ""
