"""One definition, five doors: a tool is one function, one pydantic argument model, one docstring.

From it come the JSON Schema that a model sees, the ``tagsmith do`` sub-command, the slash command
of the chat, the recipe step and the replay of a plan. Adding a tool means adding one file in
``tools/reads``, ``tools/edits`` or ``tools/groups``; nothing else changes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tagsmith.tools.errors import UsageError

if TYPE_CHECKING:
    from tagsmith.tools.workspace import Workspace

FAMILIES = ("reads", "edits", "groups", "tagging", "auditing")


def _as_list(value: Any) -> Any:
    """Accept a bare or comma-separated string for a list of tags: tags hold no comma."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Item = TypeVar("Item")
TagList = Annotated[list[Item], BeforeValidator(_as_list), Field(min_length=1)]
Tags = TagList[str]
OptionalTags = Annotated[list[str] | None, BeforeValidator(_as_list)]
Where = Annotated[
    str | None,
    Field(default=None, description="query: dog and not cat, tags:<5, name:img_*; default all"),
]


class Arguments(BaseModel):
    """Base of every tool's arguments: kind coercion of strings, no unknown argument."""

    model_config = ConfigDict(extra="forbid", defer_build=True, str_strip_whitespace=True)

    def pinned(self, workspace: Workspace) -> Self:
        """Return them with what they mean now in place of what will mean something else later.

        A step is run again, perhaps in another session, with the arguments that this returns.
        """
        del workspace
        return self


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool answers: ``text`` for a person or a model, ``data`` for a program.

    Both are small: the top rows and the totals, never a whole dataset. ``files`` counts the files
    that the call staged; ``state`` is the truth about what is staged now.
    """

    text: str
    data: dict[str, Any] = field(default_factory=dict)
    files: int = 0
    state: str = ""

    def __str__(self) -> str:
        return f"{self.text}\n{self.state}".strip()


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: its name, what it does, its arguments and the function behind it."""

    name: str
    family: str
    summary: str
    description: str
    arguments: type[Arguments]
    function: Callable[[Workspace, Any], Outcome]
    core: bool

    def parameters(self, *, advanced: bool = True) -> dict[str, Any]:
        """Return the JSON Schema of the arguments, flat, as model servers want it.

        Without ``advanced``, only what DESIGN section 5 lets small models see: at most four.
        """
        schema = self.arguments.model_json_schema()
        properties = {
            name: _flat(definition)
            for name, definition in schema.get("properties", {}).items()
            if advanced or not definition.get("advanced")
        }
        return {
            "type": "object",
            "properties": properties,
            "required": schema.get("required", []),
            "additionalProperties": False,
        }


_defined: dict[str, Tool] = {}


def tool(
    arguments: type[Arguments], *, core: bool = False
) -> Callable[[Callable[..., Outcome]], Callable[..., Outcome]]:
    """Register a function as a tool under its own name; its docstring is the description.

    ``core`` tools are the ten that small models see (DESIGN section 5).
    """

    def register(function: Callable[..., Outcome]) -> Callable[..., Outcome]:
        description = " ".join((function.__doc__ or "").split())
        summary = description.split(". ")[0].rstrip(".")
        family = function.__module__.rsplit(".", 2)[-2]
        _defined[function.__name__] = Tool(
            function.__name__, family, summary, description, arguments, function, core
        )
        return function

    return register


@lru_cache(maxsize=1)
def tools() -> dict[str, Tool]:
    """Return every tool by name, the core ones first, in the order of their families."""
    for family in FAMILIES:
        package = importlib.import_module(f"tagsmith.tools.{family}")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
    ordered = sorted(_defined.values(), key=lambda one: (not one.core, FAMILIES.index(one.family)))
    return {one.name: one for one in ordered}


def find(name: str) -> Tool:
    """Return the tool of this name. Raises UsageError naming the nearest ones."""
    known = tools()
    if name in known:
        return known[name]
    from difflib import get_close_matches

    nearest = get_close_matches(name, known, n=3)
    hint = f"Did you mean {' or '.join(nearest)}?" if nearest else "See `tagsmith tools`."
    raise UsageError(f"There is no tool named {name!r}.", hint)


def call(workspace: Workspace, name: str, arguments: dict[str, Any]) -> Outcome:
    """Validate the arguments and run a tool; what it stages becomes one step of the plan.

    Raises UsageError for arguments that do not fit, and whatever the tool raises; a tool that
    fails leaves nothing staged.
    """
    chosen = find(name)
    parsed = validate(chosen, arguments).pinned(workspace)

    def run(staging: Workspace) -> Outcome:
        return chosen.function(staging, parsed)

    given = parsed.model_dump(mode="json", exclude_defaults=True)
    outcome, files = workspace.stage(name, given, run)
    return Outcome(outcome.text, outcome.data, files, workspace.state())


def validate(chosen: Tool, arguments: dict[str, Any]) -> Arguments:
    """Return the arguments coerced and checked. Raises UsageError that says what would fit."""
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return chosen.arguments.model_validate(given)
    except ValidationError as error:
        raise UsageError(
            f"{chosen.name}: {_explain(error)}.",
            f"Arguments: {', '.join(chosen.arguments.model_fields)}.",
        ) from error


# What pydantic's kinds of error mean for whoever calls a tool, in his words.
_SAID = {
    "missing": "it is required",
    "extra_forbidden": "there is no such argument",
    "string_type": "a text is needed",
    "string_unicode": "a text is needed, of whole characters",
    "list_type": "a list of texts is needed",
    "too_short": "at least one is needed",
    "int_type": "a whole number is needed",
    "int_parsing": "a whole number is needed",
    "int_from_float": "a whole number is needed",
    "float_type": "a number is needed",
    "float_parsing": "a number is needed",
    "bool_type": "true or false is needed",
    "bool_parsing": "true or false is needed",
    "literal_error": "it is one of {expected}",
    "greater_than_equal": "it is at least {ge}",
    "less_than_equal": "it is at most {le}",
    "greater_than": "it is more than {gt}",
    "less_than": "it is less than {lt}",
}


def _explain(error: ValidationError) -> str:
    parts = []
    for problem in error.errors(include_url=False):
        where = ".".join(str(part) for part in problem["loc"]) or "arguments"
        said = problem["msg"].removeprefix("Value error, ")
        if problem["type"] in _SAID:
            said = _SAID[problem["type"]].format_map(problem.get("ctx", {}))
        parts.append(f"{where}: {said}")
    return "; ".join(parts)


def _flat(definition: dict[str, Any]) -> dict[str, Any]:
    """Drop titles and write ``X | None`` as ``X``: small models stumble over unions."""
    flat = {name: value for name, value in definition.items() if name not in ("title", "advanced")}
    choices = [one for one in flat.pop("anyOf", []) if one.get("type") != "null"]
    if choices:
        flat = {**choices[0], **flat}
    if flat.get("default", ...) is None:
        del flat["default"]
    return flat
