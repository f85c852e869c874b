"""Every fix stages what it says, on exactly the images of its finding, and nothing else."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding, Fix
from tagsmith.tools.audit.registry import named
from tagsmith.tools.audit.run import audit
from tagsmith.tools.caption import Caption
from tagsmith.tools.dataset import Dataset, Sample
from tagsmith.tools.tags import key
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace

CHECKS = (
    "redundant", "contradictory", "absorbed", "obvious", "backgrounds", "style", "negative", "rare",
    "near_constant", "triggers", "balance", "structure",
)  # fmt: skip
TAGS = (
    "1girl", "2girls", "1boy", "solo", "dog", "dogs", "multiple views", "shirt", "white shirt",
    "White_Shirt", "dress shirt", "day", "night", "red eyes", "blue eyes", "heterochromia", "sea",
    "ocean", "face", "wall", "masterpiece", "watermark", "zxq", 'a "b" and c',
    "long hair", "hair", "no shoes", "shoes", "what?",
)  # fmt: skip


def all_findings(evidence: Evidence) -> list[Finding]:
    return [finding for name in CHECKS for finding in named(name).find(evidence)]


def captions(workspace: Workspace) -> dict[str, list[str]]:
    """The tags of each image as they are staged."""
    return {
        one.image: caption.tags if (caption := workspace.caption(one)) else []
        for one in workspace.samples
    }


def after(before: list[str], fix: Fix) -> list[str]:
    """What a fix means for the tags of an image that it is about, told in plain words."""
    if fix.tool == "prune_tags":
        gone = {key(tag) for tag in fix.arguments["tags"]}
        return [tag for tag in before if key(tag) not in gone]
    if fix.tool == "replace_tags":
        return replaced(before, fix.arguments["old"], fix.arguments["new"])
    trigger = fix.arguments["trigger"]
    rest = [tag for tag in before if key(tag) != key(trigger)]
    return [trigger, *rest] if fix.arguments["position"] == "first" else [*rest, trigger]


def replaced(before: list[str], old: list[str], new: list[str]) -> list[str]:
    """Tags with old ones written anew; one may stand as often as it did under any one name."""
    pairs = zip(map(key, old), new * len(old), strict=False)
    new_for = {**{key(one): one for one in new if key(one) in map(key, old)}, **dict(pairs)}
    counts = Counter(map(key, before))
    left = {
        key(made): max(
            counts[one]
            for one in {*map(key, old), key(made)}
            if key(new_for.get(one, one)) == key(made)
        )
        for made in new
    }
    found = []
    for tag in before:
        made = new_for.get(key(tag), tag)
        if left.get(key(made), 1) > 0:
            found.append(made)
        if key(made) in left:
            left[key(made)] -= 1
    return found


def unread(workspace: Workspace, sample: Sample) -> bool:
    return sample.caption is not None and workspace.caption_bytes(sample) is None


def check_fix(workspace: Workspace, finding: Finding, fix: Fix) -> None:
    before = captions(workspace)
    call(workspace, fix.tool, fix.arguments)
    now = captions(workspace)
    workspace.clear()
    if fix.tool == "find_images":
        chosen = workspace.select(fix.arguments["where"])
        assert len(chosen) == finding.images
        assert now == before
        return
    where = fix.arguments.get("where")
    chosen_images = {one.image for one in workspace.select(where)}
    changed = {image for image in before if now[image] != before[image]}
    assert set(finding.samples) <= chosen_images
    unreadable = {one.image for one in workspace.samples if unread(workspace, one)}
    for image, tags in before.items():
        if image in unreadable:
            continue
        expected = after(tags, fix) if image in chosen_images else tags
        assert now[image] == expected, (finding.id, fix, image)
    assert changed <= chosen_images
    if not finding.key.startswith("spelling/"):
        # A tag that reads as a pattern is told of, and left out of the fix.
        told = re.search(r"from ([\d,]+) image", fix.says)
        number = int(told[1].replace(",", "")) if told else finding.images
        assert len(changed) == number, (finding.id, fix)


def test_every_fix_of_a_dirty_dataset(dirty: Workspace) -> None:
    findings = all_findings(Evidence(dirty))
    told = {one.check for one in findings}
    assert told == set(CHECKS)
    fixes = [(one, fix) for one in findings for fix in one.fixes]
    assert len(fixes) > 30
    for finding, fix in fixes:
        if fix.tool != "convert_captions":
            check_fix(dirty, finding, fix)


def test_the_conversion_of_a_caption_that_is_not_utf8(dirty: Workspace, folder: Any) -> None:
    (finding,) = [one for one in all_findings(Evidence(dirty)) if one.key == "skipped/not UTF-8"]
    fix = finding.fixes[0]
    assert fix.arguments["encoding"] == "cp932"
    call(dirty, fix.tool, fix.arguments)
    changed = {
        name for name, data in folder.planned(dirty).items() if data != folder.files().get(name)
    }
    assert changed == {"5_tsuki/odd.txt"}
    assert folder.planned(dirty)["5_tsuki/odd.txt"].decode() == "猫, 日"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.sampled_from(TAGS), max_size=7, unique=True), min_size=1, max_size=14))
def test_every_fix_of_any_dataset(made: list[list[str]]) -> None:
    dataset = Dataset("/nowhere")
    for number, tags in enumerate(made):
        dataset.samples.append(Sample("", f"{number}.png", f"{number}.txt"))
        dataset.captions[f"{number}.txt"] = ", ".join(tags).encode()
    workspace = Workspace(dataset)
    for finding in all_findings(Evidence(workspace)):
        assert finding.why
        assert finding.evidence
        assert 0 < finding.harm <= 1
        assert 0 < finding.confidence <= 1
        for fix in finding.fixes:
            check_fix(workspace, finding, fix)


def test_after_its_fix_a_finding_is_gone(dirty: Workspace) -> None:
    for check in ("redundant", "obvious", "backgrounds", "style", "negative"):
        for finding in named(check).find(Evidence(dirty)):
            chosen = [fix for fix in finding.fixes if fix.tool != "find_images"][:1]
            for fix in chosen:
                call(dirty, fix.tool, fix.arguments)
                assert finding.id not in {one.id for one in audit(Evidence(dirty), check).findings}
                dirty.clear()


def test_prose_is_never_cut(folder: Any) -> None:
    text = "A girl in a white shirt, and a shirt, stands by the sea, the ocean is wide."
    workspace = folder.samples(text, "shirt, white shirt").open()
    for finding in all_findings(Evidence(workspace)):
        for fix in finding.fixes:
            call(workspace, fix.tool, fix.arguments)
    assert "0.txt" not in {change.path for change in workspace.plan().changes}
    assert Caption.parse(text.encode()).prose
