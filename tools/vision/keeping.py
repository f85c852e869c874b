"""Which of several images that show the same is best to keep, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class Candidate:
    """An image with what decides whether it is the best of its kind.

    ``name`` is what it is called now, ``path`` where it lies on disk, ``place`` that of its
    measurements; ``words`` counts the bytes of its caption; ``loss`` is that of losses.py,
    ``detail`` that of flaws.py and ``digest`` that of its pixels, where they were measured.
    """

    name: str
    path: str
    place: int
    size: tuple[int, int]
    words: int
    loss: float
    detail: float = 0.0
    digest: bytes = b""

    @property
    def pixels(self) -> int:
        """Its width times its height."""
        return self.size[0] * self.size[1]


@dataclass(frozen=True, slots=True)
class _Rule:
    """What is compared (more is better), and by which factor a difference counts.

    Nothing is compared where some image has no value: it was not measured.
    """

    says: str
    value: Callable[[Candidate], float]
    factor: float


# A step of quantisation is turned over, so that more is better: 1 for a lossless file.
_RULES = (
    _Rule("the largest", lambda one: one.pixels, 1.01),
    _Rule("the sharpest", lambda one: one.detail, 1.15),
    _Rule("the longest caption", lambda one: 1 + one.words, 1.0),
    _Rule("the least lost by compression", lambda one: 1 / (1 + one.loss), 1.1),
)


def best(images: Sequence[Candidate]) -> tuple[Candidate, str]:
    """Return the image to keep and the reason, by resolution, then sharpness, then caption, then
    compression; of equals the one whose name is shortest.
    """
    left = list(images)
    reasons = []
    for rule in _RULES:
        values = [rule.value(one) for one in left]
        if min(values) <= 0:
            continue
        near = [
            one
            for one, value in zip(left, values, strict=True)
            if value * rule.factor >= max(values)
        ]
        if len(near) < len(left):
            reasons.append(_said(rule, near[0], left))
            left = near
    first = min(left, key=lambda one: (len(one.name), one.name))
    return first, "; ".join(reasons) or "equal in all that was compared; the shortest name"


def _said(rule: _Rule, chosen: Candidate, images: Sequence[Candidate]) -> str:
    if rule.says != "the largest":
        return rule.says
    other = min(images, key=lambda one: one.pixels)
    sizes = [f"{width}x{height}" for width, height in (chosen.size, other.size)]
    return f"{rule.says}: {sizes[0]} against {sizes[1]}"
