"""On which hardware a model runs: what was asked for, what there is, and the truth in words.

onnxruntime falls back to the CPU without a word when a GPU library is missing, which is behind
most reports of "it is slow". Pure functions; the names are those of onnxruntime's providers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tagsmith.tools.errors import UsageError
from tagsmith.tools.wording import count

CPU = "CPUExecutionProvider"

PROVIDERS = {
    "cpu": CPU,
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "webgpu": "WebGpuExecutionProvider",
}
TITLES = {
    "cpu": "CPU",
    "cuda": "CUDA",
    "directml": "DirectML",
    "rocm": "ROCm",
    "coreml": "CoreML",
    "migraphx": "MIGraphX",
    "openvino": "OpenVINO",
    "tensorrt": "TensorRT",
    "webgpu": "WebGPU",
}
# Used without being asked for. The others compile for minutes (TensorRT, MIGraphX), were seen to
# give wrong scores in half precision (OpenVINO), or run only a part of these graphs.
_AUTOMATIC = ("cuda", "directml", "rocm")

_REPLACE = (
    "Only one onnxruntime package can be installed at a time: "
    "`pip uninstall onnxruntime`, then `pip install {package}`."
)
_PACKAGES = {
    "cuda": "onnxruntime-gpu[cuda,cudnn]",
    "tensorrt": "onnxruntime-gpu[cuda,cudnn]",
    "directml": "onnxruntime-directml",
    "rocm": "onnxruntime-rocm",
    "migraphx": "onnxruntime-migraphx",
    "openvino": "onnxruntime-openvino",
    "webgpu": "onnxruntime-webgpu",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """``wanted`` is the short name of the provider to try first; ``note`` why it is not another."""

    wanted: str
    note: str = ""

    @property
    def order(self) -> list[str]:
        """Providers in onnxruntime's names; the CPU takes what the first one cannot run."""
        return list(dict.fromkeys((PROVIDERS[self.wanted], CPU)))


@dataclass(frozen=True, slots=True)
class Truth:
    """``provider`` as shown ("CUDA", "CPU"), whether a GPU does the work, ``note`` or ""."""

    provider: str
    gpu: bool
    note: str = ""


def choose(asked: str | None, available: Sequence[str], *, nvidia: bool = False) -> Choice:
    """Choose what to try first; ``asked`` None means the best that is known to work.

    ``nvidia`` says that the machine has an NVIDIA driver. Raises UsageError for a name that is
    none of PROVIDERS.
    """
    if asked in (None, "auto"):
        found = [name for name in _AUTOMATIC if PROVIDERS[name] in available]
        if found:
            return Choice(found[0])
        return Choice("cpu", _unused_gpu() if nvidia else "")
    if asked not in PROVIDERS:
        raise UsageError(
            f"There is no provider called {asked!r}.",
            f"Choose one of auto, {', '.join(PROVIDERS)}.",
        )
    if PROVIDERS[asked] in available:
        return Choice(asked)
    remedy = _REPLACE.format(package=_PACKAGES[asked]) if asked in _PACKAGES else ""
    missing = f"{TITLES[asked]} was asked for, but the installed onnxruntime cannot use it; "
    return Choice("cpu", f"{missing}the CPU does the work. {remedy}".strip())


def started(choice: Choice, registered: Sequence[str], placed: Mapping[str, int]) -> Truth:
    """Say what runs, once the model is loaded.

    ``registered`` are the session's providers; ``placed`` counts the operations of the graph by
    provider, and is empty where onnxruntime cannot tell.
    """
    wanted = PROVIDERS[choice.wanted]
    if wanted == CPU:
        return Truth("CPU", False, choice.note)
    title = TITLES[choice.wanted]
    if wanted not in registered:
        return fallen(choice, "onnxruntime dropped it without a reason")
    total, there = sum(placed.values()), placed.get(wanted, 0)
    if total and not there:
        return fallen(choice, "it can run none of this model's operations")
    if there < total:
        rest = count(total - there, "operation")
        return Truth(title, True, f"{title} runs the model; {rest} of {total:,} run on the CPU.")
    return Truth(title, True, choice.note)


def fallen(choice: Choice, reason: str) -> Truth:
    """Say that the CPU does the work because what was wanted did not start."""
    title = TITLES[choice.wanted]
    return Truth("CPU", False, f"{title} could not be used ({reason}); the CPU does the work.")


def _unused_gpu() -> str:
    return (
        "This machine has an NVIDIA GPU, but the installed onnxruntime runs on the CPU only. "
        + _REPLACE.format(package=_PACKAGES["cuda"])
    )
