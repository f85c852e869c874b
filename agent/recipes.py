"""Scripts: recipes, which are tool calls in YAML, and sentences, one a line.

docs/recipes.md describes the format. A recipe is checked whole, against the definitions of its
tools, before anything is opened; its errors name the line and what would fit.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tagsmith.agent import yaml_data
from tagsmith.agent.events import Call
from tagsmith.agent.scripted import ToolStep
from tagsmith.agent.yaml_data import Place, Tree
from tagsmith.tools import saving, toolbox
from tagsmith.tools.errors import DatasetError, UsageError
from tagsmith.tools.paths import STATE_FOLDER, display
from tagsmith.tools.plan import Step
from tagsmith.tools.toolbox import Tool

KEY = "tagsmith-recipe"
VERSION = 1
SUFFIXES = (".yaml", ".yml")

MAX_BYTES = 1 << 20
MAX_STEPS = 1_000
MAX_COMMENT = 4_000
_WIDTH = 100

# Comments, `---` and directives may come before; possessive, so that no text takes long to refuse.
_BEGINS = re.compile(
    rf"""(?:[ \t\r]*+(?:(?:#|---|%)[^\n]*+)?\n)*+[ \t]*+(?:\{{\s*+)?["']?{KEY}["']?\s*+:"""
)
_RECIPE_HINT = f"A recipe has {KEY}, steps and, if you like, a comment."
_STEP_HINT = "A step is `tool: NAME` with the arguments of the tool, or `say: SENTENCE`."


class _Recipe(BaseModel):
    """The outermost mapping; a step is checked against the definition of its tool."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    version: Literal[1] = Field(alias="tagsmith-recipe")
    comment: Annotated[str, Field(max_length=MAX_COMMENT)] | None = None
    steps: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_STEPS)]


# Reading


def read(data: bytes, name: str) -> tuple[str | ToolStep, ...]:
    """Return the steps of a script: sentences as str, tool calls with their place.

    It is a recipe where ``name`` ends in .yaml or .yml or its first line is ``tagsmith-recipe``;
    anything else has a sentence a line, without empty lines and those that begin with ``#``.
    Raises UsageError, with the line, where it cannot be used.
    """
    if len(data) > MAX_BYTES:
        raise UsageError(f"The script {name} is larger than 1 MiB.", "Give smaller ones.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"The script {name} is not UTF-8 (byte {error.start}).", "Save it as UTF-8."
        ) from error
    if name.lower().endswith(SUFFIXES) or _BEGINS.match(text):
        return _steps(yaml_data.parse(text, name))
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def _steps(tree: Tree) -> tuple[str | ToolStep, ...]:
    recipe = tree.value if isinstance(tree.value, dict) else {}
    version = recipe.get(KEY)
    if version is None:
        raise tree.wrong((), "this is no recipe.", f"A recipe begins with `{KEY}: {VERSION}`.")
    if type(version) is int and version > VERSION:
        told = f"the recipe is of version {version}, which a newer Tagsmith wrote."
        raise tree.wrong((KEY,), told, "Update Tagsmith.")
    try:
        checked = _Recipe.model_validate(recipe)
    except ValidationError as error:
        raise _misshapen(tree, error) from error
    return tuple(_step(tree, ("steps", number), one) for number, one in enumerate(checked.steps))


def _misshapen(tree: Tree, error: ValidationError) -> UsageError:
    problems = error.errors(include_url=False)
    unknown = [problem for problem in problems if problem["type"] == "extra_forbidden"]
    problem = (unknown or problems)[0]
    place, kind = tuple(problem["loc"]), problem["type"]
    if unknown:
        hint = _meant(str(place[0]), (KEY, "comment", "steps"), _RECIPE_HINT)
        return tree.wrong(place, f"a recipe has no {place[0]!r}.", hint)
    if len(place) > 1:
        return tree.wrong(place, "this is no step.", _STEP_HINT)
    told = {"missing": "there are no steps", "too_short": "there are no steps"}.get(kind)
    return tree.wrong(place, f"{told or f'{place[0]}: ' + problem['msg']}.", _RECIPE_HINT)


def _meant(word: str, known: Sequence[str], otherwise: str) -> str:
    near = get_close_matches(word, known, n=1)
    return f"Did you mean {near[0]}?" if near else otherwise


def _step(tree: Tree, place: Place, given: Mapping[str, Any]) -> str | ToolStep:
    if "say" in given:
        return _sentence(tree, place, given)
    if "tool" not in given:
        hint = _meant(next(iter(given), ""), ("tool", "say"), _STEP_HINT)
        raise tree.wrong(place, "the step names no tool.", hint)
    _check_text(tree, (*place, "tool"), given["tool"])
    arguments = {key: value for key, value in given.items() if key != "tool" and value is not None}
    try:
        chosen = toolbox.find(str(given["tool"]).replace("-", "_"))
    except UsageError as error:
        raise tree.wrong((*place, "tool"), error.message, error.hint) from error
    _check_texts(tree, place, chosen, arguments)
    try:
        toolbox.validate(chosen, arguments)
    except UsageError as error:
        if isinstance(error.__cause__, ValidationError):
            place = (*place, *error.__cause__.errors(include_url=False)[0]["loc"])
        raise tree.wrong(place, error.message, error.hint) from error
    return ToolStep(Call(chosen.name, arguments), tree.where(place))


def _sentence(tree: Tree, place: Place, given: Mapping[str, Any]) -> str:
    for key in given:
        if key != "say":
            raise tree.wrong((*place, key), "a sentence stands alone in its step.", _STEP_HINT)
    text = given["say"]
    _check_text(tree, (*place, "say"), text)
    if not isinstance(text, str) or not text.strip():
        raise tree.wrong((*place, "say"), "there is nothing to say.", _STEP_HINT)
    return text.strip()


def _check_texts(tree: Tree, place: Place, chosen: Tool, arguments: Mapping[str, Any]) -> None:
    """Refuse what YAML did not take for text where the tool does."""
    properties = chosen.parameters()["properties"]
    for name, value in arguments.items():
        definition = properties.get(name, {})
        if "string" not in (definition.get("type"), definition.get("items", {}).get("type")):
            continue
        at = (*place, name)
        _check_text(tree, at, value)
        for number, one in enumerate(value if isinstance(value, list) else ()):
            _check_text(tree, (*at, number), one)


def _check_text(tree: Tree, place: Place, value: Any) -> None:
    if value is None or isinstance(value, bool | int | float):
        name = next(part for part in reversed(place) if isinstance(part, str))
        raise tree.not_text(place, f"{name} takes text")


# Writing


def dumps(steps: Iterable[Step], said: Sequence[str] = ()) -> str:
    """Return a recipe of these steps; ``said`` are the words that led to them, as its comment.

    Text is always quoted, so that it reads back as the same text.
    """
    lines = [f"{KEY}: {VERSION}"]
    if said:
        lines.append(f"comment: {yaml_data.quoted(' / '.join(said)[:MAX_COMMENT])}")
    lines.append("steps:")
    for step in steps:
        lines.append(f"  - tool: {step.tool}")
        for name, value in step.arguments.items():
            lines += _argument(name, value)
    return "\n".join(lines) + "\n"


def _argument(name: str, value: Any) -> list[str]:
    line = f"    {name}: {_written(value)}"
    if isinstance(value, list) and len(line) > _WIDTH:
        return [f"    {name}:", *(f"      - {_written(one)}" for one in value)]
    return [line]


def _written(value: Any) -> str:
    if isinstance(value, str):
        return yaml_data.quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    return json.dumps(value)


def check_target(path: str, *, force: bool) -> None:
    """Raise UsageError where no recipe may be written, so that this is known before the work."""
    shown = display(path)
    if not path.lower().endswith(SUFFIXES):
        raise UsageError(f"{shown} is no name of a recipe.", "Give --record a name in .yaml.")
    if STATE_FOLDER in os.path.realpath(path).split(os.sep):
        raise UsageError(f"{shown} is among Tagsmith's own files.", "Give --record another name.")
    if os.path.isdir(path):
        raise UsageError(f"{shown} is a folder.", "Give --record the name of a file.")
    if os.path.lexists(path) and not force:
        raise UsageError(
            f"{shown} exists already.", "Give --record another name, or --force to write over it."
        )


def save(path: str, recipe: str, *, force: bool = False) -> None:
    """Write a recipe whole or not at all; over an older file only with ``force``.

    Raises UsageError where it may not stand there, DatasetError where it cannot be written.
    """
    check_target(path, force=force)
    try:
        saving.replace(path, [recipe.encode()])
    except OSError as error:
        raise DatasetError(
            f"The recipe cannot be written to {display(path)}: {error.strerror or error}.",
            "Nothing was changed; give --record another name.",
        ) from error
