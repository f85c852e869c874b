"""Slash commands: ``/prune_tags watermark --where "dog"`` becomes a tool and its arguments.

The same rules for every tool, read from its argument model, so that a new tool is a new command
with nothing to write here.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from tagsmith.tools.errors import UsageError
from tagsmith.tui.language import say

if TYPE_CHECKING:
    from tagsmith.tools.toolbox import Tool


def split(text: str) -> tuple[str, list[str]]:
    """Split a slash command into its name and its words, quoted as in a shell.

    Raises UsageError where a quote stays open.
    """
    name, _, rest = text.strip().removeprefix("/").partition(" ")
    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise UsageError(
            say("The command does not parse: {why}.", why=error),
            say("Close the quote, or write \\' for a bare one."),
        ) from error
    return name.replace("-", "_").lower(), words


def arguments(tool: Tool, words: list[str]) -> dict[str, Any]:
    """Return the arguments that the words give, still to be validated by the tool's model.

    ``--name value ...`` takes the words up to the next option; ``--name`` alone says yes. Words
    before the first option fill the required arguments in their order; where one argument is
    required, or none, they are all one value, so that ``/prune_tags long hair, watermark`` works.
    Raises UsageError for an option that the tool does not have.
    """
    schema = tool.parameters()
    properties: dict[str, Any] = schema["properties"]
    plain, options = _options(tool, properties, words)
    return {**_positional(tool, schema, plain), **options}


def usage(tool: Tool) -> str:
    """Return a one-line reminder of a tool's arguments."""
    schema = tool.parameters()
    required = [f"<{name}>" for name in schema["required"]]
    optional = [f"[--{name}]" for name in schema["properties"] if name not in schema["required"]]
    return " ".join([f"/{tool.name}", *required, *optional])


def _options(
    tool: Tool, properties: dict[str, Any], words: list[str]
) -> tuple[list[str], dict[str, Any]]:
    plain: list[str] = []
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for word in words:
        if not word.startswith("--") or word == "--":
            (plain if current is None else current).append(word)
            continue
        name, equals, value = word[2:].partition("=")
        name = name.replace("-", "_")
        if name not in properties:
            raise UsageError(
                say("/{tool} has no argument --{name}.", tool=tool.name, name=name),
                say("Use: {usage}", usage=usage(tool)),
            )
        current = found.setdefault(name, [])
        if equals:
            current.append(value)
        if properties[name].get("type") == "boolean":
            current = None
    return plain, {name: _value(properties[name], values) for name, values in found.items()}


def _value(definition: dict[str, Any], values: list[str]) -> Any:
    if not values and definition.get("type") == "boolean":
        return True
    return " ".join(values)


def _positional(tool: Tool, schema: dict[str, Any], plain: list[str]) -> dict[str, Any]:
    if not plain:
        return {}
    required: list[str] = schema["required"] or list(schema["properties"])[:1]
    if len(required) == 1:
        return {required[0]: " ".join(plain)}
    if len(plain) > len(required):
        raise UsageError(
            say(
                "/{tool} takes {names}; there are {words} words.",
                tool=tool.name,
                names=say(" and ").join(required),
                words=len(plain),
            ),
            say("Put a tag of several words in quotes."),
        )
    return dict(zip(required, plain, strict=False))
