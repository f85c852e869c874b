"""import_source_tags as a user sees it: which sidecar counts, which tags come, what is told."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools.errors import UsageError
from tagsmith.tools.metadata.booru import CATEGORIES, Sourced, parse_lines, parse_source
from tagsmith.tools.metadata.bounded import MetadataError
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace

DANBOORU = {
    "tag_string": "1girl long_hair saber_(fate) fate/stay_night someone highres",
    "tag_string_general": "1girl long_hair",
    "tag_string_character": "saber_(fate)",
    "tag_string_copyright": "fate/stay_night",
    "tag_string_artist": "someone",
    "tag_string_meta": "highres",
}
E621 = {
    "tags": {
        "general": ["solo", "smile"],
        "species": ["wolf"],
        "character": [],
        "artist": ["someone"],
        "lore": ["tom_(lore)"],
        "invalid": ["thw"],
    }
}


def take(workspace: Workspace, **arguments: Any) -> str:
    return str(call(workspace, "import_source_tags", arguments))


def captioned(folder: Any, sidecar: Any, name: str = "a.jpg.json", caption: str = "coco") -> Any:
    text = sidecar if isinstance(sidecar, str | bytes) else json.dumps(sidecar)
    return folder.write({"a.jpg": "image", "a.txt": caption, name: text}).open()


def test_danbooru_by_category_without_artist_and_meta(folder) -> None:
    workspace = captioned(folder, DANBOORU)
    answer = take(workspace)
    expected = b"coco, saber (fate), fate/stay night, 1girl, long hair"
    assert folder.planned(workspace)["a.txt"] == expected
    assert "Add 4 tags of the source to 1 caption" in answer
    assert "Sidecars by form: danbooru 1." in answer
    assert "Categories left out: artist 1, meta 1 (categories=... adds them)." in answer


def test_the_categories_that_are_asked_for(folder) -> None:
    workspace = captioned(folder, DANBOORU)
    take(workspace, categories=["artist", "meta"])
    assert folder.planned(workspace)["a.txt"] == b"coco, someone, highres"
    with pytest.raises(UsageError, match="categories"):
        take(workspace, categories=["artists"])


def test_the_style_is_the_datasets_own(folder) -> None:
    workspace = captioned(folder, DANBOORU, caption=r"blue_eyes, x_\(y\)")
    take(workspace, categories=["character", "general"])
    assert folder.planned(workspace)["a.txt"].endswith(rb", saber_\(fate\), 1girl, long_hair")


FORMS = {
    "danbooru": (DANBOORU, "saber (fate), fate/stay night, 1girl, long hair"),
    "an old danbooru": ({"tag_string": "1girl highres"}, "1girl"),
    "e621": (E621, "wolf, solo, smile"),
    "e621's api": ({"post": E621}, "wolf, solo, smile"),
    "gelbooru": ({"tags": "1girl it&#039;s_over :3 tagme"}, "1girl, it's over, :3"),
    "gelbooru's api": ({"@attributes": {}, "post": [{"tags": "1girl solo"}]}, "1girl, solo"),
    "moebooru's api": ([{"tags": "1girl solo"}], "1girl, solo"),
    "a list": ({"tags": ["long hair", "artist:someone", "solo"]}, "long hair, solo"),
    "objects": ({"tags": [{"name": "solo", "type": 0}, {"name": 3}, 7]}, "solo"),
    "philomena": ({"tags": ["oc:coco", "species:pony", "cute"]}, "coco, pony, cute"),
    "gallery-dl": (
        {"tags": "x", "tags_general": "1girl solo", "tags_artist": "y", "tags_metadata": ["z"]},
        "1girl, solo",
    ),
    "commas": ({"tags": "long hair, solo"}, "long hair, solo"),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form(folder, name: str) -> None:
    sidecar, tags = FORMS[name]
    workspace = captioned(folder, sidecar, caption="")
    take(workspace)
    assert folder.planned(workspace)["a.txt"].decode() == tags


def test_tags_without_categories_are_told(folder) -> None:
    answer = take(captioned(folder, {"tags": "1girl someone"}))
    assert "1 sidecar without categories: names of artists may be among these tags" in answer


@pytest.mark.parametrize("name", ["a.jpg.json", "a.json"])
def test_both_names_of_a_sidecar(folder, name: str) -> None:
    workspace = captioned(folder, DANBOORU, name)
    take(workspace)
    assert b"1girl" in folder.planned(workspace)["a.txt"]


def test_the_file_named_after_the_image_comes_first(folder) -> None:
    folder.write({"a.json": json.dumps({"tags": "cat"})})
    workspace = captioned(folder, {"tags": "dog"})
    take(workspace)
    assert folder.planned(workspace)["a.txt"] == b"coco, dog"


def test_a_damaged_sidecar_gives_way_to_the_other(folder) -> None:
    folder.write({"a.json": json.dumps({"tags": "cat"})})
    workspace = captioned(folder, "{")
    answer = take(workspace)
    assert folder.planned(workspace)["a.txt"] == b"coco, cat"
    assert "1 sidecar cannot be read: a.jpg.json (its JSON is damaged)" in answer


def test_a_list_of_tags_is_no_caption(folder) -> None:
    workspace = captioned(folder, "long hair\ncreator:someone\ncharacter:saber\n:3\n", "a.jpg.txt")
    take(workspace)
    assert folder.planned(workspace)["a.txt"] == b"coco, saber, long hair, :3"


def test_sentences_beside_an_image_are_left_alone(folder) -> None:
    text = "A woman is standing in the garden with her dog while the sun goes down."
    workspace = captioned(folder, text, "a.jpg.txt")
    assert "it holds sentences, not tags" in take(workspace)
    assert folder.planned(workspace)["a.txt"] == b"coco"


def test_two_images_with_one_caption_and_a_sidecar_each(folder) -> None:
    files = {"a.jpg": "1", "a.png": "2", "a.txt": "x"}
    sidecars = {"a.jpg.json": json.dumps({"tags": "dog"}), "a.png.json": '{"tags": "cat dog"}'}
    workspace = folder.write({**files, **sidecars}).open()
    take(workspace)
    assert folder.planned(workspace)["a.txt"] == b"x, dog, cat"


def test_a_sidecar_of_another_image_is_not_taken(folder) -> None:
    files = {"a.jpg": "1", "a.b.jpg": "2", "a.b.json": json.dumps({"tags": "dog"})}
    workspace = folder.write(files).open()
    answer = take(workspace)
    assert folder.planned(workspace)["a.b.txt"] == b"dog"
    assert "a.txt" not in folder.planned(workspace)
    assert "No sidecar for 1 image: a.jpg." in answer


def test_sidecars_are_found_where_images_will_be_moved(folder) -> None:
    workspace = captioned(folder, {"tags": "dog"}, caption="cat")
    call(workspace, "isolate_images", {"where": "cat", "name": "cats", "mode": "rename"})
    take(workspace)
    after = folder.planned(workspace)
    assert "a.jpg.json" not in after
    assert [data for name, data in after.items() if name.endswith(".txt")] == [b"cat, dog"]


def test_fill_and_overwrite(folder) -> None:
    workspace = captioned(folder, {"tags": "dog"})
    assert take(workspace, mode="fill").startswith("Nothing to change: every selected image has")
    answer = take(workspace, mode="overwrite")
    assert folder.planned(workspace)["a.txt"] == b"dog"
    assert "1 tag would be replaced" in answer


def test_twice_is_once(folder) -> None:
    workspace = captioned(folder, DANBOORU)
    take(workspace)
    before = folder.planned(workspace)
    assert take(workspace).startswith("Nothing to change: the sidecars hold no tag")
    assert folder.planned(workspace) == before


def test_excluded_tags_are_told(folder) -> None:
    workspace = captioned(folder, {"tags": "dog long_hair"})
    assert "Left out: long hair 1." in take(workspace, exclude=["*hair"])
    assert folder.planned(workspace)["a.txt"] == b"coco, dog"


@pytest.mark.parametrize(
    ("sidecar", "reason"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b'{"tags": "' + b"x " * (1 << 20) + b'"}', "larger than 1 MiB"),
        (b'{"tags": "\xff"}', "not UTF-8"),
        (b"{", "damaged"),
        (b"", "damaged"),
        (b"[]", "no tags of a known form"),
        (b'{"tags": 5}', "no tags of a known form"),
        (b'{"tags": {"general": NaN}}', "no tags of a known form"),
        (b'{"post": {"post": {"post": {"post": {}}}}}', "no tags of a known form"),
    ],
)
def test_hostile_sidecars_are_listed_and_the_others_count(folder, sidecar, reason) -> None:
    folder.write({"b.png": "image", "b.json": json.dumps({"tags": "dog"})})
    workspace = captioned(folder, sidecar)
    answer = take(workspace)
    assert folder.planned(workspace)["b.txt"] == b"dog"
    assert "1 sidecar cannot be read: a.jpg.json" in answer
    assert reason in answer


def test_a_link_is_not_followed(folder, tmp_path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps({"tags": "secret"}))
    folder.write({"a.jpg": "image", "a.txt": "coco"})
    (folder.root / "a.json").symlink_to(secret)
    workspace = folder.open()
    assert "cannot be read" in take(workspace)
    assert folder.planned(workspace)["a.txt"] == b"coco"


def test_what_a_sidecar_says_is_only_ever_a_tag(folder) -> None:
    words = [
        "[red]x[/red]",
        "a\u202eb\x1b[2J",
        "line\nbreak",
        "a|||b",
        "a, b",
        "",
        "x" * 500,
        "\ud800",
    ]
    workspace = captioned(folder, {"tags": words}, caption="")
    take(workspace)
    text = folder.planned(workspace)["a.txt"].decode()
    assert "\x1b" not in text
    assert "\n" not in text
    assert "|||" not in text
    assert text.startswith("[red]x[/red]")


def test_a_huge_number_of_tags_stays_within_bounds() -> None:
    found = parse_source(json.dumps({"tags": [f"t{n}" for n in range(50_000)]}).encode())
    assert len(found.tags["unsorted"]) == 2000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["tags", "post", "posts", "name", "tag_string", "tags_general", "general"]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON | st.dictionaries(st.just("tags"), JSON))
def test_any_json_is_tags_or_a_reason(value: Any) -> None:
    with suppress(MetadataError):
        _assert_sound(parse_source(json.dumps(value).encode()))


@given(st.binary(max_size=200))
def test_any_bytes_are_tags_or_a_reason(data: bytes) -> None:
    for parse in (parse_source, parse_lines):
        with suppress(MetadataError):
            _assert_sound(parse(data))


def _assert_sound(found: Sourced) -> None:
    assert set(found.tags) <= set(CATEGORIES)
    for tag in (tag for tags in found.tags.values() for tag in tags):
        assert tag == " ".join(tag.split())
        assert tag.encode()
