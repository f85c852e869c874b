"""Every family of pictures as files, and how often the rules of the pixel tagger are right on them.

Run as a script, this prints the table of docs/pixel-tags.md.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from picture_families import FAMILIES
from pictures import encoded
from PIL import Image

from tagsmith.tools.vision.statistics import TAGS, measured

# What follows from the numbers of a file is exact and tested apart.
JUDGED = tuple(tag for tag, category in TAGS.items() if category == "general")


@dataclass(frozen=True, slots=True)
class Case:
    """A file, the family that it is of, and the tags that fit it."""

    family: str
    data: bytes
    tags: frozenset[str]


def cases(each: int, seed: int = 0) -> Iterator[Case]:
    """So many files of each family: JPEG of three qualities, WebP and PNG in turn."""
    for family in FAMILIES:
        for number in range(each):
            rng = np.random.default_rng([seed, FAMILIES.index(family), number])
            image, tags = family(rng)
            yield Case(family.__name__, _file(image, number), frozenset(tags))


def _file(image: Image.Image, number: int) -> bytes:
    if image.mode == "RGBA" or number % 5 == 3:
        return encoded(image, "PNG", compress_level=1)
    if number % 5 == 4:
        return encoded(image, "WEBP", quality=80, method=0)
    return encoded(image, "JPEG", quality=(95, 75, 60)[number % 5])


@dataclass(frozen=True, slots=True)
class Score:
    """How often a rule was right, wrong, and silent where it should have spoken."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)


def scores(each: int, seed: int = 0) -> tuple[dict[str, Score], Counter[tuple[str, str, str]]]:
    """Judge every rule; also count each mistake as (tag, "wrong" or "missed", family)."""
    right: Counter[str] = Counter()
    mistakes: Counter[tuple[str, str, str]] = Counter()
    for case in cases(each, seed):
        answer = measured(case.data)
        found = {tag for tag in JUDGED if answer.get(tag, 0) >= 0.5}
        right.update(found & case.tags)
        mistakes.update((tag, "wrong", case.family) for tag in found - case.tags)
        mistakes.update((tag, "missed", case.family) for tag in case.tags - found)

    def count(tag: str, kind: str) -> int:
        return sum(n for (one, how, _), n in mistakes.items() if (one, how) == (tag, kind))

    judged = {tag: Score(right[tag], count(tag, "wrong"), count(tag, "missed")) for tag in JUDGED}
    return judged, mistakes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=40, help="pictures of each family")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    judged, mistakes = scores(options.each, options.seed)
    print("| tag | precision | recall | right | wrong | missed |\n|---|---|---|---|---|---|")
    for tag, score in judged.items():
        shares = f"{score.precision:.3f} | {score.recall:.3f}"
        print(f"| `{tag}` | {shares} | {score.right} | {score.wrong} | {score.missed} |")
    print("\n| tag | mistake | family | pictures |\n|---|---|---|---|")
    for (tag, kind, family), count in sorted(mistakes.items()):
        print(f"| `{tag}` | {kind} | {family.replace('_', ' ')} | {count} |")


if __name__ == "__main__":
    main()
