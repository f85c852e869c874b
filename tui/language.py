"""The language of the interface: English in the source, the others in ``languages/*.toml``.

A text is looked up as it stands in the source. What users, files, models and tools say is data and
is never looked up; it comes in through the ``{names}`` of a text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tagsmith.tools.errors import UsageError

ENGLISH = "en"
_FOLDER = Path(__file__).with_name("languages")
_chosen = ENGLISH


def languages() -> tuple[str, ...]:
    """Return the codes of the languages there are, English first."""
    return (ENGLISH, *sorted(one.stem for one in _FOLDER.glob("*.toml")))


def use(code: str = "") -> None:
    """Say everything in a language from now on; without a code, in that of the locale.

    Raises UsageError for a language that there is no catalogue of.
    """
    global _chosen  # noqa: PLW0603 - a process talks to one person
    if code and code not in languages():
        raise UsageError(
            f"There is no interface in {code!r}.", f"There are: {', '.join(languages())}."
        )
    _chosen = code or of_locale()


def chosen() -> str:
    """Return the code of the language in use."""
    return _chosen


def say(text: str, /, **values: Any) -> str:
    """Return a text in the language in use, with ``{names}`` filled in."""
    said = text if _chosen == ENGLISH else catalogue(_chosen).get(text, text)
    return said.format(**values) if values else said


def many(number: int, one: str, more: str, /, **values: Any) -> str:
    """Return ``one`` or ``more`` by the number, which both may hold as ``{n}``."""
    return say(one if number == 1 else more, n=f"{number:,}", **values)


def of_locale(environ: Mapping[str, str] = os.environ) -> str:
    """Return the language that the environment asks for, English where there is no catalogue.

    LC_ALL, LC_MESSAGES and LANG are asked in this order; LANGUAGE comes before them with several
    languages in the order of preference, but not where the locale is C (GNU gettext, 2.3.3).
    """
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environ[name] for name in names if environ.get(name)), "")
    wanted = environ.get("LANGUAGE") or locale
    if locale in ("C", "POSIX") or not wanted:
        return ENGLISH
    known = languages()
    codes = (re.split("[_.@]", one)[0].lower() for one in wanted.split(":"))
    return next((code for code in codes if code in known), ENGLISH)


@lru_cache(maxsize=4)
def catalogue(code: str) -> Mapping[str, str]:
    """Return what the texts of the source are in a language; only read it."""
    import tomllib

    return tomllib.loads((_FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
