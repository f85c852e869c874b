"""Copies of generated pictures, poor pictures and look-alikes: how often the rules are right.

Run as a script, this prints the tables of docs/duplicates.md.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
from picture_families import FAMILIES
from pictures import encoded
from PIL import Image, ImageFilter, ImageOps

from tagsmith.tools.audit.checks.quality import Measures, has
from tagsmith.tools.vision import flaws, hashes, likeness

Make = Callable[[Image.Image], Image.Image]


def jpeg(image: Image.Image, quality: int = 88) -> bytes:
    return encoded(image, "JPEG", quality=quality)


def scaled(image: Image.Image, factor: float) -> Image.Image:
    size = tuple(int(length * factor) for length in image.size)
    return image.resize(size, Image.Resampling.LANCZOS)


def cut(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = image.size
    box = (width * left, height * top, width * (1 - right), height * (1 - bottom))
    return image.crop(tuple(map(int, box)))


def lit(image: Image.Image, factor: float, more: int = 0) -> Image.Image:
    return image.point(lambda level: min(255, int(level * factor + more)))


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "JPEG of quality 90": lambda image: jpeg(image, 90),
    "JPEG of quality 30": lambda image: jpeg(image, 30),
    "WebP of quality 60": lambda image: encoded(image, "WEBP", quality=60),
    "half the size": lambda image: jpeg(scaled(image, 0.5)),
    "twice the size": lambda image: jpeg(scaled(image, 2)),
    "cut by 2 % on every side": lambda image: jpeg(cut(image, 0.02, 0.02, 0.02, 0.02)),
    "cut by 2 % on two sides": lambda image: jpeg(cut(image, 0, 0.02, 0.02, 0)),
    "a tenth lighter": lambda image: jpeg(lit(image, 1.1, 5)),
    "mirrored": lambda image: jpeg(ImageOps.mirror(image), 80),
}

BLURS = (0.005, 0.008, 0.015)
# What follows from the size alone is exact.
JUDGED = ("blurry", "dark", "blown", "empty")


def pictures(each: int, seed: int) -> Iterator[tuple[str, Image.Image]]:
    """So many pictures of each family, over white."""
    for number, family in enumerate(FAMILIES):
        for repeat in range(each):
            image, _ = family(np.random.default_rng([seed, number, repeat]))
            if image.mode == "RGBA":
                back = Image.new("RGBA", image.size, (255, 255, 255, 255))
                image = Image.alpha_composite(back, image)
            yield family.__name__.replace("_", " "), image.convert("RGB")


def duplicates(each: int, seed: int) -> None:
    """Print how many copies are found, and what is found that is none."""
    rows: list[bytes] = []
    kinds: list[tuple[str, int, str]] = []
    for number, (family, image) in enumerate(pictures(each, seed)):
        rows.append(hashes.printed(encoded(image, "PNG", compress_level=1)))
        kinds.append(("", number, family))
        for kind, copy in COPIES.items():
            rows.append(hashes.printed(copy(image)))
            kinds.append((kind, number, family))
    prints = hashes.unpack(rows, hashes.PRINT)
    groups = likeness.similar(prints)
    centre = {one: at for at, members in enumerate(groups) for one in members}
    flips = set(likeness.flipped(prints))
    found: Counter[str] = Counter()
    for at, (kind, number, _) in enumerate(kinds):
        original = number * (len(COPIES) + 1)
        same = centre.get(original, -1) == centre.get(at, -2)
        found[kind] += (original, at) in flips if kind == "mirrored" else same
    total = max(number for _, number, _ in kinds) + 1
    print(f"| copy of {total:,} pictures | found |\n|---|---|")
    for kind in COPIES:
        print(f"| {kind} | {found[kind] / total:.3f} |")
    wrong = [{kinds[one][1:] for one in members} for members in groups]
    print(f"\n{len(groups):,} groups; those of different pictures:")
    for mixed in wrong:
        if len(mixed) > 1:
            print("*", ", ".join(sorted(family for _, family in mixed)))


def poor(each: int, seed: int) -> None:
    """Print how often each flaw is told of poor pictures, and of those as they were drawn."""
    told: dict[str, Counter[str]] = {}
    families: dict[str, Counter[str]] = {}
    for family, image in pictures(each, seed):
        longest = max(image.size)
        made: dict[str, Image.Image] = {"as drawn": image, "darkened to a fifth": lit(image, 0.2)}
        for share in BLURS:
            soft = image.filter(ImageFilter.GaussianBlur(longest * share))
            made[f"blurred by {share:.1%} of its side"] = soft
        for name, one in made.items():
            (row,) = flaws.unpack(flaws.flawed(jpeg(one, 85)))
            values = {value: float(row[value]) for value in flaws.VALUES}
            keys = has(Measures((int(row["width"]), int(row["height"])), values, 512))
            told.setdefault(name, Counter({"": 0})).update([*keys, ""])
            families.setdefault(name, Counter()).update(
                f"{key}: {family}" for key in keys if key in JUDGED
            )
    print("\n| pictures | blurry | dark | blown | empty |\n|---|---|---|---|---|")
    for name, counts in told.items():
        shares = (f"{counts[key] / counts['']:.3f}" for key in JUDGED)
        print(f"| {name} | {' | '.join(shares)} |")
    print("\nAs drawn:", dict(families["as drawn"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=3, help="pictures of each family")
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    duplicates(options.each, options.seed)
    poor(options.each, options.seed)


if __name__ == "__main__":
    main()
