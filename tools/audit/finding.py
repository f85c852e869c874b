"""A finding: what is wrong, how that is known, why it matters, and what would mend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fix:
    """A call of an ordinary tool that would mend a finding; it stages, and never applies.

    ``says`` is what it does, for people.
    """

    tool: str
    arguments: dict[str, Any]
    says: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found.

    ``check`` and ``key`` name it: the same problem has the same ``id`` in every run, so that it can
    be dismissed for good. ``images`` counts the images it concerns; ``evidence`` are lines that a
    person can verify; ``samples`` are some of the images, by their names relative to the root.
    ``harm`` and ``confidence`` lie in 0 to 1: what training loses if it is true and nothing is
    done, and how likely it is true. ``why`` says what it does to training, in a sentence.
    """

    check: str
    key: str
    title: str
    why: str
    images: int
    harm: float
    confidence: float
    evidence: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """What a dismissal remembers."""
        return f"{self.check}:{self.key}"
