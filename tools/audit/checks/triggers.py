"""triggers: too general, or missing where the rest of the concept has them."""

from __future__ import annotations

from collections.abc import Iterator

from tagsmith.tools.audit.concepts import Concept
from tagsmith.tools.audit.evidence import Evidence, numbers_of
from tagsmith.tools.audit.finding import Finding, Fix
from tagsmith.tools.audit.judging import faults
from tagsmith.tools.audit.making import in_folder, usable
from tagsmith.tools.audit.registry import check
from tagsmith.tools.caption import Caption
from tagsmith.tools.query import quote
from tagsmith.tools.tags import key
from tagsmith.tools.wording import count

NAME = "triggers"
# A trigger on so many of the dataset's images is meant to be on all of them.
MEANT_FOR_ALL = 0.75


@check(NAME)
def find(evidence: Evidence) -> Iterator[Finding]:
    """Triggers that are common words or stand everywhere, and images that lack theirs."""
    for concept in evidence.concepts:
        if concept.trigger:
            yield from _general(evidence, concept)
            yield from _missing(evidence, concept)
        else:
            yield _without(evidence, concept)


def _general(evidence: Evidence, concept: Concept) -> Iterator[Finding]:
    found = faults(evidence, concept.trigger)
    if not found:
        return
    samples = evidence.places.get(concept.trigger, 0)
    trigger = _written(evidence, concept)
    yield Finding(
        NAME,
        f"general/{concept.trigger}",
        f"{trigger} is too general for a trigger: {found[0]}",
        evidence.knowledge.why(NAME),
        samples.bit_count(),
        0.6,
        0.85,
        (*found, "choose a word that means nothing yet, and replace it by that everywhere"),
        evidence.names(samples),
        (),
        {"tags": [trigger], "kind": "general"},
    )


def _missing(evidence: Evidence, concept: Concept) -> Iterator[Finding]:
    """Yield the images of a concept that lack its trigger, where the others have it."""
    has = evidence.places.get(concept.trigger, 0)
    everyone, where = concept.samples, in_folder(concept.folder, evidence)
    if not concept.folder:
        everyone = (1 << len(evidence.samples)) - 1
        if not has or has == everyone or len(evidence.concepts) > 1:
            return
        if has.bit_count() < MEANT_FOR_ALL * everyone.bit_count():
            return
        where = ""
    samples = _can_have(evidence, everyone & ~has)
    if not samples:
        return
    number = samples.bit_count()
    trigger = _written(evidence, concept)
    in_all = f"not {quote(concept.trigger)}" if has else ""
    query = " and ".join(one for one in (where, in_all) if one)
    place = f" in {concept.folder}" if concept.folder else ""
    fixes: tuple[Fix, ...] = ()
    if usable(trigger):
        arguments = {"trigger": trigger, "position": "first", "where": query}
        fixes = (
            Fix("add_trigger", arguments, f"put {trigger} first in {count(number, 'caption')}"),
        )
    yield Finding(
        NAME,
        f"missing/{concept.name}",
        f"{trigger} is missing on {count(number, 'image')}{place}",
        evidence.knowledge.why(NAME),
        number,
        0.7,
        0.9 if concept.folder or concept.given else 0.7,
        (
            f"{trigger} stands on {(has & everyone).bit_count():,} of"
            f" {count(everyone.bit_count(), 'image')}{place}",
        ),
        evidence.names(samples),
        fixes,
        {"tags": [trigger], "kind": "missing"},
    )


def _can_have(evidence: Evidence, samples: int) -> int:
    """Return the samples with a caption of tags, or none at all: a trigger can be put there."""
    tagged = evidence.any_of(evidence.places)
    workspace = evidence.workspace
    found = []
    for number in numbers_of(samples & ~tagged):
        sample = evidence.samples[number]
        data = workspace.caption_bytes(sample)
        if sample.caption is None or (data is not None and not Caption.parse(data).prose):
            found.append(number)
    return samples & tagged | evidence.bits(found)


def _without(evidence: Evidence, concept: Concept) -> Finding:
    number = concept.samples.bit_count()
    return Finding(
        NAME,
        f"none/{concept.folder}",
        f"no trigger stands on the images of {concept.folder}",
        evidence.knowledge.why(NAME),
        number,
        0.6,
        0.7,
        (
            f"no invented word stands on most of its {count(number, 'image')}",
            "choose one and put it there with add_trigger",
        ),
        evidence.names(concept.samples),
        (),
        {"tags": [], "kind": "none", "folder": concept.folder},
    )


def _written(evidence: Evidence, concept: Concept) -> str:
    for tag in evidence.settings.triggers:
        if key(tag) == concept.trigger:
            return tag
    return evidence.spelt(concept.trigger)
