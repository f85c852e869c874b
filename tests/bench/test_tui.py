"""The benchmark of the app runs, and its pure parts are right; its numbers are no test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import util
from pathlib import Path
from types import ModuleType

import pytest

import tagsmith

BENCH = Path(tagsmith.__file__).parent / "bench"


@pytest.fixture
def tui() -> ModuleType:
    spec = util.spec_from_file_location("bench_tui", BENCH / "tui.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_percentiles(tui: ModuleType) -> None:
    assert tui.percentile([5.0]) == 5.0
    assert tui.percentile([float(one) for one in range(100)]) == 95.0
    assert tui.percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert tui.median_of([(1.0, 9.0), (3.0, 7.0), (2.0, 8.0)]) == [2.0, 8.0]


def test_a_quick_run_tells_of_the_first_frame_beside_its_floor(tmp_path: Path) -> None:
    table = tmp_path / "table.json"
    command = [sys.executable, str(BENCH / "tui.py"), "--quick", "--only", "start"]
    done = subprocess.run(
        [*command, "--where", str(tmp_path / "here"), "--json", str(table)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "NO_COLOR"},
    )
    assert done.returncode == 0, done.stderr
    head, best, *_ = json.loads(table.read_text())
    assert head[0].startswith("48 files")
    what, ours, floor, aim = best
    assert what == "pty: start to first frame, best of 1"
    assert float(ours.split(" s, ")[1].removesuffix(" x")) > 0.5
    assert floor.endswith("minimal app")
    assert aim == "<= 1.2 x"
