"""Active labelling: what is asked, in which order, and what answers do now and later."""

from __future__ import annotations

from typing import Any

import pytest

from tagsmith.tools.errors import UsageError
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace


def rows(workspace: Workspace, **arguments: Any) -> list[tuple[str, str]]:
    found = call(workspace, "review_uncertain", arguments).data["rows"]
    return [(row["image"], row["tag"]) for row in found]


def answer(workspace: Workspace, tag: str, word: str, image: str | None = None) -> str:
    return str(call(workspace, "review_answer", {"tag": tag, "answer": word, "image": image}))


@pytest.fixture
def unsure(folder, taggers) -> Workspace:
    """Two images: hat is nearest its threshold, then dog, then long hair."""
    workspace = folder.samples("x", "y").open()
    given = {
        "0.png": {"dog": 0.4, "hat": 0.36, "cat": 0.9, "sofa": 0.2},
        "1.png": {"long_hair": 0.27, "cat": 0.24},
    }
    taggers.give(workspace, "one", given)
    return workspace


def test_the_nearest_to_the_threshold_come_first(unsure) -> None:
    assert rows(unsure) == [("0.png", "hat"), ("0.png", "dog"), ("1.png", "long hair")]
    assert rows(unsure, limit=1) == [("0.png", "hat")]
    assert rows(unsure, margin=0.02) == [("0.png", "hat")]
    assert rows(unsure, where="y") == [("1.png", "long hair")]
    assert rows(unsure, threshold=0.2, margin=0.01) == [("0.png", "sofa")]


def test_the_question_says_all_that_is_needed(unsure) -> None:
    text = str(call(unsure, "review_uncertain", {"limit": 1}))
    assert "3 questions about 2 of 2 images" in text
    assert "0.png  hat?  0.36 of 0.35 by one; not in the caption; near the threshold" in text
    assert "and 2 more questions" in text
    assert "nothing staged" in text


def test_before_any_tagger_ran_it_says_so(folder, taggers) -> None:
    workspace = folder.samples("x").open()
    with pytest.raises(UsageError, match=r"No tagger has looked at these images yet.*run_tagger"):
        rows(workspace)
    taggers.spec("one")
    with pytest.raises(UsageError, match="one has not looked at these images yet"):
        rows(workspace, model="one")


def test_images_that_no_tagger_has_seen_are_counted(folder, taggers) -> None:
    workspace = folder.samples("x", "y").open()
    taggers.give(workspace, "one", {"0.png": {"dog": 0.4}})
    assert "1 image not looked at yet" in str(call(workspace, "review_uncertain", {}))


def test_taggers_that_disagree_and_tags_that_no_tagger_sees_are_asked_about(
    folder, taggers
) -> None:
    workspace = folder.samples("coco, wolf").open()
    taggers.give(workspace, "one", {"0.png": {"dog": 0.9, "hat": 0.5}}, "wolf", "sofa")
    taggers.give(workspace, "two", {"0.png": {"dog": 0.06, "sofa": 0.5, "mine": 0.9}})
    found = call(workspace, "review_uncertain", {}).data["rows"]
    assert [(row["tag"], row["why"]) for row in found] == [
        ("dog", "the taggers disagree"),
        ("wolf", "in the caption, but no tagger sees it"),
        ("sofa", "the taggers disagree"),
    ]
    assert found[0]["scores"] == {"two": 0.06, "one": 0.9}
    assert rows(workspace, model="one") == [("0.png", "wolf")]


def test_what_the_user_wrote_is_not_asked_about_but_what_a_tagger_wrote_is(folder, taggers) -> None:
    workspace = folder.samples("dog").open()
    taggers.give(workspace, "one", {"0.png": {"dog": 0.4, "hat": 0.4}})
    assert rows(workspace) == [("0.png", "hat")]
    call(workspace, "run_tagger", {"model": "one"})
    assert rows(workspace) == [("0.png", "hat")]
    text = str(call(workspace, "review_uncertain", {}))
    assert "hat?  0.40 of 0.35 by one; in the caption" in text


