"""What stored scores say against images and captions: the check ``tagger`` and measure_labels."""

from __future__ import annotations

from typing import Any

import pytest

from tagsmith.tools import toolbox
from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding
from tagsmith.tools.audit.registry import named
from tagsmith.tools.errors import UsageError
from tagsmith.tools.vision.labels import Labels
from tagsmith.tools.vision.pixel_tagger import PixelTagger
from tagsmith.tools.vision.score_query import scores_of
from tagsmith.tools.workspace import Workspace

CLEAR = {"dog": 0.95, "hat": 0.9, "sofa": 0.85, "indoors": 0.8, "sitting": 0.9, "red": 0.7}
NINE = [f"{n}.png" for n in range(9)]


def find(workspace: Workspace) -> dict[str, Finding]:
    return {one.key: one for one in named("tagger").find(Evidence(workspace))}


@pytest.fixture
def workspace(folder: Any) -> Workspace:
    """Nine images; the caption of each has what the tagger sees, the trigger coco, and more."""
    texts = ["coco, dog, hat, sofa, indoors, sitting, red"] * 7
    return folder.samples(*texts, "coco, dog, cat, sofa", "coco, dog, cat, unknown thing").open()


def test_without_scores_it_says_how_to_get_them(workspace: Workspace) -> None:
    assert list(find(workspace)) == ["no scores"]
    with pytest.raises(UsageError, match=r"No scores of a tagger are stored.*run_tagger"):
        toolbox.call(workspace, "measure_labels", {})


def test_pixels_is_no_tagger(workspace: Workspace) -> None:
    scores_of(workspace).register(PixelTagger().id, Labels(("greyscale",), ("general",)))
    assert list(find(workspace)) == ["no scores"]


def test_poor_images_are_those_with_few_or_low_scores(workspace: Workspace, taggers: Any) -> None:
    low = {tag: score * 0.3 for tag, score in CLEAR.items()}
    rows = dict.fromkeys(NINE, CLEAR) | {"7.png": low, "8.png": {"dog": 0.6}}
    taggers.give(workspace, "one", rows, "cat")
    poor = find(workspace)["poor images"]
    assert poor.data["images"] == ["7.png", "8.png"]
    assert poor.evidence[1] == "7.png: 0 tags, 0.15"
    assert poor.fixes[0].arguments == {
        "where": 'path:"7.png" or path:"8.png"',
        "name": "poor",
    }


def test_simple_images_that_are_clear_are_not_poor(workspace: Workspace, taggers: Any) -> None:
    simple = {"dog": 1.0, "hat": 1.0, "sofa": 0.98, "red": 0.97}
    taggers.give(workspace, "one", dict.fromkeys(NINE, CLEAR) | {"8.png": simple}, "cat")
    assert "poor images" not in find(workspace)


def test_denied_tags_are_those_that_a_tagger_knows(workspace: Workspace, taggers: Any) -> None:
    taggers.give(workspace, "one", dict.fromkeys(NINE, CLEAR), "cat")
    found = find(workspace)
    denied = found["denied tags"]
    assert denied.data["tags"] == {"cat": ["7.png", "8.png"]}, "coco is not known to the tagger"
    (fix,) = denied.fixes
    toolbox.call(workspace, fix.tool, fix.arguments)
    assert sorted(change.path for change in workspace.plan().changes) == ["7.txt", "8.txt"]
    assert "disagreements" not in found, "there is one tagger"


def test_a_tag_that_one_of_two_sees_is_a_disagreement(workspace: Workspace, taggers: Any) -> None:
    taggers.give(workspace, "one", dict.fromkeys(NINE, CLEAR), "cat")
    seeing = CLEAR | {"cat": 0.9}
    taggers.give(workspace, "two", dict.fromkeys(NINE, CLEAR) | {"7.png": seeing})
    found = find(workspace)
    assert found["disagreements"].data["tags"] == {"cat": ["7.png"]}
    assert found["denied tags"].data["tags"] == {"cat": ["8.png"]}


def test_what_the_user_decided_is_no_finding(workspace: Workspace, taggers: Any) -> None:
    taggers.give(workspace, "one", dict.fromkeys(NINE, CLEAR), "cat")
    for image in ("7.png", "8.png"):
        answer = {"tag": "cat", "answer": "keep", "image": image}
        toolbox.call(workspace, "review_answer", answer)
    assert "denied tags" not in find(workspace)


def test_the_formulas_are_measured_and_their_inputs_shown(
    workspace: Workspace, taggers: Any
) -> None:
    taggers.give(workspace, "one", dict.fromkeys(NINE, CLEAR), "cat")
    answer = toolbox.call(workspace, "measure_labels", {"limit": 2})
    assert [row["image"] for row in answer.data["rows"]] == ["8.png", "7.png"]
    worst = answer.data["rows"][0]
    # dog (0.95) and cat (0) are judged, "unknown thing" and coco are not.
    assert worst["tags"] == 2
    assert worst["error_rate"] == pytest.approx((0.05 + 1) / 2)
    assert worst["missing"] == 5
    # Only cat says something: 2 of 9 images have it. What is missing all images have.
    assert (worst["bits"], worst["information"]) == (2.17, 1.0)
    assert worst["tagging_level"] == pytest.approx(1 - 0.525)
    assert "error rate 0.53; 2.2 of 2.2 bits, 5 missing" in answer.text
    assert answer.data["set"]["images"] == 9
    level = find(workspace)["level"]
    assert level.title.startswith(f"Tagging level {answer.data['set']['tagging_level']:.2f}")
    assert "p = 1 - score by one" in level.evidence[1]


def test_images_that_no_tagger_saw_are_counted(workspace: Workspace, taggers: Any) -> None:
    taggers.give(workspace, "one", {"0.png": CLEAR})
    answer = toolbox.call(workspace, "measure_labels", {})
    assert answer.data["set"]["images"] == 1
    assert "8 images not looked at yet: run_tagger does that." in answer.text


def test_an_unknown_model_is_told_with_those_there_are(workspace: Workspace, taggers: Any) -> None:
    taggers.give(workspace, "one", {"0.png": CLEAR})
    with pytest.raises(UsageError, match=r"No scores of other are stored \(there are: one\)"):
        toolbox.call(workspace, "measure_labels", {"model": "other"})
