"""What the checks look at: every caption's tags once, and where each tag stands.

Built once for an audit, in about the time of counting the tags. A set of samples is an ``int``
used as a bit set (bit i is sample i): "how many have both" is one ``&`` and one ``bit_count``,
also for 100,000 samples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tagsmith.tools.dataset import uncollected
from tagsmith.tools.reading import tag_pieces
from tagsmith.tools.tags import Vocabulary, key
from tagsmith.tools.watch import Watch

if TYPE_CHECKING:
    from tagsmith.tools.audit.concepts import Concept
    from tagsmith.tools.audit.knowledge.knowledge import Knowledge
    from tagsmith.tools.audit.people import People, Scopes
    from tagsmith.tools.dataset import Sample
    from tagsmith.tools.vision.duplicates import Duplicates
    from tagsmith.tools.workspace import Workspace

SAMPLES_NAMED = 5


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user may tell an audit; empty or None where it is to be inferred.

    ``trainer`` is kohya, onetrainer, ai-toolkit or diffusers; ``triggers`` are tags;
    ``negative`` is the tag that marks what must not be learnt; ``resolution`` is in pixels.
    ``absorbed`` is the share of a trigger's images from which a tag is part of the concept, and
    ``rare`` the number of images below which a tag is rare.
    """

    trainer: str = ""
    triggers: tuple[str, ...] = ()
    negative: str = ""
    keep_tokens: int | None = None
    resolution: int = 1024
    absorbed: float = 0.8
    rare: int = 3


class Evidence:
    """A workspace as the checks see it: staged edits included."""

    def __init__(self, workspace: Workspace, settings: Settings | None = None) -> None:
        self.workspace = workspace
        self.settings = settings or Settings()
        self.samples: Sequence[Sample] = workspace.samples

    @property
    def watch(self) -> Watch:
        """Told how far long checks are; asked whether to stop."""
        return self.workspace.watch

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The tags of all captions."""
        return self.workspace.vocabulary()

    @cached_property
    def places(self) -> dict[str, int]:
        """The samples that have each key, as bit sets."""
        return self._read[0]

    @cached_property
    def ends(self) -> tuple[dict[str, int], dict[str, int]]:
        """The samples whose caption begins, and ends, with each key, as bit sets."""
        return self._read[1:]

    @cached_property
    def _read(self) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
        found: dict[str, list[int]] = {}
        first: dict[str, list[int]] = {}
        last: dict[str, list[int]] = {}
        read = self.workspace.keys
        with uncollected():
            for number, sample in enumerate(self.samples):
                keys = read(sample)
                if not keys:
                    continue
                first.setdefault(keys[0], []).append(number)
                last.setdefault(keys[-1], []).append(number)
                for one in set(keys):
                    found.setdefault(one, []).append(number)
        size = len(self.samples) // 8 + 1
        placed, firsts, lasts = (
            {one: _bits(numbers, size) for one, numbers in group.items()}
            for group in (found, first, last)
        )
        return placed, firsts, lasts

    @cached_property
    def spellings(self) -> dict[str, Counter[str]]:
        """How often each key is written in each way, in all captions."""
        read = self.workspace.caption_bytes
        pieces: Counter[str] = Counter()
        with uncollected():
            for sample in self.samples:
                if data := read(sample):
                    pieces.update(tag_pieces(data))
        found: dict[str, Counter[str]] = {}
        for piece, number in pieces.items():
            if tag := piece.strip():
                found.setdefault(key(tag), Counter())[tag] += number
        return found

    @cached_property
    def knowledge(self) -> Knowledge:
        """What is known about tags: shipped, the user's, the dataset's."""
        from tagsmith.tools.audit.knowledge.reading import load

        return load(self.workspace.root)

    @cached_property
    def people(self) -> People:
        """The tags that count figures."""
        from tagsmith.tools.audit.people import People

        return People.of(self.knowledge)

    @cached_property
    def scopes(self) -> Scopes:
        """The samples with one figure, with several, with several views."""
        return self.people.scopes(self.places)

    @cached_property
    def concepts(self) -> tuple[Concept, ...]:
        """What the dataset teaches, each with its trigger: given, or inferred."""
        from tagsmith.tools.audit.concepts import find_concepts

        return find_concepts(self)

    @cached_property
    def captioned(self) -> int:
        """The samples that have a caption, as a bit set."""
        return self.bits(n for n, one in enumerate(self.samples) if one.caption_path is not None)

    @cached_property
    def duplicates(self) -> Duplicates:
        """The groups of images that are the same, or nearly: every image is measured for it.

        Raises StoppedError (what was measured is kept), DatasetError where the store fails.
        """
        from tagsmith.tools.vision.duplicates import find

        return find(self.workspace, self.samples)

    def spelt(self, tag_key: str) -> str:
        """Return how the captions write a key most often."""
        ways = self.spellings.get(tag_key)
        return max(sorted(ways), key=ways.__getitem__) if ways else tag_key

    def any_of(self, keys: Iterable[str]) -> int:
        """Return the samples that have any of some keys, as a bit set."""
        found = 0
        for one in keys:
            found |= self.places.get(one, 0)
        return found

    def bits(self, numbers: Iterable[int]) -> int:
        """Return the samples with some numbers as a bit set."""
        return _bits(list(numbers), len(self.samples) // 8 + 1)

    def having(self, tag: str) -> int:
        """Return the samples that have a tag, as a bit set."""
        return self.places.get(key(tag), 0)

    def names(self, samples: int, limit: int = SAMPLES_NAMED) -> tuple[str, ...]:
        """Return the names of the first samples of a bit set."""
        shown: list[str] = []
        for number in numbers_of(samples):
            if len(shown) == limit:
                break
            shown.append(self.samples[number].image)
        return tuple(shown)


def _bits(numbers: list[int], size: int) -> int:
    array = bytearray(size)
    for number in numbers:
        array[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(array, "little")


def numbers_of(samples: int) -> Iterator[int]:
    """Yield the numbers of the samples in a bit set, ascending."""
    data = samples.to_bytes((samples.bit_length() + 7) // 8, "little")
    for place, byte in enumerate(data):
        left = byte
        while left:
            low = left & -left
            yield (place << 3) + low.bit_length() - 1
            left ^= low
