"""Taggers whose scores a test writes itself: their specs exist, their weights never do."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tagsmith.tools.vision.labels import Labels
from tagsmith.tools.vision.score_query import scores_of
from tagsmith.tools.vision.spec import find_spec
from tagsmith.tools.workspace import Workspace

# Danbooru's categories; a label that is not here is general.
CATEGORIES = {
    "saber_(fate)": "character",
    "miku_(maid)_(vocaloid)": "character",
    "fate": "copyright",
    "highres": "meta",
    "safe": "rating",
    "explicit": "rating",
}

SPEC = """
name = "{name}"
title = "A tagger of tests"
license = "MIT"
files = [
  {{ path = "model.onnx", kind = "graph" }},
  {{ path = "tags.csv", kind = "labels" }},
]
argmax = ["rating"]

[input]
layout = "NCHW"
size = [32, 32]
colour = "RGB"
geometry = "stretch"
resample = "bicubic"

[labels]
file = "tags.csv"
format = "csv"

[thresholds]
general = 0.35
character = 0.85
copyright = 0.5
meta = 0.35
"""

Given = Mapping[str, Mapping[str, float]]


class Taggers:
    """Writes specs into the user's folder, and scores as if their models had run."""

    def __init__(self, models: Path) -> None:
        self._models = models

    def spec(self, name: str) -> None:
        self._models.mkdir(parents=True, exist_ok=True)
        (self._models / f"{name}.toml").write_text(SPEC.format(name=name), encoding="utf-8")

    def give(self, workspace: Workspace, model: str, given: Given, *others: str) -> None:
        """Store scores: image -> label -> score; ``others`` are labels that nobody scored."""
        self.spec(model)
        names = tuple(dict.fromkeys([*(one for row in given.values() for one in row), *others]))
        labels = Labels(names, tuple(CATEGORIES.get(name, "general") for name in names))
        scores = scores_of(workspace)
        stored = scores.register(find_spec(model).id, labels)
        rows = []
        for image, row in given.items():
            path = os.path.join(workspace.root, image)
            content = hashlib.blake2b(Path(path).read_bytes(), digest_size=16).digest()
            scores.remember([(image, os.stat(path), content)])
            rows.append((content, [row.get(name, 0.0) for name in names]))
        scores.put(stored, rows)


@pytest.fixture
def taggers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Taggers:
    """Taggers of the test's own; nothing of the machine's is seen."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("TAGSMITH_MODELS_FOLDER", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    return Taggers(tmp_path / "config" / "tagsmith" / "models")
