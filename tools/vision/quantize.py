"""A tagger in int8: half the memory, on most CPUs twice the speed, and scores of its own.

Dynamic quantisation of the matrix products alone (onnxruntime's advice for transformers; quantised
convolutions are slower than float ones on a CPU). The result is another model with another name:
its folder, its spec and its stored scores stand beside those of the original, and nothing uses it
unasked. agreement.py measures on the user's own images what it costs.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import PurePosixPath

from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision import faults
from tagsmith.tools.vision.schema import ModelFile, ModelSpec
from tagsmith.tools.watch import Step, Watch

SUFFIX = "-int8"
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from tagsmith.tools.vision.runtime import quantize_graph; "
    "quantize_graph(sys.argv[2], sys.argv[3], reduce_range=sys.argv[4] == '1')"
)
_LOOK_SECONDS = 0.1
_LONGEST_NAME = 64
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def quantize(spec: ModelSpec, folder: str, out: str, watch: Watch | None = None) -> ModelSpec:
    """Write the int8 form of a tagger, complete with its labels and its spec, into folder ``out``.

    Returns the spec of the new model, which also lies in ``out`` as ``<name>.toml``: a copy among
    the user's own specs makes it known. An older result in ``out`` is replaced. Works in a process
    of its own, because it takes up to five times the size of the graph in memory. Raises ModelError
    naming what is missing, StoppedError once the watch says so; then nothing is left behind.
    """
    watch = watch or Watch()
    name = _name(spec)
    if importlib.util.find_spec("onnx") is None:
        raise ModelError(
            "Quantising needs the package onnx, which is not installed.",
            "Install it: `pip install onnx`. Using the quantised model does not need it.",
        )
    graph = os.path.join(folder, spec.graph.path)
    if not os.path.isfile(graph):
        raise faults.missing(spec.name, folder, spec.graph.path)
    watch.tell(Step("Quantising", 0, 1, "model"))
    os.makedirs(out, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".quantise-") as scratch:
        target = os.path.join(scratch, "graph.onnx")
        _run(spec, graph, target, watch)
        derived = _derived(spec, name, target)
        for file in spec.files:
            if file.kind not in ("graph", "data") and (
                file.required or os.path.isfile(os.path.join(folder, file.path))
            ):
                _place(os.path.join(folder, file.path), os.path.join(out, file.path), copy=True)
        _place(target, os.path.join(out, derived.graph.path), copy=False)
        written = os.path.join(scratch, "spec.toml")
        with open(written, "w", encoding="utf-8") as toml:
            toml.write(to_toml(derived))
        _place(written, os.path.join(out, f"{name}.toml"), copy=False)
    watch.tell(Step("Quantising", 1, 1, "model"))
    return derived


def to_toml(spec: ModelSpec) -> str:
    """Return a spec as the TOML that ``spec.parse_spec`` reads back to the same spec."""
    values = spec.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    lines = [f"{key} = {_toml(value)}" for key, value in values.items() if key not in tables]
    for name, table in tables.items():
        lines += ["", f"[{name}]"]
        lines += [f"{_key(key)} = {_toml(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


def saturates(cpuinfo: str = "/proc/cpuinfo") -> bool:
    """Whether this CPU's 8-bit products may overflow, so that weights must keep to 7 bits.

    x86 without VNNI adds two products in 16 bits (onnxruntime, "Quantize ONNX Models"). Where
    nobody can tell, 7 bits are the safe answer.
    """
    if platform.machine().lower() not in ("x86_64", "amd64", "i686", "x86"):
        return False
    try:
        with open(cpuinfo, encoding="ascii", errors="replace") as file:
            flags = file.read()
    except OSError:
        return True
    return "avx512_vnni" not in flags and "avx_vnni" not in flags


def _name(spec: ModelSpec) -> str:
    name = spec.name + SUFFIX
    if spec.role != "tagger":
        raise ModelError(f"{spec.name} is not a tagger.", "Only taggers are quantised here.")
    if spec.name.endswith(SUFFIX) or len(name) > _LONGEST_NAME:
        raise ModelError(f"{spec.name} cannot be quantised further.", "Use it as it is.")
    return name


def _run(spec: ModelSpec, graph: str, target: str, watch: Watch) -> None:
    """Quantise in a process of its own; it is killed once nobody waits any more."""
    command = [sys.executable, "-c", _BOOT, json.dumps(sys.path), graph, target]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [*command, "1" if saturates() else "0"],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        try:
            while process.poll() is None:
                watch.check(f"Stopped; {spec.name} was not quantised.", "Nothing was changed.")
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_LOOK_SECONDS)
        finally:
            process.kill()
            process.wait()
        if process.returncode or not os.path.isfile(target):
            said.seek(0)
            raise _failed(spec, process.returncode, said.read().decode(errors="replace"))


def _failed(spec: ModelSpec, status: int, said: str) -> ModelError:
    if status < 0 or "MemoryError" in said or faults.out_of_memory(said):
        return ModelError(
            f"{spec.name} could not be quantised: the process was ended, most likely by a lack of "
            "memory.",
            "It takes about five times the size of the model.",
        )
    last = said.strip().splitlines()[-1:] or ["no reason was given"]
    return ModelError(
        f"{spec.name} could not be quantised ({faults.summary(last[0])}).",
        f"Look at the original with `tagsmith models check {spec.name}`.",
    )


def _derived(spec: ModelSpec, name: str, target: str) -> ModelSpec:
    """Return the spec of the quantised graph: pinned by its own hash, from no repository."""
    path = str(PurePosixPath(spec.graph.path).with_suffix(".int8.onnx"))
    digest = hashlib.sha256()
    with open(target, "rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    size, sha256 = os.path.getsize(target), digest.hexdigest()
    graph = ModelFile(path=path, kind="graph", size=size, sha256=sha256)
    others = [file for file in spec.files if file.kind not in ("graph", "data")]
    # The graph's batch axis and values are those of the original, so the contract stays.
    values = spec.model_dump(exclude={"repo", "revision", "aliases", "gated", "files"})
    values |= {
        "name": name,
        "title": f"{spec.title} (int8)"[:200],
        "files": [graph, *others],
        "notes": f"Made on this machine from {spec.name} at {spec.revision or 'no revision'}.",
    }
    return ModelSpec.model_validate(values)


def _place(source: str, target: str, *, copy: bool) -> None:
    """Put a file in its place in one step, readable by whoever may read the folder."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if copy:
        shutil.copyfile(source, f"{target}.part")
        source = f"{target}.part"
    os.replace(source, target)


def _toml(value: object) -> str:
    """Return a value of a spec in TOML: texts, numbers, lists, and tables within a line."""
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(key)} = {_toml(part)}" for key, part in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    # TOML's basic strings are those of JSON, but for one character that may not stand bare.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _toml(key)
