"""Fixes that concern certain images and no others, however they are called."""

from __future__ import annotations

from collections.abc import Iterable

from tagsmith.tools.audit.finding import Fix
from tagsmith.tools.query import exactly


def delete_exactly(images: Iterable[str], says: str) -> tuple[Fix, ...]:
    """Return the calls that delete these images: one for some thousands of them."""
    return tuple(Fix("delete_images", {"where": where}, says) for where in exactly(images))


def isolate_exactly(images: Iterable[str], name: str, says: str) -> tuple[Fix, ...]:
    """Return the calls that set these images apart under a name."""
    return tuple(
        Fix("isolate_images", {"where": where, "name": name}, says) for where in exactly(images)
    )
