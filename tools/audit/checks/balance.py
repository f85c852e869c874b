"""balance: concepts that are shown far more often than others."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from tagsmith.tools.audit.concepts import concept_folders
from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding
from tagsmith.tools.audit.registry import check
from tagsmith.tools.dataset import repeats
from tagsmith.tools.wording import count

NAME = "balance"
TIMES = 2.0


@check(NAME)
def find(evidence: Evidence) -> Iterator[Finding]:
    """Concepts that training shows at least twice as often as another."""
    shown = _shown(evidence)
    if len(shown) < 2:
        return
    most = max(shown.values(), key=lambda one: one[0] * one[1])
    largest = most[0] * most[1]
    for name, (images, times, samples) in sorted(shown.items()):
        if largest < TIMES * images * times:
            continue
        lines = [
            f"{other}: {count(number, 'image')} x {count(by, 'repeat')} = {number * by:,}"
            for other, (number, by, _) in shown.items()
        ]
        lines.append(f"{ceil(largest / images)} repeats of {name} would even it out")
        yield Finding(
            NAME,
            name,
            f"{name} is shown {images * times:,} times an epoch, the largest {largest:,} times",
            evidence.knowledge.why(NAME),
            images,
            0.5,
            0.85,
            tuple(lines),
            evidence.names(samples),
            (),
            {"concept": name, "shown": images * times, "largest": largest},
        )


def _shown(evidence: Evidence) -> dict[str, tuple[int, int, int]]:
    """Return the images, the repeats and the samples of each concept."""
    folders = concept_folders(evidence)
    if len(folders) > 1:
        return {
            folder: (samples.bit_count(), repeats(folder) or 1, samples)
            for folder, samples in folders.items()
        }
    return {
        evidence.spelt(one.trigger): (one.samples.bit_count(), 1, one.samples)
        for one in evidence.concepts
        if one.trigger and one.samples
    }
