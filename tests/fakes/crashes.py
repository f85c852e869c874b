"""The end of the process in the middle of an apply."""

from __future__ import annotations

import pytest

from tagsmith.tools.plan import Change


class Crash(BaseException):
    """The end of the process."""


def crash(world, operation: str, name: str, *changes: Change, after: bool = False) -> None:
    """Apply, and die at this operation (or at the first one after it)."""
    seen = []

    def hook(now: str, on: str) -> None:
        if seen or (now, on) == (operation, name):
            if after and not seen:
                seen.append(now)
                return
            seen.append(now)
            raise Crash

    with pytest.raises(Crash):
        world.apply(*changes, journal=world.journal(hook))
    assert world.journal().needs_recovery()
