"""A run that is killed: what it had scored is not scored again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import vision_graphs as graphs
from PIL import Image

from tagsmith.tools.vision import runtime
from tagsmith.tools.vision.pipeline import score_images
from tagsmith.tools.vision.scores import Scores
from tagsmith.tools.vision.spec import find_spec

IMAGES = 40
LABELS = 20

# Tells every inference and every stored image on stdout, one line each, and waits for a line on
# stdin before an inference: whoever holds the pipe decides where it dies.
CHILD = """
import sys
from tagsmith.tools.vision import runtime
from tagsmith.tools.vision.pipeline import score_images
from tagsmith.tools.vision.schema import ModelSpec
from tagsmith.tools.vision.scores import Scores
from tagsmith.tools.watch import Watch

run = runtime.Model.run

def told(self, batch):
    print("run", len(batch), flush=True)
    sys.stdin.readline()
    return run(self, batch)

runtime.Model.run = told
spec = ModelSpec.model_validate_json(sys.argv[1])
images = [f"{number:02}.png" for number in range(int(sys.argv[4]))]
score_images(spec, sys.argv[2], sys.argv[3], images, Scores.open(sys.argv[3]))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("inferences", [1, 7])
def test_a_killed_run_goes_on_and_repeats_at_most_one_batch(
    tmp_path: Path, inferences: int
) -> None:
    spec = graphs.with_count(find_spec("wd-swinv2-tagger-v3"), LABELS)
    model = str(graphs.make_model(spec, tmp_path / "model", LABELS))
    root = tmp_path / "dataset"
    root.mkdir()
    for number in range(IMAGES):
        Image.new("RGB", (32, 32), (number, 0, 0)).save(root / f"{number:02}.png")
    command = [sys.executable, "-c", CHILD, spec.model_dump_json(), model, str(root), str(IMAGES)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for _ in range(inferences):
            assert child.stdout.readline() == "run 1\n"
            child.stdin.write("\n")
            child.stdin.flush()
        assert child.stdout.readline() == "run 1\n"
        os.kill(child.pid, signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL

    store = Scores.open(str(root))
    images = [f"{number:02}.png" for number in range(IMAGES)]
    summary = score_images(spec, model, str(root), images, store)
    store.close()
    runtime.release()
    # The run that was killed had finished ``inferences`` and begun one more.
    assert summary.scored == IMAGES - inferences
    assert summary.scored + summary.known == IMAGES
