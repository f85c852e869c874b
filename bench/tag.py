"""Tagging against the floor: a graph of a real tagger's size, generated pictures, one table.

    python bench/tag.py                    about four minutes on two cores
    python bench/tag.py --full             200 images a size, 2,000 for memory
    python bench/tag.py --only speed --images 40 --sizes 1024x1024

Floor: ``session.run`` in a loop on a tensor that is ready, alternating with the subject in the same
process. Subject: images on disk to stored scores, that is decoding, resizing, inference, storing.
Needs the test dependencies (onnx); /proc for memory.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import onnxruntime
from PIL import Image
from vit_graph import SMALL, Shape, write_model

from tagsmith.tools.vision import runtime
from tagsmith.tools.vision.agreement import agreement
from tagsmith.tools.vision.cpus import threads
from tagsmith.tools.vision.pipeline import Summary, score_images
from tagsmith.tools.vision.quantize import quantize
from tagsmith.tools.vision.schema import ModelSpec
from tagsmith.tools.vision.scores import Scores
from tagsmith.tools.watch import Step, Watch

PARTS = ("speed", "again", "killed", "memory", "int8")
DISTINCT = 20


@dataclass
class Options:
    folder: str
    images: int
    rounds: int
    sizes: list[tuple[int, int]]
    memory: tuple[int, int]
    rows: list[tuple[str, str]] = field(default_factory=list)

    def row(self, what: str, value: str) -> None:
        self.rows.append((what, value))
        print(f"{what:<58} {value}", flush=True)


def spec_of(shape: Shape, name: str = "random-vit") -> ModelSpec:
    return ModelSpec.model_validate(
        {
            "name": name,
            "title": "Random ViT",
            "license": "none",
            "files": [
                {"path": "model.onnx", "kind": "graph"},
                {"path": "selected_tags.csv", "kind": "labels"},
            ],
            "input": {
                "layout": "NHWC",
                "size": [shape.size, shape.size],
                "colour": "BGR",
                "geometry": "pad",
                "resample": "bicubic",
            },
            "labels": {
                "file": "selected_tags.csv",
                "format": "csv",
                "count": shape.labels,
                "categories": {"0": "general", "9": "rating"},
            },
            "thresholds": {"general": 0.35},
            "argmax": ["rating"],
        }
    )


def pictures(folder: str, count: int, size: tuple[int, int]) -> list[str]:
    """Write JPEGs; after DISTINCT of them the pixels repeat, the content of the files does not."""
    os.makedirs(folder)
    random = np.random.default_rng(0)
    made: list[bytes] = []
    names = []
    for number in range(count):
        path = os.path.join(folder, f"{number:04}.jpg")
        if len(made) < DISTINCT:
            coarse = Image.fromarray(random.integers(0, 256, (24, 36, 3), np.uint8))
            soft = np.asarray(coarse.resize(size, Image.Resampling.BICUBIC), np.int16)
            grain = random.normal(0, 6, soft.shape).astype(np.int16)
            whole = Image.fromarray((soft + grain).clip(0, 255).astype(np.uint8))
            whole.save(path, quality=90)
            with open(path, "rb") as file:
                made.append(file.read())
        else:
            with open(path, "wb") as file:
                file.write(made[number % DISTINCT] + number.to_bytes(8, "big"))
        names.append(os.path.basename(path))
    return names


@contextmanager
def dataset(options: Options, count: int, size: tuple[int, int]) -> Iterator[tuple[str, list[str]]]:
    root = tempfile.mkdtemp(dir=options.folder)
    try:
        yield f"{root}/images", pictures(f"{root}/images", count, size)
    finally:
        shutil.rmtree(root)


def subject(
    spec: ModelSpec, folder: str, root: str, names: Sequence[str], watch: Watch | None = None
) -> Summary:
    """Score a dataset whose scores, if there are any, are kept."""
    store = Scores.open(root)
    try:
        return score_images(spec, folder, root, names, store, watch)
    finally:
        store.close()


@dataclass(frozen=True)
class Pace:
    """Images a second, and processor seconds an image (this process and its children)."""

    rate: float
    cost: float


@contextmanager
def timed() -> Iterator[list[float]]:
    """Give [seconds, processor seconds] once the block has ended."""
    spent: list[float] = []
    start, used = time.perf_counter(), processor()
    yield spent
    spent += [time.perf_counter() - start, processor() - used]


def processor() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


class Clocked:
    """A watch that notes when each image was stored."""

    def __init__(self) -> None:
        self.marks: list[tuple[float, int]] = []
        self.watch = Watch(tell=self._tell)

    def _tell(self, step: Step) -> None:
        if not self.marks or step.done > self.marks[-1][1]:
            self.marks.append((time.perf_counter(), step.done))

    @property
    def rate(self) -> float:
        """Images a second from the first stored image to the last."""
        first = next(mark for mark in self.marks if mark[1] > 0)
        return (self.marks[-1][1] - first[1]) / (self.marks[-1][0] - first[0])


class Floor:
    """``session.run`` on a ready tensor, with the pipeline's session options or the library's."""

    def __init__(self, graph: str, *, ours: bool) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads()
        if ours:
            options.enable_cpu_mem_arena = False
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            graph, options, providers=["CPUExecutionProvider"]
        )
        port = self._session.get_inputs()[0]
        shape = [1, *port.shape[1:]]
        values = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
        self._feeds = {port.name: values}

    def measure(self, runs: int) -> Pace:
        with timed() as spent:
            for _ in range(runs):
                self._session.run(None, self._feeds)
        return Pace(runs / spent[0], spent[1] / runs)


def measure_speed(options: Options, spec: ModelSpec, folder: str) -> None:
    graph = os.path.join(folder, "model.onnx")
    floors = {"ours": Floor(graph, ours=True), "library": Floor(graph, ours=False)}
    start = time.perf_counter()
    runtime.keep(spec, folder)
    options.row("loading the model (not in the rates below)", seconds(start))
    half = max(1, options.images // 2)
    for size in options.sizes:
        paces: dict[str, list[Pace]] = {name: [] for name in (*floors, "steady", "whole")}
        with dataset(options, options.images, size) as (root, names):
            for _ in range(options.rounds):
                shutil.rmtree(f"{root}/.tagsmith", ignore_errors=True)
                for name, floor in floors.items():
                    paces[name].append(floor.measure(half))
                clocked = Clocked()
                with timed() as spent:
                    subject(spec, folder, root, names, clocked.watch)
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


def measure_again(options: Options, spec: ModelSpec, folder: str) -> None:
    with dataset(options, 20, (640, 480)) as (root, names), counted() as runs:
        subject(spec, folder, root, names)
        first = len(runs)
        subject(spec, folder, root, names)
        options.row("inferences, first run over 20 images", str(first))
        options.row("inferences, second run", str(len(runs) - first))


def measure_killed(options: Options, spec: ModelSpec, folder: str) -> None:
    with dataset(options, 200, (640, 480)) as (root, names):
        log = f"{root}.log"
        child = start_child("killed", folder, root, log)
        wait_until(lambda: os.path.isfile(log) and os.path.getsize(log) >= 80)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        before = os.path.getsize(log)
        with counted() as runs:
            summary = subject(spec, folder, root, names)
        options.row("kill -9: images begun before it, of 200", str(before))
        options.row("kill -9: inferences after it", str(len(runs)))
        options.row("kill -9: begun twice (batches of 1)", str(before + summary.scored - 200))


def measure_memory(options: Options, small: str) -> None:
    peaks = []
    for count in options.memory:
        with dataset(options, count, (1024, 1024)) as (root, _):
            peaks.append(peak_of(start_child("memory", small, root, "")))
            options.row(f"peak memory, {count:,} images of 1024x1024, small graph", mega(peaks[-1]))
    options.row("difference", mega(peaks[1] - peaks[0]))


def measure_int8(options: Options, spec: ModelSpec, folder: str) -> None:
    out = os.path.join(options.folder, "int8")
    start = time.perf_counter()
    derived = quantize(spec, folder, out)
    options.row("int8: time to quantise", seconds(start))
    graphs = [os.path.join(folder, "model.onnx"), os.path.join(out, derived.graph.path)]
    sizes = [os.path.getsize(graph) / 1e6 for graph in graphs]
    options.row(
        "int8: size of the graph, before and after", f"{sizes[0]:.0f} MB, {sizes[1]:.0f} MB"
    )
    floors = [Floor(graph, ours=True) for graph in graphs]
    paces = [[floor.measure(5) for floor in floors] for _ in range(max(2, options.rounds))]
    rates = [statistics.median(pace.rate for pace in found) for found in zip(*paces, strict=True)]
    costs = [statistics.median(pace.cost for pace in found) for found in zip(*paces, strict=True)]
    options.row("int8: floor, images/s before and after", f"{rates[0]:.3f}, {rates[1]:.3f}")
    options.row("int8: times the float32 floor", f"{rates[1] / rates[0]:.2f}")
    options.row("int8: times less CPU time", f"{costs[0] / costs[1]:.2f}")
    del floors
    with dataset(options, 8, (1024, 1024)) as (root, names):
        peaks = [peak_of(start_child("one", where, root, "")) for where in (folder, out)]
        options.row("int8: peak memory of 8 images, before and after", ", ".join(map(mega, peaks)))
        runs = [subject(*one, root, names) for one in ((spec, folder), (derived, out))]
        store = Scores.open(root)
        found = agreement(spec, runs[0].model, runs[1].model, store.contents(names).values(), store)
        options.row("int8: agreement (random weights)", f"{found.share:.1%} of {found.tags:,} tags")
        store.close()


@contextmanager
def counted() -> Iterator[list[int]]:
    """Count the batches that reach a model."""
    runs: list[int] = []
    run = runtime.Model.run

    def told(self: runtime.Model, batch: runtime.Floats) -> runtime.Floats:
        runs.append(len(batch))
        return run(self, batch)

    runtime.Model.run = told  # type: ignore[method-assign]
    try:
        yield runs
    finally:
        runtime.Model.run = run  # type: ignore[method-assign]


def start_child(what: str, folder: str, root: str, log: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, __file__, "--child", what, folder, root, log])


def child(what: str, folder: str, root: str, log: str) -> None:
    """Score a dataset in a process of its own; ``killed`` adds a byte to a log for each batch."""
    graphs = [name for name in os.listdir(folder) if name.endswith(".onnx")]
    shape = SMALL if what in ("memory", "killed") else Shape()
    spec = spec_of(shape)
    files = [file.model_copy(update={"path": graphs[0]}) for file in spec.files[:1]]
    spec = spec.model_copy(update={"files": (*files, *spec.files[1:])})
    names = sorted(name for name in os.listdir(root) if name.endswith(".jpg"))
    if what != "killed":
        subject(spec, folder, root, names)
        return
    run = runtime.Model.run
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def told(self: runtime.Model, batch: runtime.Floats) -> runtime.Floats:
        os.write(descriptor, b"." * len(batch))
        return run(self, batch)

    runtime.Model.run = told  # type: ignore[method-assign]
    subject(spec, folder, root, names)


def peak_of(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process; returns the most memory (RSS) it and its children had together."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(resident, family(process.pid))))
        time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"the measured process ended with {process.returncode}")
    return peak


def family(pid: int) -> list[int]:
    found = [pid]
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                for child_pid in file.read().split():
                    found += family(int(child_pid))
    except OSError:
        pass
    return found


def resident(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, IndexError):
        return 0


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
        options = Options(folder, chosen.images, chosen.rounds, sizes, tuple(chosen.memory))
        large, small = os.path.join(folder, "large"), os.path.join(folder, "small")
        write_model(large, Shape())
        write_model(small, SMALL)
        options.row("onnxruntime, threads", f"{onnxruntime.__version__}, {threads()}")
        parts: dict[str, Callable[[], None]] = {
            "speed": lambda: measure_speed(options, spec_of(Shape()), large),
            "again": lambda: measure_again(options, spec_of(SMALL), small),
            "killed": lambda: measure_killed(options, spec_of(SMALL), small),
            "memory": lambda: measure_memory(options, small),
            "int8": lambda: measure_int8(options, spec_of(Shape()), large),
        }
        for part in chosen.only:
            parts[part]()
            runtime.release()


if __name__ == "__main__":
    main()
