"""Folders of model files for the tests of the eyes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest
import vision_graphs as graphs

from tagsmith.tools.vision.spec import find_spec


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A folder with the label file of a shipped model."""

    @lru_cache
    def make(name: str) -> Path:
        spec = find_spec(name)
        folder = tmp_path_factory.mktemp(name)
        path = folder / spec.labels.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(graphs.make_labels(spec, graphs.count_of(spec)), encoding="utf-8")
        return folder

    return make
