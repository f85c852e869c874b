"""How sure the taggers are of a tag, on average over the images that have it."""

from __future__ import annotations

import pytest

from tagsmith.tools.errors import StoppedError
from tagsmith.tools.vision.tag_means import tag_means


def test_the_mean_is_over_the_images_that_have_the_tag(folder, taggers) -> None:
    workspace = folder.samples("long hair, x", "long_hair, dog", "dog", "long hair").open()
    rows = {"0.png": {"long_hair": 0.9, "dog": 0.4}, "1.png": {"long_hair": 0.5}, "2.png": {}}
    taggers.give(workspace, "one", rows)
    found = tag_means(workspace, workspace.samples, lambda: True)
    assert found == pytest.approx({"long hair": 0.7, "dog": 0.0})
    with pytest.raises(StoppedError):
        tag_means(workspace, workspace.samples, lambda: False)


def test_of_several_models_the_last_that_knows_the_tag_counts(folder, taggers) -> None:
    workspace = folder.samples("dog").open()
    taggers.give(workspace, "one", {"0.png": {"dog": 0.2}})
    taggers.give(workspace, "two", {"0.png": {"dog": 0.8}})
    assert tag_means(workspace, workspace.samples, lambda: True) == pytest.approx({"dog": 0.8})


def test_without_scores_there_are_no_means(folder) -> None:
    workspace = folder.samples("dog").open()
    assert tag_means(workspace, workspace.samples, lambda: True) == {}
