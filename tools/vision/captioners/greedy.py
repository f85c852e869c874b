"""Greedy decoding: the likeliest token, again and again, until the model ends its sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
# From all tokens so far, the logits of the next one: (vocabulary,).
Next = Callable[[Sequence[int]], Floats]


@dataclass(frozen=True, slots=True)
class Rules:
    """How to decode: token ids, and when to stop.

    A ``stop`` among the first ``early`` tokens does not end the caption. No ``repeat`` tokens stand
    in the same order twice (0: they may), as ``no_repeat_ngram_size`` of transformers has it.
    """

    start: int
    stop: int
    max_tokens: int
    early: int = 0
    repeat: int = 3


@dataclass(frozen=True, slots=True)
class Decoded:
    """The tokens behind ``start``, without the ``stop`` that ended them; ``ended`` if one did."""

    ids: tuple[int, ...]
    ended: bool


def greedy(following: Next, rules: Rules) -> Decoded:
    """Decode one caption; the first of equally likely tokens is taken."""
    ids = [rules.start]
    for position in range(rules.max_tokens):
        logits = following(ids)
        banned = _repeating(ids, rules.repeat)
        if banned:
            logits = logits.copy()
            logits[banned] = -np.inf
        token = int(np.argmax(logits))
        if token == rules.stop and position >= rules.early:
            return Decoded(tuple(ids[1:]), ended=True)
        ids.append(token)
    return Decoded(tuple(ids[1:]), ended=False)


def _repeating(ids: Sequence[int], size: int) -> list[int]:
    """Return the tokens that would complete a row of ``size`` tokens that stood before."""
    if size < 1 or len(ids) < size:
        return []
    tail = tuple(ids[len(ids) - size + 1 :])
    return sorted(
        {
            ids[start + size - 1]
            for start in range(len(ids) - size + 1)
            if tuple(ids[start : start + size - 1]) == tail
        }
    )
