"""The user's settings: their own file, the environment, the command line; the later wins.

Nothing is read from a dataset's folder or from the folder the program was started in, because a
downloaded dataset must not be able to choose where captions go. Keys are never in the file.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tagsmith.agent import config_file
from tagsmith.agent.config_file import Value
from tagsmith.agent.keys import VARIABLE
from tagsmith.agent.server.endpoint import is_internal
from tagsmith.agent.settings import Settings
from tagsmith.tools.errors import UsageError

__all__ = ["FILE", "PREFIX", "Origin", "Settings", "Source", "folder", "load", "origins", "save"]

FILE = "config.toml"
PREFIX = "TAGSMITH_"


class Source(StrEnum):
    """Where a setting's value comes from, in the words that a user sees."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    OPTION = "command line"


@dataclass(frozen=True, slots=True)
class Origin:
    """The value of a setting, where it comes from, and the line, variable or option there."""

    value: Any
    source: Source
    place: str = ""


@dataclass(frozen=True, slots=True)
class _Source:
    """Values, and how to tell the user where one of them stands."""

    values: Mapping[str, Any]
    where: Callable[[str], str]


def folder() -> Path:
    """Return the folder of the user's settings, which need not exist."""
    import platformdirs

    return platformdirs.user_config_path("tagsmith", appauthor=False)


def load(
    arguments: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] = os.environ,
    path: Path | None = None,
) -> Settings:
    """Return the settings; ``arguments`` are those of the command line, None where not given.

    Raises UsageError that names the file and line, the variable or the option, and the remedy.
    """
    path = path or folder() / FILE
    text = config_file.read(path)
    typed = {name: value for name, value in (arguments or {}).items() if value is not None}
    settings = _settings(
        _Source(config_file.parse(path, text), lambda name: _place(path, text, name)),
        _Source(_from_environment(environ), lambda name: PREFIX + name.upper()),
        _Source(typed, lambda name: f"--{name.replace('_', '-')}"),
    )
    if "base_url" not in typed:
        _check_address(settings)
    return settings


def save(changes: Mapping[str, Value | None], path: Path | None = None) -> Path:
    """Write settings to the user's file and return its path; None takes one out.

    All other bytes of the file stay. Raises UsageError where a value cannot be used, or the file
    cannot be read, is not valid or cannot be written; then it is not touched.
    """
    path = path or folder() / FILE
    before = config_file.read(path)
    text = config_file.changed(path, before, changes)
    values = config_file.parse(path, text)
    judged = {*Settings.model_fields, *changes}
    known = {name: value for name, value in values.items() if name in judged}
    _check_address(_settings(_Source(known, lambda name: _place(path, text, name))))
    if text != before:
        config_file.write(path, text)
    return path


def origins(
    arguments: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] = os.environ,
    path: Path | None = None,
) -> dict[str, Origin]:
    """Return every setting with where its value comes from. Raises what ``load`` raises."""
    path = path or folder() / FILE
    settings = load(arguments, environ, path)
    text = config_file.read(path)
    in_file, around = config_file.parse(path, text), _from_environment(environ)
    typed = {name for name, value in (arguments or {}).items() if value is not None}
    found = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if name in typed:
            found[name] = Origin(value, Source.OPTION, f"--{name.replace('_', '-')}")
        elif name in around:
            found[name] = Origin(value, Source.ENVIRONMENT, PREFIX + name.upper())
        elif name in in_file:
            found[name] = Origin(value, Source.FILE, _place(path, text, name))
        else:
            found[name] = Origin(value, Source.DEFAULT)
    return found


def _check_address(settings: Settings) -> None:
    if is_internal(settings.base_url):
        raise UsageError(
            f"{settings.base_url} is an address that only machines use among themselves.",
            "If a model is served there, give it on the command line with --base-url.",
        )


def _settings(*sources: _Source) -> Settings:
    values = {name: one for source in sources for name, one in source.values.items()}
    try:
        return Settings(**values)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name = str(problem["loc"][0])
        where = next(one.where for one in reversed(sources) if name in one.values)
        cause = problem.get("ctx", {}).get("error")
        if isinstance(cause, UsageError):
            raise UsageError(f"{where(name)}: {cause.message}", cause.hint) from None
        raise UsageError(f"{where(name)}: {_why(name, problem)}", _remedy(name, problem)) from None


def _why(name: str, problem: Mapping[str, Any]) -> str:
    if name == "api_key":
        return "keys are not read from files."
    if problem["type"] == "extra_forbidden":
        return f"there is no setting {name!r}."
    value = "what it is" if name == "proxy" else repr(problem["input"])
    return f"{name} cannot be {value}: {problem['msg'].lower()}."


def _remedy(name: str, problem: Mapping[str, Any]) -> str:
    if name == "api_key":
        return f"Take it out, and set {VARIABLE} in the environment instead."
    if problem["type"] != "extra_forbidden":
        return "Correct it, or take it out for the default."
    near = difflib.get_close_matches(name, Settings.model_fields, n=1)
    if near:
        return f"Did you mean {near[0]}?"
    return f"The settings are: {', '.join(Settings.model_fields)}."


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are set; an empty one is not."""
    given = {name: environ.get(PREFIX + name.upper(), "") for name in Settings.model_fields}
    return {name: value for name, value in given.items() if value.strip()}


def _place(path: Path, text: str, name: str) -> str:
    line = config_file.line_of(text, name)
    return str(path) if line is None else f"{path}, line {line}"
