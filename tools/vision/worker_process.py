"""One image worker seen from Tagsmith: started when it is needed, asked, timed, buried.

A plain subprocess of our own (worker.py), not ``multiprocessing``: that imports the caller's main
module again, needs its ``if __name__`` guard, and unpickles what a child sends.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from tagsmith.tools.errors import StoppedError, TagsmithError
from tagsmith.tools.vision.worker import Setup
from tagsmith.tools.vision.worker_wire import WireError, receive, send

# A worker shares the processors with inference and the screen, and waits for the disk: the clock
# may run so much longer than its own time.
_CLOCK_FACTOR = 6
_START_SECONDS = 60.0
# Between the end of a worker's answers and that of the process.
_DYING_SECONDS = 1.0
_REASON_CHARS = 200
# How a worker ends that has used up its processor time (worker.py); Windows has no such limit.
_OUT_OF_TIME = -signal.SIGPROF if sys.platform != "win32" else None
CLOSED = "The image workers are closed."

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from tagsmith.tools.vision.worker import main; main()"
)
# Nothing else of the environment reaches a process that may be taken over: no key, no token.
_ENVIRONMENT = frozenset(
    "HOME LANG LC_ALL LD_LIBRARY_PATH PATH PYTHONHOME SYSTEMROOT TMPDIR VIRTUAL_ENV".split()
)
# Arrays of a few megabytes gain nothing from threads, and each costs address space.
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}


class WorkerError(TagsmithError):
    """No worker can start: no fault of an image."""


@dataclass(frozen=True, slots=True)
class Result:
    """What the job returned for one file, with JSON's types, bytes and arrays.

    ``content`` is the identity of the file's content: BLAKE2b of all its bytes, 16 bytes long.
    ``stamp`` is that of ``content.settled_stamp``, None for a file changed a moment ago.
    """

    value: Any
    content: bytes
    stamp: bytes | None


@dataclass(frozen=True, slots=True)
class BadImage:
    """Why a file gave no result; ``content`` and ``stamp`` where it could be read to its end."""

    reason: str
    content: bytes | None = None
    stamp: bytes | None = None


Outcome = Result | BadImage


class WorkerProcess:
    """One process at a time, replaced when it dies.

    ``ask`` and ``bury`` belong to one thread; ``close`` may be called from any.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._expired = False
        self._asked: object | None = None

    def ask(self, path: str) -> Outcome:
        """Have the job done for one file. Raises WorkerError, StoppedError once closed."""
        if self._process is not None and self._process.poll() is not None:
            self.bury()
        if self._process is None:
            self._start()
        try:
            answer = self._talk(path, _CLOCK_FACTOR * self._setup.seconds)
            outcome = _outcome(answer)
        except (WireError, OSError):
            return BadImage(self._cause(self.bury(_DYING_SECONDS)))
        if "last" in answer:
            self.bury(_DYING_SECONDS)
        return outcome

    def close(self) -> None:
        """End the process, now and for good."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()

    def bury(self, patience: float = 0) -> int | None:
        """Wait for the process to end, or end it; return its exit status, None if it was ended."""
        process, self._process = self._process, None
        if process is None:
            return None
        status: int | None = None
        with suppress(subprocess.TimeoutExpired):
            status = process.wait(patience)
        process.kill()
        # What could not be sent any more would be sent again here.
        with suppress(OSError), process:
            pass
        return status

    def _start(self) -> None:
        with self._lock:
            if self._closed:
                raise StoppedError(CLOSED)
            try:
                self._process = _spawn()
            except OSError as error:
                raise WorkerError(f"The image worker cannot start: {error.strerror}.") from error
        try:
            answer = self._talk(pickle.dumps(self._setup), _START_SECONDS)
        except (WireError, OSError):
            answer = {"failed": self._cause(self.bury(_DYING_SECONDS))}
        if answer != {"ready": True}:
            self.bury(_DYING_SECONDS)
            raise WorkerError(f"The image worker cannot start: {answer['failed']}.")

    def _talk(self, message: Any, seconds: float) -> Any:
        """Send a message and return the answer, or kill the process when time is up."""
        process = cast("subprocess.Popen[bytes]", self._process)
        asked = object()
        with self._lock:
            self._asked, self._expired = asked, False
        timer = threading.Timer(seconds, self._expire, (asked, process))
        timer.start()
        try:
            send(cast(BinaryIO, process.stdin), message)
            return receive(cast(BinaryIO, process.stdout))
        finally:
            timer.cancel()
            with self._lock:
                self._asked = None

    def _expire(self, asked: object, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            if self._asked is asked:
                self._expired = True
                process.kill()

    def _cause(self, status: int | None) -> str:
        """Say why a process is gone, from its exit status. Raises StoppedError once closed."""
        if self._closed:
            raise StoppedError(CLOSED)
        if self._expired or (status is not None and status == _OUT_OF_TIME):
            return f"it took longer than {self._setup.seconds:g} s"
        if status is None:
            return "its decoder answered nonsense"
        if status < 0:
            return f"its decoder crashed ({signal.strsignal(-status)})"
        return f"its decoder crashed (exit status {status})"


def _spawn() -> subprocess.Popen[bytes]:
    """Start a process that imports what this one would, and inherits nothing else."""
    found = json.dumps([os.path.abspath(entry) for entry in sys.path])
    kept = {name: value for name, value in os.environ.items() if name in _ENVIRONMENT}
    return subprocess.Popen(
        # -P, and another folder to work in: nothing is imported from that of the user.
        [sys.executable, "-P", "-c", _BOOT, found],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=os.path.abspath(os.sep),
        env=kept | _ONE_THREAD,
        # Ctrl+C is for Tagsmith, which then closes its workers.
        start_new_session=True,
    )


def _outcome(answer: Any) -> Outcome:
    """Check what a worker sent. Raises WireError for what none of ours would send."""
    if not isinstance(answer, dict):
        raise WireError("no answer")
    content, stamp = answer.get("content"), answer.get("stamp")
    if "failed" in answer:
        return BadImage(f"it could not be worked on: {str(answer['failed'])[:_REASON_CHARS]}")
    if not isinstance(content, bytes | None) or not isinstance(stamp, bytes | None):
        raise WireError("no answer")
    if "bad" in answer:
        return BadImage(str(answer["bad"])[:_REASON_CHARS], content, stamp)
    if content is None or "value" not in answer:
        raise WireError("no answer")
    return Result(answer["value"], content, stamp)
