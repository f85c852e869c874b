"""Jobs for image workers: some do their work, some are what a hostile file makes of a decoder."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tagsmith.tools.vision.decode import BadImageError, open_image


def echo(data: bytes, argument: Any) -> Any:
    return [data, argument]


def opened(data: bytes, argument: Any) -> dict[str, Any]:
    """What ``open_image`` made of a file, small enough to compare."""
    picture = open_image(data)
    return {"size": picture.size, "format": picture.format, "frames": picture.frames}


def fitted(data: bytes, side: int) -> Any:
    """What a model's preparation costs: a decoded picture, resized to a square."""
    return np.asarray(open_image(data).image.resize((side, side)))


def around(data: bytes, argument: Any) -> dict[str, Any]:
    """What the worker knows of the world around it."""
    return {
        "pid": os.getpid(),
        "environment": sorted(os.environ),
        "nice": os.nice(0),
        "session": os.getsid(0),
        "folder": os.getcwd(),
    }


def shapes(data: bytes, argument: Any) -> dict[str, Any]:
    return {
        "array": np.arange(6, dtype=np.float32).reshape(2, 3),
        "turned": np.arange(6, dtype=np.uint8).reshape(2, 3).T,
        "empty": np.empty((0, 3), np.float32),
        "bytes": data,
        "number": np.float32(0.5),
        "text": "caf\udce9",
    }


def as_told(data: bytes, argument: Any) -> Any:
    """Do what the file says: how a test makes one image of a batch go wrong, in its way."""
    what = data.decode()
    return _DEEDS[what](argument) if what in _DEEDS else what


def _crash(_: Any) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _hang(_: Any) -> None:
    while True:
        pass


def _allocate(_: Any) -> int:
    return len([bytes(16 << 20) for _ in range(1000)])


def _write(path: str) -> None:
    with open(path, "wb") as file:
        file.write(b"x")


def _refuse(_: Any) -> None:
    raise BadImageError("it is not to my taste")


def _mistake(_: Any) -> None:
    raise TypeError("this is a mistake of ours")


def _print(_: Any) -> str:
    print("noise", flush=True)
    for descriptor in (1, 2):
        os.write(descriptor, b"noise")
    return "printed"


def _lie(_: Any) -> None:
    """A decoder that was taken over may write to any descriptor it finds."""
    for descriptor in range(3, 20):
        with contextlib.suppress(OSError):
            os.write(descriptor, b"\xff" * 64)


_DEEDS: dict[str, Callable[[Any], Any]] = {
    "crash": _crash,
    "leave": lambda _: os._exit(3),
    "hang": _hang,
    "sleep": lambda _: time.sleep(3600),
    "allocate": _allocate,
    "write": _write,
    "refuse": _refuse,
    "mistake": _mistake,
    "unsendable": lambda _: object(),
    "print": _print,
    "lie": _lie,
}
