"""What bench/tag.py measures with: pictures, the floor, clocks, counters and memory."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import onnxruntime
from PIL import Image
from vit_graph import Shape

from tagsmith.tools.vision import runtime
from tagsmith.tools.vision.cpus import threads
from tagsmith.tools.vision.schema import ModelSpec
from tagsmith.tools.watch import Step, Watch

DISTINCT = 20


def spec_of(shape: Shape, name: str) -> ModelSpec:
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
        new = not self.marks or step.done > self.marks[-1][1]
        if step.verb == "Tagging" and new:
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


@contextmanager
def counted(also: Callable[[], object] = lambda: None) -> Iterator[list[int]]:
    """Count the batches that reach a model; ``also`` is called before each."""
    runs: list[int] = []
    run = runtime.Model.run

    def told(self: runtime.Model, batch: runtime.Floats) -> runtime.Floats:
        runs.append(len(batch))
        also()
        return run(self, batch)

    runtime.Model.run = told  # type: ignore[method-assign]
    try:
        yield runs
    finally:
        runtime.Model.run = run  # type: ignore[method-assign]


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
