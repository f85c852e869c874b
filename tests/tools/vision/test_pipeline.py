"""Images to stored scores: skipped, resumed, listed, stopped, and no more in memory than needed."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
import vision_graphs as graphs
from PIL import Image

from tagsmith.tools.errors import ModelError, StoppedError
from tagsmith.tools.vision import pipeline, runtime
from tagsmith.tools.vision.inference import Inference
from tagsmith.tools.vision.pipeline import Summary, score_images
from tagsmith.tools.vision.runtime import OutOfMemoryError
from tagsmith.tools.vision.schema import ModelSpec
from tagsmith.tools.vision.scores import Scores
from tagsmith.tools.vision.spec import find_spec
from tagsmith.tools.vision.workers import Outcome, Result
from tagsmith.tools.watch import Step, Watch

LABELS = 20
RED, GREEN, BLUE, GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (99, 99, 99)


class Bench:
    """A dataset with one model; counts the images that reach the model."""

    def __init__(self, folder: Path, spec: ModelSpec) -> None:
        self.spec = graphs.with_count(spec, LABELS)
        self.model = str(graphs.make_model(self.spec, folder / "model", LABELS))
        self.root = folder / "dataset"
        self.root.mkdir()
        self.store = Scores.open(str(self.root))
        self.steps: list[Step] = []

    def paint(self, **pictures: tuple[int, int, int]) -> list[str]:
        for name, colour in pictures.items():
            Image.new("RGB", (64, 48), colour).save(self.root / f"{name}.png")
        return [f"{name}.png" for name in pictures]

    def score(self, images: list[str], watch: Watch | None = None) -> Summary:
        return score_images(
            self.spec,
            self.model,
            str(self.root),
            images,
            self.store,
            watch or Watch(tell=self.steps.append),
        )

    def stored(self, path: str) -> dict[str, float]:
        (content,) = self.store.contents([path]).values()
        ((_, scores),) = self.store.get(content).items()
        return dict(scores)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, find_spec("joytag"))
    yield made
    made.store.close()
    runtime.release()


@pytest.fixture
def no_workers(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it, and from then on no image may be opened."""

    def forbid(*_: object, **__: object) -> None:
        raise AssertionError("an image was opened")

    return lambda: monkeypatch.setattr(pipeline, "Workers", forbid)


def test_scores_are_stored_as_probabilities_once_through_the_sigmoid(bench: Bench) -> None:
    summary = bench.score(bench.paint(red=RED))
    assert (summary.scored, summary.known, summary.bad) == (1, 0, ())
    assert summary.provider == "CPU"
    scores = list(bench.stored("red.png").values())
    # The picture is 64 x 48 on a white square, so red is full and the others are half.
    assert scores[0] == pytest.approx(graphs.probability(bench.spec, 1.0), abs=0.01)


