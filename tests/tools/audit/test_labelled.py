"""What the audit finds in labelled datasets: docs/audit-measured.md is true, and good enough."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from labelled_audit import FIRST, PAGE, Judged, audited, judge, page, table, totals
from labelled_sets import NAMES, LabelledSet, read

from tagsmith.tools.audit.finding import Finding
from tagsmith.tools.audit.registry import checks
from tagsmith.tools.vision import measuring

SETS = [read(name) for name in NAMES]
AIM = 0.95


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Judged]]:
    """Every check on every dataset, against the labels."""
    root: Path = tmp_path_factory.mktemp("labelled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(root / "config"))
        patch.setattr(measuring, "processes", lambda: 1)
        return {one.name: audited(one, root / one.name) for one in SETS}


def test_every_check_finds_what_is_planted_and_little_else(
    judged: Mapping[str, Mapping[str, Judged]],
) -> None:
    found = totals(judged)
    print(f"\n{table(found)}")
    poor = {
        name: (one.precision, one.recall, [*map(str, one.wrong)], [*map(str, one.missed)])
        for name, one in found.items()
        if one.precision < AIM or one.recall < AIM
    }
    assert not poor


def test_no_look_alike_is_reported(judged: Mapping[str, Mapping[str, Judged]]) -> None:
    assert [label for one in totals(judged).values() for label in one.slandered] == []


def test_the_page_is_what_is_found(judged: Mapping[str, Mapping[str, Judged]]) -> None:
    assert PAGE.read_text("utf-8") == page(SETS, judged), (
        "python tests/fakes/labelled_audit.py writes docs/audit-measured.md anew"
    )


def test_the_fixture_is_large_and_has_problems_and_look_alikes_of_every_check(
    judged: Mapping[str, Mapping[str, Judged]],
) -> None:
    assert sum(one.captions for one in SETS) >= 150
    assert set(totals(judged)) == set(checks()) == set(FIRST)
    labels = [label for one in SETS for label in one.labels]
    assert {label.check for label in labels if label.kind == "expect"} == set(checks())
    assert {label.check for label in labels if label.kind == "innocent"} >= set(checks()) - {
        "variance"
    }


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
