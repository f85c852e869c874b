"""What is wrong with a model's files, in words: onnxruntime's errors name C++ sources instead."""

from __future__ import annotations

import os
import re

from tagsmith.tools.errors import ModelError

_HEAD = 64
_UPDATE = "`pip install --upgrade onnxruntime`"
_NO_FILE = re.compile(r'External data path does not exist: "([^"]+)"')
_NEWER = re.compile(
    r"Opset (?P<opset>\d+) is under development.*?is till opset (?P<most>\d+)"
    r"|Unsupported model IR version: (?P<ir>\d+), max supported IR version: (?P<most_ir>\d+)",
    re.DOTALL,
)
_FOREIGN = re.compile(
    r"(?:Could not find an implementation for|No Op registered for) *(?P<op>[\w.:]+)"
    r"|(?P<other>[\w.:]+) is not a registered function/op"
    r"|Fatal error: (?P<domain>[\w.]+:[\w.]+)\(-?\d+\) is not a registered"
)
_NO_MEMORY = ("bad allocation", "bad_alloc", "failed to allocate", "out of memory", "alloc_failed")
# Where onnxruntime's own text begins: after the C++ file, its line and the function's signature.
_SIGNATURE = re.compile(r"/\S+\.(?:cc|h):\d+ .*?\) (?=[A-Z])", re.DOTALL)


def missing(name: str, folder: str, path: str) -> ModelError:
    """Return the error for a file of a model that is not in its folder."""
    return ModelError(f"{name}: {path} is missing in {folder}.", _fetch(name))


def foreign_file(path: str) -> str:
    """Say what a file is that is certainly no ONNX graph; "" for what may be one.

    Downloads that went wrong leave a web page, a Git LFS pointer or nothing at all.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if not head:
        return "is empty"
    if not head.strip(b"\0"):
        return "holds only zeros"
    if head.startswith(b"version https://git-lfs"):
        return "is a Git LFS pointer, not the model itself"
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return "is a web page, not a model"
    return ""


def explain(text: str, name: str, path: str, version: str) -> ModelError:
    """Turn the text of onnxruntime's error for the graph ``path`` into a ModelError.

    ``version`` is onnxruntime's own.
    """
    file = os.path.basename(path)
    if out_of_memory(text):
        return ModelError(
            f"{name}: there is not enough memory to load {file}.",
            "Close other programs, or take a smaller model or its quantised form.",
        )
    if found := _NO_FILE.search(text):
        return missing(name, os.path.dirname(path), os.path.basename(found[1]))
    if "External initializer" in text or "external data" in text.lower():
        data = _data_beside(path)
        return ModelError(f"{name}: {data} is damaged, or not the one of {file}.", _fetch(name))
    if found := _NEWER.search(text):
        wanted, most = found["opset"] or found["ir"], found["most"] or found["most_ir"]
        kind = "opset" if found["opset"] else "format"
        return ModelError(
            f"{name}: {file} needs ONNX {kind} {wanted}; onnxruntime {version} knows up to {most}.",
            f"Update it: {_UPDATE}.",
        )
    if found := _FOREIGN.search(text):
        op = found["op"] or found["other"] or found["domain"]
        return ModelError(
            f"{name}: {file} uses the operation {op}, which onnxruntime {version} does not have.",
            f"Update it ({_UPDATE}), or take another export of this model.",
        )
    if "INVALID_PROTOBUF" in text or "No graph was found" in text:
        return damaged(name, file, "is damaged or cut short")
    return damaged(name, file, f"cannot be loaded ({summary(text)})")


def damaged(name: str, file: str, what: str) -> ModelError:
    """Return the error for a file that is there and cannot be used; ``what`` follows its name."""
    return ModelError(f"{name}: {file} {what}.", _fetch(name))


def out_of_memory(text: str) -> bool:
    """Say whether an error of onnxruntime means that memory ran out."""
    return any(sign in text.lower() for sign in _NO_MEMORY)


def too_old(name: str, wanted: str, version: str) -> ModelError | None:
    """Return the error for an onnxruntime that is older than a model's spec asks for."""
    if _numbers(version) >= _numbers(wanted):
        return None
    return ModelError(
        f"{name} needs onnxruntime {wanted} or newer; this is {version}.", f"Update it: {_UPDATE}."
    )


def summary(text: str) -> str:
    """Return what onnxruntime says without codes, paths of its own sources and control codes."""
    said = _SIGNATURE.sub("", text.rpartition("failed:")[2] or text)
    plain = "".join(char if char.isprintable() else " " for char in said)
    words = " ".join(plain.split()).rstrip(".")
    return words if len(words) <= 200 else words[:199] + "…"


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def _data_beside(path: str) -> str:
    """Name the file of weights that most exporters put beside a graph."""
    for suffix in (".data", "_data"):
        if os.path.lexists(path + suffix):
            return os.path.basename(path + suffix)
    return "its file of weights"


def _fetch(name: str) -> str:
    return f"Look at it with `tagsmith models check {name}`; `tagsmith models pull {name}` gets it."
