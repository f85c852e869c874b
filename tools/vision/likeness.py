"""Which of many pictures are alike: candidates by their hashes, then a look at the small copies.

Hashes that differ in at most d of 64 bits are found without comparing all pairs: of four bands of
16 bits at least one differs in at most d/4 of its bits, so each picture is looked up in a table of
each band under every value that is so near (multi-index hashing: Norouzi, Punjani and Fleet, "Fast
search in Hamming space with multi-index hashing", CVPR 2012).

A hash that is near proves little: drawings of one kind before a white page share it. So the small
copies are laid over each other as well as a shift, a stretch and a change of light of a few per
cent allow (one step of Lucas and Kanade, IJCAI 1981), and what is then left decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt

from tagsmith.tools.vision.hashes import COLOUR_SIDE, GREY_SIDE, Records

Indexes = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# A picture cut by 2 % differs by up to 12 bits, one stored anew by up to 4: docs/duplicates.md.
DISTANCE = 12
FARTHEST = 15

_BANDS, _BAND_BITS = 4, 16
_CANDIDATES = 1 << 21
# More pictures of one and the same hash are each compared with so many of them only.
_SAME_HASH = 16
_FITTED_AT_ONCE = 256

# A picture of less contrast (standard deviation in levels) is empty: any other fits it.
_CONTRAST = 2.0
# What may be left of the variance once one copy was laid over the other; in a dark picture, whose
# noise counts for more, another share of it up to so many levels squared.
_LEFT, _DARK, _NOISE = 0.03, 0.15, 3.0
# Of half a side, and as a factor: farther away two pictures are not cut or lit differently.
_SHIFT, _GAIN = 0.1, 1.4
_ASPECT = 0.12
# Levels of Cb or Cr, in the mean of the eight fields of 64 where they differ most.
_COLOUR, _FIELDS = 17.0, 8


def near(hashes: Words, mirrors: Words, distance: int) -> Iterator[tuple[Indexes, Indexes]]:
    """Yield pairs (i < j) of which the hash of j is within ``distance`` of the mirror of i.

    Give the hashes as mirrors too for pairs that are alike as they are. A pair may come more than
    once; at most some millions come at a time. Raises ValueError beyond FARTHEST.
    """
    if not 0 <= distance <= FARTHEST:
        raise ValueError(f"the distance is 0 to {FARTHEST}")
    for asking, found in _candidates(hashes, mirrors, distance // _BANDS):
        close = np.bitwise_count(mirrors[asking] ^ hashes[found]) <= distance
        close &= asking != found
        ones, others = asking[close], found[close]
        yield np.minimum(ones, others), np.maximum(ones, others)


def _candidates(hashes: Words, mirrors: Words, most: int) -> Iterator[tuple[Indexes, Indexes]]:
    """Yield pairs that have a band which differs in at most so many bits."""
    kept = _few_of_each(hashes)
    for band in range(_BANDS):
        shift = np.uint64(band * _BAND_BITS)
        values = ((hashes[kept] >> shift) & np.uint64(0xFFFF)).astype(np.int64)
        wanted = ((mirrors >> shift) & np.uint64(0xFFFF)).astype(np.int64)
        ordered = kept[np.argsort(values, kind="stable")]
        starts = np.concatenate([[0], np.cumsum(np.bincount(values, minlength=1 << _BAND_BITS))])
        for mask in _masks(most):
            asked = wanted ^ mask
            yield from _expanded(starts[asked], starts[asked + 1], ordered)


def _few_of_each(hashes: Words) -> Indexes:
    """Return the pictures, of those with the same hash only the first few."""
    order = np.argsort(hashes, kind="stable")
    new = np.concatenate([[True], np.diff(hashes[order]) != 0])
    places = np.arange(len(order))
    rank = places - np.maximum.accumulate(np.where(new, places, 0))
    return np.sort(order[rank < _SAME_HASH])


def _masks(most: int) -> Iterator[int]:
    """Yield every value of 16 bits with at most so many set."""
    for count in range(most + 1):
        for bits in combinations(range(_BAND_BITS), count):
            yield sum(1 << bit for bit in bits)


def _expanded(
    starts: Indexes, ends: Indexes, ordered: Indexes
) -> Iterator[tuple[Indexes, Indexes]]:
    """Yield (asking, found) for each picture i and each of ``ordered[starts[i]:ends[i]]``."""
    counts = ends - starts
    totals = np.cumsum(counts)
    begin = 0
    while begin < len(counts):
        before = totals[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(totals, before + _CANDIDATES)))
        part = counts[begin:end]
        asking = np.repeat(np.arange(begin, begin + len(part)), part)
        if len(asking):
            first = np.repeat(starts[begin:end] - (totals[begin:end] - part - before), part)
            yield asking, ordered[first + np.arange(len(asking))]
        begin = end


def flat(prints: Records) -> Bools:
    """Tell which pictures are too empty to be compared by their looks."""
    return np.asarray(prints["grey"].std(axis=(1, 2)) < _CONTRAST)


def alike(prints: Records, ones: Indexes, others: Indexes, *, mirrored: bool = False) -> Bools:
    """Tell which pairs show the same picture, or each other's mirror image."""
    result = _same_shape(prints, ones, others)
    result[result] = _same_colours(prints, ones[result], others[result], mirrored)
    left = np.flatnonzero(result)
    for start in range(0, len(left), _FITTED_AT_ONCE):
        part = left[start : start + _FITTED_AT_ONCE]
        one, other = prints["grey"][ones[part]], prints["grey"][others[part]]
        if mirrored:
            other = other[:, :, ::-1]
        result[part] = _fits(one.astype(np.float64), other.astype(np.float64))
    return result


