"""audit_dataset and the tools that act on what it found."""

from __future__ import annotations

from typing import Any

import pytest

from tagsmith.tools.audit.consolidating import Consolidation
from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding
from tagsmith.tools.audit.run import ranked
from tagsmith.tools.caption import Caption
from tagsmith.tools.errors import UsageError
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace


def ids(workspace: Workspace, check: str = "all", **arguments: Any) -> list[str]:
    outcome = call(workspace, "audit_dataset", {"check": check, **arguments})
    return [row["id"] for row in outcome.data["rows"]]


def test_everything_fits_on_a_screen(dirty: Workspace) -> None:
    outcome = call(dirty, "audit_dataset", {})
    lines = outcome.text.splitlines()
    assert len(lines) <= 20
    assert len(outcome.text) < 600 * 3.5
    assert outcome.data["findings"] > 30
    assert outcome.files == 0
    wrong = sum(row["harm"] >= 0.1 for row in outcome.data["rows"])
    assert lines[0].startswith(f"{wrong} findings in")
    assert any(line.startswith("Also: No tagger has looked at these images") for line in lines)
    assert any("All of them: " in line for line in lines)


def test_wide_letters_count_as_more(folder: Any) -> None:
    wide = "長い髪の女の子がいる" * 4
    captions = [
        f"{wide}{n}, {wide}{n}s, {wide} {n} (犬), {wide} {n}, masterpiece" for n in range(12)
    ]
    outcome = call(folder.samples(*captions).open(), "audit_dataset", {})
    beyond = sum(not char.isascii() for char in outcome.text)
    assert outcome.data["findings"] >= 12
    assert beyond <= 600


def test_the_gravest_come_first_and_no_check_fills_the_screen(dirty: Workspace) -> None:
    rows = call(dirty, "audit_dataset", {}).data["rows"]
    weights = [row["weight"] for row in rows]
    assert weights == sorted(weights, reverse=True)
    text = call(dirty, "audit_dataset", {}).text
    shown = [line.split()[1] for line in text.splitlines() if line[:3].strip().isdigit()]
    assert len(set(shown)) >= 5


def test_harm_confidence_and_share_rank() -> None:
    def one(name: str, images: int, harm: float, confidence: float) -> Finding:
        return Finding("x", name, name, "", images, harm, confidence)

    findings = [one("few", 1, 0.5, 1), one("many", 50, 0.5, 1), one("unsure", 50, 0.5, 0.2),
                one("harmless", 50, 0.05, 1), one("fatal", 1, 1.0, 1)]  # fmt: skip
    names = [finding.key for finding in ranked(findings, 100)]
    assert names == ["many", "fatal", "unsure", "few", "harmless"]


def test_one_check_has_its_evidence_and_its_reason(dirty: Workspace) -> None:
    outcome = call(dirty, "audit_dataset", {"check": "redundant"})
    assert "Why: " in outcome.text
    assert "id redundant:shirt" in outcome.text
    assert "fix: remove shirt from" in outcome.text
    assert {row["check"] for row in outcome.data["rows"]} == {"redundant"}


def test_a_number_and_an_id_show_a_finding_whole(dirty: Workspace) -> None:
    listed = ids(dirty, "redundant")
    by_number = call(dirty, "audit_dataset", {"check": "2"})
    by_id = call(dirty, "audit_dataset", {"check": listed[1]})
    assert by_number.data["rows"][0]["id"] == by_id.data["rows"][0]["id"] == listed[1]
    assert "why " in by_number.text
    assert "fix 1" in by_number.text


def test_a_name_of_nothing_is_told_with_the_nearest(dirty: Workspace) -> None:
    with pytest.raises(UsageError, match="redundant:shirt"):
        call(dirty, "audit_dataset", {"check": "redundant:shrt"})
    with pytest.raises(UsageError, match="no finding 99"):
        call(dirty, "audit_dataset", {"check": "99"})


def test_a_clean_dataset(folder: Any) -> None:
    outcome = call(folder.samples("dog, grass", "cat, sofa").open(), "audit_dataset", {})
    assert outcome.data["findings"] == len(outcome.data["rows"])
    outcome = call(folder.open(), "audit_dataset", {"check": "redundant"})
    assert outcome.text.startswith("redundant: nothing found.")


