"""The process that decodes images for Tagsmith, one after the other, and may die of any of them.

Started by workers.py, with the frames of worker_wire.py on its standard input and output. It opens
files beneath one folder, through no symbolic link; what it cannot need it cannot do: no file
written, no core dumped, no terminal reached.
"""

from __future__ import annotations

import errno
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from types import TracebackType
from typing import Any, BinaryIO

from tagsmith.tools import content
from tagsmith.tools.images import reason
from tagsmith.tools.journal.files import Files
from tagsmith.tools.journal.tree import Tree
from tagsmith.tools.vision.decode import MAX_FILE_BYTES, BadImageError
from tagsmith.tools.vision.worker_wire import WireError, receive, send

# Enough to lose against inference and the screen, not to starve beside them.
_NICENESS = 5


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker is told once. ``job`` is called with a file's bytes and ``argument``."""

    job: Callable[[bytes, Any], Any]
    argument: Any
    root: str
    memory_bytes: int
    seconds: float


def main() -> None:
    """Serve until the standard input ends."""
    requests, answers = _private_pipes()
    sys.excepthook = _teller(answers)
    # Written by the Tagsmith that started this process, and by nobody else.
    setup: Setup = pickle.loads(receive(requests))
    beneath = Beneath(setup.root)
    _limit(setup.memory_bytes)
    send(answers, {"ready": True})
    while True:
        try:
            path = receive(requests)
        except WireError:
            return
        _limit_time(setup.seconds)
        send(answers, _answer(setup, beneath, path))
        _limit_time(0)


def _answer(setup: Setup, beneath: Beneath, path: str) -> dict[str, Any]:
    """Do the job for one file; what is wrong with the file is part of the answer."""
    answer: dict[str, Any] = {}
    try:
        data, stamp = beneath.read(path)
        answer["content"] = blake2b(data, digest_size=content.DIGEST_BYTES).digest()
        answer["stamp"] = stamp
        answer["value"] = setup.job(data, setup.argument)
    except BadImageError as error:
        answer["bad"] = error.reason
    except MemoryError as error:
        answer["bad"] = reason(error)
    return answer


class Beneath:
    """Reads regular files beneath a folder, through no symbolic link."""

    def __init__(self, root: str) -> None:
        self._tree = Tree(Files(), root)

    def read(self, path: str) -> tuple[bytes, bytes | None]:
        """Return a file's bytes, and its stamp where it can be trusted (content.settled_stamp).

        Raises BadImageError for what is no regular file, cannot be read, or is too large.
        """
        now = time.time_ns()
        try:
            descriptor = self._tree.open(path)
        except OSError as error:
            why = "it is not a file" if error.errno == errno.EINVAL else reason(error)
            raise BadImageError(why) from error
        try:
            return _read(descriptor, now)
        except OSError as error:
            raise BadImageError(reason(error)) from error
        finally:
            os.close(descriptor)


def _read(descriptor: int, now_ns: int) -> tuple[bytes, bytes | None]:
    status = os.fstat(descriptor)
    if status.st_size > MAX_FILE_BYTES:
        raise BadImageError(f"its file is larger than {MAX_FILE_BYTES >> 20} MiB")
    data = content.read_all(descriptor, status.st_size)
    return data, content.settled_stamp(status, now_ns)


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take the standard input and output; what a library prints goes nowhere."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    return requests, answers


def _teller(
    answers: BinaryIO,
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """Return an excepthook that tells of an error in the job itself before the process ends."""

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, MemoryError):
            send(answers, {"bad": reason(error), "last": True})
            return
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f" (line {trace.tb_lineno} of {trace.tb_frame.f_code.co_name})" if trace else ""
        send(answers, {"failed": f"{kind.__name__}: {error}{where}", "last": True})

    return tell


def _limit(memory_bytes: int) -> None:
    """Bound what the process may take from now on, where the system can bound it."""
    from PIL import AvifImagePlugin

    # Every thread of a decoder costs address space, and the processors are for inference.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":
        with open("/proc/self/statm", "rb") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + memory_bytes, used + memory_bytes))


def _limit_time(seconds: float) -> None:
    """Let the process die (SIGPROF) once it has used so much processor time; 0 takes it back."""
    if hasattr(signal, "ITIMER_PROF"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


if __name__ == "__main__":
    main()
