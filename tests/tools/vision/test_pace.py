"""The rate and the time left, as a user reads them."""

from __future__ import annotations

import pytest

from tagsmith.tools.vision.pace import Pace, duration


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_rate_and_time_left_follow_the_work() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.told(10) == ""
    pace.start()
    assert pace.told(10) == ""
    for _ in range(5):
        clock.now += 2
        pace.worked(1)
    assert pace.told(60) == "2.0 s each, 2 min left"
    assert pace.told(0) == "2.0 s each"


def test_a_machine_that_becomes_slow_is_noticed_within_half_a_minute() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.start()
    for _ in range(100):
        clock.now += 0.1
        pace.worked(1)
    assert pace.told(100) == "10.0 a second, 10 s left"
    for _ in range(40):
        clock.now += 1
        pace.worked(1)
    assert pace.rate == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s"), (59.4, "59 s"), (90, "2 min"), (3599, "60 min"), (7500, "2 h 05 min")],
)
def test_durations_are_as_exact_as_an_estimate(seconds: float, said: str) -> None:
    assert duration(seconds) == said
