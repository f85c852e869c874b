"""A tagger that is loaded: what it runs on, what comes out, and that it prints nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import vision_graphs as graphs
from onnx import TensorProto, helper, numpy_helper

from tagsmith.tools.errors import ModelError, StoppedError, UsageError
from tagsmith.tools.vision import providers, runtime
from tagsmith.tools.vision.prepare import tensor
from tagsmith.tools.vision.schema import ModelSpec
from tagsmith.tools.vision.spec import find_spec

LABELS = 20
Make = Callable[..., tuple[ModelSpec, str]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def of(name: str, **graph: object) -> tuple[ModelSpec, str]:
        spec = graphs.with_count(find_spec(name), LABELS)
        return spec, str(graphs.make_model(spec, tmp_path / name, LABELS, **graph))

    return of


def picture(spec: ModelSpec, *colours: tuple[int, int, int]) -> np.ndarray:
    height, width = spec.input.size
    return tensor([np.full((height, width, 3), one, np.uint8) for one in colours], spec.input)


@pytest.mark.parametrize("name", ["wd-swinv2-tagger-v3", "joytag", "camie-v2"])
def test_probabilities_come_out_whatever_the_graph_gives(make: Make, name: str) -> None:
    spec, folder = make(name)
    model = runtime.load(spec, folder)
    red, blue = model.run(picture(spec, (255, 0, 0), (0, 0, 255)))
    channels = [0, 4, 8] if spec.input.colour == "RGB" else [8, 4, 0]
    for scores, bytes_seen in ((red, (1, 0, 0)), (blue, (0, 0, 1))):
        expected = [graphs.probability(spec, share) for share in bytes_seen]
        assert scores[channels] == pytest.approx(expected, abs=0.002)
    assert red.dtype == np.float32
    assert len(red) == LABELS


def test_a_logit_of_any_size_becomes_a_probability_without_a_warning() -> None:
    logits = np.array([[-1e9, -100, -1, 0, 1, 100, 1e9]], dtype=np.float32)
    found = runtime.probabilities(logits, "logits")
    assert found[0] == pytest.approx([0, 0, 0.268941, 0.5, 0.731059, 1, 1], abs=1e-6)
    again = runtime.probabilities(found, "probabilities")
    np.testing.assert_array_equal(again, found)


def test_a_graph_for_one_image_gets_one_at_a_time(make: Make) -> None:
    spec, folder = make("wd-v1-4-swinv2-v2", batch=1)
    spec = spec.model_copy(update={"output": spec.output.model_copy(update={"batch": "one"})})
    model = runtime.load(spec, folder)
    scores = model.run(picture(spec, (255, 0, 0), (0, 0, 255), (0, 255, 0)))
    assert scores.shape == (3, LABELS)
    assert [int(row[:12].argmax() // 4) for row in scores] == [2, 0, 1]


def test_a_graph_that_breaks_its_contract_is_refused_and_freed(make: Make) -> None:
    spec, folder = make("wd-swinv2-tagger-v3")
    other = graphs.signature_graph(spec, LABELS + 1)
    Path(folder, spec.graph.path).write_bytes(other)
    with pytest.raises(ModelError, match=r"model\.onnx.*21 values.*20 labels"):
        runtime.load(spec, folder)


def test_values_that_break_the_contract_are_refused_when_they_come(make: Make) -> None:
    spec, folder = make("wd-swinv2-tagger-v3")
    not_a_number = graphs.constant_graph(spec, [float("nan")] * LABELS)
    Path(folder, spec.graph.path).write_bytes(not_a_number)
    model = runtime.load(spec, folder)
    with pytest.raises(ModelError, match="no numbers"):
        model.run(picture(spec, (0, 0, 0)))


def test_a_run_that_was_told_to_stop_raises_and_the_next_one_works(make: Make) -> None:
    spec, folder = make("joytag")
    model = runtime.load(spec, folder)
    batch = picture(spec, (1, 2, 3))
    made = onnxruntime.RunOptions

    class StopsAtOnce(made):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            super().__init__()
            self.terminate = True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onnxruntime, "RunOptions", StopsAtOnce)
        with pytest.raises(StoppedError):
            model.run(batch)
    model.stop()
    assert model.run(batch).shape == (1, LABELS)


def test_a_closed_model_does_not_run(make: Make) -> None:
    spec, folder = make("joytag")
    model = runtime.load(spec, folder)
    model.close()
    with pytest.raises(ModelError, match="closed"):
        model.run(picture(spec, (1, 2, 3)))


def test_one_model_is_kept_until_another_is_wanted_or_its_file_changes(make: Make) -> None:
    spec, folder = make("joytag")
    first = runtime.keep(spec, folder)
    assert runtime.keep(spec, folder) is first
    other_spec, other_folder = make("wd-swinv2-tagger-v3")
    other = runtime.keep(other_spec, other_folder)
    with pytest.raises(ModelError, match="closed"):
        first.run(picture(spec, (1, 2, 3)))
    Path(other_folder, other_spec.graph.path).write_bytes(
        graphs.constant_graph(other_spec, [0.25] * LABELS)
    )
    replaced = runtime.keep(other_spec, other_folder)
    assert replaced is not other
    assert replaced.run(picture(other_spec, (9, 9, 9)))[0, 0] == pytest.approx(0.25)
    runtime.release()
    with pytest.raises(ModelError, match="closed"):
        replaced.run(picture(other_spec, (9, 9, 9)))


def test_a_provider_that_is_not_there_is_told(make: Make) -> None:
    spec, folder = make("joytag")
    model = runtime.load(spec, folder, provider="cuda")
    assert model.provider == "CPU"
    assert not model.gpu
    assert "CUDA was asked for" in model.note
    assert "pip install onnxruntime-gpu" in model.note


def test_a_provider_that_registers_and_runs_nothing_is_told(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Azure's provider is in every build, registers without complaint, and runs no such operation:
    # just what CUDA looks like when a library is missing.
    monkeypatch.setitem(providers.PROVIDERS, "cuda", "AzureExecutionProvider")
    spec, folder = make("joytag")
    model = runtime.load(spec, folder, provider="cuda")
    assert model.provider == "CPU"
    assert "CUDA could not be used" in model.note
    assert "none of this model's operations" in model.note
    assert model.run(picture(spec, (1, 2, 3))).shape == (1, LABELS)


def test_a_provider_that_fails_to_start_is_told_with_its_reason(
    make: Make, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(providers.PROVIDERS, "cuda", "AzureExecutionProvider")
    create = onnxruntime.InferenceSession._create_inference_session

    def fail(self: object, providers: list[str], *others: object) -> None:
        if providers != ["CPUExecutionProvider"]:
            raise RuntimeError("CUDA failure 35: driver version is insufficient")
        create(self, providers, *others)

    monkeypatch.setattr(onnxruntime.InferenceSession, "_create_inference_session", fail)
    spec, folder = make("joytag")
    model = runtime.load(spec, folder, provider="cuda")
    assert model.provider == "CPU"
    assert "driver version is insufficient" in model.note
    assert capfd.readouterr() == ("", "")


def test_the_session_leaves_the_machine_to_others(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    opened = onnxruntime.InferenceSession

    def open_session(path: str, options: onnxruntime.SessionOptions, **named: object) -> object:
        seen.append(options)
        return opened(path, options, **named)

    monkeypatch.setattr(onnxruntime, "InferenceSession", open_session)
    monkeypatch.setattr("tagsmith.tools.vision.cpus.threads", lambda: 3)
    runtime.load(*make("joytag"))
    (options,) = seen
    assert options.intra_op_num_threads == 3
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert options.enable_cpu_mem_arena


def test_nothing_is_ever_printed(make: Make, capfd: pytest.CaptureFixture[str]) -> None:
    spec, folder = make("joytag")
    for provider in (None, "cuda", "tensorrt", "directml"):
        model = runtime.load(spec, folder, provider=provider)
        model.run(picture(spec, (1, 2, 3)))
        with pytest.raises(ModelError):
            model.run(np.zeros((1, 3, 8, 8), np.float32))
    graph = Path(folder, spec.graph.path)
    graph.write_bytes(graph.read_bytes()[:-100])
    with pytest.raises(ModelError):
        runtime.load(spec, folder)
    assert capfd.readouterr() == ("", "")


def noisy_graph(spec: ModelSpec) -> bytes:
    """A graph of which onnxruntime complains when it loads (an unused weight), and when it runs."""
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["input"], ["mean"], axes=[2, 3], keepdims=0),
            helper.make_node("Reshape", ["mean", "shape"], ["output"]),
        ],
        "noisy",
        [value("input", TensorProto.FLOAT, ["N", 3, *spec.input.size])],
        [value("output", TensorProto.FLOAT, ["N", LABELS])],
        [
            numpy_helper.from_array(np.array([7, LABELS], np.int64), "shape"),
            numpy_helper.from_array(np.zeros(9, np.float32), "unused"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def test_a_graph_that_fails_as_it_runs_is_an_error_and_prints_nothing(
    make: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    spec, folder = make("joytag")
    Path(folder, spec.graph.path).write_bytes(noisy_graph(spec))
    model = runtime.load(spec, folder)
    with pytest.raises(ModelError, match=r"joytag failed on the CPU: .*Reshape"):
        model.run(picture(spec, (1, 2, 3)))
    assert capfd.readouterr() == ("", "")


class TestChoice:
    def test_a_gpu_that_works_is_taken_unasked(self) -> None:
        available = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
        assert providers.choose(None, available).order == [
            "CUDAExecutionProvider",
            "CPUExecutionProvider",
        ]
        assert providers.choose("cpu", available).order == ["CPUExecutionProvider"]

    def test_a_gpu_that_the_package_cannot_use_is_told(self) -> None:
        choice = providers.choose("auto", ["CPUExecutionProvider"], nvidia=True)
        assert choice.wanted == "cpu"
        assert "NVIDIA GPU" in choice.note
        assert not providers.choose(None, ["CPUExecutionProvider"]).note

    def test_an_unknown_name_is_refused(self) -> None:
        with pytest.raises(UsageError, match="cuda"):
            providers.choose("gpu", ["CPUExecutionProvider"])

    @pytest.mark.parametrize(
        ("registered", "placed", "provider", "said"),
        [
            (["CUDAExecutionProvider"], {"CUDAExecutionProvider": 900}, "CUDA", ""),
            (["CUDAExecutionProvider"], {}, "CUDA", ""),
            (
                ["CUDAExecutionProvider"],
                {"CUDAExecutionProvider": 897, "CPUExecutionProvider": 3},
                "CUDA",
                "3 operations of 900 run on the CPU",
            ),
            (["CPUExecutionProvider"], {"CPUExecutionProvider": 900}, "CPU", "could not be used"),
        ],
    )
    def test_what_runs_is_said(
        self, registered: list[str], placed: dict[str, int], provider: str, said: str
    ) -> None:
        truth = providers.started(providers.Choice("cuda"), registered, placed)
        assert truth.provider == provider
        assert said in truth.note
        assert bool(truth.note) == bool(said)