def _same_shape(prints: Records, ones: Indexes, others: Indexes) -> Bools:
    aspects: Floats = np.log(prints["width"] / np.maximum(prints["height"], 1))
    return np.asarray(np.abs(aspects[ones] - aspects[others]) <= _ASPECT)


def _same_colours(prints: Records, ones: Indexes, others: Indexes, mirrored: bool) -> Bools:
    colours = prints["colour"]
    other = colours[others][:, :, ::-1] if mirrored else colours[others]
    apart = np.abs(colours[ones].astype(np.int16) - other).max(axis=3)
    fields = apart.reshape(len(ones), COLOUR_SIDE**2)
    most = np.partition(fields, -_FIELDS, axis=1)[:, -_FIELDS:]
    return np.asarray(most.mean(axis=1) <= _COLOUR)


def _fits(ones: Floats, others: Floats) -> Bools:
    """Tell which pictures (pairs, 32, 32) can be laid over each other, either way round."""
    ones, others = _smooth(ones), _smooth(others)
    return _laid_over(ones, others) | _laid_over(others, ones)


def _laid_over(moved: Floats, still: Floats) -> Bools:
    """Tell where ``moved``, shifted, stretched and lit a little otherwise, becomes ``still``."""
    down, across = (np.asarray(slope) for slope in np.gradient(moved, axis=(1, 2)))
    place = np.linspace(-1, 1, GREY_SIDE)
    terms = [across, across * place, down, down * place[:, None], moved, np.ones_like(moved)]
    # What the edge shows may have been cut off.
    inner = (slice(None), slice(1, -1), slice(1, -1))
    pairs = len(moved)
    design = np.stack([term[inner].reshape(pairs, -1) for term in terms], axis=2)
    target = still[inner].reshape(pairs, -1, 1)
    normal = design.transpose(0, 2, 1) @ design + 1e-3 * np.eye(len(terms))
    found = np.linalg.solve(normal, design.transpose(0, 2, 1) @ target)
    left = ((target - design @ found) ** 2).mean(axis=(1, 2))
    variance = target.var(axis=(1, 2))
    allowed = _LEFT * variance + np.minimum(_NOISE, _DARK * variance)
    moves = np.abs(found[:, :4, 0]).max(axis=1) <= _SHIFT * GREY_SIDE / 2
    gain = found[:, 4, 0]
    return np.asarray((left <= allowed) & moves & (gain <= _GAIN) & (gain >= 1 / _GAIN))


