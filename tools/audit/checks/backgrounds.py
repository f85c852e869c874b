"""backgrounds: name plain ones, avoid tags that name only pieces of one."""

from __future__ import annotations

from collections.abc import Iterator

from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding, Fix
from tagsmith.tools.audit.making import either, of_images, prune
from tagsmith.tools.audit.registry import check
from tagsmith.tools.query import all_of, negate, quote
from tagsmith.tools.wording import count

NAME = "backgrounds"
MOSTLY = 0.6
FEWEST_IMAGES = 10


@check(NAME)
def find(evidence: Evidence) -> Iterator[Finding]:
    """Pieces of backgrounds that are tagged, and images whose background nobody names."""
    knowledge = evidence.knowledge
    for one in sorted(knowledge.kind("partial backgrounds").exact & evidence.places.keys()):
        yield _partial(evidence, one, evidence.places[one], None)
    whole = knowledge.kind("scenes").exact | knowledge.kind("plain backgrounds").exact
    for one in sorted(knowledge.kind("pieces of backgrounds").exact & evidence.places.keys()):
        places = evidence.places[one]
        named = [tag for tag in sorted(whole) if evidence.places.get(tag, 0) & places]
        if samples := places & ~evidence.any_of(named):
            query = all_of(quote(one), negate(either(named))) if named else None
            yield _partial(evidence, one, samples, query)
    yield from _unnamed(evidence)


def _partial(evidence: Evidence, one: str, samples: int, where: str | None) -> Finding:
    number = samples.bit_count()
    tag = evidence.spelt(one)
    lines = [f"{tag} stands in {of_images(evidence.places[one].bit_count(), evidence)}"]
    if samples != evidence.places[one]:
        lines.append(f"{number:,} of them name no whole place and no plain background")
    return Finding(
        NAME,
        one,
        f"{tag} names only a piece of a background",
        evidence.knowledge.why(NAME),
        number,
        0.3,
        0.65,
        (*lines, "name the whole place, or that the background is plain, and leave its pieces out"),
        evidence.names(samples),
        (prune([tag], where, number),),
        {"tags": [tag], "kind": "partial"},
    )


def _unnamed(evidence: Evidence) -> Iterator[Finding]:
    """Yield the images that name no background, where most others do."""
    knowledge = evidence.knowledge
    named = [
        one
        for one in evidence.places
        if one in knowledge.kind("plain backgrounds").exact
        or one in knowledge.kind("partial backgrounds").exact
        or one in knowledge.kind("pieces of backgrounds").exact
        or one in knowledge.kind("scenes").exact
        or knowledge.family(one) == "background"
    ]
    tagged = evidence.any_of(evidence.places)
    told = evidence.any_of(named)
    samples = tagged & ~told
    number, total = samples.bit_count(), tagged.bit_count()
    if not number or total < FEWEST_IMAGES or told.bit_count() < MOSTLY * total:
        return
    query = f"tags:>0 and not ({' or '.join(map(quote, sorted(named)))})"
    yield Finding(
        NAME,
        "unnamed",
        f"{count(number, 'image')} with no word about the background",
        knowledge.why(NAME),
        number,
        0.3,
        0.6,
        (
            f"{of_images(told.bit_count(), evidence)} name a place, a time or a plain background",
            "where the background is plain, say so: simple background, white background",
        ),
        evidence.names(samples),
        (Fix("find_images", {"where": query}, f"show these {count(number, 'image')}"),),
        {"tags": [], "kind": "unnamed"},
    )
