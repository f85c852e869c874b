"""A scan of a large folder: how far it is, and that nobody has to wait for its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagsmith.tools.dataset import scan
from tagsmith.tools.errors import StoppedError
from tagsmith.tools.watch import Step, Watch


def test_a_long_scan_tells_how_far_it_is_and_can_be_stopped(tmp_path: Path) -> None:
    for number in range(600):
        (tmp_path / f"{number:03}.png").touch()
        (tmp_path / f"{number:03}.txt").write_text("dog")
    told: list[Step] = []
    assert len(scan(str(tmp_path), watch=Watch(told.append)).captions) == 600
    assert [step.done for step in told] == [0, 255, 511]
    assert {(step.verb, step.total, step.unit) for step in told} == {("reading", 0, "captions")}
    told.clear()
    with pytest.raises(StoppedError):
        scan(str(tmp_path), watch=Watch(told.append, lambda: len(told) == 2))
    assert len(told) == 2
