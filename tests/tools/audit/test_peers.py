"""Mistakes about overlap and cleaning that were found in other programs, each as a test.

Of the peers' defects those that are about saying which tags are too many; how captions are written
is tested with the edits (test_peers_defects.py).
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.groups import said_by_others
from tagsmith.tools.audit.run import audit
from tagsmith.tools.dataset import Dataset, Sample
from tagsmith.tools.errors import UsageError
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace


def consolidated(folder: Any, *captions: str) -> list[str]:
    workspace = folder.samples(*captions).open()
    call(workspace, "consolidate_tags", {})
    files = folder.planned(workspace)
    return [files[f"{number}.txt"].decode() for number in range(len(captions))]


# A tagging library drops every tag that is a substring of another one.
@pytest.mark.parametrize(
    "caption",
    ["woman, man", "hatsune miku, hat", "cathedral, cat", "chair, hair", "underwear, bear",
     "skyscraper, sky", "carpet, car, pet", "sunglasses, sun"],
)  # fmt: skip
def test_a_part_of_a_word_is_no_overlap(folder: Any, caption: str) -> None:
    assert consolidated(folder, caption) == [caption]


# A trainer's cleaner drops "shirt" beside "white shirt" by a pattern that needs ", " around it.
@pytest.mark.parametrize(
    "caption",
    ["shirt, white shirt", "white shirt,shirt", "white_shirt,  shirt ", "shirt,white shirt"],
)
def test_overlap_is_seen_however_tags_are_separated(folder: Any, caption: str) -> None:
    (left,) = consolidated(folder, caption)
    assert [one.strip() for one in left.split(",")] in (["white shirt"], ["white_shirt"])


# The same cleaner takes hair and eye tags away from pictures with several people.
def test_two_peoples_traits_stay(folder: Any) -> None:
    caption = "2girls, blue eyes, red eyes, long hair, short hair, hair, shirt, white shirt"
    assert consolidated(folder, caption) == [caption]


# A library's list of character traits holds hats and glasses, and "closed eyes" by their last word.
def test_what_can_be_taken_off_is_no_part_of_a_body(folder: Any) -> None:
    workspace = folder.samples(
        *["zxq, hat, glasses, closed eyes, red hair, holding cat"] * 6
    ).open()
    call(workspace, "prune_absorbed", {"trigger": "zxq"})
    assert folder.planned(workspace)["0.txt"] == b"zxq, hat, glasses, closed eyes, holding cat"


# A clean-up tool removes 1girl, solo and hair tags when it is run without arguments.
def test_nothing_is_cleaned_by_default(folder: Any) -> None:
    workspace = folder.samples(*["1girl, solo, long hair"] * 12).open()
    outcome = call(workspace, "audit_dataset", {})
    assert outcome.files == 0
    for tool in ("fix_findings", "prune_absorbed", "dismiss_finding", "mark_negative"):
        with pytest.raises(UsageError):
            call(workspace, tool, {})
    assert call(workspace, "consolidate_tags", {}).files == 0


# An image editor's edit of "hair" turns "long hair, hair, chair" into "long , , c".
def test_only_whole_tags_go(folder: Any) -> None:
    assert consolidated(folder, "1girl, long hair, hair, chair") == ["1girl, long hair, chair"]


# The same editor's clean-up puts a comma for every full stop: sentences are destroyed.
def test_sentences_are_left_alone(folder: Any) -> None:
    prose = "A girl in a white shirt. The shirt is wet. She stands by the sea, near the ocean."
    assert consolidated(folder, prose, "shirt, white shirt")[0] == prose


# An editor's parser lowercases everything, forces spaces and makes weights of brackets.
def test_what_is_not_consolidated_keeps_its_spelling(folder: Any) -> None:
    caption = r"Coco_the_Dog, (red:1.2), fate \(series\), ^_^, shirt, white shirt"
    left = r"Coco_the_Dog, (red:1.2), fate \(series\), ^_^, white shirt"
    assert consolidated(folder, caption) == [left]


# Notebooks dedupe through an unordered set, and put replacements at the end.
def test_places_and_order_stay(folder: Any) -> None:
    assert consolidated(folder, "zz, sea, b, ocean, a", "ocean") == ["zz, ocean, b, a", "ocean"]


# A tagger's replacement turned every tag of a caption into the replacement.
def test_a_merge_touches_its_own_tags(folder: Any) -> None:
    assert consolidated(folder, "dog, woods, cat", "forest, x", "forest") == [
        "dog, forest, cat", "forest, x", "forest"
    ]  # fmt: skip


# An editor replaces a tag by itself and so deletes it.
def test_a_tag_is_never_merged_into_itself(folder: Any) -> None:
    assert consolidated(folder, "long hair, dog", "long_hair", "long hair") == [
        "long hair, dog", "long hair", "long hair"
    ]  # fmt: skip


# A dataset editor counts everything anew after every image: minutes for 10,000.
def test_an_audit_counts_once(folder: Any) -> None:
    del folder
    dataset = Dataset("/nowhere")
    for number in range(3_000):
        tags = [f"thing{number % 97}", f"red gadget{number % 89}", "zxq", "shirt", "white shirt"]
        dataset.samples.append(Sample("", f"{number}.png", f"{number}.txt"))
        dataset.captions[f"{number}.txt"] = ", ".join(tags).encode()
    workspace = Workspace(dataset)
    before = time.perf_counter()
    workspace.vocabulary()
    once = time.perf_counter() - before
    before = time.perf_counter()
    for check in ("redundant", "contradictory", "absorbed", "rare", "near_constant"):
        evidence = Evidence(workspace)
        assert audit(evidence, check).findings is not None
    assert time.perf_counter() - before < 60 * max(once, 0.02)
    assert [one.general for one in said_by_others(Evidence(workspace))] == ["shirt"]
