"""Numbers and lists as sentences have them."""

from __future__ import annotations

from collections.abc import Sequence


def count(number: int, noun: str, plural: str = "") -> str:
    """Return ``1 caption``, ``1,234 captions``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listing(items: Sequence[str], limit: int = 5) -> str:
    """Return the items with commas, and how many are left out."""
    shown = ", ".join(items[:limit])
    more = len(items) - limit
    return f"{shown} and {more:,} more" if more > 0 else shown


def share(part: int, whole: int) -> float:
    """Return the per cent that ``part`` is of ``whole``, with one decimal; 0 of nothing is 0."""
    return round(100 * part / whole, 1) if whole else 0.0
