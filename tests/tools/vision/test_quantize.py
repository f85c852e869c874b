"""A tagger in int8: another model with its own files and scores, and a report of what changes."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
import vision_graphs as graphs
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tagsmith.tools.errors import ModelError, StoppedError
from tagsmith.tools.vision import quantize as module
from tagsmith.tools.vision import runtime
from tagsmith.tools.vision.agreement import Agreement, agreement, sample
from tagsmith.tools.vision.labels import Labels
from tagsmith.tools.vision.pipeline import score_images
from tagsmith.tools.vision.prepare import tensor
from tagsmith.tools.vision.quantize import quantize, to_toml
from tagsmith.tools.vision.schema import ModelFile, ModelSpec
from tagsmith.tools.vision.scores import Scores
from tagsmith.tools.vision.spec import find_spec, parse_spec, specs
from tagsmith.tools.watch import Watch

LABELS = 20
SPEC = graphs.with_count(find_spec("wd-swinv2-tagger-v3"), LABELS)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(graphs.make_model(SPEC, tmp_path / "model", LABELS))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Scores]:
    (tmp_path / "dataset").mkdir()
    made = Scores.open(str(tmp_path / "dataset"))
    yield made
    made.close()
    runtime.release()


def test_the_result_is_a_model_of_its_own_that_runs(
    folder: str, tmp_path: Path, store: Scores
) -> None:
    before = sorted(Path(folder).iterdir())
    out = tmp_path / "int8"
    derived = quantize(SPEC, folder, str(out))
    assert derived.name == "wd-swinv2-tagger-v3-int8"
    assert derived.id != SPEC.id
    assert derived.repo is None
    assert derived.graph == graphs.as_found(derived, out).graph
    assert sorted(Path(folder).iterdir()) == before
    toml = out / f"{derived.name}.toml"
    assert parse_spec(toml.read_text(encoding="utf-8"), "x") == derived
    kinds = {node.op_type for node in onnx.load(out / derived.graph.path).graph.node}
    assert "MatMulInteger" in kinds
    assert sorted(path.name for path in out.iterdir()) == sorted(
        [derived.graph.path, "selected_tags.csv", toml.name]
    )

    Image.new("RGB", (64, 64), (200, 60, 0)).save(f"{store.root}/a.png")
    one = score_images(SPEC, folder, store.root, ["a.png"], store)
    other = score_images(derived, str(out), store.root, ["a.png"], store)
    assert (one.scored, other.scored) == (1, 1)
    contents = list(store.contents(["a.png"]).values())
    assert len(store.get(contents[0])) == 2
    report = agreement(SPEC, one.model, other.model, contents, store)
    assert report.images == 1
    assert report.share >= 0.8


def test_weights_in_a_file_of_their_own_end_up_in_the_graph(folder: str, tmp_path: Path) -> None:
    graph = Path(folder, SPEC.graph.path)
    data = f"{graph.name}.data"
    onnx.save(onnx.load(graph), graph, save_as_external_data=True, location=data, size_threshold=0)
    weights = ModelFile(path=data, kind="data")
    derived = quantize(
        SPEC.model_copy(update={"files": (*SPEC.files, weights)}), folder, str(tmp_path / "int8")
    )
    assert [file.kind for file in derived.files] == ["graph", "labels"]
    black = tensor([np.zeros((448, 448, 3), np.uint8)], SPEC.input)
    assert runtime.load(derived, str(tmp_path / "int8")).run(black).shape == (1, LABELS)


def test_without_the_package_onnx_it_says_how_to_get_it(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "onnx" else found(name)
    )
    with pytest.raises(ModelError) as caught:
        quantize(SPEC, folder, str(tmp_path / "out"))
    assert "pip install onnx" in caught.value.hint
    assert not (tmp_path / "out").exists()


def test_a_damaged_graph_is_an_error_and_leaves_nothing(folder: str, tmp_path: Path) -> None:
    Path(folder, SPEC.graph.path).write_bytes(b"no graph")
    with pytest.raises(ModelError, match="could not be quantised"):
        quantize(SPEC, folder, str(tmp_path / "out"))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_stop_leaves_nothing(folder: str, tmp_path: Path) -> None:
    with pytest.raises(StoppedError):
        quantize(SPEC, folder, str(tmp_path / "out"), Watch(stopped=lambda: True))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_quantised_model_is_not_quantised_again(folder: str, tmp_path: Path) -> None:
    again = SPEC.model_copy(update={"name": "wd-int8"})
    with pytest.raises(ModelError, match="further"):
        quantize(again, folder, str(tmp_path / "out"))


@pytest.mark.parametrize("name", specs())
def test_every_spec_survives_being_written(name: str) -> None:
    spec = find_spec(name)
    assert parse_spec(to_toml(spec), name) == spec


@given(st.text(min_size=1, max_size=200), st.text(max_size=400))
def test_no_text_breaks_out_of_the_file(title: str, notes: str) -> None:
    spec = ModelSpec.model_validate({**SPEC.model_dump(), "title": title, "notes": notes})
    assert parse_spec(to_toml(spec), "x") == spec


@pytest.mark.parametrize(
    ("machine", "flags", "expected"),
    [
        ("x86_64", "fpu avx2", True),
        ("x86_64", "fpu avx2 avx_vnni", False),
        ("x86_64", "avx512f avx512_vnni", False),
        ("arm64", "", False),
    ],
)
def test_weights_keep_to_7_bits_where_products_would_overflow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, machine: str, flags: str, expected: bool
) -> None:
    (tmp_path / "cpuinfo").write_text(f"flags : {flags}")
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert module.saturates(str(tmp_path / "cpuinfo")) == expected


class TestAgreement:
    NAMES = ("general", "explicit", "cat", "dog", "hat")
    CATEGORIES = ("rating", "rating", "general", "general", "general")

    def compare(
        self, store: Scores, before: list[list[float]], after: list[list[float]]
    ) -> Agreement:
        labels = Labels(self.NAMES, self.CATEGORIES)
        one, other = (
            store.register((name, "r", "d"), labels) for name in ("original", "quantised")
        )
        contents = [number.to_bytes(16, "big") for number in range(len(before))]
        for model, rows in ((one, before), (other, after)):
            store.put(model, zip(contents, map(np.array, rows), strict=False))
        return agreement(SPEC, one, other, contents, store)

    def test_tags_that_stay_go_and_come_are_counted(self, store: Scores) -> None:
        report = self.compare(
            store,
            [[0.9, 0.1, 0.8, 0.8, 0.1], [0.9, 0.1, 0.5, 0.1, 0.1]],
            [[0.1, 0.9, 0.8, 0.3, 0.1], [0.8, 0.1, 0.4, 0.1, 0.6]],
        )
        assert (report.images, report.tags, report.kept, report.gone, report.come) == (
            2,
            3,
            2,
            1,
            1,
        )
        assert report.moved == 1
        assert set(report.worst) == {("dog", 1, 1), ("hat", 0, 1)}
        assert report.share == 0.5
        told = report.told()
        assert "66.7% of 3 tags stay; 1 go and 1 come" in told
        assert "dog (1 of 1)" in told
        assert "look at the tags" in told

    def test_models_that_agree_are_not_warned_about(self, store: Scores) -> None:
        rows = [[0.9, 0.1, 0.8, 0.8, 0.1]]
        report = self.compare(store, rows, rows)
        assert report.share == 1
        assert report.told() == "On 1 image 100.0% of 2 tags stay; 0 go and 0 come."

    def test_images_that_only_one_has_scored_do_not_count(self, store: Scores) -> None:
        rows = [[0.9, 0.1, 0.8, 0.8, 0.1]]
        assert self.compare(store, [*rows, *rows], rows).images == 1

    def test_nothing_to_compare_is_said(self, store: Scores) -> None:
        assert "no image" in self.compare(store, [], []).told()


def test_a_sample_is_spread_evenly() -> None:
    paths = [str(number) for number in range(10)]
    assert sample(paths, 3) == ["0", "3", "6"]
    assert sample(paths, 10) == sample(paths, 99) == paths
