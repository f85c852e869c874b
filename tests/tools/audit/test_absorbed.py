"""absorbed: what a trigger always comes with, grouped, and pruning it."""

from __future__ import annotations

from typing import Any

import pytest

from tagsmith.tools.errors import UnknownTagError, UsageError
from tagsmith.tools.toolbox import call


def tsuki(number: int = 10) -> list[str]:
    """Captions of a character: hair and eyes in all, a hat in most, smiles in half."""
    captions = []
    for one in range(number):
        tags = ["tsuki", "1girl", "solo", "silver hair", "long hair", "red eyes"]
        tags += ["witch hat"] if one else []
        tags += ["smile"] if one % 2 else ["forest"]
        captions.append(", ".join(tags))
    return captions


def test_what_stands_in_nearly_all_images_of_the_trigger_is_grouped(find: Any) -> None:
    found = find("absorbed", *tsuki(), *["1girl, blue eyes, smile"] * 5)
    assert set(found) == {"tsuki/hair", "tsuki/eyes", "tsuki/accessories"}
    hair = found["tsuki/hair"]
    assert hair.data["tags"] == ["long hair", "silver hair"]
    assert hair.data["advice"] == "prune"
    assert hair.images == 10
    assert hair.fixes[0].arguments == {"tags": ["long hair", "silver hair"], "where": "tsuki"}
    assert found["tsuki/accessories"].images == 9
    assert found["tsuki/accessories"].data["advice"] == "choose"


def test_a_pose_is_to_be_kept_and_has_no_fix(find: Any) -> None:
    found = find("absorbed", *["tsuki, sitting, outdoors"] * 6)
    assert {one.data["advice"] for one in found.values()} == {"keep"}
    assert all(one.fixes == () for one in found.values())


def test_the_share_and_the_trigger_can_be_given(find: Any) -> None:
    captions = [*["dog, brown fur"] * 6, *["dog, black fur"] * 4]
    assert find("absorbed", *captions) == {}
    assert find("absorbed", triggers=("dog",)) == {}
    found = find("absorbed", triggers=("dog",), absorbed=0.6)
    assert found["dog/body"].data["tags"] == ["brown fur"]


def test_a_handful_of_images_absorbs_nothing(find: Any) -> None:
    assert find("absorbed", *["tsuki, red hair"] * 4, triggers=("tsuki",)) == {}


@pytest.mark.parametrize("first", ["dog", "1girl", "white shirt", "masterpiece", "red car"])
def test_ordinary_tags_are_no_triggers(find: Any, first: str) -> None:
    assert find("absorbed", *[f"{first}, red hair"] * 9) == {}


def test_the_last_tag_may_be_the_trigger_too(find: Any) -> None:
    assert set(find("absorbed", *["red hair, smile, c0c0"] * 9)) == {"c0c0/hair", "c0c0/expression"}


def test_pruning_binds_hair_eyes_and_body_only_where_the_trigger_stands(folder: Any) -> None:
    folder.samples(*tsuki(), a="1girl, silver hair, red eyes")
    workspace = folder.open()
    outcome = call(workspace, "prune_absorbed", {"trigger": "tsuki"})
    assert outcome.data["tags"] == ["long hair", "red eyes", "silver hair"]
    assert outcome.files == 10
    files = folder.planned(workspace)
    assert files["0.txt"] == b"tsuki, 1girl, solo, forest"
    assert files["a.txt"] == b"1girl, silver hair, red eyes"


def test_pruning_groups_and_tags_by_name(folder: Any) -> None:
    workspace = folder.samples(*tsuki()).open()
    arguments = {"trigger": "tsuki", "groups": "accessories", "tags": "smile"}
    call(workspace, "prune_absorbed", arguments)
    assert folder.planned(workspace)["1.txt"] == (
        b"tsuki, 1girl, solo, silver hair, long hair, red eyes"
    )
    with pytest.raises(UsageError, match=r"hats.*hair, eyes"):
        call(workspace, "prune_absorbed", {"trigger": "tsuki", "groups": "hats"})
    with pytest.raises(UnknownTagError):
        call(workspace, "prune_absorbed", {"trigger": "nobody"})
    with pytest.raises(UnknownTagError, match=r"No caption has 'tsu\*'"):
        call(workspace, "prune_absorbed", {"trigger": "tsu*"})


def test_where_nothing_is_absorbed_the_answer_says_what_is(folder: Any) -> None:
    workspace = folder.samples(*["tsuki, sitting"] * 6).open()
    outcome = call(workspace, "prune_absorbed", {"trigger": "tsuki"})
    assert outcome.files == 0
    assert "pose (sitting)" in outcome.text
