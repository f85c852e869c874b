"""Whether the set is uniform or varied, and what the guide advises for such a set."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tagsmith.tools.audit import variety
from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding
from tagsmith.tools.audit.registry import check
from tagsmith.tools.paths import STATE_FOLDER
from tagsmith.tools.wording import count

if TYPE_CHECKING:
    from tagsmith.tools.vision.spread import Spread

NAME = "variance"
# Fewer captions are no set.
_FEWEST = 5
# Mean Jaccard distance of captions: two that share a third of their tags are 0.67 apart, two that
# share two thirds 0.33 (of equal lengths: 0.8 and 0.5).
_UNIFORM, _VARIED = 0.55, 0.8
# Mean distance of the looks of pictures (tools/vision/spread.py).
_SAME_LOOKS, _OTHER_LOOKS = 0.4, 0.7

UNIFORM, MIXED, VARIED = "uniform", "mixed", "varied"

_ADVICE = {
    UNIFORM: "A uniform set binds everything its images share to every tag that they share: tag "
    "carefully, with few and distinct tags, name what must stay free (background, pose, clothes), "
    "and add images that differ.",
    MIXED: "Images that resemble each other outweigh the others: tag the alike ones carefully, "
    "with distinct tags, the others richly, or thin out the alike ones.",
    VARIED: "A varied set learns from rich tags: name what changes from image to image, so that "
    "only what they have in common is left to the trigger.",
}


@check(NAME)
def variance(evidence: Evidence) -> Iterator[Finding]:
    """Whether captions and pictures are uniform or varied, and how to tag such a set."""
    numbers = [n for n, sample in enumerate(evidence.samples) if sample.caption_path is not None]
    if len(numbers) < _FEWEST:
        return
    chosen = variety.pairs(len(numbers))
    wanted = {number for pair in chosen for number in pair}
    captions = [
        frozenset(evidence.workspace.keys(evidence.samples[number]))
        if at in wanted
        else frozenset()
        for at, number in enumerate(numbers)
    ]
    distance = variety.mean_apart(captions, chosen)
    told = _judge(distance, _UNIFORM, _VARIED)
    spread = _spread(evidence)
    looks = None if spread is None else _judge(spread.looks, _SAME_LOOKS, _OTHER_LOOKS)
    verdict = told if looks in (None, told) else MIXED
    lines = (
        _captions(distance, len(numbers), told),
        _entropy(evidence),
        _pictures(spread, looks),
    )
    yield _finding(evidence, verdict, lines, distance, spread)


def _judge(distance: float, uniform: float, varied: float) -> str:
    if distance < uniform:
        return UNIFORM
    return VARIED if distance >= varied else MIXED


def _captions(distance: float, captions: int, told: str) -> str:
    all_pairs = captions * (captions - 1) // 2
    how = "all" if all_pairs <= variety.PAIRS else "a fixed sample of"
    number = count(min(all_pairs, variety.PAIRS), "pair")
    return (
        f"captions are {told}: two share {1 - distance:.0%} of their tags on average (Jaccard "
        f"distance {distance:.2f}, over {how} {number} of {count(captions, 'caption')})"
    )


def _entropy(evidence: Evidence) -> str:
    counts = evidence.vocabulary.counts
    bits = variety.entropy(counts.values())
    mean = counts.total() / max(1, evidence.vocabulary.captions)
    return (
        f"tags have an entropy of {bits:.1f} bits, as much as {2**bits:,.0f} tags that are equally "
        f"frequent; a caption has {mean:.1f}"
    )


def _pictures(spread: Spread | None, looks: str | None) -> str:
    if spread is None:
        return "pictures were not compared: find_duplicates stores what that needs"
    return (
        f"pictures are {looks}: composition {spread.looks:.2f} apart (0 the same, 1 unrelated), "
        f"hashes {spread.hashes:.2f} (0.5 unrelated), of {count(spread.pictures, 'picture')}"
    )


def _spread(evidence: Evidence) -> Spread | None:
    """Return how far the pictures lie apart, as far as they were hashed; opens none."""
    root = evidence.workspace.root
    if not os.path.lexists(os.path.join(root, STATE_FOLDER, "hashes.db")):
        return None
    from tagsmith.tools.vision.hashes import PRINT, PRINTED, unpack
    from tagsmith.tools.vision.measured import measured_of
    from tagsmith.tools.vision.measuring import known
    from tagsmith.tools.vision.score_query import scores_of
    from tagsmith.tools.vision.spread import spread

    workspace = evidence.workspace
    paths = [workspace.on_disk(sample) for sample in evidence.samples]
    found = known(PRINTED, paths, scores_of(workspace), measured_of(workspace))
    rows = [found.rows[one] for one in found.contents.values() if one in found.rows]
    if len(rows) < max(_FEWEST, len(paths) // 2):
        return None
    return spread(unpack(rows, PRINT), variety.pairs(len(rows)))


def _finding(
    evidence: Evidence,
    verdict: str,
    lines: tuple[str, ...],
    distance: float,
    spread: Spread | None,
) -> Finding:
    return Finding(
        NAME,
        verdict,
        f"The set is {verdict}",
        _ADVICE[verdict],
        len(evidence.samples),
        {UNIFORM: 0.3, MIXED: 0.15, VARIED: 0.05}[verdict],
        0.7,
        lines,
        data={
            "verdict": verdict,
            "caption_distance": round(distance, 3),
            "tag_entropy": round(variety.entropy(evidence.vocabulary.counts.values()), 3),
            "picture_distance": None if spread is None else round(spread.looks, 3),
            "hash_distance": None if spread is None else round(spread.hashes, 3),
        },
    )
