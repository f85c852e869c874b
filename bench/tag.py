"""Tagging against the floor: a graph of a real tagger's size, generated pictures, one table.

    python bench/tag.py                    four minutes on two quiet cores
    python bench/tag.py --full             200 images a size, 2,000 for memory
    python bench/tag.py --only speed --images 40 --sizes 1024x1024

Floor: ``session.run`` in a loop on a tensor that is ready, alternating with the subject in the same
process. Subject: run_tagger, from images on disk to staged captions. Where the machine is not quiet
compare by CPU time. Needs the test dependencies (onnx), and /proc.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import onnxruntime
from tag_kit import Clocked, Floor, Pace, counted, peak_of, pictures, spec_of, timed
from vit_graph import SMALL, Shape, write_model

from tagsmith.tools.toolbox import call
from tagsmith.tools.vision import quantize, runtime
from tagsmith.tools.vision import spec as specs
from tagsmith.tools.vision.agreement import agreement
from tagsmith.tools.vision.cpus import threads
from tagsmith.tools.vision.scores import Scores
from tagsmith.tools.watch import Watch
from tagsmith.tools.workspace import Workspace

PARTS = ("speed", "again", "killed", "memory", "int8")
LARGE, LITTLE = "random-vit", "little-vit"
INT8 = LARGE + quantize.SUFFIX


@dataclass
class Options:
    folder: str
    images: int
    rounds: int
    sizes: list[tuple[int, int]]
    memory: tuple[int, int]

    def model(self, name: str) -> str:
        return os.path.join(self.folder, "models", name)

    def row(self, what: str, value: str) -> None:
        print(f"{what:<60} {value}", flush=True)


def know(folder: str) -> None:
    """Let Tagsmith find the models and the specs of this benchmark, and no others of the user's."""
    os.environ["TAGSMITH_MODELS_FOLDER"] = os.path.join(folder, "models")
    specs.user_folder = lambda: Path(folder, "specs")


def make(options: Options, name: str, shape: Shape) -> None:
    write_model(options.model(name), shape)
    os.makedirs(os.path.join(options.folder, "specs"), exist_ok=True)
    toml = quantize.to_toml(spec_of(shape, name))
    Path(options.folder, "specs", f"{name}.toml").write_text(toml, encoding="utf-8")


@contextmanager
def dataset(options: Options, count: int, size: tuple[int, int]) -> Iterator[tuple[str, list[str]]]:
    root = tempfile.mkdtemp(dir=options.folder)
    try:
        yield f"{root}/images", pictures(f"{root}/images", count, size)
    finally:
        shutil.rmtree(root)


def subject(root: str, model: str, watch: Watch | None = None, threshold: float = 0.35) -> None:
    """Run the tool over a dataset, as ``tagsmith do`` would; scores that are stored are used."""
    workspace = Workspace.open(root)
    workspace.watch = watch or Watch()
    call(workspace, "run_tagger", {"model": model, "threshold": threshold})


