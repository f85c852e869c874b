"""The parts of a report that follow from the captions alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from tagsmith.tools.audit.evidence import Evidence, numbers_of
from tagsmith.tools.dataset import repeats
from tagsmith.tools.report.numbers import Histogram, Matrix, Overview, TagRow
from tagsmith.tools.tags import key
from tagsmith.tools.wording import share

FREQUENT = 30
TOGETHER = 20
TRAITS = 25
RANKS = 2_000
# A trait is worth a row from this share of the images with one of the triggers on.
TRAIT_FROM = 0.2
BINS = 24


def overview(evidence: Evidence, name: str) -> Overview:
    """Count images, captions and tags."""
    counts, captions = evidence.vocabulary.counts, evidence.captioned.bit_count()
    uses, tagged = sum(counts.values()), _any(evidence.places.values()).bit_count()
    folders = Counter(sample.folder for sample in evidence.samples)
    dataset = evidence.workspace.dataset
    return Overview(
        name=name,
        images=len(evidence.samples),
        captioned=captions,
        empty=captions - tagged,
        skipped=len(dataset.skipped),
        tags=len(counts),
        uses=uses,
        once=sum(1 for number in counts.values() if number == 1),
        mean_tags=round(uses / captions, 1) if captions else 0.0,
        repeated=sum(number * (repeats(folder) or 1) for folder, number in folders.items()),
        folders=len(folders),
    )


def frequencies(evidence: Evidence, limit: int = FREQUENT) -> tuple[TagRow, ...]:
    """Return the most frequent tags."""
    images = len(evidence.samples)
    return tuple(
        TagRow(evidence.spelt(one), number, share(number, images))
        for one, number in _frequent(evidence)[:limit]
    )


def ranks(evidence: Evidence) -> tuple[int, ...]:
    """Return the counts of the tags, largest first."""
    return tuple(number for _, number in _frequent(evidence)[:RANKS])


def together(evidence: Evidence, limit: int = TOGETHER) -> Matrix:
    """Return for the most frequent tags the share of the row's images that have the column's."""
    keys = [one for one, _ in _frequent(evidence)[:limit]]
    return _shares(evidence, keys, keys)


def traits(evidence: Evidence, triggers: Sequence[str]) -> Matrix:
    """Return the share of each trigger's images (columns) that have a tag (rows)."""
    columns = [key(trigger) for trigger in triggers if evidence.having(trigger)]
    rows = []
    for one in evidence.vocabulary.counts:
        if one not in columns:
            strongest = max((_share(evidence, trigger, one) for trigger in columns), default=0.0)
            if strongest >= TRAIT_FROM:
                rows.append((-strongest, one))
    keys = [one for _, one in sorted(rows)[:TRAITS]]
    turned = _shares(evidence, columns, keys)
    values = tuple(zip(*turned.values, strict=True)) if keys and columns else ()
    return Matrix(turned.columns, turned.rows, values)


def tags_per_caption(evidence: Evidence) -> Histogram:
    """Return how many captioned images have how many tags."""
    keys = evidence.workspace.keys
    counts = Counter(len(keys(sample)) for sample in evidence.samples if sample.caption_path)
    return histogram(counts)


def tokens(evidence: Evidence, measure: Callable[[str], int]) -> Histogram:
    """Return how many captioned images have captions of how many tokens."""
    texts = (evidence.workspace.caption_bytes(sample) for sample in evidence.samples)
    decoded = (data.decode("utf-8", "replace") for data in texts if data is not None)
    return histogram(Counter(measure(text) for text in decoded))


def histogram(counts: Counter[int], bins: int = BINS) -> Histogram:
    """Put counted numbers into at most ``bins`` bins of equal whole width."""
    if not counts:
        return Histogram()
    low, high = min(counts), max(counts)
    width = (high - low) // bins + 1
    places = range(low, high + 1, width)
    found = [0] * len(places)
    for value, number in counts.items():
        found[(value - low) // width] += number
    names = (str(at) if width == 1 else f"{at}-{at + width - 1}" for at in places)
    return Histogram(tuple(names), tuple(found))


def _frequent(evidence: Evidence) -> list[tuple[str, int]]:
    return sorted(evidence.vocabulary.counts.items(), key=lambda item: (-item[1], item[0]))


def _shares(evidence: Evidence, rows: Sequence[str], columns: Sequence[str]) -> Matrix:
    return Matrix(
        tuple(map(evidence.spelt, rows)),
        tuple(map(evidence.spelt, columns)),
        tuple(tuple(_share(evidence, row, column) for column in columns) for row in rows),
    )


def _share(evidence: Evidence, of: str, have: str) -> float:
    """Return which share of the images with one tag has another."""
    whole = evidence.places.get(of, 0)
    both = whole & evidence.places.get(have, 0)
    return round(both.bit_count() / whole.bit_count(), 3) if whole else 0.0


def _any(sets: Iterable[int]) -> int:
    found = 0
    for one in sets:
        found |= one
    return found


def sampled(samples: int, count: int, seed: int) -> list[int]:
    """Return the numbers of ``count`` samples of a bit set, picked by a seed, in their order."""
    from random import Random

    numbers = list(numbers_of(samples))
    return sorted(Random(seed).sample(numbers, min(count, len(numbers))))
