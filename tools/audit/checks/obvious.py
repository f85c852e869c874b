"""obvious: tags for what every such picture shows."""

from __future__ import annotations

from collections.abc import Iterator

from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding
from tagsmith.tools.audit.making import of_images, prune
from tagsmith.tools.audit.registry import check

NAME = "obvious"


@check(NAME)
def find(evidence: Evidence) -> Iterator[Finding]:
    """Details that the model infers anyway, such as face or hands."""
    for one in sorted(evidence.knowledge.kind("obvious").exact & evidence.places.keys()):
        samples = evidence.places[one]
        number = samples.bit_count()
        tag = evidence.spelt(one)
        yield Finding(
            NAME,
            one,
            f"{tag} goes without saying",
            evidence.knowledge.why(NAME),
            number,
            0.35,
            0.85,
            (f"{tag} stands in {of_images(number, evidence)}",),
            evidence.names(samples),
            (prune([tag], None, number),),
            {"tags": [tag]},
        )
