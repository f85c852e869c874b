"""The values of a tool call's arguments, for people."""

from __future__ import annotations

from collections.abc import Mapping


def worded(value: object) -> str:
    """Return ``watermark, lowres`` for a list and ``a.png: coco, b.png: rex`` for a mapping."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {worded(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(worded, value))
    return str(value)
