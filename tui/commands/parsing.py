"""Reading command lines: argparse with our errors, and options made from a tool's arguments."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

from tagsmith.tools.errors import UsageError

if TYPE_CHECKING:
    from tagsmith.tools.toolbox import Tool


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that shows examples as written and raises UsageError."""

    def __init__(self, prog: str, description: str, examples: str = "") -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=f"examples:\n{examples}" if examples else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """Raise UsageError in place of leaving the program."""
        raise UsageError(f"{message.rstrip('.')}.", f"`{self.prog} --help` shows the usage.")


def add_dataset(parser: Parser) -> None:
    """Add DATASET."""
    parser.add_argument("dataset", metavar="DATASET", help="the folder with the images")


def add_json(parser: Parser) -> None:
    """Add --json."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object (its schema: tagsmith tools --json)",
    )


def add_outcome(parser: Parser) -> None:
    """Add the options that say what becomes of the plan; without one of them it is shown."""
    group = parser.add_argument_group(
        "what becomes of the plan", "without one of these it is shown and nothing is written"
    ).add_mutually_exclusive_group()
    group.add_argument("--apply", action="store_true", help="apply it")
    group.add_argument(
        "--approve", metavar="PLAN_ID", help="apply it if it is the plan of this id, else exit 5"
    )
    group.add_argument("--plan-out", metavar="FILE", help="save it, for `tagsmith apply`")


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def seconds(text: str) -> float:
    """Read a number of seconds above 0."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


def add_tool(parser: Parser, tool: Tool) -> None:
    """Add an option for each argument of a tool, from its JSON Schema."""
    schema = tool.parameters()
    group = parser.add_argument_group("arguments of the tool")
    for name, definition in schema["properties"].items():
        flags = [f"--{name.replace('_', '-')}"]
        if "_" in name:
            flags.append(f"--{name}")
        group.add_argument(
            *flags,
            dest=_destination(name),
            required=name in schema["required"],
            help=_help(definition),
            **_kind(name, definition),
        )


def given(tool: Tool, found: argparse.Namespace) -> dict[str, Any]:
    """Return the tool's arguments that the command line gave, still to be validated."""
    values = vars(found)
    properties: dict[str, Any] = tool.parameters()["properties"]
    named = {name: values.get(_destination(name)) for name in properties}
    return {name: _value(value) for name, value in named.items() if value is not None}


def _destination(name: str) -> str:
    return f"tool:{name}"


def _kind(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    """Return argparse's settings for a type of JSON Schema."""
    if definition.get("type") == "boolean":
        return {"action": argparse.BooleanOptionalAction, "default": None}
    if choices := definition.get("enum"):
        return {"choices": choices}
    if definition.get("type") == "array":
        return {"action": "extend", "nargs": "+", "metavar": _metavar(name.removesuffix("s"))}
    numeric = definition.get("type") in ("integer", "number")
    return {"metavar": "N" if numeric else _metavar(name)}


def _metavar(name: str) -> str:
    return name.replace("_", "-").upper()


def _help(definition: dict[str, Any]) -> str:
    text = str(definition.get("description", ""))
    default = definition.get("default")
    if default is not None and definition.get("type") != "boolean":
        text = f"{text} (default {default})".strip()
    if definition.get("type") == "array":
        text = f"{text} (several: one after another, with commas, or the option again)".strip()
    return text.replace("%", "%%")


def _value(value: Any) -> Any:
    """Cut the values of a list at their commas, as the tools do with a single string."""
    if isinstance(value, list):
        parts = (part.strip() for one in value for part in one.split(","))
        return [part for part in parts if part]
    return value
