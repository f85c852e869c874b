"""Writes the pages of the documents that are made from the program itself.

    python -m tagsmith.tui.keys_page docs

writes docs/keys.md and docs/settings.md. A test fails where one of them is not what this makes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from tagsmith.agent.config import FILE, PREFIX, Settings
from tagsmith.agent.settings import SECTIONS, section_of
from tagsmith.tools import toolbox
from tagsmith.tools.toolbox import Tool
from tagsmith.tui.actions import ACTIONS, Scope, slash_commands

KEYS_INTRODUCTION = """\
# Keys and commands

Made from the program by `python -m tagsmith.tui.keys_page docs`; F1, or `?` on an empty line, shows
the same in the chat.
"""
COMMANDS_INTRODUCTION = """\
## Commands

They begin with `/`, and tab completes them. What is sent while something runs waits its turn.
"""
TOOLS_INTRODUCTION = """\
## Tools, as commands

Every tool is a command too; what it stages is reviewed like anything else. Required arguments can
be given by their order, all others as `--name value`. A value of several words needs no quotes
where it is the only one. `tagsmith tools NAME` tells all about one of them.
"""
SETTINGS_INTRODUCTION = f"""\
# Settings

Made from the program by `python -m tagsmith.tui.keys_page docs`. A setting stands in `{FILE}` in
the settings folder of your system (`~/.config/tagsmith` on Linux), as `name = value`. A variable
of the environment comes before the file, and an option of the command line before both. Nothing is
read from a dataset. In the chat, `/settings` shows what holds and where it comes from, and changes
the file. More about servers and their keys: [servers.md](servers.md).

Several values are a list in the file, `caption_extensions = [".txt", ".tags"]`, and have commas in
a variable.
"""


def keys_page() -> str:
    """Return docs/keys.md: every key, command and tool."""
    parts = [KEYS_INTRODUCTION]
    for scope in Scope:
        rows = [(_keys(one.label), one.help) for one in ACTIONS if one.scope is scope and one.label]
        if rows:
            parts.append(f"## {scope.value}\n\n{_table(('key', 'does'), rows)}")
    commands = [(f"`/{name}`", does) for name, does in slash_commands().items()]
    parts.append(f"{COMMANDS_INTRODUCTION}\n{_table(('command', 'does'), commands)}")
    tools = [_tool(tool) for _, tool in sorted(toolbox.tools().items())]
    return "\n".join([*parts, TOOLS_INTRODUCTION, "\n".join(tools)])


def settings_page() -> str:
    """Return docs/settings.md: every setting with its kind, default, variable and use."""
    schema = Settings.model_json_schema()["properties"]
    heads = ("setting", "is", "default", "variable", "about")
    parts = [SETTINGS_INTRODUCTION]
    for section in SECTIONS:
        rows = [_setting(name, one) for name, one in schema.items() if section_of(name) == section]
        parts.append(f"## {section.capitalize()}\n\n{_table(heads, rows)}")
    return "\n".join(parts)


def _setting(name: str, schema: dict[str, Any]) -> tuple[str, ...]:
    default, variable = _value(schema.get("default")), f"`{PREFIX}{name.upper()}`"
    return f"`{name}`", _kind(schema), default, variable, schema["description"]


KINDS = {
    **{"string": "text", "integer": "whole number", "number": "number", "boolean": "yes or no"},
    "object": "names with values",
}
LIMITS = (("minimum", "from"), ("exclusiveMinimum", "above"), ("maximum", "up to"))
PAGES: dict[str, Callable[[], str]] = {"keys.md": keys_page, "settings.md": settings_page}


def _tool(tool: Tool) -> str:
    schema = tool.parameters()
    required = schema["required"]
    usage = [f"/{tool.name}", *(f"<{name}>" for name in required)]
    rows = [
        (f"`--{name}`", _kind(one), _value(one.get("default")), str(one.get("description", "")))
        for name, one in schema["properties"].items()
    ]
    table = _table(("argument", "is", "default", "about"), rows) if rows else "It takes none.\n"
    return f"### `{' '.join(usage)}`\n\n{tool.summary}\n\n{table}"


def _kind(schema: dict[str, Any]) -> str:
    """Return what a value may be, from its JSON Schema."""
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"] if one)
    if schema.get("type") == "array":
        return "several, with commas"
    limits = [f"{word} {schema[mark]:,}" for mark, word in LIMITS if mark in schema]
    return " ".join([KINDS[schema["type"]], *limits])


def _value(default: object) -> str:
    if default is None or default in ("", []):
        return ""
    if isinstance(default, list):
        return ", ".join(f"`{one}`" for one in default)
    if isinstance(default, bool):
        return "yes" if default else "no"
    return f"`{default}`"


def _keys(label: str) -> str:
    return ", ".join(f"`{key}`" for key in label.split(", "))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Write the pages into the folder that the command line names."""
    folder = Path(sys.argv[1])
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