def test_a_second_run_opens_no_image_and_loads_no_model(
    bench: Bench, no_workers: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    images = bench.paint(a=RED, b=BLUE)
    bench.score(images)
    no_workers()
    monkeypatch.setattr(runtime, "keep", lambda *_, **__: pytest.fail("the model was loaded"))
    summary = bench.score(images)
    assert (summary.scored, summary.known, summary.provider) == (0, 2, "")


def test_an_image_that_changed_is_scored_again_and_a_copy_is_not(bench: Bench) -> None:
    images = bench.paint(a=RED, b=BLUE)
    bench.score(images)
    copied = [*images, *bench.paint(copy=RED)]
    assert bench.score(copied).scored == 0
    bench.paint(a=GREEN)
    summary = bench.score(copied)
    assert (summary.scored, summary.known) == (1, 2)


def test_the_same_picture_twice_in_one_run_is_scored_once(bench: Bench) -> None:
    summary = bench.score(bench.paint(a=RED, b=RED, c=BLUE, d=RED))
    assert (summary.scored, summary.known) == (2, 2)
    assert bench.stored("d.png") == bench.stored("a.png")


def test_a_bad_image_in_the_middle_is_listed_and_the_others_are_scored(bench: Bench) -> None:
    images = bench.paint(a=RED, b=GREEN, c=BLUE)
    whole = (bench.root / "b.png").read_bytes()
    (bench.root / "b.png").write_bytes(whole[: len(whole) // 2])
    summary = bench.score([*images, "gone.png"])
    assert summary.scored == 2
    assert [path for path, _ in summary.bad] == ["b.png", "gone.png"]
    assert all(reason for _, reason in summary.bad)
    assert bench.stored("c.png") != bench.stored("a.png")


def test_progress_reaches_the_total_and_tells_rate_and_time_left(bench: Bench) -> None:
    bench.score(bench.paint(a=RED, b=GREEN, c=BLUE, d=GREY))
    assert bench.steps[0] == Step("Tagging", 0, 4)
    assert [step.done for step in bench.steps] == sorted(step.done for step in bench.steps)
    assert bench.steps[-1].done == bench.steps[-1].total == 4
    assert any(" left" in step.pace for step in bench.steps)


def test_a_stop_keeps_what_is_scored_and_the_next_run_goes_on(bench: Bench) -> None:
    images = bench.paint(a=RED, b=GREEN, c=BLUE, d=GREY)
    watch = Watch(tell=bench.steps.append, stopped=lambda: any(s.done == 2 for s in bench.steps))
    with pytest.raises(StoppedError) as caught:
        bench.score(images, watch)
    assert caught.value.message == "Stopped at 2 of 4 images."
    assert "are kept" in caught.value.hint
    summary = bench.score(images)
    assert (summary.scored, summary.known) == (2, 2)


def test_a_model_that_is_wrong_leaves_nothing_in_the_store(bench: Bench) -> None:
    graph = Path(bench.model, bench.spec.graph.path)
    graph.write_bytes(graphs.constant_graph(bench.spec, [float("inf")] * LABELS))
    images = bench.paint(a=RED)
    with pytest.raises(ModelError):
        bench.score(images)
    model = bench.store.model(bench.spec.id)
    assert model is not None
    assert not bench.store.have(model, bench.store.contents(images).values())


def test_nothing_is_printed(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    images = bench.paint(a=RED)
    (bench.root / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    bench.score([*images, "bad.png"])
    assert capfd.readouterr() == ("", "")


class _Counted(np.ndarray):
    """An array that can be watched: plain ones take no weak references."""


class FakeWorkers(AbstractContextManager["FakeWorkers"]):
    """Decodes nothing: makes up pictures, and counts how many there are at once."""

    alive = 0
    most = 0

    def __init__(self, *_: object, **__: object) -> None: ...

    def __exit__(self, *_: object) -> None: ...

    def map(self, paths: Iterable[str], watch: Watch) -> Iterator[tuple[str, Outcome]]:
        for number, path in enumerate(paths):
            picture = np.zeros((448, 448, 3), np.uint8).view(_Counted)
            type(self).alive += 1
            type(self).most = max(self.most, self.alive)
            weakref.finalize(picture, self._gone)
            result = Result(picture, number.to_bytes(16, "big"), None)
            del picture
            yield path, result
            del result

    @classmethod
    def _gone(cls) -> None:
        cls.alive -= 1


def test_memory_does_not_grow_with_the_number_of_images(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "Workers", FakeWorkers)
    monkeypatch.setattr(FakeWorkers, "most", 0)
    summary = bench.score([f"{number}.png" for number in range(300)])
    assert summary.scored == 300
    assert FakeWorkers.most <= 4


class FakeModel:
    """A GPU with room for ``room`` images; stops when told, and only then, if it ``hangs``."""

    gpu = True
    provider, note = "CUDA", ""

    def __init__(
        self, spec: ModelSpec, path: str, *, room: int = 1000, hangs: bool = False
    ) -> None:
        self.spec = spec
        self.graph = self
        self.path = path
        self.sizes: list[int] = []
        self._room = room
        self._hangs = hangs
        self.told = threading.Event()

    def run(self, batch: np.ndarray) -> np.ndarray:
        self.sizes.append(len(batch))
        if self._hangs:
            assert self.told.wait(10)
            raise StoppedError
        if len(batch) > self._room:
            raise OutOfMemoryError("the GPU has not enough memory")
        return np.tile(batch.reshape(len(batch), -1)[:, :1], (1, LABELS))

    def stop(self) -> None:
        self.told.set()


@pytest.fixture
def graph_file(tmp_path: Path) -> str:
    path = tmp_path / "graph"
    path.write_bytes(b"graph")
    return str(path)


def test_a_batch_that_a_gpu_has_no_room_for_is_halved_and_stays_so(graph_file: str) -> None:
    model = FakeModel(find_spec("joytag"), graph_file, room=3)
    with Inference(lambda: model) as inference:
        inference.start(np.zeros((1, 1), np.float32))
        inference.take(lambda: None)
        assert inference.batch_size == 16
        batch = np.arange(16, dtype=np.float32)[:, None]
        inference.start(batch)
        found = inference.take(lambda: None)
    np.testing.assert_array_equal(found[:, 0], batch[:, 0])
    assert inference.batch_size == 2
    assert model.sizes == [1, 16, 8, 4, 2, 2, 4, 2, 2, 8, 4, 2, 2, 4, 2, 2]


def test_a_single_image_without_room_is_an_error(graph_file: str) -> None:
    model = FakeModel(find_spec("joytag"), graph_file, room=0)
    with Inference(lambda: model) as inference:
        inference.start(np.zeros((1, 1), np.float32))
        with pytest.raises(OutOfMemoryError):
            inference.take(lambda: None)


def test_a_stop_ends_the_inference_that_is_running(graph_file: str) -> None:
    model = FakeModel(find_spec("joytag"), graph_file, hangs=True)
    looks = iter([False, False, True])

    def look() -> None:
        if next(looks):
            raise StoppedError

    with Inference(lambda: model) as inference:
        inference.start(np.zeros((1, 1), np.float32))
        with pytest.raises(StoppedError):
            inference.take(look)
    assert model.sizes == [1]
    assert model.told.is_set()


def test_a_cpu_gets_one_image_at_a_time(bench: Bench) -> None:
    with Inference(lambda: runtime.load(bench.spec, bench.model)) as inference:
        inference.start(np.zeros((1, 3, 448, 448), np.float32))
        inference.take(lambda: None)
        assert inference.batch_size == 1