def _smooth(levels: Floats) -> Floats:
    """Blur pictures (pairs, 32, 32) a little, so that a shift of a pixel is a small one."""
    for axis in (1, 2):
        sides = [(1, 1) if one == axis else (0, 0) for one in range(3)]
        padded = np.pad(levels, sides, "edge")
        parts = [padded.take(range(start, start + GREY_SIDE), axis) for start in range(3)]
        levels = (parts[0] + 2 * parts[1] + parts[2]) / 4
    return levels


class Groups:
    """Joins pictures that are alike, without chains: each is alike its group's centre.

    A film in stills would otherwise become one group, although its first and last picture have
    nothing in common.
    """

    def __init__(self, hashes: Words, distance: int) -> None:
        self._hashes = hashes
        self._distance = distance
        self.centres: Indexes = np.arange(len(hashes))
        self._members: dict[int, list[int]] = {}

    def apart(self, ones: Indexes, others: Indexes) -> Bools:
        """Tell which pairs are in different groups still."""
        return np.asarray(self.centres[ones] != self.centres[others])

    def join(self, one: int, other: int) -> None:
        """Join the groups of two pictures, where every member is near enough to one centre."""
        first, second = (int(self.centres[place]) for place in (one, other))
        if first == second:
            return
        larger, smaller = sorted((first, second), key=lambda c: (-len(self._of(c)), c))
        joining = self._of(smaller)
        apart = np.bitwise_count(self._hashes[joining] ^ self._hashes[larger])
        if int(apart.max()) <= self._distance:
            self._members[larger] = self._of(larger) + joining
            self._members.pop(smaller, None)
            self.centres[joining] = larger

    def _of(self, centre: int) -> list[int]:
        return self._members.get(centre, [centre])

    def found(self) -> list[list[int]]:
        """Return the groups of more than one, each ascending, in order of their first."""
        return sorted(sorted(members) for members in self._members.values())


def similar(prints: Records, distance: int = DISTANCE) -> list[list[int]]:
    """Return the groups of pictures that show the same, by their places."""
    hashes = prints["hash"].astype(np.uint64)
    groups = Groups(hashes, max(distance, 1))
    empty = flat(prints)
    for ones, others in near(hashes, hashes, distance):
        wanted = groups.apart(ones, others) & ~empty[ones] & ~empty[others]
        for one, other in _verified(prints, ones[wanted], others[wanted], mirrored=False):
            groups.join(one, other)
    return groups.found()


def flipped(prints: Records, distance: int = DISTANCE) -> list[tuple[int, int]]:
    """Return the pairs of pictures that show each other's mirror image."""
    hashes, mirrors = (prints[name].astype(np.uint64) for name in ("hash", "mirror"))
    empty = flat(prints)
    found: set[tuple[int, int]] = set()
    for ones, others in near(hashes, mirrors, distance):
        wanted = ~empty[ones] & ~empty[others]
        found.update(_verified(prints, ones[wanted], others[wanted], mirrored=True))
    return sorted(found)


def _verified(
    prints: Records, ones: Indexes, others: Indexes, *, mirrored: bool
) -> Iterator[tuple[int, int]]:
    """Yield the pairs, each once, that a look at the small copies confirms."""
    if not len(ones):
        return
    pairs = np.unique(np.stack([ones, others], axis=1), axis=0)
    fit = alike(prints, pairs[:, 0], pairs[:, 1], mirrored=mirrored)
    yield from map(tuple, pairs[fit].tolist())
