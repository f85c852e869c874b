"""The sizes that a trainer resizes and cuts images to: the aspect ratio buckets of kohya.

kohya-ss/sd-scripts, ``make_bucket_resolutions`` and ``BucketManager.select_bucket`` with upscaling
(its default): buckets have sides in steps of 64, at least 256 long, and no more area than the
training resolution. An image goes to the bucket of the nearest aspect ratio, is scaled until it
covers it, and what protrudes is cut off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

STEP = 64
SHORTEST = 256
# Its default is 1024 for training at 512: twice the resolution, so that no bucket is cut short.
_LONGEST_FACTOR = 2

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of an image: its ``bucket``, by how much it is scaled, and the share (0 to 1) of
    its pixels that is cut off.
    """

    bucket: Size
    scale: float
    lost: float


@lru_cache(maxsize=16)
def buckets(resolution: int) -> tuple[Size, ...]:
    """Return the buckets (width, height) for a square training resolution, ascending."""
    area, longest = resolution * resolution, _LONGEST_FACTOR * resolution
    side = max(resolution // STEP * STEP, STEP)
    found = {(side, side)}
    for width in range(SHORTEST, longest + 1, STEP):
        height = min(longest, area // width // STEP * STEP)
        if height >= SHORTEST:
            found |= {(width, height), (height, width)}
    return tuple(sorted(found))


def fate(size: Size, resolution: int) -> Fate:
    """Return what becomes of an image of this size (width, height, both at least 1)."""
    width, height = size
    known = buckets(resolution)
    if size in known:
        return Fate(size, 1.0, 0.0)
    aspect = width / height
    bucket = min(known, key=lambda one: abs(one[0] / one[1] - aspect))
    wide = aspect > bucket[0] / bucket[1]
    scale = bucket[1] / height if wide else bucket[0] / width
    covered = math.prod(int(length * scale + 0.5) for length in size)
    return Fate(bucket, scale, max(0.0, 1 - math.prod(bucket) / covered))
