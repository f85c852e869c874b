"""The audit against its floors: generated pictures, bare decoding, one table.

    python bench/audit.py                       a minute on two quiet cores
    python bench/audit.py --images 20000        the count of the published table

Duplicates: find_duplicates over JPEGs of which some are planted copies, against a loop that only
opens and decodes the same files with Pillow, in as many processes. Both are timed in turn; where
the machine is not quiet compare by CPU time. Needs /proc.

Tags: every check that opens no image, over generated captions, against one count of their tags.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from audit_tags import measure_tags
from PIL import Image, ImageOps
from tag_kit import Pace, peak_of, timed

from tagsmith.tools.toolbox import call
from tagsmith.tools.vision.measuring import processes
from tagsmith.tools.workspace import Workspace

# So many pictures, one is copied in each of the ways below.
PLANT_EVERY = 50


@dataclass
class Options:
    folder: str
    images: int
    captions: int
    rounds: int
    size: tuple[int, int]

    def row(self, what: str, value: str) -> None:
        print(f"{what:<60} {value}", flush=True)


# Pictures


def make_pictures(root: Path, count: int, size: tuple[int, int]) -> dict[str, int]:
    """Write JPEGs, each with a caption; returns how many copies of each kind are among them."""
    root.mkdir(parents=True)
    random = np.random.default_rng(0)
    grain = random.normal(0, 6, (size[1], size[0], 3)).astype(np.int16)
    planted = dict.fromkeys(COPIES, 0)
    number = 0
    while number < count:
        image = picture(random, grain, size)
        save(root, number, jpeg(image, 92))
        number += 1
        if number % PLANT_EVERY == 0:
            for kind, copy in COPIES.items():
                save(root, number, copy(image))
                planted[kind] += 1
                number += 1
    return planted


def picture(random: np.random.Generator, grain: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """Soft shapes under the grain of a camera, which is what a JPEG has to work for."""
    coarse = Image.fromarray(random.integers(0, 256, (9, 12, 3), np.uint8))
    soft = np.asarray(coarse.resize(size, Image.Resampling.BICUBIC), np.int16)
    rolled = np.roll(grain, int(random.integers(size[0])), axis=1)
    return Image.fromarray((soft + rolled).clip(0, 255).astype(np.uint8))


def jpeg(image: Image.Image, quality: int) -> bytes:
    target = io.BytesIO()
    image.save(target, "JPEG", quality=quality)
    return target.getvalue()


def smaller(image: Image.Image) -> bytes:
    return jpeg(image.resize((image.width // 2, image.height // 2)), 85)


def cut(image: Image.Image) -> bytes:
    across, down = image.width // 50, image.height // 50
    return jpeg(image.crop((across, down, image.width - across, image.height - down)), 90)


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "identical files": lambda image: jpeg(image, 92),
    "similar: stored again": lambda image: jpeg(image, 60),
    "similar: half the size": smaller,
    "similar: cut by 2 %": cut,
    "flipped": lambda image: jpeg(ImageOps.mirror(image), 90),
}


def save(root: Path, number: int, data: bytes) -> None:
    (root / f"{number:06}.jpg").write_bytes(data)
    (root / f"{number:06}.txt").write_text(f"tag {number % 7}, tag {number % 11}", "utf-8")


# Duplicates


def floor(root: str, parts: int) -> None:
    """Decode every picture and do nothing with it, in so many processes."""
    children = [
        subprocess.Popen([sys.executable, __file__, "--decode", root, str(part), str(parts)])
        for part in range(parts)
    ]
    if any(child.wait() for child in children):
        raise SystemExit("the floor failed")


def decode(root: str, part: int, parts: int) -> None:
    """Decode a part of the pictures: what a child of the floor does."""
    names = sorted(name for name in os.listdir(root) if name.endswith(".jpg"))
    for name in names[part::parts]:
        with Image.open(os.path.join(root, name)) as image:
            image.load()


def find(root: str) -> dict[str, Any]:
    return call(Workspace.open(root), "find_duplicates", {"limit": 1000}).data


def measure_duplicates(options: Options) -> None:
    root = Path(options.folder, "pictures")
    planted = make_pictures(root, options.images, options.size)
    number = len(list(root.glob("*.jpg")))
    paces: dict[str, list[Pace]] = {"floor": [], "ours": [], "again": []}
    data: dict[str, Any] = {}
    for _ in range(options.rounds):
        shutil.rmtree(root / ".tagsmith", ignore_errors=True)
        for name, run in (
            ("floor", lambda: floor(str(root), processes())),
            ("ours", lambda: data.update(find(str(root)))),
            ("again", lambda: find(str(root))),
        ):
            with timed() as spent:
                run()
            paces[name].append(Pace(number / spent[0], spent[1] / number))
    report_duplicates(options, paces, number)
    for kind, count in planted.items():
        options.row(f"planted: {kind}", str(count))
    found = dict.fromkeys(("identical files", "identical pixels", "similar", "flipped"), 0)
    for group in data["groups"]:
        found[group["kind"]] += len(group["images"]) - 1
    options.row(
        "found (images that could go)", ", ".join(f"{n} {kind}" for kind, n in found.items())
    )
    child = subprocess.Popen([sys.executable, __file__, "--find", str(fresh(root))])
    options.row("peak memory, workers included", f"{peak_of(child) / 1e6:.0f} MB")


def fresh(root: Path) -> Path:
    shutil.rmtree(root / ".tagsmith", ignore_errors=True)
    return root


def report_duplicates(options: Options, paces: dict[str, list[Pace]], number: int) -> None:
    rates = {name: statistics.median(one.rate for one in found) for name, found in paces.items()}
    costs = {name: statistics.median(one.cost for one in found) for name, found in paces.items()}
    width, height = options.size
    options.row(f"duplicates: {number:,} JPEGs of {width}x{height}, {processes()} processes", "")
    for name, text in (
        ("floor", "bare decode"),
        ("ours", "find_duplicates, first run"),
        ("again", "find_duplicates, second run"),
    ):
        options.row(text, f"{rates[name]:.1f} images/s, {costs[name] * 1000:.2f} CPU ms each")
    options.row(
        "first run / bare decode: images/s; by CPU time",
        f"{rates['ours'] / rates['floor']:.2f}; {costs['floor'] / costs['ours']:.2f}",
    )


def tags(options: Options) -> None:
    measure_tags(options.folder, options.captions, options.rounds, options.row)


MEASURES: dict[str, Callable[[Options], None]] = {"tags": tags, "duplicates": measure_duplicates}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--captions", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--size", default="1024x768")
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--decode", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--find", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    if chosen.decode:
        root, part, parts = chosen.decode
        decode(root, int(part), int(parts))
        return
    if chosen.find:
        find(chosen.find)
        return
    width, height = map(int, chosen.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        options = Options(folder, chosen.images, chosen.captions, chosen.rounds, (width, height))
        for part in chosen.only:
            MEASURES[part](options)


if __name__ == "__main__":
    main()
