"""Images that are there more than once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tagsmith.tools.audit.evidence import SAMPLES_NAMED, Evidence
from tagsmith.tools.audit.exact import delete_exactly
from tagsmith.tools.audit.finding import Finding
from tagsmith.tools.audit.registry import check
from tagsmith.tools.paths import display
from tagsmith.tools.wording import count

if TYPE_CHECKING:
    from tagsmith.tools.vision.duplicates import Group

_WHY = (
    "A picture that is there twice is trained twice as often, and is remembered rather than "
    "learnt from."
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind of duplicates is told; ``share`` scales its harm."""

    title: str
    why: str
    confidence: float
    share: float


# The confidences of the last two are rounded down from docs/duplicates.md.
_KINDS = {
    "identical files": _Kind("the same file more than once", _WHY, 1.0, 1.0),
    "identical pixels": _Kind("the same pixels in different files", _WHY, 1.0, 1.0),
    "similar": _Kind("the same picture, stored or cut otherwise", _WHY, 0.95, 0.9),
    "flipped": _Kind(
        "pictures and their mirror images",
        "A mirrored copy counts double like any copy, and teaches writing, hair partings and "
        "asymmetric clothes the wrong way round; a trainer that flips images makes its own.",
        0.95,
        0.6,
    ),
}


@check("duplicates", slow=True)
def duplicates(evidence: Evidence) -> Iterator[Finding]:
    """Images that are there more than once: files, pixels, similar pictures, mirror images."""
    from tagsmith.tools.vision.duplicates import Kind

    found = evidence.duplicates
    for kind in Kind:
        if groups := found.of(kind):
            yield _finding(kind.value, groups, found.images)


def _finding(kind: str, groups: list[Group], images: int) -> Finding:
    told = _KINDS[kind]
    spare = [image for group in groups for image in group.others]
    evidence = [
        f"keep {display(group.keep)} ({group.reason}), not {display(group.others[0])}"
        + (f" and {len(group.others) - 1:,} more" if len(group.others) > 1 else "")
        for group in groups[:SAMPLES_NAMED]
    ]
    return Finding(
        check="duplicates",
        key=kind,
        title=f"{count(len(spare), 'image')} could go: {told.title}",
        why=told.why,
        images=len(spare),
        # A tenth of the set twice over is as bad as it gets.
        harm=told.share * min(0.8, 0.2 + 6 * len(spare) / images),
        confidence=told.confidence,
        evidence=(f"{count(len(groups), 'group')} of {kind} images", *evidence),
        samples=tuple(spare[:SAMPLES_NAMED]),
        fixes=delete_exactly(spare, "Delete all but the best of each group"),
        data={
            "groups": [
                {"keep": group.keep, "reason": group.reason, "images": list(group.images)}
                for group in groups
            ]
        },
    )
