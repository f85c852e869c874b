"""What the checks look at: every caption's tags once, and where each tag stands.

Built once for an audit, in about the time of counting the tags. A set of samples is an ``int``
used as a bit set (bit i is sample i): "how many have both" is one ``&`` and one ``bit_count``,
also for 100,000 samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tagsmith.tools.tags import Vocabulary, key
from tagsmith.tools.watch import Watch

if TYPE_CHECKING:
    from tagsmith.tools.dataset import Sample
    from tagsmith.tools.workspace import Workspace

SAMPLES_NAMED = 5


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user may tell an audit; empty or None where it is to be inferred.

    ``trainer`` is kohya, onetrainer, ai-toolkit or diffusers; ``triggers`` are tags;
    ``negative`` is the tag that marks what must not be learnt; ``resolution`` is in pixels.
    """

    trainer: str = ""
    triggers: tuple[str, ...] = ()
    negative: str = ""
    keep_tokens: int | None = None
    resolution: int = 1024


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
        found: dict[str, list[int]] = {}
        for number, sample in enumerate(self.samples):
            for one in set(self.workspace.keys(sample)):
                found.setdefault(one, []).append(number)
        size = len(self.samples) // 8 + 1
        return {one: _bits(numbers, size) for one, numbers in found.items()}

    @cached_property
    def captioned(self) -> int:
        """The samples that have a caption, as a bit set."""
        have = [n for n, one in enumerate(self.samples) if one.caption_path is not None]
        return _bits(have, len(self.samples) // 8 + 1)

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
