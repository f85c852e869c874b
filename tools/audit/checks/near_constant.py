"""near_constant: tags on nearly every image."""

from __future__ import annotations

from collections.abc import Iterator

from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding, Fix
from tagsmith.tools.audit.making import of_images, prune, usable
from tagsmith.tools.audit.registry import check

NAME = "near_constant"
FROM = 0.95
FEWEST_IMAGES = 10


@check(NAME)
def find(evidence: Evidence) -> Iterator[Finding]:
    """Tags that stand on nearly every image and so tell none apart."""
    captioned = evidence.captioned.bit_count()
    if captioned < FEWEST_IMAGES:
        return
    triggers = {one.trigger for one in evidence.concepts}
    for tag, samples in evidence.places.items():
        number = samples.bit_count()
        if number < FROM * captioned or tag in triggers:
            continue
        spelt = evidence.spelt(tag)
        lines = [f"{spelt} stands in {of_images(number, evidence)}"]
        if number < captioned:
            lines.append(f"missing in {captioned - number:,} of the captions")
        lines.append("leave it if it is your trigger")
        fixes: tuple[Fix, ...] = (prune([spelt], None, number),) if usable(spelt) else ()
        yield Finding(
            NAME,
            tag,
            f"{spelt} stands on nearly every image",
            evidence.knowledge.why(NAME),
            number,
            0.25,
            0.8,
            tuple(lines),
            evidence.names(samples),
            fixes,
            {"tags": [spelt]},
        )
