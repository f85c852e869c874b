"""run_tagger as a user sees it: which tags come where, what stays, what it answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagsmith.tools.errors import ModelError, UsageError
from tagsmith.tools.tags import KAOMOJI, key
from tagsmith.tools.toolbox import call
from tagsmith.tools.vision.scores_store import Store
from tagsmith.tools.workspace import Workspace

DOG = {"dog": 0.95, "long_hair": 0.5, "hat": 0.35, "cat": 0.3499, "saber_(fate)": 0.84}


def tag(workspace: Workspace, **arguments: Any) -> str:
    return str(call(workspace, "run_tagger", {"model": "one", **arguments}))


def test_tags_over_the_threshold_are_in_and_those_under_it_are_out(folder, taggers) -> None:
    workspace = folder.samples("sitting").open()
    taggers.give(workspace, "one", {"0.png": DOG})
    answer = tag(workspace)
    assert folder.planned(workspace)["0.txt"] == b"sitting, dog, long hair, hat"
    assert "Add 3 tags to 1 caption with one" in answer
    assert "staged: 1 file; nothing written yet" in answer


@pytest.mark.parametrize(
    ("threshold", "tags"),
    [(0.3, "dog, long hair, hat, cat"), (0.35, "dog, long hair, hat"), (0.36, "dog, long hair")],
)
def test_another_threshold_needs_no_model_and_characters_keep_their_own(
    folder, taggers, threshold, tags
) -> None:
    workspace = folder.write({"0.png": "image"}).open()
    taggers.give(workspace, "one", {"0.png": DOG})
    tag(workspace, threshold=threshold)
    assert folder.planned(workspace)["0.txt"] == tags.encode()


def test_a_model_that_is_not_installed_is_named_with_what_to_do(folder, taggers) -> None:
    workspace = folder.samples("dog").open()
    with pytest.raises(ModelError, match=r"wd-swinv2-tagger-v3 is not on this machine \(468 MB\)"):
        call(workspace, "run_tagger", {"model": "wd-swinv2-tagger-v3"})
    with pytest.raises(UsageError, match="There is no model called"):
        call(workspace, "run_tagger", {"model": "joytga"})


def test_fill_tags_only_images_without_a_caption_or_with_an_empty_one(folder, taggers) -> None:
    files = {"a.png": "a", "b.png": "b", "b.txt": "sitting", "c.png": "c", "c.txt": "\ufeff \r\n"}
    workspace = folder.write(files).open()
    taggers.give(workspace, "one", dict.fromkeys(("a.png", "b.png", "c.png"), DOG))
    answer = tag(workspace, mode="fill")
    after = folder.planned(workspace)
    assert after["a.txt"] == b"dog, long hair, hat"
    assert after["b.txt"] == b"sitting"
    assert after["c.txt"] == b"\xef\xbb\xbfdog, long hair, hat \r\n"
    assert "1 caption would be created" in answer
    assert tag(workspace, mode="fill").startswith("Nothing to change: every selected image has")


def test_append_keeps_the_trigger_first_and_skips_what_is_there_in_any_spelling(
    folder, taggers
) -> None:
    workspace = folder.samples("coco, Long_Hair,  DOG ,", "a b, c d ||| e\n").open()
    taggers.give(workspace, "one", {"0.png": DOG, "1.png": DOG})
    tag(workspace)
    after = folder.planned(workspace)
    assert after["0.txt"] == b"coco, Long_Hair,  DOG, hat ,"
    assert after["1.txt"] == b"a b, c d ||| e, dog, long hair, hat\n"


def test_prose_is_left_alone_and_counted(folder, taggers) -> None:
    text = "A dog sleeps on the sofa while the cat looks out of the window."
    workspace = folder.samples(text, "dog").open()
    taggers.give(workspace, "one", {"0.png": DOG, "1.png": DOG})
    answer = tag(workspace)
    assert folder.planned(workspace)["0.txt"] == text.encode()
    assert "1 caption in sentences left alone" in answer
    tag(workspace, prose=True, only=["hat"])
    assert folder.planned(workspace)["0.txt"] == f"{text}, hat".encode()


def test_overwrite_says_how_many_tags_of_the_users_own_go(folder, taggers) -> None:
    workspace = folder.samples("coco, Dog, sofa, hat\n").open()
    taggers.give(workspace, "one", {"0.png": DOG})
    answer = tag(workspace, mode="overwrite")
    assert folder.planned(workspace)["0.txt"] == b"Dog, long hair, hat\n"
    assert "2 tags would be replaced, 2 of them written by hand" in answer


def test_overwrite_counts_what_a_tagger_wrote_as_no_hand_work(folder, taggers) -> None:
    workspace = folder.samples("coco").open()
    taggers.give(workspace, "one", {"0.png": DOG})
    tag(workspace)
    folder.write({"0.txt": folder.planned(workspace)["0.txt"]})
    workspace.reload()
    answer = tag(workspace, mode="overwrite", threshold=0.9)
    assert folder.planned(workspace)["0.txt"] == b"dog"
    assert "3 tags would be replaced, 1 of them written by hand" in answer


def test_show_sample_tells_which_tags_come_from_a_tagger(folder, taggers) -> None:
    workspace = folder.samples("coco, HAT").open()
    assert call(workspace, "show_sample", {"name": "0"}).data["rows"][0]["tagged_by"] == {}
    taggers.give(workspace, "one", {"0.png": DOG})
    tag(workspace)
    outcome = call(workspace, "show_sample", {"name": "0"})
    assert outcome.data["rows"][0]["tagged_by"] == {"one": ["dog", "long hair"]}
    assert "  tags by  one: dog, long hair" in outcome.text
    call(workspace, "prune_tags", {"tags": ["dog"]})
    assert "  tags by  one: long hair" in str(call(workspace, "show_sample", {"name": "0"}))


def test_overwrite_keeps_what_is_protected(folder, taggers) -> None:
    workspace = folder.samples("coco, b ||| c, d", "coco, x, y").open()
    taggers.give(workspace, "one", {"0.png": {"dog": 0.9}, "1.png": {"dog": 0.9}})
    tag(workspace, mode="overwrite", keep_first=1)
    after = folder.planned(workspace)
    assert (after["0.txt"], after["1.txt"]) == (b"coco, b ||| dog", b"coco, dog")


def test_overwrite_leaves_a_caption_for_which_nothing_is_proposed(folder, taggers) -> None:
    workspace = folder.samples("coco, x").open()
    taggers.give(workspace, "one", {"0.png": {"dog": 0.1}})
    answer = tag(workspace, mode="overwrite")
    assert folder.planned(workspace)["0.txt"] == b"coco, x"
    assert "No tag for 1 image: 0.png" in answer


def test_two_images_that_share_a_caption_both_count(folder, taggers) -> None:
    workspace = folder.write({"a.png": "1", "a.jpg": "2", "a.txt": "x"}).open()
    taggers.give(workspace, "one", {"a.jpg": {"dog": 0.9}, "a.png": {"hat": 0.9, "dog": 0.8}})
    tag(workspace)
    assert folder.planned(workspace)["a.txt"] == b"x, dog, hat"


def test_the_style_is_the_datasets_own(folder, taggers) -> None:
    row = {"0.png": {"very_long_hair": 0.9, "0_0": 0.8, "dress_(red)": 0.7}}
    workspace = folder.samples(r"coco, white_shirt, blue_eyes, hat_\(blue\)").open()
    taggers.give(workspace, "one", row)
    tag(workspace)
    assert folder.planned(workspace)["0.txt"].endswith(rb", very_long_hair, 0_0, dress_\(red\)")
    workspace.clear()
    tag(workspace, underscores="spaces", parentheses="bare")
    assert folder.planned(workspace)["0.txt"].endswith(b", very long hair, 0_0, dress (red)")


def test_categories_are_switched_on_and_off(folder, taggers) -> None:
    row = {
        "dog": 0.9,
        "saber_(fate)": 0.9,
        "fate": 0.6,
        "highres": 0.9,
        "safe": 0.3,
        "explicit": 0.2,
    }
    workspace = folder.write({"0.png": "image"}).open()
    taggers.give(workspace, "one", {"0.png": row})

    def tags(**arguments: Any) -> str:
        workspace.clear()
        tag(workspace, order="label", **arguments)
        return folder.planned(workspace)["0.txt"].decode()

    assert tags() == "dog, saber (fate), fate"
    assert tags(character=False) == "dog, fate"
    assert tags(rating=True) == "dog, saber (fate), fate, safe"
    assert tags(meta=True) == "dog, saber (fate), fate, highres"
    assert tags(thresholds=["copyright=0.7", "character=1.1"]) == "dog"
    assert tags(thresholds="meta=0.5, general=0.95") == "saber (fate), fate, highres"
    assert tags(split_characters=True) == "dog, saber, fate"
    with pytest.raises(UsageError, match="is not CATEGORY=NUMBER"):
        tags(thresholds=["colour=0.4"])


def test_lists_of_tags_to_keep_exclude_and_rename(folder, taggers) -> None:
    workspace = folder.write({"0.png": "image"}).open()
    taggers.give(workspace, "one", {"0.png": DOG | {"blush": 0.06}})

    def tags(**arguments: Any) -> str:
        workspace.clear()
        tag(workspace, **arguments)
        return folder.planned(workspace)["0.txt"].decode()

    assert tags(keep=["blush"]) == "dog, long hair, hat, blush"
    assert tags(exclude=["*hair"], keep=["long hair"]) == "dog, hat"
    assert tags(only=["*hair", "hat"]) == "long hair, hat"
    assert tags(rename=["hat => red_hat", "dog=>wolf"]) == "wolf, long hair, red_hat"
    assert tags(max_tags=1) == "dog"
    with pytest.raises(UsageError, match="knows no tag like dgo"):
        tags(only=["dgo"])
    with pytest.raises(UsageError, match="is not OLD=>NEW, each one tag"):
        tags(rename=["dog"])
    with pytest.raises(UsageError, match="each one tag"):
        tags(rename=["dog=>a, b"])
    answer = tag(workspace, exclude=["watermarc", "dog"])
    assert "No tag of the taggers is called watermarc." in answer


def test_several_taggers_vote_and_their_disagreement_is_told(folder, taggers) -> None:
    workspace = folder.write({"0.png": "image"}).open()
    taggers.give(workspace, "one", {"0.png": {"dog": 0.9, "hat": 0.5, "only_one": 0.5}}, "sofa")
    taggers.give(workspace, "two", {"0.png": {"dog": 0.8, "hat": 0.1, "sofa": 0.4}})

    def tags(**arguments: Any) -> tuple[str, str]:
        workspace.clear()
        answer = tag(workspace, model="one, two", **arguments)
        return folder.planned(workspace)["0.txt"].decode(), answer

    assert tags()[0] == "dog, only one, hat, sofa"
    assert tags(vote="intersection")[0] == "dog, only one"
    assert tags(vote="at_least", votes=2)[0] == "dog"
    assert tags(vote="mean", threshold=0.29)[0] == "dog, only one, hat"
    assert "The taggers disagree on 1 image: hat (1), sofa (1)." in tags()[1]
    with pytest.raises(UsageError, match="3 votes cannot come from 2 taggers"):
        tags(vote="at_least", votes=3)


def test_the_answer_names_what_to_look_at(folder, taggers) -> None:
    workspace = folder.samples("x", "y", "z").open()
    rows = {"0.png": DOG, "1.png": {"dog": 0.2}, "2.png": {"dog": 0.9}}
    taggers.give(workspace, "one", rows)
    answer = tag(workspace)
    assert "Most: dog (2), " in answer
    assert "No tag for 1 image: 1.png." in answer
    assert "Few tags for 2 images: 0.png, 2.png." in answer


def test_a_label_that_is_not_one_tag_is_never_written(folder, taggers) -> None:
    hostile = {"a, b": 0.9, "c ||| d": 0.9, "e\nf": 0.9, "dog": 0.8}
    workspace = folder.samples("x").open()
    taggers.give(workspace, "one", {"0.png": hostile})
    tag(workspace)
    assert folder.planned(workspace)["0.txt"] == b"x, dog"


def test_replaying_the_step_gives_the_same_plan(folder, taggers) -> None:
    workspace = folder.samples("x", "y").open()
    taggers.give(workspace, "one", {"0.png": DOG, "1.png": DOG})
    call(workspace, "prune_tags", {"tags": ["y"]})
    tag(workspace)
    before = folder.planned(workspace)
    workspace.drop_step(1)
    assert folder.planned(workspace)["0.txt"] == before["0.txt"]
    assert folder.planned(workspace)["1.txt"] == b"y, dog, long hair, hat"
    workspace.drop_step(1, dropped=False)
    assert folder.planned(workspace) == before


CAPTIONS = st.lists(
    st.sampled_from(
        ["dog", " Dog", "long_hair ", "hat", "", " ", "coco", "{a, b|c}", "0_0", r"x \(y\)", "é"]
    ),
    max_size=6,
).map(",".join)
SCORES = st.dictionaries(
    st.sampled_from(["dog", "long_hair", "hat", "0_0", "x_(y)", "new_tag"]),
    st.floats(0.0625, 1, width=32),
    min_size=1,
)


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(text=CAPTIONS, end=st.sampled_from(["", "\n", "\r\n", " ||| z\n"]), row=SCORES)
def test_append_changes_no_byte_that_stands_and_twice_is_once(
    folder, taggers, text: str, end: str, row: dict[str, float]
) -> None:
    before = (text + end).encode()
    workspace = folder.write({"0.png": "image", "0.txt": before}).open()
    taggers.give(workspace, "one", {"0.png": row})
    tag(workspace)
    after = folder.planned(workspace)["0.txt"]
    start = _common(before, after)
    added = after[start : len(after) - (len(before) - start)]
    assert before[:start] + added + before[start:] == after
    chosen = {key(label) for label, score in row.items() if round(score, 7) >= 0.35}
    written = {key(one) for one in added.decode().split(",")} - {""}
    standing = {key(one) for one in text.split(",")}
    assert written == chosen - standing
    assert all(one in added.decode() for one in chosen & KAOMOJI if one not in standing)
    tag(workspace)
    assert folder.planned(workspace)["0.txt"] == after


def _common(before: bytes, after: bytes) -> int:
    """Where the one insertion can start, so that the rest of the old bytes follow it."""
    more = len(after) - len(before)
    return max(
        at
        for at in range(len(before) + 1)
        if before[:at] == after[:at] and after[at + more :] == before[at:]
    )


def test_the_store_is_asked_for_hundreds_of_images_at_once(
    folder, taggers, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = folder.samples(*["x"] * 1500).open()
    taggers.give(workspace, "one", {f"{number}.png": DOG for number in range(1500)})
    asked: list[str] = []
    read = Store.read

    def count(store: Store, statement: str, parameters: Any = ()) -> Any:
        asked.append(statement)
        return read(store, statement, parameters)

    monkeypatch.setattr(Store, "read", count)
    assert tag(workspace).startswith("Add 4,500 tags to 1,500 captions with one")
    assert len(workspace.select("score:dog>0.5")) == 1500
    call(workspace, "review_uncertain", {})
    assert len(asked) < 80
