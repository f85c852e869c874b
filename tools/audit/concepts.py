"""What a dataset teaches: its triggers, given or inferred, and the images of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tagsmith.tools.dataset import repeats
from tagsmith.tools.tags import key

if TYPE_CHECKING:
    from tagsmith.tools.audit.evidence import Evidence

# A tag that nobody knows and that stands at one end of most of its captions is meant as a trigger.
AT_AN_END = 0.8
FEWEST_IMAGES = 5
SMALLEST_SHARE = 0.05
IN_MOST = 0.6


@dataclass(frozen=True, slots=True)
class Concept:
    """A trigger (a key, empty where a folder has none) and the samples that are meant to have it.

    ``folder`` is the trainer's folder of the concept, empty where it is told by the trigger alone.
    ``given`` says that the user named the trigger.
    """

    trigger: str
    samples: int
    folder: str = ""
    given: bool = False

    @property
    def name(self) -> str:
        """What to call it."""
        return self.trigger or self.folder


def find_concepts(evidence: Evidence) -> tuple[Concept, ...]:
    """Return the concepts: of the triggers that were given, else of the folders and captions."""
    folders = concept_folders(evidence)
    if evidence.settings.triggers:
        return tuple(_given(evidence, folders))
    inferred = invented(evidence)
    found = []
    for folder, samples in folders.items():
        trigger = _of_folder(evidence, folder, samples, inferred)
        found.append(Concept(trigger, samples, folder))
    taken = {one.trigger for one in found}
    in_folders = 0
    for samples in folders.values():
        in_folders |= samples
    for trigger in inferred:
        places = evidence.places[trigger]
        if trigger not in taken and not places & in_folders:
            found.append(Concept(trigger, places))
    return tuple(found)


def _given(evidence: Evidence, folders: dict[str, int]) -> Iterator[Concept]:
    for tag in evidence.settings.triggers:
        trigger = key(tag)
        places = evidence.places.get(trigger, 0)
        for folder, samples in folders.items():
            if (places & samples).bit_count() >= IN_MOST * samples.bit_count():
                yield Concept(trigger, samples, folder, given=True)
                break
        else:
            yield Concept(trigger, places, given=True)


def concept_folders(evidence: Evidence) -> dict[str, int]:
    """Return the samples of each folder that kohya takes for a concept: ``N_name``."""
    found: dict[str, list[int]] = {}
    for number, sample in enumerate(evidence.samples):
        if repeats(sample.folder) is not None:
            found.setdefault(sample.folder, []).append(number)
    return {folder: evidence.bits(numbers) for folder, numbers in found.items()}


def invented(evidence: Evidence) -> list[str]:
    """Return the tags that look like triggers: unknown words at one end of their captions."""
    knowledge = evidence.knowledge
    fewest = max(FEWEST_IMAGES, SMALLEST_SHARE * len(evidence.samples))
    first, last = evidence.ends
    found = []
    for tag, places in evidence.places.items():
        number = places.bit_count()
        if number < fewest:
            continue
        at_end = max(first.get(tag, 0).bit_count(), last.get(tag, 0).bit_count())
        if at_end >= AT_AN_END * number and not knowledge.ordinary(tag):
            found.append(tag)
    return sorted(found, key=lambda tag: (-evidence.places[tag].bit_count(), tag))


def _of_folder(evidence: Evidence, folder: str, samples: int, inferred: list[str]) -> str:
    """Return the trigger of a folder: what its name says, else an invented word of its captions."""
    name = key(folder.rpartition("/")[2].partition("_")[2])
    words = name.split(" ")
    candidates = [name, *(" ".join(words[:number]) for number in range(len(words) - 1, 0, -1))]
    for one in (*candidates, *inferred):
        share = (evidence.places.get(one, 0) & samples).bit_count() / samples.bit_count()
        if one and share >= IN_MOST:
            return one
    return ""
