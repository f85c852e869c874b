"""Waiting for a model in a thread, so that whoever waits can stop it at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Pending
from typing import TypeVar

from tagsmith.tools.watch import Watch

T = TypeVar("T")
_LOOK_SECONDS = 0.05


def wait_for(work: Callable[[], T], watch: Watch, stop: Callable[[], None]) -> T:
    """Return what ``work`` returns, or raise what it raises.

    Once ``watch`` says so, ``stop`` is called, from this thread, until the work has ended; then
    StoppedError is raised.
    """
    with ThreadPoolExecutor(1, "captioner") as pool:
        future = pool.submit(work)
        try:
            while True:
                watch.check()
                try:
                    return future.result(_LOOK_SECONDS)
                except Pending:
                    # The work itself may have raised a TimeoutError.
                    if future.done():
                        raise
        finally:
            while not future.done():
                stop()
                try:
                    future.exception(_LOOK_SECONDS)
                except Pending:
                    continue
