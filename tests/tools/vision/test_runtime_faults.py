"""Model files that cannot be loaded: each names the file and what to do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import vision_graphs as graphs
from onnx import TensorProto, helper

from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision import faults, runtime
from tagsmith.tools.vision.prepare import tensor
from tagsmith.tools.vision.schema import ModelFile, ModelSpec
from tagsmith.tools.vision.spec import find_spec

SPEC = graphs.with_count(find_spec("wd-swinv2-tagger-v3"), 20)
DATA = ModelFile(path="model.onnx.data", kind="data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return graphs.make_model(SPEC, tmp_path / "model", 20)


def external(folder: Path) -> None:
    model = onnx.load(folder / "model.onnx")
    onnx.save(
        model,
        folder / "model.onnx",
        save_as_external_data=True,
        location="model.onnx.data",
        size_threshold=0,
    )


def with_opset(folder: Path, opset: int) -> None:
    model = onnx.load(folder / "model.onnx")
    model.opset_import[0].version = opset
    onnx.save(model, folder / "model.onnx")


def of_version(folder: Path, version: int) -> None:
    model = onnx.load(folder / "model.onnx")
    model.ir_version = version
    onnx.save(model, folder / "model.onnx")


def with_operation(folder: Path, operation: str) -> None:
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node(operation, ["input"], ["output"], domain="somebody")],
        "g",
        [value("input", TensorProto.FLOAT, ["N", 448, 448, 3])],
        [value("output", TensorProto.FLOAT, ["N", 20])],
    )
    domains = [helper.make_opsetid("", 17), helper.make_opsetid("somebody", 1)]
    onnx.save(helper.make_model(graph, opset_imports=domains, ir_version=8), folder / "model.onnx")


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def write(data: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / "model.onnx").write_bytes(data) and None


FAULTS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "no graph": (lambda folder: (folder / "model.onnx").unlink(), "model.onnx is missing", "pull"),
    "no labels": (
        lambda folder: (folder / "selected_tags.csv").unlink(),
        "selected_tags.csv is missing",
        "pull",
    ),
    "cut": (
        lambda folder: cut(folder / "model.onnx"),
        "model.onnx is damaged or cut short",
        "pull",
    ),
    "empty": (write(b""), "model.onnx is empty", "pull"),
    "zeros": (write(bytes(4096)), "model.onnx holds only zeros", "pull"),
    "noise": (write(os.urandom(4096)), "model.onnx is damaged", "pull"),
    "pointer": (
        write(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"),
        "Git LFS pointer",
        "pull",
    ),
    "web page": (write(b"\n<!DOCTYPE html><html>404</html>"), "web page", "pull"),
    "opset": (lambda folder: with_opset(folder, 99), "ONNX opset 99", "pip install --upgrade"),
    "format": (lambda folder: of_version(folder, 99), "ONNX format 99", "pip install --upgrade"),
    "operation": (
        lambda folder: with_operation(folder, "Frobnicate"),
        "Frobnicate",
        "another export",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_file_and_the_remedy_are_named(folder: Path, fault: str) -> None:
    spoil, said, remedy = FAULTS[fault]
    spoil(folder)
    with pytest.raises(ModelError) as caught:
        runtime.load(SPEC, str(folder))
    assert said in caught.value.message
    assert remedy in caught.value.hint
    assert SPEC.name in caught.value.message
    assert "onnxruntime_src" not in str(caught.value)


def test_weights_in_a_file_of_their_own_are_loaded(folder: Path) -> None:
    external(folder)
    black = tensor([np.zeros((448, 448, 3), np.uint8)], SPEC.input)
    assert runtime.load(SPEC, str(folder)).run(black).shape == (1, 20)


def test_weights_are_found_behind_the_links_of_the_hub(folder: Path) -> None:
    external(folder)
    snapshot = folder.parent / "snapshots" / "0" / "x"
    snapshot.mkdir(parents=True)
    for number, file in enumerate(sorted(folder.iterdir())):
        blob = folder / f"blob{number}"
        file.rename(blob)
        (snapshot / file.name).symlink_to(blob)
    black = tensor([np.zeros((448, 448, 3), np.uint8)], SPEC.input)
    assert runtime.load(SPEC, str(snapshot)).run(black).shape == (1, 20)


@pytest.mark.parametrize("listed", [True, False])
def test_missing_weights_are_named_whether_the_spec_lists_them_or_not(
    folder: Path, listed: bool
) -> None:
    external(folder)
    (folder / "model.onnx.data").unlink()
    spec: ModelSpec = SPEC.model_copy(update={"files": (*SPEC.files, DATA)}) if listed else SPEC
    with pytest.raises(ModelError, match=r"model\.onnx\.data is missing"):
        runtime.load(spec, str(folder))


def test_weights_that_are_cut_are_named(folder: Path) -> None:
    external(folder)
    os.truncate(folder / "model.onnx.data", 8)
    with pytest.raises(ModelError, match=r"model\.onnx\.data is damaged"):
        runtime.load(SPEC, str(folder))


def test_an_old_onnxruntime_is_told_to_be_updated(folder: Path) -> None:
    spec = SPEC.model_copy(update={"min_runtime": "99.1"})
    with pytest.raises(ModelError, match=r"needs onnxruntime 99\.1 or newer") as caught:
        runtime.load(spec, str(folder))
    assert "pip install --upgrade onnxruntime" in caught.value.hint


@pytest.mark.parametrize(
    ("version", "wanted", "old"),
    [("1.9.0", "1.17", True), ("1.17.0", "1.17", False), ("1.31.1", "1.17", False)],
)
def test_versions_are_compared_as_numbers(version: str, wanted: str, old: bool) -> None:
    assert (faults.too_old("joytag", wanted, version) is not None) == old


def test_what_onnxruntime_says_is_made_safe_to_show() -> None:
    said = faults.summary("Load model failed:/onnxruntime_src/a/b.cc:1 f(x) It\x1b[2J broke\n\n")
    assert said == "It [2J broke"
    assert len(faults.summary("x" * 5000)) == 200