def test_keep_adds_the_tag_and_drop_removes_it_and_neither_is_asked_again(folder, unsure) -> None:
    call(unsure, "run_tagger", {"model": "one"})
    assert folder.planned(unsure)["0.txt"] == b"x, cat, dog, hat"
    assert answer(unsure, "hat", "drop", "0.png").startswith("Remove hat from 0.png")
    assert answer(unsure, "long hair", "keep", "1").startswith("Add long hair to 1.png")
    after = folder.planned(unsure)
    assert (after["0.txt"], after["1.txt"]) == (b"x, cat, dog", b"y, long hair")
    assert rows(unsure) == [("0.png", "dog")]
    assert "does not stand in 0.png already" in answer(unsure, "hat", "drop", "0.png")


def test_later_runs_respect_an_answer_until_it_is_forgotten(folder, unsure) -> None:
    answer(unsure, "hat", "drop", "0.png")
    answer(unsure, "long hair", "keep", "1.png")
    unsure.clear()
    call(unsure, "run_tagger", {"model": "one"})
    after = folder.planned(unsure)
    assert (after["0.txt"], after["1.txt"]) == (b"x, cat, dog", b"y, long hair")
    answer(unsure, "hat", "forget", "0.png")
    unsure.clear()
    call(unsure, "run_tagger", {"model": "one"})
    assert folder.planned(unsure)["0.txt"] == b"x, cat, dog, hat"


def test_always_counts_for_every_image_is_listed_and_can_be_taken_back(folder, unsure) -> None:
    assert "From now on cat is never added" in answer(unsure, "cat", "always_drop")
    assert "kept wherever a tagger is unsure" in answer(unsure, "long_hair", "always_keep")
    unsure.clear()
    told = str(call(unsure, "run_tagger", {"model": "one"}))
    after = folder.planned(unsure)
    assert (after["0.txt"], after["1.txt"]) == (b"x, dog, hat", b"y, long hair")
    assert "Always kept, as you decided: long_hair." in told
    assert "Always dropped, as you decided: cat." in told
    text = str(call(unsure, "review_uncertain", {}))
    assert "Always dropped: cat (answer=forget takes that back)." in text
    answer(unsure, "cat", "forget")
    unsure.clear()
    call(unsure, "run_tagger", {"model": "one"})
    assert folder.planned(unsure)["0.txt"] == b"x, cat, dog, hat"


def test_an_answer_with_always_also_changes_this_image(folder, unsure) -> None:
    answer(unsure, "hat", "always_keep", "0.png")
    assert folder.planned(unsure)["0.txt"] == b"x, hat"
    answer(unsure, "hat", "always_drop", "0.png")
    assert folder.planned(unsure)["0.txt"] == b"x"


def test_a_kept_tag_is_the_users_own(folder, unsure) -> None:
    call(unsure, "run_tagger", {"model": "one"})
    answer(unsure, "hat", "keep", "0.png")
    folder.write({"0.txt": folder.planned(unsure)["0.txt"]})
    unsure.reload()
    told = str(call(unsure, "run_tagger", {"model": "one", "mode": "overwrite", "only": ["dog"]}))
    assert "3 tags would be replaced, 2 of them written by hand" in told


def test_the_answer_needs_an_image_that_there_is(unsure) -> None:
    with pytest.raises(UsageError, match="say which image"):
        answer(unsure, "hat", "keep")
    with pytest.raises(UsageError, match="There is no image called 'nope'"):
        answer(unsure, "hat", "keep", "nope")
    with pytest.raises(UsageError, match="not one tag"):
        answer(unsure, "a, b", "keep", "0.png")


def test_a_missing_caption_is_created_and_prose_is_not_touched(folder, taggers) -> None:
    text = "A dog sleeps on the sofa while the cat looks out of the window."
    workspace = folder.write({"a.png": "a", "b.png": "b", "b.txt": text}).open()
    answer(workspace, "dog", "keep", "a")
    assert folder.planned(workspace)["a.txt"] == b"dog"
    with pytest.raises(UsageError, match="written in sentences"):
        answer(workspace, "dog", "keep", "b")
