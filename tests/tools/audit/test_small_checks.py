"""The checks that look at single tags, and those that look at concepts and files."""

from __future__ import annotations

from typing import Any

import pytest


def test_obvious_details_are_whole_tags(find: Any) -> None:
    found = find("obvious", "face, hands, open mouth", "face paint, handshake, hair ribbon")
    assert set(found) == {"face", "hands"}
    assert found["face"].fixes[0].arguments == {"tags": ["face"]}


def test_pieces_of_backgrounds(find: Any) -> None:
    captions = ("1girl, blurry background, brick wall, window", "white background")
    found = find("backgrounds", *captions, "bedroom, window, curtains")
    assert set(found) == {"blurry background", "brick wall", "window"}
    assert found["window"].samples == ("0.png",)
    assert found["window"].fixes[0].arguments["where"] == "window and not bedroom"
    assert {one.data["kind"] for one in found.values()} == {"partial"}


@pytest.mark.parametrize(
    "tag", ["white background", "forest", "night", "window shopping", "wallet"]
)
def test_plain_backgrounds_and_whole_places_are_right(find: Any, tag: str) -> None:
    assert find("backgrounds", f"1girl, {tag}") == {}


def test_images_that_name_no_background_where_most_do(find: Any) -> None:
    captions = ["1girl, beach"] * 9 + ["1girl, smile"] * 2
    found = find("backgrounds", *captions, "")
    assert found["unnamed"].samples == ("10.png", "9.png")
    assert find("backgrounds", *["1girl, smile"] * 9, *["1girl, beach"] * 3) == {}


STYLES = {
    "watercolor": "medium",
    "watercolor (medium)": "medium",
    "anime style": "style",
    "art by jane doe": "artist",
    "by greg rutkowski": "artist",
    "artist:jane": "artist",
    "jane doe (artist)": "artist",
    "masterpiece": "quality",
    "score_9": "quality",
    "oil painting": "medium",
}


@pytest.mark.parametrize(("tag", "kind"), STYLES.items())
def test_style_and_artists(find: Any, tag: str, kind: str) -> None:
    (finding,) = find("style", f"dog, {tag}").values()
    assert (finding.data["tags"], finding.data["kind"]) == ([tag], kind)


@pytest.mark.parametrize(
    "tag",
    ["by the sea", "by window", "hairstyle", "paintbrush", "photo frame", "stylish", "ink bottle",
     "painting wall", "hatsune miku", "artist", "holding sketchbook"],
)  # fmt: skip
def test_what_only_sounds_like_style(find: Any, tag: str) -> None:
    assert find("style", f"dog, {tag}") == {}


def test_candidates_for_the_negative_tag(find: Any) -> None:
    found = find("negative", "dog, watermark", "cat, Watermark, bad_dog", "x", negative="bad dog")
    assert found["watermark"].images == 1
    arguments = found["watermark"].fixes[0].arguments
    assert arguments["trigger"] == "bad dog"
    assert arguments["where"] == 'watermark and not "bad dog"'
    assert find("negative", negative="watermark") == {}


def test_without_a_negative_tag_one_is_suggested(find: Any) -> None:
    found = find("negative", "dog, signature, lowres")
    assert set(found) == {"signature", "lowres"}
    assert found["signature"].data["negative"] == "unwanted"


def test_rare_tags(find: Any) -> None:
    captions = ["dog, grass, cat"] * 18 + ["dog, boat, two hats", "dog, kite, two hats"]
    found = find("rare", *captions)
    assert found["once"].data["tags"] == ["boat", "kite"]
    assert found["few"].data["tags"] == ["two hats"]
    assert "few" not in find("rare", rare=2)
    assert find("rare", *["dog"] * 3, "cat")["once"].data["tags"] == ["boat", "kite"]


def test_a_small_set_has_no_rare_tags(find: Any) -> None:
    assert find("rare", "dog, boat", "cat") == {}


MISSPELT = [
    ("watermrk", "watermark"),
    ("blakc hair", "black hair"),
    ("looking at veiwer", "looking at viewer"),
    ("simple backgroud", "simple background"),
    ("outdors", "outdoors"),
    ("hatsune mikuu", "hatsune miku"),
]


@pytest.mark.parametrize(("wrong", "right"), MISSPELT)
def test_a_likely_misspelling(find: Any, wrong: str, right: str) -> None:
    found = find("rare", *[f"x, {right}"] * 5, f"x, {wrong}")
    assert found[wrong].data["meant"] == right
    assert found[wrong].fixes[0].arguments == {"old": [wrong], "new": [right]}


