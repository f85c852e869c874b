"""How far two taggers with the same labels agree on the user's own images, at the thresholds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from tagsmith.tools.vision.labels import Labels, cutoffs
from tagsmith.tools.vision.schema import ModelSpec
from tagsmith.tools.vision.scores import Scores, Sparse, StoredModel
from tagsmith.tools.wording import count, listing

# Below this share of common tags the difference is worth a warning (models.md, section 11).
_ENOUGH = 0.95
_AT_ONCE = 200
_WORST = 8


@dataclass(frozen=True, slots=True)
class Agreement:
    """What changes when a tagger is replaced by another, over ``images`` images.

    ``tags`` is how many the first one gives; of them ``kept`` stay, ``gone`` go, and ``come`` are
    new. ``moved`` images get another best label of a category like rating. ``worst`` are the tags
    that changed most: (tag, images with it before, images where it went or came).
    """

    images: int
    tags: int
    kept: int
    come: int
    moved: int
    worst: tuple[tuple[str, int, int], ...]

    @property
    def gone(self) -> int:
        """Tags that only the first one gives."""
        return self.tags - self.kept

    @property
    def share(self) -> float:
        """Tags that both give, of those that any gives (Jaccard); 1 where there are none."""
        either = self.tags + self.come
        return self.kept / either if either else 1.0

    def told(self) -> str:
        """Return the report in a few lines."""
        if not self.images:
            return "There was no image to compare them on."
        stay = self.kept / self.tags if self.tags else 1.0
        lines = [
            f"On {count(self.images, 'image')} {stay:.1%} of {count(self.tags, 'tag')} stay; "
            f"{self.gone:,} go and {self.come:,} come."
        ]
        if self.moved:
            lines.append(f"{count(self.moved, 'image')} get another rating.")
        if self.worst:
            named = [f"{tag} ({changed} of {had})" for tag, had, changed in self.worst]
            lines.append(f"Changed most (of how many): {listing(named, _WORST)}.")
        if self.share < _ENOUGH:
            lines.append(f"They agree on {self.share:.1%} only: look at the tags before using it.")
        return "\n".join(lines)


def agreement(
    spec: ModelSpec,
    before: StoredModel,
    after: StoredModel,
    contents: Iterable[bytes],
    store: Scores,
) -> Agreement:
    """Compare two models that have scored the same images, at the thresholds of ``spec``.

    Images that one of them has not scored do not count. Raises ValueError where their labels
    differ, DatasetError where the store cannot be read.
    """
    if before.labels.names != after.labels.names:
        raise ValueError("only models with the same labels can be compared")
    chooser = _Chooser(spec, before.labels)
    images = moved = 0
    had: Counter[int] = Counter()
    gone: Counter[int] = Counter()
    come: Counter[int] = Counter()
    for one, other in _pairs(before, after, contents, store):
        images += 1
        old, new = chooser.tags(one), chooser.tags(other)
        had.update(old)
        gone.update(old - new)
        come.update(new - old)
        moved += chooser.best(one) != chooser.best(other)
    names = before.labels.names
    changed = (gone + come).most_common(_WORST)
    worst = tuple((names[label], had[label], times) for label, times in changed)
    kept = had.total() - gone.total()
    return Agreement(images, had.total(), kept, come.total(), moved, worst)


class _Chooser:
    """What a row of scores means at a model's own thresholds."""

    def __init__(self, spec: ModelSpec, labels: Labels) -> None:
        self._cutoffs = cutoffs(spec, labels)
        self._categories = labels.categories
        self._argmax = frozenset[str](spec.argmax)

    def tags(self, row: Sparse) -> set[int]:
        """Return the labels that reach their threshold."""
        chosen = set()
        for label, score in row.items():
            cutoff = self._cutoffs[label]
            if cutoff is not None and score >= cutoff:
                chosen.add(label)
        return chosen

    def best(self, row: Sparse) -> dict[str, int]:
        """Return the label with the highest score of each category that has only one."""
        best: dict[str, tuple[float, int]] = {}
        for label, score in row.items():
            category = self._categories[label]
            if category in self._argmax and score > best.get(category, (0.0, 0))[0]:
                best[category] = (score, label)
        return {category: label for category, (_, label) in best.items()}


def _pairs(
    before: StoredModel, after: StoredModel, contents: Iterable[bytes], store: Scores
) -> Iterator[tuple[Sparse, Sparse]]:
    wanted = iter(dict.fromkeys(contents))
    while part := list(islice(wanted, _AT_ONCE)):
        others = dict(store.rows(after, part))
        yield from _both(store.rows(before, part), others)


def _both(
    rows: Iterator[tuple[bytes, Sparse]], others: dict[bytes, Sparse]
) -> Iterator[tuple[Sparse, Sparse]]:
    for content, row in rows:
        if content in others:
            yield row, others[content]


def sample(paths: Sequence[str], most: int) -> list[str]:
    """Return at most so many paths, evenly spread over all of them, the same ones every time."""
    if len(paths) <= most:
        return list(paths)
    return [paths[index * len(paths) // most] for index in range(most)]