def test_staged_edits_are_seen(dirty: Workspace) -> None:
    assert "redundant:shirt" in ids(dirty, "redundant")
    call(dirty, "prune_tags", {"tags": ["shirt"]})
    assert "redundant:shirt" not in ids(dirty, "redundant")


def test_a_trigger_can_be_given(folder: Any) -> None:
    workspace = folder.samples(*["dog, brown fur"] * 6).open()
    assert ids(workspace, "absorbed") == []
    assert ids(workspace, "absorbed", trigger="dog") == ["absorbed:dog/body"]


# Dismissing


def test_a_dismissed_finding_stays_away_until_it_is_restored(dirty: Workspace, folder: Any) -> None:
    call(dirty, "dismiss_finding", {"findings": "redundant:shirt", "reason": "two layers"})
    again = folder.open()
    assert "redundant:shirt" not in ids(again, "redundant")
    assert "1 dismissed finding left out" in call(again, "audit_dataset", {}).text
    listed = call(again, "list_dismissed", {})
    assert listed.data["rows"][0]["id"] == "redundant:shirt"
    assert "two layers" in listed.text
    call(again, "dismiss_finding", {"findings": "redundant:shirt", "restore": True})
    assert "redundant:shirt" in ids(again, "redundant")
    with pytest.raises(UsageError, match="was not dismissed"):
        call(again, "dismiss_finding", {"findings": "redundant:shirt", "restore": True})


def test_dismissing_by_number_means_the_last_list(dirty: Workspace) -> None:
    listed = ids(dirty, "obvious")
    outcome = call(dirty, "dismiss_finding", {"findings": "1, 2"})
    assert outcome.data["dismissed"] == listed[:2]
    assert outcome.files == 0
    assert ids(dirty, "obvious") == listed[2:]


def test_a_damaged_list_of_dismissals_is_told_and_kept(dirty: Workspace, folder: Any) -> None:
    call(dirty, "dismiss_finding", {"findings": "redundant:shirt"})
    folder.write({".tagsmith/dismissed.json": b'{"version": 1, "dismissed": [{'})
    outcome = call(dirty, "audit_dataset", {})
    assert "dismissed.json is damaged" in " ".join(outcome.data["notes"])
    with pytest.raises(OSError, match="damaged"):
        call(dirty, "dismiss_finding", {"findings": "redundant:shirt"})
    with open(folder.path(".tagsmith/dismissed.json"), "rb") as file:
        assert file.read() == b'{"version": 1, "dismissed": [{'


# Fixing


def test_fixes_are_staged_in_one_step(dirty: Workspace) -> None:
    outcome = call(
        dirty,
        "fix_findings",
        {"findings": ["redundant:shirt", "obvious:face", "style:masterpiece"]},
    )
    assert outcome.data["fixed"] == ["redundant:shirt", "obvious:face", "style:masterpiece"]
    assert len(dirty.steps) == 1
    left = ids(dirty, "redundant") + ids(dirty, "obvious") + ids(dirty, "style")
    assert not {"redundant:shirt", "obvious:face", "style:masterpiece"} & set(left)


def test_another_fix_of_a_finding(dirty: Workspace, folder: Any) -> None:
    call(dirty, "fix_findings", {"findings": "contradictory:day|night", "choice": 2})
    text = folder.planned(dirty)["5_tsuki/t04.txt"].decode()
    assert ("day" in text.split(", ")) is ("night" not in text.split(", "))


@pytest.mark.parametrize("tool", ["fix_findings", "consolidate_tags"])
def test_a_number_means_the_same_finding_when_the_step_runs_again(
    dirty: Workspace, tool: str
) -> None:
    name = "findings" if tool == "fix_findings" else "groups"
    listed = ids(dirty, "redundant")
    call(dirty, tool, {name: "1"})
    plan = dirty.plan()
    ids(dirty, "rare")
    dirty.drop_step(1)
    dirty.drop_step(1, dropped=False)
    assert dirty.plan() == plan
    assert dirty.steps[0].arguments[name] == [listed[0]]


def test_what_no_tool_can_mend_is_told(dirty: Workspace) -> None:
    outcome = call(dirty, "fix_findings", {"findings": "structure"})
    assert "no tool can mend this" in outcome.text


# Consolidating


