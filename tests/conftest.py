"""For all tests: the garbage collector leaves alone what they only load."""

from __future__ import annotations

import gc

# CPython's own thresholds walk all modules, tests and their syntax trees over and over: a quarter
# of the time of the tests with screens. Objects made later are collected, a little less often.
THRESHOLDS = (50_000, 20, 20)


def pytest_collection_finish() -> None:
    """Set what is loaded by now aside for good."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
