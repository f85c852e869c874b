"""For all tests: how long they look for counter-examples, and what the garbage collector skips."""

from __future__ import annotations

import gc
import os

from hypothesis import settings

# Half of hypothesis' own number, for the five minutes of the whole suite; each run takes other
# examples. HYPOTHESIS_PROFILE=default looks longer.
settings.register_profile("usual", max_examples=50)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))

# CPython's own thresholds walk all modules, tests and their syntax trees over and over: a quarter
# of the time of the tests with screens. Objects made later are collected, a little less often.
THRESHOLDS = (50_000, 20, 20)


def pytest_collection_finish() -> None:
    """Set what is loaded by now aside for good."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
