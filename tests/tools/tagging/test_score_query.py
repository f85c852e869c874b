"""score: in queries: what it matches with one model, with several, and with none."""

from __future__ import annotations

import os

import pytest

from tagsmith.tools.errors import DatasetError, UnknownTagError
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace


def found(workspace: Workspace, where: str) -> list[str]:
    return [sample.name for sample in workspace.select(where)]


@pytest.fixture
def scored(folder, taggers) -> Workspace:
    workspace = folder.samples("x", "y", "z", "new").open()
    rows = {"0.png": {"long_hair": 0.9, "dog": 0.4}, "1.png": {"long_hair": 0.3}, "2.png": {}}
    taggers.give(workspace, "one", rows)
    return workspace


def test_scores_compare_and_what_was_not_stored_is_zero(scored) -> None:
    assert found(scored, 'score:"long hair"<0.5') == ["1.png", "2.png"]
    assert found(scored, "score:long_hair>=0.3") == ["0.png", "1.png"]
    assert found(scored, "score:dog=0.4") == ["0.png"]
    assert found(scored, "score:dog=0") == ["1.png", "2.png"]
    assert found(scored, "score:dog<0.5 and not y") == ["0.png", "2.png"]


def test_find_images_shows_the_doubtful_ones(scored) -> None:
    answer = str(call(scored, "find_images", {"where": 'score:"long hair"<0.5'}))
    assert answer.startswith("2 images of 4 (50.0%)")
    assert "1.png" in answer


def test_a_tag_that_no_tagger_knows_is_an_error_that_names_the_nearest(scored) -> None:
    with pytest.raises(UnknownTagError, match=r"No tagger that ran here knows 'lnog hair'.*long"):
        found(scored, 'score:"lnog hair"<0.5')


def test_without_scores_it_says_so_and_creates_nothing(folder) -> None:
    workspace = folder.samples("x").open()
    with pytest.raises(DatasetError, match="No scores are stored yet"):
        found(workspace, "score:dog<0.5")
    assert not os.path.exists(folder.path(".tagsmith"))


def test_of_several_models_the_last_that_knows_the_tag_and_saw_the_image_counts(
    scored, taggers
) -> None:
    taggers.give(scored, "two", {"0.png": {"long_hair": 0.2}, "3.png": {"long_hair": 0.8}})
    assert found(scored, 'score:"long hair"<0.5') == ["0.png", "1.png", "2.png"]
    assert found(scored, 'score:"long hair">0.5') == ["3.png"]
    assert found(scored, "score:dog>0.3") == ["0.png"]


def test_new_scores_and_changed_images_are_seen_at_once(scored, taggers, folder) -> None:
    assert found(scored, "score:dog>0.3") == ["0.png"]
    taggers.give(scored, "one", {"3.png": {"dog": 0.5, "long_hair": 0.1}}, "x")
    assert found(scored, "score:dog>0.3") == ["3.png"]
    folder.write({"3.png": "another image"})
    assert found(scored, "score:dog>0.3") == []


def test_images_that_come_with_a_new_scan_are_seen(folder, taggers) -> None:
    workspace = folder.write({"a.png": "a", "s/b.png": "b"}).open()
    taggers.give(workspace, "one", {"a.png": {"dog": 0.9}, "s/b.png": {"dog": 0.8}})
    os.rename(folder.path("s"), folder.path(".s"))
    workspace.reload()
    assert found(workspace, "score:dog>0.3") == ["a.png"]
    os.rename(folder.path(".s"), folder.path("s"))
    workspace.reload()
    assert found(workspace, "score:dog>0.3") == ["a.png", "b.png"]


def test_a_staged_move_does_not_hide_the_scores(scored) -> None:
    call(scored, "isolate_images", {"where": "new", "name": "later"})
    assert found(scored, "score:dog=0.4") == ["0.png"]


def test_a_link_in_place_of_the_state_folder_is_refused(folder, tmp_path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    workspace = folder.samples("x").open()
    os.symlink(other, folder.path(".tagsmith"))
    with pytest.raises(DatasetError, match="symbolic link"):
        found(workspace, "score:dog<0.5")
