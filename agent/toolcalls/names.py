"""Names of tools as models write them. Only exact names count: nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Container

_PREFIXES = ("functions.", "tool:")
_COUNTER = re.compile(r":\d+\Z")


def plain_name(written: str) -> str:
    """Return the name without ``functions.``, ``tool:``, a ``:N`` and anything from ``<|``."""
    name = written.split("<|", 1)[0].strip()
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return _COUNTER.sub("", name).strip()


def registered(written: str, tools: Container[str]) -> str | None:
    """Return the name of the tool that is meant, or None if there is no such tool."""
    if written in tools:
        return written
    name = plain_name(written)
    return name if name in tools else None
