"""onnxruntime behind one module: graphs are opened, run, stopped and closed here.

It says what really runs (providers.py), refuses what is not the model it should be (faults.py,
contract.py) and prints nothing: its C++ side writes to the terminal on which the chat is drawn.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from tagsmith.tools.errors import ModelError, StoppedError
from tagsmith.tools.vision import contract, cpus, faults, providers
from tagsmith.tools.vision.contract import Port, Signature
from tagsmith.tools.vision.labels import Labels, read_labels
from tagsmith.tools.vision.providers import Choice, Truth
from tagsmith.tools.vision.schema import ModelSpec

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
# onnxruntime ships no types.
InferenceSession = Any
SessionOptions = Any
RunOptions = Any

# Only what ends the process is still told; every error also comes as an exception.
_FATAL = 4
_NVIDIA_DRIVER = "/proc/driver/nvidia/version"
_TERMINATED = "terminate flag"

# The one model that stays loaded: reading 1.3 GB again costs more than keeping it.
_kept: dict[str, Any] = {}
_kept_lock = threading.Lock()


class OutOfMemoryError(ModelError):
    """A batch that the hardware has no memory for; a smaller one may go through."""


class Graph:
    """One ONNX graph, ready to run. One run at a time; ``stop`` may come from another thread.

    ``truth`` says on what it runs. ``name`` is the model's, for messages.
    """

    def __init__(self, session: InferenceSession, name: str, path: str, truth: Truth) -> None:
        self.name = name
        self.path = path
        self.truth = truth
        self.signature = Signature(_ports(session.get_inputs()), _ports(session.get_outputs()))
        self._session: InferenceSession | None = session
        self._running: RunOptions | None = None

    def run(self, feeds: Mapping[str, Array], outputs: Sequence[str] | None = None) -> list[Array]:
        """Run the graph; returns the named outputs in that order, or all.

        Raises StoppedError after ``stop``, OutOfMemoryError, and ModelError for all other faults.
        """
        if self._session is None:
            raise ModelError(f"{self.name} is closed.", "Load it again.")
        options = self._running = _onnxruntime().RunOptions()
        options.log_severity_level = _FATAL
        try:
            return list(self._session.run(outputs, dict(feeds), options))
        except _errors() as error:
            raise self._failed(str(error)) from error

    def stop(self) -> None:
        """End the run that is under way, within one operation; does nothing where there is none."""
        options = self._running
        if options is not None:
            options.terminate = True

    def close(self) -> None:
        """Free the memory of the graph."""
        self._session = None

    def _failed(self, text: str) -> ModelError | StoppedError:
        if _TERMINATED in text:
            return StoppedError(f"{self.name} was stopped.")
        if faults.out_of_memory(text):
            return OutOfMemoryError(
                f"{self.name}: the {self.truth.provider} has not enough memory for it.",
                "Close other programs, or take a smaller model or its quantised form.",
            )
        return ModelError(
            f"{self.name} failed on the {self.truth.provider}: {faults.summary(text)}.",
            "" if not self.truth.gpu else "Try it on the CPU.",
        )


@dataclass(frozen=True, slots=True)
class Model:
    """A tagger that is loaded: what it runs on is ``provider``, ``note`` tells of a fall back."""

    spec: ModelSpec
    labels: Labels
    graph: Graph

    @property
    def signature(self) -> Signature:
        """Inputs and outputs of the graph."""
        return self.graph.signature

    @property
    def provider(self) -> str:
        """What really runs the model ("CPU", "CUDA")."""
        return self.graph.truth.provider

    @property
    def gpu(self) -> bool:
        """Whether batches pay."""
        return self.graph.truth.gpu

    @property
    def note(self) -> str:
        """What the user must know about where it runs, or ""."""
        return self.graph.truth.note

    def run(self, batch: Floats) -> Floats:
        """Return the probabilities, float32 (images, labels), of a batch from ``prepare.tensor``.

        Raises ModelError where the output breaks the spec's contract, and what ``Graph.run`` does.
        """
        ports = contract.wiring(self.spec, self.signature)
        step = 1 if self.spec.output.batch == "one" else max(1, len(batch))
        raw = [
            self.graph.run({ports.pixels.name: batch[start : start + step]}, [ports.scores.name])[0]
            for start in range(0, len(batch), step)
        ]
        scores = np.concatenate(raw)
        contract.check_values(self.spec, scores, self.labels)
        return probabilities(scores, self.spec.output.activation)

    def stop(self) -> None:
        """End a run that is under way; it raises StoppedError."""
        self.graph.stop()

    def close(self) -> None:
        """Free the memory of the model."""
        self.graph.close()


def load(spec: ModelSpec, folder: str, *, provider: str | None = None) -> Model:
    """Load a tagger from its folder and check that it is what its spec promises.

    ``provider`` is a name of ``providers.PROVIDERS``; None chooses. Raises ModelError naming the
    file and the remedy, UsageError for a provider that does not exist.
    """
    for file in spec.files:
        if file.required and not os.path.isfile(os.path.join(folder, file.path)):
            raise faults.missing(spec.name, folder, file.path)
    labels = read_labels(spec, folder)
    path = os.path.join(folder, spec.graph.path)
    graph = open_graph(path, spec.name, provider=provider, min_runtime=spec.min_runtime)
    try:
        contract.check(spec, labels, graph.signature)
    except ModelError:
        graph.close()
        raise
    return Model(spec, labels, graph)


def keep(spec: ModelSpec, folder: str, *, provider: str | None = None) -> Model:
    """Return the loaded model, or load it and let go of the one before: there is never more.

    A graph that was replaced on disk is loaded again. Raises what ``load`` raises.
    """
    graph = os.path.join(folder, spec.graph.path)
    try:
        status = os.stat(graph)
    except OSError as error:
        raise faults.missing(spec.name, folder, spec.graph.path) from error
    wanted = (spec, folder, provider, status.st_size, status.st_mtime_ns, status.st_ino)
    with _kept_lock:
        if _kept.get("key") != wanted:
            _release()
            _kept.update(key=wanted, model=load(spec, folder, provider=provider))
        model: Model = _kept["model"]
        return model


def release() -> None:
    """Free the model that ``keep`` keeps."""
    with _kept_lock:
        _release()


def _release() -> None:
    model = _kept.pop("model", None)
    _kept.clear()
    if model is not None:
        model.close()


def wants_gpu(provider: str | None = None) -> bool:
    """Tell whether a model would first be tried on a GPU."""
    return providers.choose(provider, _onnxruntime().get_available_providers()).wanted != "cpu"


def open_graph(
    path: str, name: str, *, provider: str | None = None, min_runtime: str | None = None
) -> Graph:
    """Open one ONNX file of the model ``name``.

    Where the provider fails the CPU takes over, and the graph's ``truth`` says so. Raises
    ModelError naming the file and the remedy, UsageError for a provider that does not exist.
    """
    runtime = _onnxruntime()
    if min_runtime and (error := faults.too_old(name, min_runtime, runtime.__version__)):
        raise error
    if not os.path.isfile(path):
        raise faults.missing(name, os.path.dirname(path), os.path.basename(path))
    if what := faults.foreign_file(path):
        raise faults.damaged(name, os.path.basename(path), what)
    available = runtime.get_available_providers()
    choice = providers.choose(provider, available, nvidia=os.path.exists(_NVIDIA_DRIVER))
    session, truth = _start(runtime, path, name, choice)
    return Graph(session, name, path, truth)


def probabilities(output: Floats, activation: str) -> Floats:
    """Return what the spec calls probabilities: a sigmoid over logits, nothing over the rest.

    sigmoid(x) = (1 + tanh(x / 2)) / 2, which overflows nowhere.
    """
    if activation == "logits":
        half = np.float32(0.5)
        squashed: Floats = half + half * np.tanh(output * half)
        return squashed
    clipped: Floats = np.clip(output, 0, 1)
    return clipped


def quantize_graph(source: str, target: str, *, reduce_range: bool) -> None:
    """Write the graph ``source`` with its matrix products in int8, one scale a channel.

    Run in a process of its own: it logs to stderr and takes several times the size of the graph.
    ``reduce_range`` keeps weights to 7 bits. Raises ImportError without the package onnx.
    """
    from onnxruntime.quantization import (  # type: ignore[import-untyped]
        QuantType,
        quantize_dynamic,
    )

    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        reduce_range=reduce_range,
        weight_type=QuantType.QInt8,
    )


def versions() -> tuple[str, tuple[str, ...]]:
    """Return onnxruntime's version and the short names of the providers that it can use."""
    runtime = _onnxruntime()
    available = runtime.get_available_providers()
    usable = tuple(name for name, long in providers.PROVIDERS.items() if long in available)
    return runtime.__version__, usable


