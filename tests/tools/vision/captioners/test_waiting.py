"""Waiting for a model that may never answer."""

from __future__ import annotations

import threading

import pytest

from tagsmith.tools.errors import StoppedError
from tagsmith.tools.vision.captioners.waiting import wait_for
from tagsmith.tools.watch import Watch


def never() -> None:
    raise AssertionError("nothing was to be stopped")


def test_what_the_work_returns_or_raises_comes_out():
    assert wait_for(lambda: 7, Watch(), never) == 7
    with pytest.raises(ZeroDivisionError):
        wait_for(lambda: 1 // 0, Watch(), never)


def test_a_timeout_of_the_work_itself_is_no_reason_to_wait_on():
    def late() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        wait_for(late, Watch(), never)


def test_stop_ends_the_work_and_waits_for_its_end():
    begun, ended = threading.Event(), threading.Event()
    gone: list[bool] = []

    def work() -> None:
        begun.set()
        ended.wait(9)
        gone.append(True)

    with pytest.raises(StoppedError):
        wait_for(work, Watch(stopped=begun.is_set), ended.set)
    assert gone == [True]


def test_stop_is_asked_for_again_where_the_work_was_between_two_steps():
    calls: list[int] = []
    begun, ended = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        ended.wait(9)

    def stop() -> None:
        calls.append(1)
        if len(calls) > 1:
            ended.set()

    with pytest.raises(StoppedError):
        wait_for(work, Watch(stopped=begun.is_set), stop)
    assert len(calls) > 1
