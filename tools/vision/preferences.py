"""What the user prefers of vision models, beside what their specs say: read when it is needed.

Whoever knows the settings says where they come from (``use``); without that, specs alone count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Preferences:
    """Thresholds by model and category, and the folder of models that were put there by hand."""

    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    models_folder: str = ""


_source: Callable[[], Preferences] = Preferences


def use(source: Callable[[], Preferences]) -> None:
    """Ask this from now on; it may raise UsageError where the settings cannot be read."""
    global _source  # noqa: PLW0603 - a process works for one person
    _source = source


def current() -> Preferences:
    """Return what the user prefers now."""
    return _source()