def _start(
    runtime: ModuleType, path: str, name: str, choice: Choice
) -> tuple[InferenceSession, Truth]:
    """Open a session as chosen, on the CPU if that fails."""
    truth = Truth("CPU", False, choice.note)
    if choice.wanted != "cpu":
        _load_libraries(runtime, choice.wanted)
        try:
            session = _session(runtime, path, choice.order)
            return session, providers.started(choice, session.get_providers(), _placed(session))
        except _errors() as error:
            truth = providers.fallen(choice, faults.summary(str(error)))
    try:
        return _session(runtime, path, [providers.CPU]), truth
    except _errors() as error:
        raise faults.explain(str(error), name, path, runtime.__version__) from error


def _session(runtime: ModuleType, path: str, order: Sequence[str]) -> InferenceSession:
    """Open a session; raises onnxruntime's own errors.

    ``enable_fallback=0``: onnxruntime's own fall back prints to stdout and tells nobody else.
    """
    return runtime.InferenceSession(
        path, _options(runtime, order), providers=list(order), enable_fallback=0
    )


def _options(runtime: ModuleType, order: Sequence[str]) -> SessionOptions:
    options = runtime.SessionOptions()
    options.log_severity_level = _FATAL
    options.intra_op_num_threads = cpus.threads()
    options.inter_op_num_threads = 1
    # The arena keeps the memory of one run, which saves a fifteenth of the time (bench/tag.py).
    options.enable_cpu_mem_arena = True
    # Spinning threads burn every CPU for a second after each run, in front of a waiting user.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    if providers.PROVIDERS["directml"] in order:
        # onnxruntime's documentation of DirectML asks for both.
        options.enable_mem_pattern = False
        options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
    return options


