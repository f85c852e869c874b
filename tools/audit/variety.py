"""How varied a set of captions is: the entropy of its tags and how little captions share."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from itertools import combinations

# A set of n captions has n (n - 1) / 2 pairs; beyond so many a sample of them is as good: the
# mean of 5,000 Jaccard distances is known to about 0.003.
PAIRS = 5000
_SEED = 20261121


def pairs(number: int, most: int = PAIRS) -> list[tuple[int, int]]:
    """Return all pairs of so many things, or a sample of them, the same one every time."""
    if number * (number - 1) // 2 <= most:
        return list(combinations(range(number), 2))
    source = random.Random(_SEED)
    chosen: list[tuple[int, int]] = []
    while len(chosen) < most:
        one, other = source.randrange(number), source.randrange(number)
        if one != other:
            chosen.append((one, other))
    return chosen


def entropy(counts: Iterable[int]) -> float:
    """Return the Shannon entropy, in bits, of tags that stand so often."""
    known = [count for count in counts if count > 0]
    total = sum(known)
    return -sum(count / total * math.log2(count / total) for count in known) if total else 0.0


def apart(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard distance: 0 for the same tags, 1 for none in common."""
    either = len(one | other)
    return 1 - len(one & other) / either if either else 0.0


def mean_apart(captions: Sequence[frozenset[str]], chosen: Sequence[tuple[int, int]]) -> float:
    """Return the mean Jaccard distance of some pairs, at least one."""
    return sum(apart(captions[one], captions[other]) for one, other in chosen) / len(chosen)
