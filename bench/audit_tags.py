"""The half of bench/audit.py about captions: every check that opens no image, against one count."""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.registry import checks
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace

TAGS_KNOWN = 3_000
TAGS_EACH = 18
# Some that the checks know, so that they have something to find.
COMMON = (
    "1girl, solo, shirt, white shirt, long hair, short hair, blue eyes, red eyes, smile, smiling, "
    "indoors, outdoors, day, night, hat, straw hat, dress, white dress, watermark"
).split(", ")


def write_captions(root: Path, count: int) -> None:
    """Write captions with tags as often as words are in a text (Zipf), and empty image files."""
    root.mkdir(parents=True)
    chance = random.Random(0)
    names = [*COMMON, *(f"tag {number}" for number in range(TAGS_KNOWN - len(COMMON)))]
    weights = [1 / (rank + 5) for rank in range(TAGS_KNOWN)]
    for number in range(count):
        tags = dict.fromkeys(chance.choices(names, weights, k=TAGS_EACH))
        (root / f"{number:06}.txt").write_text("coco, " + ", ".join(tags), "utf-8")
        (root / f"{number:06}.png").touch()


def measure_tags(folder: str, count: int, rounds: int, row: Callable[[str, str], None]) -> None:
    """Print what the checks cost, in counts of all tags of the same captions."""
    from tag_kit import timed

    root = Path(folder, "captions")
    write_captions(root, count)
    counted: list[float] = []
    names = [one.name for one in checks().values() if not one.slow]
    spent_by: dict[str, list[float]] = {name: [] for name in names}
    whole: list[float] = []
    for _ in range(rounds):
        workspace = Workspace.open(root)
        with timed() as spent:
            workspace.vocabulary()
        counted.append(spent[1])
        evidence = Evidence(Workspace.open(root))
        for name in names:
            with timed() as spent:
                list(checks()[name].find(evidence))
            spent_by[name].append(spent[1])
        fresh = Workspace.open(root)
        with timed() as spent:
            call(fresh, "audit_dataset", {})
        whole.append(spent[1])
    one, all_of_them = statistics.median(counted), statistics.median(whole)
    row(f"{count:,} captions, {TAGS_KNOWN:,} tags: one count of all tags", f"{one:.2f} CPU s")
    slowest = sorted(names, key=lambda name: -statistics.median(spent_by[name]))
    for name in slowest:
        row(f"  {name}", f"{statistics.median(spent_by[name]):.2f} CPU s")
    of_files = statistics.median(spent_by["trainer"])
    row("all checks of tags / one count (aim 10)", f"{(all_of_them - of_files) / one:.1f}")
    row("with the check of three trainers / one count", f"{all_of_them / one:.1f}")
    for what in ("count", "audit"):
        child = [sys.executable, __file__, what, str(root)]
        peak = subprocess.run(child, capture_output=True, text=True, check=True).stdout.strip()
        row(f"peak memory: {what}", f"{peak} MB")


def main() -> None:
    """Do one thing once, and print the most memory that it took: what a child is for."""
    what, root = sys.argv[1:]
    workspace = Workspace.open(root)
    if what == "count":
        workspace.vocabulary()
    else:
        call(workspace, "audit_dataset", {})
    # getrusage would also tell of the process that this one was forked from.
    status = Path("/proc/self/status").read_text()
    print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)


if __name__ == "__main__":
    main()