def test_consolidating_everything_is_one_step_and_leaves_nothing(
    dirty: Workspace, folder: Any
) -> None:
    outcome = call(dirty, "consolidate_tags", {})
    assert outcome.files > 10
    assert len(dirty.steps) == 1
    assert ids(dirty, "redundant") == []
    files = folder.planned(dirty)
    assert files["5_tsuki/t09.txt"].decode().count("hite shirt") == 2
    assert ", shirt" not in files["5_tsuki/t09.txt"].decode()
    assert b"long hair" in files["5_tsuki/t01.txt"]
    assert b"woods" not in files["5_tsuki/t04.txt"]
    assert call(dirty, "consolidate_tags", {}).files == 0


def test_consolidating_one_group_by_a_tag(dirty: Workspace) -> None:
    outcome = call(dirty, "consolidate_tags", {"groups": "woods"})
    assert outcome.data["groups"] == ["redundant:forest=woods"]
    assert outcome.files == 1
    assert "redundant:shirt" in ids(dirty, "redundant")


def test_dismissed_groups_are_not_consolidated(dirty: Workspace) -> None:
    call(dirty, "dismiss_finding", {"findings": "redundant:shirt"})
    call(dirty, "consolidate_tags", {})
    call(dirty, "dismiss_finding", {"findings": "redundant:shirt", "restore": True})
    assert ids(dirty, "redundant") == ["redundant:shirt"]


def test_positions_stay_and_only_own_duplicates_collapse(folder: Any) -> None:
    workspace = folder.samples(
        "a, woods, b, forest, c, c", "forest", "2girls, shirt, red shirt"
    ).open()
    call(workspace, "consolidate_tags", {})
    files = folder.planned(workspace)
    assert files["0.txt"] == b"a, forest, b, c, c"
    assert files["2.txt"] == b"2girls, shirt, red shirt"


def test_several_people_keep_what_one_of_them_may_wear(folder: Any) -> None:
    workspace = folder.samples("2girls, shirt, white shirt", "1girl, shirt, white shirt").open()
    call(workspace, "consolidate_tags", {})
    files = folder.planned(workspace)
    assert files["0.txt"] == b"2girls, shirt, white shirt"
    assert files["1.txt"] == b"1girl, white shirt"


def test_two_tags_that_say_each_other_do_not_both_go(folder: Any) -> None:
    people = Evidence(folder.samples("a, b").open()).people
    plan = Consolidation(people, said={"a": {"b"}, "b": {"a"}})
    assert plan.edit(Caption.parse(b"a, b")).to_bytes() == b"b"


def test_merging_and_saying_work_together(folder: Any) -> None:
    captions = ("gray shirt, shirt", "grey shirt, shirts", "grey shirt, shirt")
    workspace = folder.samples(*captions).open()
    call(workspace, "consolidate_tags", {})
    files = folder.planned(workspace)
    assert {files[f"{n}.txt"] for n in range(3)} == {b"grey shirt"}


# Triggers and negative tags


@pytest.mark.parametrize(
    ("word", "good"), [("zxqv", True), ("dog", False), ("tsuko", False), ("long hair", False)]
)
def test_a_trigger_is_judged(dirty: Workspace, word: str, good: bool) -> None:
    outcome = call(dirty, "judge_trigger", {"trigger": word})
    assert outcome.data["good"] is good
    assert outcome.text.startswith(f"{word} is {'a' if good else 'no'} good trigger.")


def test_the_negative_tag_goes_on_all_candidates(folder: Any) -> None:
    workspace = folder.samples("dog, watermark", "dog, signature, bad", "dog").open()
    outcome = call(workspace, "mark_negative", {"tag": "bad"})
    files = folder.planned(workspace)
    assert (files["0.txt"], files["1.txt"]) == (b"dog, watermark, bad", b"dog, signature, bad")
    assert "bad stands on 1 image already" in outcome.text
    call(workspace, "mark_negative", {"tag": "bad", "where": "tags:1"})
    assert folder.planned(workspace)["2.txt"] == b"dog, bad"


def test_without_candidates_a_query_is_asked_for(folder: Any) -> None:
    assert call(folder.samples("dog").open(), "mark_negative", {"tag": "bad"}).files == 0
    # An empty query is none.
    assert call(folder.open(), "mark_negative", {"tag": "bad", "where": ""}).files == 0
