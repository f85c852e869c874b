"""docs/audit-measured.md: what the audit finds in the labelled datasets, against their labels.

    python tests/fakes/labelled_audit.py      writes the page anew

``tests/tools/audit/test_labelled.py`` fails where the page says something else than what is found.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelled_sets import NAMES, Label, LabelledSet, read

from tagsmith.tools.audit.finding import Finding
from tagsmith.tools.audit.registry import checks
from tagsmith.tools.tags import key

PAGE = Path(__file__).parents[2] / "docs" / "audit-measured.md"


@dataclass(frozen=True)
class Claim:
    """One thing that a finding says: of some tags, some images, in these words.

    A finding that lists tags, groups of copies or poor images claims something of each of them; one
    of two tags, or of two spellings, claims one thing of both.
    """

    check: str
    tags: frozenset[str]
    images: frozenset[str]
    words: str

    def is_of(self, label: Label) -> bool:
        """Whether this names all that a label names: its tags, its images and its words."""
        return (
            self.tags >= frozenset(map(key, label.tags))
            and self.images >= label.images
            and all(word in self.words for word in label.says)
        )

    def __str__(self) -> str:
        return ", ".join(sorted(self.tags) or sorted(self.images)) or self.words[:80]


def claims(finding: Finding) -> Iterator[Claim]:
    """Say what a finding claims, one thing at a time."""
    words = " ".join((finding.id, finding.title, *finding.evidence)).lower()
    for tags, images in _things(finding):
        named = frozenset(images) or frozenset(finding.samples)
        yield Claim(finding.check, frozenset(map(key, tags)), named, words)


def _things(finding: Finding) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Yield the tags and the images of each claim; no images where the samples say it."""
    data = finding.data
    tags, images = data.get("tags", ()), data.get("images", ())
    match finding.check:
        case "redundant":
            yield from (([*one["keep"], *one["drop"]], ()) for one in data["groups"])
        case "duplicates":
            yield from (((), one["images"]) for one in data["groups"])
        case "quality":
            yield from (((), [one]) for one in images)
        case "contradictory":
            yield tags, ()
        case _ if "meant" in data:
            yield [*tags, data["meant"]], ()
        case _ if isinstance(tags, dict) and finding.check == "tagger":
            yield from (([one], of) for one, of in tags.items())
        case _ if tags:
            yield from (([one], ()) for one in tags)
        case _:
            yield (), images


@dataclass
class Judged:
    """What a check said of one dataset: rightly, wrongly, and what it did not say."""

    right: list[Claim] = field(default_factory=list)
    wrong: list[Claim] = field(default_factory=list)
    found: list[Label] = field(default_factory=list)
    missed: list[Label] = field(default_factory=list)
    slandered: list[Label] = field(default_factory=list)
    innocent: int = 0
    open: int = 0

    @property
    def precision(self) -> float:
        return len(self.right) / max(1, len(self.right) + len(self.wrong))

    @property
    def recall(self) -> float:
        return len(self.found) / max(1, len(self.found) + len(self.missed))


def judge(dataset: LabelledSet, check: str, findings: Iterable[Finding]) -> Judged:
    """Compare what a check found with the labels.

    A claim is right if it is of an expected label and of no innocent one, and counts neither way if
    it is of an open one; every other is wrong. A label is found if a claim is of it.
    """
    said = [claim for finding in findings for claim in claims(finding)]
    expected, innocent, undecided = (
        dataset.labelled(kind, check) for kind in ("expect", "innocent", "open")
    )
    judged = Judged(innocent=len(innocent))
    for claim in said:
        slandered = [one for one in innocent if claim.is_of(one)]
        judged.slandered += slandered
        if not slandered and any(map(claim.is_of, expected)):
            judged.right.append(claim)
        elif not slandered and any(map(claim.is_of, undecided)):
            judged.open += 1
        else:
            judged.wrong.append(claim)
    for label in expected:
        (judged.found if any(claim.is_of(label) for claim in said) else judged.missed).append(label)
    return judged


def audited(dataset: LabelledSet, root: Path) -> dict[str, Judged]:
    """Write a dataset, run its checks, and judge each.

    Checks that open images run where pictures are drawn, the taggers' where scores are given.
    """
    evidence = dataset.evidence(root)
    chosen = dataset.data.get("checks") or [
        one.name for one in checks().values() if not one.slow and one.name != "tagger"
    ]
    return {name: judge(dataset, name, checks()[name].find(evidence)) for name in chosen}
