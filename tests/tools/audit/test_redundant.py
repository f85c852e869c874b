"""redundant: what says the same, by whole words, spellings, numbers and meanings."""

from __future__ import annotations

from typing import Any

import pytest

SAID = [
    ("shirt", "white shirt"),
    ("shirt", "dress shirt"),
    ("white shirt", "white collared shirt"),
    ("hair", "very long hair"),
    ("background", "simple background"),
    ("dog", "running dog"),
    ("miku", "hatsune miku"),
    ("saber", "saber (fate)"),
    ("flower", "sunflower"),
    ("smile", "grin"),
    ("animal ears", "cat ears"),
    ("simple background", "white background"),
]

# Pairs of which neither says the other, though they share letters or words.
LOOK_ALIKE = [
    ("cat", "cathedral"),
    ("hat", "hatsune miku"),
    ("man", "woman"),
    ("dress", "dress shirt"),
    ("hair", "hair ribbon"),
    ("cat", "cat ears"),
    ("viewer", "looking at viewer"),
    ("dog", "hot dog"),
    ("dog", "red hot dog"),
    ("bear", "teddy bear"),
    ("shoes", "no shoes"),
    ("dog", "toy dog"),
    ("cat", "holding cat"),
    ("hip", "hand on hip"),
    ("black hair", "black cat"),
    ("night", "night sky"),
    ("hair", "girl with hair"),
    ("arm up", "arms up"),
    ("glass", "glasses"),
    ("short", "shorts"),
    ("1girl", "2girls"),
    ("red hair", "red hair ribbon"),
    ("white hat", "red and white hat"),
]

MERGED = [
    ("dog", "dogs"),
    ("grey hair", "gray hair"),
    ("twin tails", "twintails"),
    ("t-shirt", "t shirt"),
    ("child", "children"),
    ("ocean", "sea"),
    ("smile", "smiling"),
    ("looking at viewer", "looking at camera"),
]


@pytest.mark.parametrize(("general", "specific"), SAID)
def test_a_tag_goes_beside_a_longer_one_that_says_it(
    find: Any, general: str, specific: str
) -> None:
    found = find("redundant", f"{general}, {specific}", f"{general}, x", f"{specific}, y")
    assert list(found) == [general]
    (group,) = found[general].data["groups"]
    assert (group["keep"], group["drop"], group["images"]) == ([specific], [general], 1)
    assert found[general].samples == ("0.png",)


@pytest.mark.parametrize(("one", "other"), LOOK_ALIKE)
def test_look_alikes_are_left_alone(find: Any, one: str, other: str) -> None:
    assert find("redundant", f"{one}, {other}", f"{other}, {one}", one, other) == {}


@pytest.mark.parametrize(("one", "other"), MERGED)
def test_two_words_for_one_thing_become_the_more_frequent(find: Any, one: str, other: str) -> None:
    found = find("redundant", one, one, other)
    (finding,) = found.values()
    (group,) = finding.data["groups"]
    assert (group["keep"], group["drop"]) == ([one], [other])
    assert finding.fixes[0].arguments == {"old": [other], "new": [one]}
    assert finding.images == 1


def test_where_there_are_several_people_the_general_tag_may_be_anothers(find: Any) -> None:
    captions = ("2girls, shirt, white shirt", "1girl, 1boy, shirt, white shirt")
    assert find("redundant", *captions) == {}
    found = find("redundant", *captions, "1girl, shirt, white shirt")
    assert found["shirt"].images == 1
    assert found["shirt"].samples == ("2.png",)


def test_a_sky_is_one_sky_however_many_look_at_it(find: Any) -> None:
    assert find("redundant", "2girls, sky, blue sky")["sky"].images == 1


def test_near_synonyms_count_only_where_they_stand_together(find: Any) -> None:
    assert find("redundant", "cape", "cape", "cloak") == {}
    found = find("redundant", "cape, cloak", "cape, cloak", "cape")
    assert found["cape=cloak"].data["groups"][0]["kind"] == "near"


def test_spellings_inside_one_key(find: Any) -> None:
    found = find(
        "redundant", "long_hair, Coco", "long hair, coco", "long hair, coco", r"a \(b\)", "a (b)"
    )
    assert set(found) == {"spelling/underscores", "spelling/capitals", "spelling/brackets"}
    group = found["spelling/underscores"].data["groups"][0]
    assert (group["keep"], group["drop"]) == (["long hair"], ["long_hair"])
    assert found["spelling/underscores"].images == 3


def test_the_survivor_is_spelt_as_the_dataset_spells(find: Any) -> None:
    captions = ["blue_sky, red_hair, old_tree", "blue_sky, red_hair", "blue sky", "blue sky"]
    found = find("redundant", *captions, "blue sky")
    assert found["spelling/underscores"].data["groups"][0]["keep"] == ["blue_sky"]


def test_kaomoji_and_patterns(find: Any) -> None:
    assert find("redundant", "^_^, >_<, o_o, what?, :d, +_+", "^_^") == {}
    found = find("redundant", "what? dog, dog", "dog")
    assert found["dog"].fixes[0].arguments["where"].count("\\?") == 1


def test_equal_implications_in_both_directions_take_nothing_away(find: Any, folder: Any) -> None:
    folder.write(
        {
            ".tagsmith/knowledge.toml": '[[implication]]\ntags = "aa"\nimplies = "bb"\n'
            '[[implication]]\ntags = "bb"\nimplies = "aa"\n'
        }
    )
    assert find("redundant", "aa, bb") == {}


def test_one_group_a_tag(find: Any) -> None:
    found = find("redundant", "sea, ocean, oceans", "ocean")
    merged = [tag for one in found.values() for tag in one.key.split("=")]
    assert len(merged) == len(set(merged))
