"""rare: tags on so few images that nothing is learnt, and tags that look misspelt."""

from __future__ import annotations

from collections.abc import Iterator

from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding, Fix
from tagsmith.tools.audit.making import prune, usable
from tagsmith.tools.audit.misspelt import Misspelt, misspelt
from tagsmith.tools.audit.registry import check
from tagsmith.tools.wording import count, listing, share

NAME = "rare"
FEWEST_IMAGES = 10


@check(NAME)
def find(evidence: Evidence) -> Iterator[Finding]:
    """Tags on fewer images than a model can learn from, and likely misspellings."""
    slips = misspelt(evidence)
    for slip in slips:
        yield _slip(evidence, slip)
    if len(evidence.samples) < FEWEST_IMAGES:
        return
    passed_over = {slip.tag for slip in slips} | {one.trigger for one in evidence.concepts}
    counts = {
        tag: samples.bit_count()
        for tag, samples in evidence.places.items()
        if tag not in passed_over
    }
    once = sorted(tag for tag, number in counts.items() if number == 1)
    few = sorted(tag for tag, number in counts.items() if 1 < number < evidence.settings.rare)
    if once:
        yield _rare(evidence, "once", once, "a single image each")
    if few:
        yield _rare(evidence, "few", few, f"fewer than {evidence.settings.rare} images each")


def _rare(evidence: Evidence, name: str, tags: list[str], where: str) -> Finding:
    samples = evidence.any_of(tags)
    spelt = [evidence.spelt(one) for one in tags]
    number, total = len(tags), len(evidence.places)
    removable = [one for one in tags if usable(evidence.spelt(one))]
    touched = evidence.any_of(removable).bit_count()
    return Finding(
        NAME,
        name,
        f"{count(number, 'tag')} on {where}: {listing(spelt, 4)}",
        evidence.knowledge.why(NAME),
        samples.bit_count(),
        0.2,
        0.7,
        (
            f"{number:,} of {count(total, 'tag')} ({share(number, total)}%)",
            "keep those that are triggers in the making, or that the images really need",
        ),
        evidence.names(samples),
        (prune(list(map(evidence.spelt, removable)), None, touched),) if removable else (),
        {"tags": spelt, "kind": name},
    )


def _slip(evidence: Evidence, slip: Misspelt) -> Finding:
    tag, meant = evidence.spelt(slip.tag), evidence.spelt(slip.meant)
    samples = evidence.places[slip.tag]
    number = samples.bit_count()
    fixes: tuple[Fix, ...] = ()
    if usable(tag, meant):
        says = f"write {meant} for {tag} in {count(number, 'image')}"
        fixes = (Fix("replace_tags", {"old": [tag], "new": [meant]}, says),)
    return Finding(
        NAME,
        slip.tag,
        f"{tag} looks like {meant} misspelt",
        evidence.knowledge.why(NAME),
        number,
        0.6,
        slip.confidence,
        (
            f"{tag} stands in {count(number, 'image')}, {meant} in"
            f" {count(evidence.places[slip.meant].bit_count(), 'image')}",
            f"they differ in {count(slip.letters, 'letter')}; {slip.word} is no word that is known",
        ),
        evidence.names(samples),
        fixes,
        {"tags": [tag], "meant": meant, "kind": "misspelt"},
    )
