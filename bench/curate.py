"""How long curating takes, as ratios to floors measured in the same run.

    python bench/curate.py --files 20000
    python bench/curate.py --files 100000 --growth --json result.json

A floor is the least that anybody would do: read the same bytes with scandir and read; write the
same bytes to temporary files, one syncfs, rename. Floors and ours alternate, each in a process of
its own, and the medians of --runs are compared. Nothing here is a test: machines are noisy.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMON = "watermark"
TRIGGER = "sks person"


@dataclass(frozen=True)
class Measured:
    """One run: seconds of wall and CPU time, the peak of resident memory in MiB, and counts."""

    wall: float
    cpu: float
    peak: float
    syncs: int = 0


def make_dataset(folder: Path, files: int) -> None:
    """Write empty images with captions of about 260 bytes; a tenth of them has one common tag."""
    folder.mkdir(parents=True)
    source = random.Random(7)
    vocabulary = [f"tag number {number}" for number in range(3000)]
    for number in range(files):
        tags = source.sample(vocabulary, 18)
        if number % 10 == 0:
            tags.insert(9, COMMON)
        (folder / f"img_{number:06d}.txt").write_bytes(", ".join(tags).encode())
        (folder / f"img_{number:06d}.png").touch()


# Floors


def bare_scan(folder: str) -> list[str]:
    """Read every caption with scandir and read; return those that hold the common tag."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".txt"):
                with open(entry.path, "rb") as file:
                    if COMMON.encode() in file.read():
                        found.append(entry.name)
    return found


def bare_rewrite(folder: str, contents: dict[str, bytes]) -> None:
    """Stage every file, one syncfs, rename all: durable, but not all or nothing."""
    stage = os.path.join(folder, ".floor")
    os.mkdir(stage)
    for name, data in contents.items():
        with open(os.path.join(stage, name), "wb") as file:
            file.write(data)
    sync(folder)
    for name in contents:
        os.rename(os.path.join(stage, name), os.path.join(folder, name))
    os.rmdir(stage)


def sync(folder: str) -> None:
    """Call syncfs, or sync where there is none."""
    library = ctypes.CDLL(None, use_errno=True)
    if hasattr(library, "syncfs"):
        descriptor = os.open(folder, os.O_RDONLY)
        library.syncfs(descriptor)
        os.close(descriptor)
    else:
        os.sync()


# What a child process measures: each prepares, then returns what is timed


def floor_open(folder: str) -> Callable[[], int]:
    return lambda: len(bare_scan(folder)) and 0


def ours_open(folder: str) -> Callable[[], int]:
    from tagsmith.tools.workspace import Workspace

    def run() -> int:
        Workspace.open(folder).vocabulary()
        return 0

    return run


def floor_apply(folder: str) -> Callable[[], int]:
    contents = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".txt"):
            data = Path(folder, name).read_bytes()
            contents[name] = f"{TRIGGER}, ".encode() + data.removeprefix(f"{TRIGGER}, ".encode())

    def run() -> int:
        bare_rewrite(folder, contents)
        return 1

    return run


def ours_apply(folder: str) -> Callable[[], int]:
    """Apply a plan that edits every caption; the reverse is applied by the undo that follows."""
    from tagsmith.tools import toolbox
    from tagsmith.tools.workspace import Workspace

    workspace = Workspace.open(folder)
    toolbox.call(workspace, "add_trigger", {"trigger": TRIGGER})
    plan = workspace.plan()
    return lambda: _apply(folder, plan)


def ours_undo(folder: str) -> Callable[[], int]:
    from tagsmith.tools.journal import Journal
    from tagsmith.tools.plan import Plan

    def run() -> int:
        journal = Journal.open(folder)
        entry = journal.last_undoable()[0]
        reversal = journal.reverse(entry.id)
        return _apply(folder, Plan.of("undo", (), reversal.changes, undoes=(entry.id,)))

    return run


def floor_curate(folder: str) -> Callable[[], int]:
    def run() -> int:
        contents = {name: Path(folder, name).read_bytes() for name in bare_scan(folder)}
        bare_rewrite(folder, contents)
        return 1

    return run


def ours_curate(folder: str) -> Callable[[], int]:
    """Open, replace a tag that stands in a tenth of the captions, apply."""
    from tagsmith.tools import toolbox
    from tagsmith.tools.workspace import Workspace

    toolbox.tools()  # importing is the cold start's, measured apart

    def run() -> int:
        workspace = Workspace.open(folder)
        arguments = {"old": [COMMON], "new": ["logo"]}
        toolbox.call(workspace, "replace_tags", arguments)
        return _apply(folder, workspace.plan())

    return run


def _apply(folder: str, plan: Any) -> int:
    from tagsmith.tools.journal import Journal
    from tagsmith.tools.journal.files import Files

    files = Files()
    Journal.open(folder, files).apply(plan, origin="bench")
    return files.syncs