def measure_speed(options: Options) -> None:
    graph = os.path.join(options.model(LARGE), "model.onnx")
    floors = {"ours": Floor(graph, ours=True), "library": Floor(graph, ours=False)}
    start = time.perf_counter()
    runtime.keep(specs.find_spec(LARGE), options.model(LARGE))
    options.row("loading the model (not in the rates below)", seconds(start))
    half = max(1, options.images // 2)
    for size in options.sizes:
        paces: dict[str, list[Pace]] = {name: [] for name in (*floors, "steady", "whole")}
        with dataset(options, options.images, size) as (root, _):
            for _ in range(options.rounds):
                shutil.rmtree(f"{root}/.tagsmith", ignore_errors=True)
                for name, floor in floors.items():
                    paces[name].append(floor.measure(half))
                clocked = Clocked()
                with timed() as spent:
                    subject(root, LARGE, clocked.watch)
                cost = spent[1] / options.images
                paces["steady"].append(Pace(clocked.rate, cost))
                paces["whole"].append(Pace(options.images / spent[0], cost))
                for name, floor in floors.items():
                    paces[name].append(floor.measure(half))
        report_speed(options, f"{size[0]}x{size[1]}", paces)


def report_speed(options: Options, size: str, paces: dict[str, list[Pace]]) -> None:
    middle = {
        name: Pace(
            statistics.median(pace.rate for pace in found),
            statistics.median(pace.cost for pace in found),
        )
        for name, found in paces.items()
    }
    for name, text in (
        ("ours", "floor, our session options"),
        ("library", "floor, onnxruntime's defaults"),
        ("steady", "tagging, first to last image"),
        ("whole", "tagging, with the start of the workers"),
    ):
        pace = middle[name]
        options.row(f"{size}: {text}", f"{pace.rate:.3f} images/s, {pace.cost:.2f} CPU s each")
    rates = [pace.rate for pace in paces["ours"]]
    options.row(
        f"{size}: noise of the floor", f"{(max(rates) - min(rates)) / middle['ours'].rate:.1%}"
    )
    for name, text in (("ours", "our floor"), ("library", "the library's floor")):
        ratios = [middle[kind].rate / middle[name].rate for kind in ("steady", "whole")]
        cost = middle[name].cost / middle["whole"].cost
        options.row(
            f"{size}: steady and whole / {text}; by CPU time",
            f"{ratios[0]:.3f}, {ratios[1]:.3f}; {cost:.3f}",
        )


def measure_again(options: Options) -> None:
    with dataset(options, 20, (640, 480)) as (root, _), counted() as runs:
        subject(root, LITTLE)
        first = len(runs)
        subject(root, LITTLE, threshold=0.2)
        options.row("inferences, first run over 20 images", str(first))
        options.row("inferences, second run with another threshold", str(len(runs) - first))


def measure_killed(options: Options) -> None:
    total = 200
    with dataset(options, total, (640, 480)) as (root, _):
        log = f"{root}.log"
        process = start_child(options, LITTLE, root, log)
        wait_until(lambda: os.path.isfile(log) and os.path.getsize(log) >= 80)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        before = os.path.getsize(log)
        with counted() as runs:
            subject(root, LITTLE)
        options.row(f"kill -9: inferences begun before it, of {total}", str(before))
        options.row("kill -9: inferences after it", str(len(runs)))
        options.row("kill -9: begun twice (batches of 1)", str(before + len(runs) - total))


def measure_memory(options: Options) -> None:
    peaks = []
    for count in options.memory:
        with dataset(options, count, (1024, 1024)) as (root, _):
            peaks.append(peak_of(start_child(options, LITTLE, root)))
            options.row(
                f"peak memory, {count:,} images of 1024x1024, little graph", mega(peaks[-1])
            )
    options.row("difference", mega(peaks[1] - peaks[0]))


def measure_int8(options: Options) -> None:
    start = time.perf_counter()
    before = specs.find_spec(LARGE)
    made = quantize.quantize(before, options.model(LARGE), options.model(INT8))
    shutil.copy(os.path.join(options.model(INT8), f"{INT8}.toml"), f"{options.folder}/specs")
    options.row("int8: time to quantise", seconds(start))
    graphs = [os.path.join(options.model(spec.name), spec.graph.path) for spec in (before, made)]
    sizes = [mega(os.path.getsize(graph)) for graph in graphs]
    options.row("int8: size of the graph, before and after", ", ".join(sizes))
    floors = [Floor(graph, ours=True) for graph in graphs]
    paces = [[floor.measure(5) for floor in floors] for _ in range(max(2, options.rounds))]
    rates = [statistics.median(pace.rate for pace in found) for found in zip(*paces, strict=True)]
    costs = [statistics.median(pace.cost for pace in found) for found in zip(*paces, strict=True)]
    options.row("int8: floor, images/s before and after", f"{rates[0]:.3f}, {rates[1]:.3f}")
    options.row("int8: times the float32 floor", f"{rates[1] / rates[0]:.2f}")
    options.row("int8: times less CPU time", f"{costs[0] / costs[1]:.2f}")
    del floors
    with dataset(options, 8, (1024, 1024)) as (root, names):
        peaks = [mega(peak_of(start_child(options, name, root))) for name in (LARGE, INT8)]
        options.row("int8: peak memory over 8 images, before and after", ", ".join(peaks))
        store = Scores.open(root)
        one, other = (store.model(spec.id) for spec in (before, made))
        found = agreement(before, one, other, store.contents(names).values(), store)
        options.row("int8: agreement (random weights)", f"{found.share:.1%} of {found.tags:,} tags")
        store.close()


def start_child(options: Options, model: str, root: str, log: str = "") -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, __file__, "--child", options.folder, model, root, log])


def child(folder: str, model: str, root: str, log: str) -> None:
    """Tag a dataset in a process of its own; with a log, each inference adds a byte to it."""
    know(folder)
    if not log:
        subject(root, model)
        return
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with counted(lambda: os.write(descriptor, b".")):
        subject(root, model)


def wait_until(done: Callable[[], bool]) -> None:
    waited = threading.Event()
    while not done():
        waited.wait(0.005)


def mega(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


def seconds(start: float) -> str:
    return f"{time.perf_counter() - start:.1f} s"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=16, help="of each size, for speed")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--sizes", nargs="+", default=["1024x1024", "3000x2000"])
    parser.add_argument("--memory", nargs=2, type=int, default=[50, 300], metavar="IMAGES")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--full", action="store_true", help="the counts of the published table")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.full:
        chosen.images, chosen.rounds, chosen.memory = 200, 1, [200, 2000]
    return chosen


def main() -> None:
    chosen = arguments()
    if chosen.child:
        child(*chosen.child)
        return
    sizes = [tuple(map(int, size.split("x"))) for size in chosen.sizes]
    with tempfile.TemporaryDirectory() as folder:
        know(folder)
        options = Options(folder, chosen.images, chosen.rounds, sizes, tuple(chosen.memory))
        make(options, LARGE, Shape())
        make(options, LITTLE, SMALL)
        options.row("onnxruntime, threads", f"{onnxruntime.__version__}, {threads()}")
        measures = dict(
            zip(
                PARTS,
                (measure_speed, measure_again, measure_killed, measure_memory, measure_int8),
                strict=True,
            )
        )
        for part in chosen.only:
            measures[part](options)
            runtime.release()


if __name__ == "__main__":
    main()
