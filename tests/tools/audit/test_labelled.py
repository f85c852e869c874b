"""What the audit finds in labelled datasets: docs/audit-measured.md is true, and good enough."""

from __future__ import annotations

from pathlib import Path

import pytest
from labelled_audit import FIRST, PAGE, Judged, audited, judge, page, table, totals
from labelled_sets import NAMES, LabelledSet, read

from tagsmith.tools.audit.finding import Finding
from tagsmith.tools.audit.registry import checks
from tagsmith.tools.vision import measuring

SETS = [read(name) for name in NAMES]
AIM = 0.95


def judged(root: Path) -> dict[str, dict[str, Judged]]:
    """Every check on every dataset, against the labels."""
    return {one.name: audited(one, root / one.name) for one in SETS}


def test_every_check_finds_what_is_planted_and_little_else_and_the_page_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One test, so that pictures are drawn once, whatever the number of workers."""
    monkeypatch.setattr(measuring, "processes", lambda: 1)
    told = judged(tmp_path)
    found = totals(told)
    print(f"\n{table(found)}")
    poor = {
        name: (one.precision, one.recall, [*map(str, one.wrong)], [*map(str, one.missed)])
        for name, one in found.items()
        if one.precision < AIM or one.recall < AIM
    }
    assert not poor
    assert set(found) == set(checks()) == set(FIRST)
    slandered = [str(label) for one in found.values() for label in one.slandered]
    assert not slandered, "look-alikes that were reported"
    assert PAGE.read_text("utf-8") == page(SETS, told), (
        "python tests/fakes/labelled_audit.py writes docs/audit-measured.md anew"
    )


def test_the_fixture_is_large_and_has_problems_and_look_alikes_of_every_check() -> None:
    """Of variance there is no look-alike: a set is of one kind or of the other."""
    assert sum(one.captions for one in SETS) >= 150
    labels = [label for one in SETS for label in one.labels]
    assert {label.check for label in labels if label.kind == "expect"} == set(checks())
    innocent = {label.check for label in labels if label.kind == "innocent"}
    assert innocent == set(checks()) - {"variance"}


def test_labels_are_of_what_is_in_their_dataset() -> None:
    """A label of a tag that no caption has could never be found, or never be accused.

    A trigger is expected where it is missing, so of these only the tags are looked for.
    """
    for one in SETS:
        captions = one.data.get("captions", {})
        tags = {tag.strip() for text in captions.values() for tag in text.split(",")}
        for label in one.labels:
            assert label.tags <= tags, (one.name, label)
            if label.check == "triggers":
                continue
            for image in label.images & {f"{name}.png" for name in captions}:
                assert all(tag in captions[image[:-4]] for tag in label.tags), (one.name, label)


def test_a_finding_counts_only_if_it_names_what_is_labelled() -> None:
    told = {
        "expect": [{"check": "obvious", "each": ["face", "hands"], "why": "obvious"}],
        "innocent": [{"check": "obvious", "tags": ["facepaint"], "why": "particular"}],
    }

    def finding(*tags: str) -> Finding:
        return Finding("obvious", "k", "title", "why", 1, 0.5, 0.5, data={"tags": list(tags)})

    one = LabelledSet.of("made", told)
    assert judge(one, "obvious", [finding("face", "hands")]).recall == 1
    half = judge(one, "obvious", [finding("face", "facepaint")])
    assert (half.precision, half.recall, len(half.slandered)) == (0.5, 0.5, 1)
    assert judge(one, "obvious", []).recall == 0
    assert judge(one, "style", [finding("face")]).precision == 0
