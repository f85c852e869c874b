"""The chat in a real terminal, by way of tmux."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("chat_demo.sh")

pytestmark = pytest.mark.skipif(
    shutil.which("tmux") is None, reason="tmux is not installed, so no terminal can be driven"
)


@pytest.mark.parametrize("size", ["80x24", "120x40"])
def test_a_person_orders_reviews_rejects_applies_undoes_and_quits(
    size: str, tmp_path: Path
) -> None:
    ran = subprocess.run(
        ["bash", str(SCRIPT), size],
        env=os.environ | {"PYTHON": sys.executable, "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.endswith(f"all steps passed at {size}\n")