MEASURES = {
    name: globals()[name]
    for name in (
        "floor_open",
        "ours_open",
        "floor_apply",
        "ours_apply",
        "ours_undo",
        "floor_curate",
        "ours_curate",
    )
}


def child(name: str, folder: str) -> None:
    """Run one measure in this process and print it as JSON."""
    run = MEASURES[name](folder)
    wall, cpu = time.perf_counter(), time.process_time()
    syncs = run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([wall, cpu, peak, syncs]))


def measure(name: str, folder: Path) -> Measured:
    """Run one measure in a fresh process."""
    command = [sys.executable, __file__, "--measure", name, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Measured(*json.loads(done.stdout))


# The whole


def bench(files: int, runs: int, where: str | None) -> dict[str, list[Measured]]:
    """Alternate floors and ours ``runs`` times on fresh copies of one dataset."""
    results: dict[str, list[Measured]] = {name: [] for name in MEASURES}
    with tempfile.TemporaryDirectory(dir=where, prefix="tagsmith-bench-") as top:
        ours, floor = Path(top, "ours"), Path(top, "floor")
        for _ in range(runs):
            for folder in (ours, floor):
                shutil.rmtree(folder, ignore_errors=True)
                make_dataset(folder, files)
            sync(top)
            time.sleep(2.5)  # a file changed less than two seconds ago is always read again
            for name in MEASURES:
                folder = floor if name.startswith("floor") else ours
                results[name].append(measure(name, folder))
            print(f"  run of {files:,} files done", file=sys.stderr)
    return results


def median(results: list[Measured], field: str) -> float:
    return statistics.median(getattr(one, field) for one in results)


def rows(files: int, results: dict[str, list[Measured]]) -> list[tuple[str, str, str]]:
    """Return (what, measured, aim)."""

    def wall(name: str) -> float:
        return median(results[name], "wall")

    def ratio(ours: str, floor: str) -> str:
        return f"{wall(ours) / wall(floor):5.2f} x  ({wall(ours):.3f} s / {wall(floor):.3f} s)"

    peak = max(median(results[name], "peak") for name in MEASURES if name.startswith("ours"))
    per_file = median(results["ours_apply"], "cpu") / files * 1000
    return [
        ("open + count / scandir + read", ratio("ours_open", "floor_open"), "<= 2.0 x"),
        ("apply all / stage + syncfs + rename", ratio("ours_apply", "floor_apply"), "<= 1.6 x"),
        ("undo all / stage + syncfs + rename", ratio("ours_undo", "floor_apply"), ""),
        ("open, replace in 10 %, apply", ratio("ours_curate", "floor_curate"), "<= 2.0 x"),
        ("CPU of apply", f"{per_file:.3f} ms a file", "<= 0.15 ms"),
        (
            "fsync + syncfs of apply",
            f"{median(results['ours_apply'], 'syncs'):.0f}",
            f"<= {6 + files / 8192:.1f}",
        ),
        ("peak memory, all edited", f"{peak:.0f} MiB, {peak / files * 1000:.2f} a 1,000 files", ""),
        (
            "peak memory, open + count",
            f"{median(results['ours_open'], 'peak'):.0f} MiB",
            "<= 150 MB at 100,000",
        ),
    ]


def cold_start(runs: int = 9) -> tuple[str, str, str]:
    """Time ``tagsmith do DIR list_tag_frequencies`` on ten files beyond Python's own start."""
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top, "ten")
        make_dataset(folder, 10)
        bare = [sys.executable, "-c", "pass"]
        ours = [sys.executable, "-m", "tagsmith", "do", str(folder), "list_tag_frequencies"]
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(runs):
            for command, taken in zip((bare, ours), times, strict=True):
                start = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True, cwd=top)
                taken.append(time.perf_counter() - start)
        base, whole = map(statistics.median, times)
    return (
        "cold `do list_tag_frequencies`, 10 files",
        f"{whole - base:.3f} s beyond Python's own {base:.3f} s",
        "<= 0.3 s",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--where", help="folder to work in; default the system's temporary one")
    parser.add_argument("--growth", action="store_true", help="also 2,000 files, and the growth")
    parser.add_argument("--json", help="also write every single run to this file")
    parser.add_argument("--measure", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        child(*options.measure)
        return
    results = bench(options.files, options.runs, options.where)
    table = rows(options.files, results)
    if options.growth:
        small = bench(2000, options.runs, options.where)
        for name in ("ours_open", "ours_apply", "ours_curate"):
            grown = median(results[name], "wall") / median(small[name], "wall")
            aim = "<= 60 x" if options.files == 100_000 else ""
            table.append((f"growth of {name} from 2,000 files", f"{grown:.1f} x", aim))
    table.append(cold_start())
    print(f"{options.files:,} files, median of {options.runs}, {os.cpu_count()} processors")
    for what, measured, aim in table:
        print(f"  {what:40} {measured:42} {aim}")
    if options.json:
        plain = {name: [vars(one) for one in found] for name, found in results.items()}
        Path(options.json).write_text(json.dumps(plain, indent=1))


if __name__ == "__main__":
    main()
