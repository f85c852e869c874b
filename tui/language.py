"""The language of the interface: English in the source, the others in ``languages/*.toml``.

A text is looked up as it stands in the source. What users, files, models and tools say is data and
is never looked up; it comes in through the ``{names}`` of a text.
"""

from __future__ import annotations

import os
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tagsmith.tools.errors import UsageError

ENGLISH = "en"
_chosen = ENGLISH


def languages() -> tuple[str, ...]:
    """Return the codes of the languages there are, English first."""
    folder = files("tagsmith.tui.languages")
    found = (one.name for one in folder.iterdir() if one.name.endswith(".toml"))
    return (ENGLISH, *sorted(name.removesuffix(".toml") for name in found))


def use(code: str = "") -> None:
    """Say everything in a language from now on; without a code, in that of the locale.

    Raises UsageError for a language that there is no catalogue of.
    """
    global _chosen  # noqa: PLW0603 - a process talks to one person
    if code and code not in languages():
        raise UsageError(
            f"There is no interface in {code!r}.", f"There are: {', '.join(languages())}."
        )
    _chosen = code or _of_locale()


def chosen() -> str:
    """Return the code of the language in use."""
    return _chosen


def say(text: str, /, **values: Any) -> str:
    """Return a text in the language in use, with ``{names}`` filled in."""
    said = text if _chosen == ENGLISH else _catalogue(_chosen).get(text, text)
    return said.format(**values) if values else said


def many(number: int, one: str, more: str, /, **values: Any) -> str:
    """Return ``one`` or ``more`` by the number, which both may hold as ``{n}``."""
    return say(one if number == 1 else more, n=f"{number:,}", **values)


def _of_locale() -> str:
    """Read what gettext reads: the first of these that is set."""
    names = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    value = next((os.environ[name] for name in names if os.environ.get(name)), "")
    code = value.split(":")[0].split(".")[0].split("_")[0].lower()
    return code if code in languages() else ENGLISH


@lru_cache(maxsize=4)
def _catalogue(code: str) -> dict[str, str]:
    text = files("tagsmith.tui.languages").joinpath(f"{code}.toml").read_text(encoding="utf-8")
    return {str(english): str(said) for english, said in tomllib.loads(text).items()}
