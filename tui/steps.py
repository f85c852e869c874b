"""How far long work is, in the words of the interface: what tools tell of it is English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagsmith.tui.language import say

if TYPE_CHECKING:
    from tagsmith.tools.watch import Step


def verb(step: Step) -> str:
    """Return what is being done: ``Tagging``, or with a name behind it ``Verifying model.onnx``."""
    said = say(step.verb)
    if said != step.verb:
        return said
    first, blank, name = step.verb.partition(" ")
    return say(first) + blank + name


def unit(step: Step) -> str:
    """Return what is counted: ``images``."""
    return say(step.unit)


def pace(step: Step) -> str:
    """Return how fast it goes, as the work itself knows it (tools/vision/pace.py)."""
    return ", ".join(map(_pace, step.pace.split(", "))) if step.pace else ""


def _pace(part: str) -> str:
    if part.endswith(" a second"):
        return say("{number} a second", number=part.removesuffix(" a second"))
    if part.endswith(" s each"):
        return say("{number} s each", number=part.removesuffix(" s each"))
    if part.endswith(" left"):
        return say("{time} left", time=part.removesuffix(" left"))
    return part
