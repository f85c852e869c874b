"""The chat in plain lines, for screen readers and terminals without a cursor: no Textual."""

from __future__ import annotations

import os

VARIABLE = "ACCESSIBLE"
_OFF = ("", "0", "false", "no")


def is_wanted() -> bool:
    """Tell whether the environment asks for plain lines wherever there is a choice."""
    return os.environ.get(VARIABLE, "").casefold() not in _OFF
