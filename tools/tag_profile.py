"""What there is to know of each tag: where in the caption it stands, beside what, inside what.

How often it stands is the vocabulary's. Everything here is one pass over the keys of the captions,
pure, and stops between two captions once nobody waits any more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tagsmith.tools.errors import StoppedError

LOOK_EVERY = 512

Keys = Sequence[str]
Alive = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tag stands on average: ``index`` counts from 0, ``relative`` is 0 for the first of a
    caption and 1 for its last. Of repeats the first counts.
    """

    index: float
    relative: float


@dataclass(frozen=True, slots=True)
class Profile:
    """The places of the tags; and for a tag whose words are part of a longer one, the longer one
    that stands in most captions beside it (``shirt`` beside ``white shirt``).
    """

    places: Mapping[str, Place] = field(default_factory=dict)
    inside: Mapping[str, str] = field(default_factory=dict)


def _always() -> bool:
    return True


def profile(captions: Iterable[Keys], known: Collection[str], alive: Alive = _always) -> Profile:
    """Return the profile of the tags in some captions; ``known`` are all their keys.

    Raises StoppedError once ``alive`` says that nobody waits.
    """
    holds = parts(known)
    longer = holds.keys()
    images: Counter[str] = Counter()
    # A complex number holds both sums of a tag: one addition and one look-up a tag, not two.
    sums: defaultdict[str, complex] = defaultdict(complex)
    together: Counter[tuple[str, str]] = Counter()
    for number, keys in enumerate(captions):
        if not number % LOOK_EVERY and not alive():
            raise StoppedError
        once = dict.fromkeys(keys)
        images.update(once.keys())
        last = len(once) - 1 or 1
        for index, one in enumerate(once):
            sums[one] += complex(index, index / last)
        for long in once.keys() & longer:
            together.update((part, long) for part in holds[long] if part in once)
    places = {
        one: Place(total.real / images[one], total.imag / images[one])
        for one, total in sums.items()
    }
    return Profile(places, _most(together))


def parts(known: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return for each key of several words the other keys that are some of them, side by side."""
    found = {}
    for one in known:
        words = one.split(" ")
        if len(words) > 1:
            runs = {
                " ".join(words[start:end])
                for start in range(len(words))
                for end in range(start + 1, len(words) + 1)
            }
            if inner := tuple(sorted(run for run in runs if run in known and run != one)):
                found[one] = inner
    return found


def _most(together: Counter[tuple[str, str]]) -> dict[str, str]:
    """Return for each part the longer tag with which it stands most often."""
    best: dict[str, tuple[int, str]] = {}
    for (part, long), number in sorted(together.items()):
        if number > best.get(part, (0, ""))[0]:
            best[part] = (number, long)
    return {part: long for part, (_, long) in best.items()}


def beside(
    captions: Iterable[Keys], wanted: Collection[str], alive: Alive = _always
) -> tuple[int, Counter[str]]:
    """Return how many captions have all of some keys, and in how many of those each key stands.

    Raises StoppedError once ``alive`` says that nobody waits.
    """
    together = 0
    counts: Counter[str] = Counter()
    needed = set(wanted)
    for number, keys in enumerate(captions):
        if not number % LOOK_EVERY and not alive():
            raise StoppedError
        if needed.issubset(keys):
            together += 1
            counts.update(set(keys))
    return together, counts


def place_word(place: Place) -> str:
    """Return a place in a word: 1st, 2nd, 3rd, early, mid, late or last."""
    nearest = round(place.index)
    if place.relative >= 0.95 and nearest > 0:
        return "last"
    if nearest < 3 and abs(place.index - nearest) <= 0.5:
        return ("1st", "2nd", "3rd")[nearest]
    return "early" if place.relative < 1 / 3 else "mid" if place.relative < 2 / 3 else "late"