def _placed(session: InferenceSession) -> dict[str, int]:
    """Count the graph's operations by provider; {} where this onnxruntime cannot tell (< 1.24)."""
    ask = getattr(session, "get_provider_graph_assignment_info", None)
    counts: dict[str, int] = {}
    for part in ask() if ask else ():
        counts[part.ep_name] = counts.get(part.ep_name, 0) + len(part.get_nodes())
    return counts


def _load_libraries(runtime: ModuleType, wanted: str) -> None:
    """Load CUDA from pip's packages if it is there; what onnxruntime prints about it is dropped."""
    preload = getattr(runtime, "preload_dlls", None)
    if wanted in ("cuda", "tensorrt") and preload is not None:
        with redirect_stdout(io.StringIO()):
            preload()


def _onnxruntime() -> ModuleType:
    """Import onnxruntime, silent and without telemetry."""
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError as error:
        raise ModelError(
            f"onnxruntime cannot be loaded ({faults.summary(str(error))}).",
            "Install it again: `pip install --force-reinstall onnxruntime`.",
        ) from error
    onnxruntime.set_default_logger_severity(_FATAL)
    onnxruntime.disable_telemetry_events()
    module: ModuleType = onnxruntime
    return module


def _errors() -> tuple[type[Exception], ...]:
    """Return what onnxruntime raises: its own errors share no base class but Exception."""
    from onnxruntime.capi import (  # type: ignore[import-untyped]
        onnxruntime_pybind11_state as state,
    )

    own = [
        value
        for value in vars(state).values()
        if isinstance(value, type) and issubclass(value, Exception)
    ]
    return (*own, ValueError, RuntimeError, MemoryError, OSError)


def _ports(found: Sequence[Any]) -> tuple[Port, ...]:
    return tuple(Port(port.name, port.type, tuple(port.shape)) for port in found)
