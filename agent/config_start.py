"""The few settings that the interface needs before its first frame, read without their model.

What is wrong in the file is the default here; ``config.load`` tells of it a moment later.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PREFIX = "TAGSMITH_"
FALSE = ("0", "false", "no", "off", "f", "n")
KNOWN: Mapping[str, tuple[str, ...]] = {
    "theme": ("auto", "dark", "light", "ansi"),
    "language": ("", "en", "es"),
    "images": ("auto", "half", "off"),
}


@dataclass(frozen=True, slots=True)
class Start:
    """How the interface looks and in which language it speaks; see ``settings.Settings``."""

    theme: str = "auto"
    language: str = ""
    images: str = "auto"
    animation: bool = True


def read(environ: Mapping[str, str] = os.environ, path: Path | None = None) -> Start:
    """Return what is set: by a variable, else in the user's file. Never raises for a wrong one."""
    if path is None:
        import platformdirs

        path = platformdirs.user_config_path("tagsmith", appauthor=False) / "config.toml"
    values = _in_file(path)
    for name in Start.__dataclass_fields__:
        if variable := environ.get(PREFIX + name.upper(), "").strip():
            values[name] = variable
    usable = {name: values[name] for name, known in KNOWN.items() if values.get(name, ...) in known}
    animation = _flag(values.get("animation"))
    return Start(**{str(name): str(value) for name, value in usable.items()}, animation=animation)


def _in_file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except (OSError, ValueError):
        return {}


def _flag(value: object) -> bool:
    """Return whether a value says yes, in the words that pydantic takes; yes where it says none."""
    return str(value).lower() not in FALSE
