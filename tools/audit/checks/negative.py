"""negative: what must not be learnt should have a name of its own."""

from __future__ import annotations

from collections.abc import Iterator

from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding, Fix
from tagsmith.tools.audit.making import of_images
from tagsmith.tools.audit.registry import check
from tagsmith.tools.query import quote
from tagsmith.tools.tags import key
from tagsmith.tools.wording import count

NAME = "negative"
SUGGESTED = "unwanted"
_KINDS = {"mark": "unwanted marks", "flaw": "unwanted flaws"}


@check(NAME)
def find(evidence: Evidence) -> Iterator[Finding]:
    """Images with marks or flaws that should carry your negative tag."""
    negative = evidence.settings.negative or SUGGESTED
    marked = evidence.places.get(key(negative), 0)
    for kind, name in _KINDS.items():
        unwanted = evidence.knowledge.kind(name)
        for one in sorted(tag for tag in evidence.places if tag in unwanted):
            samples = evidence.places[one] & ~marked
            if samples and one != key(negative):
                yield _finding(evidence, one, samples, negative, kind)


def _finding(evidence: Evidence, one: str, samples: int, negative: str, kind: str) -> Finding:
    tag = evidence.spelt(one)
    number = samples.bit_count()
    lines = [f"{tag} stands in {of_images(evidence.places[one].bit_count(), evidence)}"]
    query = quote(one)
    if samples != evidence.places[one]:
        lines.append(f"{number:,} of them without {negative}")
        query = f"{query} and not {quote(negative)}"
    if not evidence.settings.negative:
        lines.append(f"{negative} is a suggestion: any word of yours will do, given as negative")
    arguments = {"trigger": negative, "position": "last", "where": query}
    return Finding(
        NAME,
        one,
        f"{tag} in {count(number, 'image')} without a negative tag",
        evidence.knowledge.why(NAME),
        number,
        0.45,
        0.8,
        tuple(lines),
        evidence.names(samples),
        (Fix("add_trigger", arguments, f"put {negative} last in {count(number, 'caption')}"),),
        {"tags": [tag], "negative": negative, "kind": kind},
    )
