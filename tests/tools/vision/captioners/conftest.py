"""Tiny captioners, placed by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import caption_graphs as tiny
import pytest
from caption_models import BLIP_BLUE, BLIP_RED, OTHER, SENTENCE, written

from tagsmith.tools.vision.captioners import local
from tagsmith.tools.vision.captioners.local import LocalCaptioner, captioner_of


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of models placed by hand."""
    monkeypatch.setenv("TAGSMITH_MODELS_FOLDER", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    yield tmp_path / "models"
    local.release()


@pytest.fixture
def florence(models: Path) -> Callable[..., LocalCaptioner]:
    def make(*rows: list[int], **captions: int) -> LocalCaptioner:
        spec = tiny.small("florence-2")
        assert spec.captions is not None
        spec = spec.model_copy(update={"captions": spec.captions.model_copy(update=captions)})
        tiny.make_florence(models / spec.name, rows or (written(SENTENCE), written(OTHER)))
        return captioner_of(spec)

    return make


@pytest.fixture
def blip(models: Path) -> LocalCaptioner:
    spec = tiny.small("blip")
    tiny.make_blip(models / spec.name, (BLIP_RED, BLIP_BLUE))
    return captioner_of(spec)


@pytest.fixture
def cached(models: Path) -> LocalCaptioner:
    spec = tiny.small("florence-2")
    rows = (written(SENTENCE), written(OTHER))
    tiny.make_florence(models / spec.name, rows, merged=True)
    return captioner_of(spec)
