"""absorbed: traits that stand with a trigger so often that they are part of the concept."""

from __future__ import annotations

from collections.abc import Iterator

from tagsmith.tools.audit.concepts import Concept
from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding, Fix
from tagsmith.tools.audit.making import prune, usable
from tagsmith.tools.audit.registry import check
from tagsmith.tools.audit.traits import Absorbed, absorbed_by
from tagsmith.tools.query import quote
from tagsmith.tools.wording import count, listing

NAME = "absorbed"
_HARM = {"prune": 0.6, "choose": 0.4, "keep": 0.25}
_ADVICE = {
    "prune": "prune them to bind them to the trigger",
    "choose": "prune what the concept never goes without; keep what shall vary",
    "keep": "keep them so that they can be changed",
}


@check(NAME)
def find(evidence: Evidence) -> Iterator[Finding]:
    """Traits in nearly all images of a trigger: prune them to bind them, keep them to vary them."""
    for concept in evidence.concepts:
        if concept.trigger:
            for group in absorbed_by(evidence, concept):
                yield _finding(evidence, concept, group)


def _finding(evidence: Evidence, concept: Concept, group: Absorbed) -> Finding:
    trigger = evidence.spelt(concept.trigger)
    images = evidence.places[concept.trigger].bit_count()
    tags = [evidence.spelt(one) for one in group.tags]
    advice = evidence.knowledge.families[group.family]
    lines = [
        f"{evidence.spelt(one)}: {number:,} of the {count(images, 'image')} with {trigger}"
        f" ({100 * number / images:.0f}%)"
        for one, number in group.tags.items()
    ]
    lines.append(f"{advice.reason}")
    fixes: tuple[Fix, ...] = ()
    removable = [one for one in group.tags if usable(evidence.spelt(one))]
    if removable and advice.advice != "keep":
        touched = (evidence.any_of(removable) & group.samples).bit_count()
        fixes = (prune(list(map(evidence.spelt, removable)), quote(concept.trigger), touched),)
    return Finding(
        NAME,
        f"{concept.trigger}/{group.family}",
        f"{group.family} of {trigger}: {listing(tags, 3)} in nearly all its images;"
        f" {_ADVICE[advice.advice]}",
        evidence.knowledge.why(NAME),
        group.samples.bit_count(),
        _HARM[advice.advice],
        0.9 if concept.given else 0.8,
        tuple(lines),
        evidence.names(group.samples),
        fixes,
        {
            "trigger": trigger,
            "group": group.family,
            "tags": tags,
            "advice": advice.advice,
            "given": concept.given,
        },
    )
