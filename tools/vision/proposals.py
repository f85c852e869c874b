"""What the taggers propose for each image, read from the store some hundred images at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tagsmith.tools.tags import key
from tagsmith.tools.vision.format import Writer
from tagsmith.tools.vision.scores import Scores
from tagsmith.tools.vision.select import Order, Selector
from tagsmith.tools.vision.votes import Disagreement, Proposal, Rule, combine

_AT_ONCE = 900


@dataclass(frozen=True, slots=True)
class Proposed:
    """The tags for one image: by key, as they would be written, and who proposed them."""

    content: bytes
    tags: Mapping[str, str]
    models: Mapping[str, str]


@dataclass(slots=True)
class Proposer:
    """Reads scores, votes, sorts, cuts and writes; ``disagreement`` counts over all it proposed."""

    scores: Scores
    selectors: Sequence[Selector]
    writer: Writer
    rule: Rule = "union"
    least: int = 2
    order: Order = "score"
    most: int | None = None
    disagreement: Disagreement = field(default_factory=Disagreement)
    _known: dict[tuple[int, int], tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def propose(self, contents: Sequence[bytes]) -> Iterator[Proposed]:
        """Yield what is proposed for these images, in their order.

        An image that no model has scored is left out.
        """
        for start in range(0, len(contents), _AT_ONCE):
            yield from self._some(contents[start : start + _AT_ONCE])

    def _some(self, contents: Sequence[bytes]) -> Iterator[Proposed]:
        rows = [dict(self.scores.rows(one.model, set(contents))) for one in self.selectors]
        answers = self.scores.notes.answers(contents)
        for content in contents:
            found = [by_content.get(content) for by_content in rows]
            if all(row is None for row in found):
                continue
            said = answers.get(content)
            chosen = [
                {} if row is None else selector.choose(row, said)
                for selector, row in zip(self.selectors, found, strict=True)
            ]
            together = combine(
                self.selectors, found, chosen, self.rule, self.least, self.disagreement
            )
            yield self._written(content, together)

    def _written(self, content: bytes, proposals: list[Proposal]) -> Proposed:
        if self.order == "score":
            proposals.sort(key=lambda one: (-one.score, one.place, one.label))
        else:
            proposals.sort(key=lambda one: (one.place, one.label))
        tags: dict[str, str] = {}
        models: dict[str, str] = {}
        for one in proposals[: self.most]:
            for tag_key, tag in self._tags(one.place, one.label):
                if tag_key not in tags:
                    tags[tag_key] = tag
                    models[tag_key] = self.selectors[one.place].model.name
        return Proposed(content, tags, models)

    def _tags(self, place: int, label: int) -> tuple[tuple[str, str], ...]:
        """Return what a label is written as, with the keys; found out once a label."""
        found = self._known.get((place, label))
        if found is None:
            labels = self.selectors[place].model.labels
            series = labels.series.get(label, ())
            tags = self.writer.tags(labels.names[label], labels.categories[label], series)
            found = self._known[place, label] = tuple((key(tag), tag) for tag in tags)
        return found
