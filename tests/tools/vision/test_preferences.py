"""What the user prefers of models counts where a call does not say otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tagsmith.tools.vision import installed, preferences
from tagsmith.tools.vision.labels import Labels
from tagsmith.tools.vision.preferences import Preferences
from tagsmith.tools.vision.scores import StoredModel
from tagsmith.tools.vision.select import Wishes
from tagsmith.tools.vision.sparse import Sparse
from tagsmith.tools.vision.spec import find_spec
from tagsmith.tools.vision.taggers import OnnxTagger

MODEL = "wd-vit-v3"


@pytest.fixture(autouse=True)
def _specs_alone_again() -> Iterator[None]:
    yield
    preferences.use(Preferences)


def chosen(wishes: Wishes) -> set[str]:
    """What is chosen of a dog at 0.3, a fox at 0.6 and a character at 0.7."""
    labels = Labels(("dog", "fox", "eevee"), ("general", "general", "character"))
    model = StoredModel(1, (MODEL, "r", "d"), 1, labels)
    selector = OnnxTagger(find_spec(MODEL)).selector(model, wishes)
    row = Sparse(np.array([0, 1, 2]), np.array([0.3, 0.6, 0.7]))
    return {labels.names[label] for label in selector.choose(row)}


def test_the_users_thresholds_stand_between_the_specs_and_the_calls() -> None:
    assert chosen(Wishes()) == {"fox"}
    preferences.use(lambda: Preferences({MODEL: {"general": 0.2, "character": 0.65}, "x": {}}))
    assert chosen(Wishes()) == {"dog", "fox", "eevee"}
    assert chosen(Wishes(thresholds={"general": 0.5})) == {"fox", "eevee"}
    preferences.use(lambda: Preferences({"another": {"general": 0.2}}))
    assert chosen(Wishes()) == {"fox"}


def test_the_folder_of_the_setting_and_the_variable_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TAGSMITH_MODELS_FOLDER", raising=False)
    preferences.use(lambda: Preferences(models_folder=str(tmp_path)))
    assert installed.models_folder() == tmp_path
    monkeypatch.setenv("TAGSMITH_MODELS_FOLDER", str(tmp_path / "other"))
    assert installed.models_folder() == tmp_path / "other"
