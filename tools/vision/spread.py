"""How far the pictures of a set lie apart, from their stored hashes and small copies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagsmith.tools.vision.hashes import Records


@dataclass(frozen=True, slots=True)
class Spread:
    """Means over pairs of pictures: ``hashes`` is the share of bits in which two hashes differ (0.5
    for pictures that have nothing in common), ``looks`` one less the correlation of the small
    copies (0 for the same composition, 1 for unrelated ones).
    """

    pictures: int
    hashes: float
    looks: float


def spread(prints: Records, pairs: list[tuple[int, int]]) -> Spread:
    """Measure some pairs of pictures, at least one, by their places."""
    ones, others = np.array(pairs).T
    bits = np.bitwise_count(prints["hash"][ones] ^ prints["hash"][others])
    total = 0.0
    for one, other in pairs:
        total += _apart(prints["grey"][one], prints["grey"][other])
    return Spread(len(prints), float(bits.mean()) / 64, total / len(pairs))


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    """Return one less the correlation of two small copies; it is never below 0 nor above 1."""
    first, second = (levels.astype(np.float64) - levels.mean() for levels in (one, other))
    scale = float(np.sqrt((first**2).sum() * (second**2).sum()))
    together = float((first * second).sum()) / scale if scale else 0.0
    return 1 - max(0.0, together)
