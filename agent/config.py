"""The user's settings: their own file, the environment, the command line; the later wins.

Nothing is read from a dataset's folder or from the folder the program was started in, because a
downloaded dataset must not be able to choose where captions go. Keys are never in the file.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from tagsmith.agent.keys import VARIABLE, api_key
from tagsmith.agent.private_files import write_private
from tagsmith.agent.server.endpoint import Endpoint, Limits, is_internal, normalise
from tagsmith.tools.errors import UsageError

FILE = "config.toml"
PREFIX = "TAGSMITH_"
DAY = 86_400

Seconds = Annotated[float, Field(gt=0, le=DAY)]
Value = str | int | float | bool


class Settings(BaseModel):
    """What a user can set; every name is a key of the file and, as TAGSMITH_NAME, a variable."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    engine: Literal["auto", "server", "offline"] = Field(
        default="auto",
        description="who answers: a model server where one is found, only a server, or the "
        "built-in engine",
    )
    base_url: Annotated[str, AfterValidator(normalise)] = Field(
        default="http://localhost:1234/v1", description="address of the model server"
    )
    model: str = Field(
        default="", description="the model that answers; without it, the one that is loaded"
    )
    caption_model: str = Field(
        default="", description="the model that captions images; without it, the one that answers"
    )
    context_length: int | None = Field(
        default=None,
        ge=512,
        description="tokens that the model has room for; without it, what the server says",
    )
    connect_timeout: Seconds = Field(default=5.0, description="seconds to wait for a connection")
    first_token_timeout: Seconds = Field(
        default=120.0, description="seconds to wait until an answer begins"
    )
    between_tokens_timeout: Seconds = Field(
        default=30.0, description="seconds to wait for the next piece of an answer"
    )
    turn_timeout: Seconds = Field(
        default=600.0, description="seconds that one message may take, its tools included"
    )
    proxy: str | None = Field(
        default=None,
        repr=False,
        pattern=r"^https?://\S+$",
        description="address of the HTTP proxy to the server; that of the environment is not used",
    )
    keyring: bool = Field(
        default=False, description="whether the server's key is looked for in the keyring too"
    )

    def endpoint(self, environ: Mapping[str, str] = os.environ) -> Endpoint:
        """Return the model server that is set, with its key if there is one."""
        return Endpoint(
            self.base_url,
            model=self.model,
            key=api_key(self.base_url, environ, keyring=self.keyring),
            limits=Limits(
                connect=self.connect_timeout,
                first_token=self.first_token_timeout,
                between_tokens=self.between_tokens_timeout,
                turn=self.turn_timeout,
            ),
            context_length=self.context_length,
            proxy=self.proxy,
        )


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
    text = _text(path)
    typed = {name: value for name, value in (arguments or {}).items() if value is not None}
    settings = _settings(
        _Source(_parsed(path, text), lambda name: _place(path, text, name)),
        _Source(_from_environment(environ), lambda name: PREFIX + name.upper()),
        _Source(typed, lambda name: f"--{name.replace('_', '-')}"),
    )
    if is_internal(settings.base_url) and "base_url" not in typed:
        raise UsageError(
            f"{settings.base_url} is an address that only machines use among themselves.",
            "If a model is served there, give it on the command line with --base-url.",
        )
    return settings


def save(changes: Mapping[str, Value], path: Path | None = None) -> Path:
    """Write settings to the user's file and return its path; other lines and comments stay.

    Raises UsageError where a value cannot be used, or the file cannot be read or written.
    """
    path = path or folder() / FILE
    lines = _text(path).splitlines()
    expected = _parsed(path, "\n".join(lines)) | dict(changes)
    for name, value in changes.items():
        start, end = _lines_of(lines, name)
        lines[start:end] = [f"{name} = {json.dumps(value, ensure_ascii=False)}"]
    text = "".join(f"{line}\n" for line in lines)
    if not _holds(text, expected):
        raise UsageError(f"{path} is laid out so that it cannot be changed here.", "Edit it.")
    _settings(_Source(expected, lambda name: _place(path, text, name)))
    write_private(path, text)
    return path


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


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from error
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}.", "Check its permissions."
        ) from error


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{path} is not valid TOML: {str(error)[:1].lower()}{str(error)[1:]}.",
            'Write settings like base_url = "http://localhost:1234/v1", one a line.',
        ) from error


def _holds(text: str, expected: Mapping[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        return False


def _lines_of(lines: list[str], name: str) -> tuple[int, int]:
    """Return where a setting stands, or an empty range where it can be put: before any table."""
    assigned = re.compile(rf"\s*{re.escape(name)}\s*=")
    for number, line in enumerate(lines):
        if assigned.match(line):
            return number, number + 1
        if line.lstrip().startswith("["):
            return number, number
    return len(lines), len(lines)


def _place(path: Path, text: str, name: str) -> str:
    start, end = _lines_of(text.splitlines(), name)
    return f"{path}, line {start + 1}" if end > start else str(path)
