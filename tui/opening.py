"""A dataset that is still to be opened, in a thread, while its screen is there already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tagsmith.agent.conversation import Conversation
    from tagsmith.tools.watch import Watch


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation on an open dataset, and what opening it had to say."""

    conversation: Conversation
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """What to open: its name for people, how, and what to say first there.

    ``open`` runs in a thread, tells the watch how far it is, and asks it whether to stop. It raises
    TagsmithError where the dataset cannot be opened, StoppedError where it was told to stop.
    """

    name: str
    open: Callable[[Watch], Opened]
    suggestion: str = ""
