"""The checks of the audit: each registers itself under its name in its own module."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from tagsmith.tools.errors import UsageError

if TYPE_CHECKING:
    from tagsmith.tools.audit.evidence import Evidence
    from tagsmith.tools.audit.finding import Finding

Find = Callable[["Evidence"], Iterable["Finding"]]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, what it looks for, and the function that looks.

    ``slow`` checks open images; they run when they are asked for by name, or by a report.
    """

    name: str
    summary: str
    find: Find
    slow: bool = False


_defined: dict[str, Check] = {}


def check(name: str, *, slow: bool = False) -> Callable[[Find], Find]:
    """Register a function as a check; the first sentence of its docstring is the summary."""

    def register(find: Find) -> Find:
        summary = " ".join((find.__doc__ or "").split()).split(". ")[0].rstrip(".")
        _defined[name] = Check(name, summary, find, slow)
        return find

    return register


@lru_cache(maxsize=1)
def checks() -> dict[str, Check]:
    """Return every check by name."""
    from tagsmith.tools.audit import checks as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(_defined.items()))


def named(name: str) -> Check:
    """Return the check of this name. Raises UsageError that lists the names there are."""
    known = checks()
    if name not in known:
        raise UsageError(f"There is no check named {name!r}.", f"Checks: {', '.join(known)}.")
    return known[name]
