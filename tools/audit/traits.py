"""Which traits a trigger has absorbed, by family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tagsmith.tools.audit.concepts import Concept
    from tagsmith.tools.audit.evidence import Evidence

FEWEST_IMAGES = 5


@dataclass(frozen=True, slots=True)
class Absorbed:
    """The tags of one family in nearly all images of a trigger, with how many of these they are in.

    ``samples`` are the trigger's images that have any of them.
    """

    family: str
    tags: dict[str, int]
    samples: int


def absorbed_by(evidence: Evidence, concept: Concept, least: float | None = None) -> list[Absorbed]:
    """Return what stands in at least a share of a trigger's images, grouped, strongest first.

    Left out: other triggers, people counts, praise and marks, which are no traits of a concept.
    """
    places = evidence.places.get(concept.trigger, 0)
    images = places.bit_count()
    if images < FEWEST_IMAGES:
        return []
    share = evidence.settings.absorbed if least is None else least
    passed_over = _passed_over(evidence)
    found: dict[str, dict[str, int]] = {}
    for tag, samples in evidence.places.items():
        number = (samples & places).bit_count()
        if number >= share * images and tag not in passed_over:
            family = evidence.knowledge.family(tag)
            family = family if family in evidence.knowledge.families else "other"
            found.setdefault(family, {})[tag] = number
    groups = [
        Absorbed(family, _ordered(tags), evidence.any_of(tags) & places)
        for family, tags in found.items()
    ]
    order = list(evidence.knowledge.families)
    return sorted(groups, key=lambda one: order.index(one.family))


def _ordered(tags: dict[str, int]) -> dict[str, int]:
    return dict(sorted(tags.items(), key=lambda item: (-item[1], item[0])))


def _passed_over(evidence: Evidence) -> set[str]:
    knowledge = evidence.knowledge
    found = {one.trigger for one in evidence.concepts}
    for name in ("people counts", "quality words", "unwanted marks", "unwanted flaws"):
        found |= knowledge.kind(name).exact
    return found
