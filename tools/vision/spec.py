"""One TOML file a model, no model with code of its own: those shipped, and the user's own.

The shipped specs lie in ``specs/``; users drop theirs into ``models/`` of Tagsmith's configuration
folder. docs/models.md describes the fields.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from tagsmith.tools.errors import UsageError
from tagsmith.tools.vision.schema import (
    CaptionSpec,
    Category,
    FormatSpec,
    InputSpec,
    LabelSpec,
    ModelFile,
    ModelId,
    ModelSpec,
    OutputSpec,
)

__all__ = [
    "DEFAULT",
    "BrokenSpec",
    "CaptionSpec",
    "Category",
    "FormatSpec",
    "InputSpec",
    "LabelSpec",
    "ModelFile",
    "ModelId",
    "ModelSpec",
    "OutputSpec",
    "broken_specs",
    "find_spec",
    "parse_spec",
    "specs",
    "user_folder",
]

DEFAULT = "wd-swinv2-tagger-v3"
_MOST_FILES = 200
_MOST_BYTES = 256 << 10
_HINT = "docs/models.md describes the fields. Correct the file, or take it out of the folder."


@dataclass(frozen=True, slots=True)
class BrokenSpec:
    """A file of the user's that is no spec, and why; ``name`` is the file's without ``.toml``."""

    path: str
    name: str
    reason: str

    def error(self) -> UsageError:
        """Return what to tell someone who asks for this very model."""
        return UsageError(f"{self.path}: {self.reason}.", _HINT)


def user_folder() -> Path:
    """Return where users put their own specs; it need not exist."""
    import platformdirs

    return platformdirs.user_config_path("tagsmith", appauthor=False) / "models"


def parse_spec(text: str, source: str) -> ModelSpec:
    """Read one spec; raises UsageError that names ``source`` and every wrong field."""
    try:
        return ModelSpec.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise UsageError(f"{source}: {_fields(error)}.", _HINT) from error
    except RecursionError as error:
        raise UsageError(f"{source}: it is nested too deeply.", _HINT) from error
    except ValueError as error:
        raise UsageError(f"{source}: it is not valid TOML: {error}.", _HINT) from error


def specs() -> Mapping[str, ModelSpec]:
    """Return every usable spec by name: the default first, then the shipped, then the user's."""
    return MappingProxyType({**_shipped(), **_read_users()[0]})


def broken_specs() -> tuple[BrokenSpec, ...]:
    """Return the user's files that cannot be used, for whoever lists the models."""
    return _read_users()[1]


def find_spec(name: str) -> ModelSpec:
    """Return the spec called ``name``: its name, an alias, or its repository, in any case.

    Raises UsageError that names the nearest, or what is wrong with the user's file of that name.
    """
    wanted = name.strip().casefold()
    users, broken = _read_users()
    known = {**_shipped(), **users}
    for spec in known.values():
        if wanted in _names(spec):
            return spec
    for file in broken:
        if file.name.casefold() == wanted:
            raise file.error()
    near = get_close_matches(wanted, [*known, "pixels"], n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known)}."
    raise UsageError(f"There is no model called {name!r}.", hint)


def _names(spec: ModelSpec) -> frozenset[str]:
    names = {spec.name, *(alias.casefold() for alias in spec.aliases)}
    if spec.repo is not None:
        repo = spec.repo.casefold()
        names |= {repo, repo.partition("/")[2]}
    return frozenset(names)


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, ModelSpec]:
    folder = files("tagsmith.tools.vision.specs")
    found = [
        parse_spec(entry.read_text(encoding="utf-8"), entry.name)
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    return {spec.name: spec for spec in sorted(found, key=_order)}


def _order(spec: ModelSpec) -> tuple[bool, bool, str]:
    return (spec.name != DEFAULT, spec.role != "tagger", spec.name)


def _read_users() -> tuple[dict[str, ModelSpec], tuple[BrokenSpec, ...]]:
    good: dict[str, ModelSpec] = {}
    broken: list[BrokenSpec] = []
    for path in _user_files():
        try:
            spec = parse_spec(_text(path), str(path))
            _refuse_taken(spec, good)
            good[spec.name] = spec
        except UsageError as error:
            reason = error.message.removeprefix(f"{path}: ").removesuffix(".")
            broken.append(BrokenSpec(str(path), path.stem, reason))
    return good, tuple(broken)


def _user_files() -> Iterator[Path]:
    try:
        entries = sorted(os.listdir(user_folder()))
    except OSError:
        return
    names = [name for name in entries if name.lower().endswith(".toml")]
    yield from (user_folder() / name for name in names[:_MOST_FILES])


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise UsageError(f"{path}: the file is larger than {_MOST_BYTES >> 10} KiB.")
        return data.decode("utf-8")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: the file is not UTF-8.") from error


def _refuse_taken(spec: ModelSpec, users: Mapping[str, ModelSpec]) -> None:
    taken = {name for other in (*_shipped().values(), *users.values()) for name in _names(other)}
    if spec.name in taken:
        raise UsageError(f"name: {spec.name!r} already belongs to another model.")


def _fields(error: ValidationError) -> str:
    """Say which fields are wrong, in the words of the file (``files.0.path``)."""
    told = [
        f"{'.'.join(map(str, part['loc'])) or 'the file'}: {_plain(part['msg'])}"
        for part in error.errors(include_url=False)
    ]
    more = f"; and {len(told) - 5} more" if len(told) > 5 else ""
    return "; ".join(told[:5]) + more


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")