@pytest.mark.parametrize(
    ("rare", "frequent"),
    [("hat", "cat"), ("white skirt", "white shirt"), ("2girls", "1girl"), ("boat", "coat"),
     ("night", "light"), ("misa", "mika"), ("rin", "ren"), ("dogs", "dog"),
     ("red dress", "red tress"),
     ("cap", "cape"), ("black hat", "black cat"), ("standing", "stranding")],
)  # fmt: skip
def test_other_words_are_no_misspellings(find: Any, rare: str, frequent: str) -> None:
    assert find("rare", *[f"x, {frequent}"] * 8, f"x, {rare}") == {}


def test_near_constant_tags_but_not_the_trigger(find: Any) -> None:
    found = find("near_constant", *["sks, dog, grass"] * 19, "sks, dog")
    assert set(found) == {"dog", "grass"}


def test_few_images_have_no_near_constant_tags(find: Any) -> None:
    assert find("near_constant", *["dog, grass"] * 9) == {}


def test_a_common_word_is_no_trigger(find: Any) -> None:
    found = find("triggers", *["dog, grass"] * 5, "grass", triggers=("Dog",))
    assert found["general/dog"].data["tags"] == ["Dog"]
    assert find("triggers", triggers=("zxq",)) == {}


def test_a_missing_trigger_in_a_folder(find: Any, folder: Any) -> None:
    folder.samples(**{f"3_coco/{n}": "coco, dog" for n in range(4)}, **{"3_coco/x": "dog, sofa"})
    folder.samples(**{"other/y": "dog"})
    found = find("triggers")
    assert found["missing/coco"].samples == ("3_coco/x.png",)
    assert found["missing/coco"].fixes[0].arguments == {
        "trigger": "coco",
        "position": "first",
        "where": "folder:3_coco and not coco",
    }


def test_folders_below_a_concept_are_not_the_concept(find: Any, folder: Any) -> None:
    folder.samples(**{f"3_coco/{n}": "coco, dog" for n in range(4)}, **{"3_coco/x": "dog, sofa"})
    folder.samples(**{"3_coco/spare/y": "dog"})
    fix = find("triggers")["missing/coco"].fixes[0]
    chosen = folder.open().select(fix.arguments["where"])
    assert [one.image for one in chosen] == ["3_coco/x.png"]


def test_a_trigger_that_most_images_have_is_missing_on_the_others(find: Any) -> None:
    found = find("triggers", *["sks, dog"] * 9, "dog, sofa", "")
    assert found["missing/sks"].images == 2


def test_half_a_dataset_may_be_about_something_else(find: Any) -> None:
    assert find("triggers", *["sks, dog"] * 6, *["cat"] * 6) == {}


def test_a_folder_without_a_trigger(find: Any, folder: Any) -> None:
    folder.samples(**{f"3_luna/{n}": "dog, grass" for n in range(6)})
    assert find("triggers")["none/3_luna"].images == 6


def test_a_trigger_on_the_images_of_every_concept(find: Any, folder: Any) -> None:
    folder.samples(**{f"1_coco/{n}": "coco, zxq" for n in range(5)})
    folder.samples(**{f"1_luna/{n}": "luna2, coco" for n in range(5)})
    found = find("triggers", triggers=("coco", "luna2"))
    assert "all images" in found["general/coco"].title


def test_balance_counts_repeats(find: Any, folder: Any) -> None:
    folder.samples(**{f"10_coco/{n}": "coco" for n in range(4)})
    folder.samples(**{f"5_luna/{n}": "luna" for n in range(8)})
    assert find("balance") == {}
    folder.samples(**{f"1_mimi/{n}": "mimi" for n in range(10)})
    found = find("balance")
    assert set(found) == {"1_mimi"}
    assert found["1_mimi"].data["shown"] == 10
    assert "4 repeats of 1_mimi" in found["1_mimi"].evidence[-1]


def test_balance_of_triggers_in_one_folder(find: Any) -> None:
    found = find("balance", *["zxq, dog"] * 12, *["wvu, dog"] * 5)
    assert set(found) == {"wvu"}


def test_structure_lists_everything_that_the_scan_lists(find: Any, folder: Any) -> None:
    folder.samples("dog").write(
        {
            "lost.txt": "x",
            "two.png": "",
            "two.jpg": "",
            "bad.png": "",
            "bad.txt": b"\x94L, \x8b\x97",
        }
    )
    found = find("structure")
    listed = [path for one in found.values() for path in one.data["paths"]]
    assert sorted(listed) == sorted(one.path for one in folder.open().dataset.problems)
    fix = found["skipped/not UTF-8"].fixes[0]
    assert fix.arguments == {"encoding": "cp932", "where": 'name:"bad.png"'}
    assert "猫" in found["skipped/not UTF-8"].evidence[1]
