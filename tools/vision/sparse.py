"""Scores of one image, packed: the labels that a tagger gave at least ``FLOOR``.

A record is eight bytes, little-endian: the label's index (uint32) and its probability (float32).
Half precision would save a quarter and move probabilities across a threshold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FLOOR = 0.05
RECORD = np.dtype([("label", "<u4"), ("score", "<f4")])

Floats = npt.NDArray[np.float32]
Indexes = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Sparse:
    """What one tagger said of one image: ``labels`` ascending, with their ``scores`` in [0, 1]."""

    labels: Indexes
    scores: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.labels)

    def items(self) -> Iterator[tuple[int, float]]:
        """Yield (label, score)."""
        yield from zip(self.labels.tolist(), self.scores.tolist(), strict=True)


def pack(probabilities: npt.ArrayLike) -> bytes:
    """Pack the probabilities of every label, in the order of the labels.

    Raises ValueError where one is not a number from 0 to 1.
    """
    dense: Floats = np.asarray(probabilities, dtype=np.float32).reshape(-1)
    if not (np.isfinite(dense).all() and (dense >= 0).all() and (dense <= 1).all()):
        raise ValueError("a score is not a number from 0 to 1")
    kept = np.flatnonzero(dense >= np.float32(FLOOR))
    records = np.empty(len(kept), RECORD)
    records["label"] = kept
    records["score"] = dense[kept]
    return records.tobytes()


def unpack(data: object, labels: int) -> Sparse:
    """Unpack what ``pack`` made for so many labels. Raises ValueError on anything else."""
    if not isinstance(data, bytes) or len(data) % RECORD.itemsize:
        raise ValueError("a row of scores has the wrong length")
    records = np.frombuffer(data, RECORD)
    found = records["label"].astype(np.intp)
    scores = exact(records["score"])
    ordered = bool((np.diff(found) > 0).all())
    if not ordered or (len(found) and found[-1] >= labels):
        raise ValueError("a row of scores names a label that does not exist")
    if not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError("a score is not a number from 0 to 1")
    return Sparse(found, scores)


def pick(rows: Sequence[bytes], label: int) -> npt.NDArray[np.float64]:
    """Return the score of one label in each of many packed rows, 0 where it is below the floor.

    One pass over all rows at once: a hundred thousand images take a fraction of a second. Raises
    ValueError where a row has the wrong length.
    """
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    if (lengths % RECORD.itemsize).any():
        raise ValueError("a row of scores has the wrong length")
    ends = np.cumsum(lengths // RECORD.itemsize)
    records = np.frombuffer(b"".join(rows), RECORD)
    places = np.flatnonzero(records["label"] == label)
    picked: npt.NDArray[np.float64] = np.zeros(len(rows), dtype=np.float64)
    scores = exact(records["score"][places])
    picked[np.searchsorted(ends, places, side="right")] = np.nan_to_num(scores).clip(0, 1)
    return picked


def exact(scores: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return float32 scores as the decimal numbers they stand for, so that 0.35 is 0.35."""
    exactly: npt.NDArray[np.float64] = np.asarray(scores, dtype=np.float64).round(7)
    return exactly
