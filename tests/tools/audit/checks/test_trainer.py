"""The check trainer: findings with evidence, for one trainer or for what holds for all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tagsmith.tools.audit.evidence import Evidence, Settings
from tagsmith.tools.audit.finding import Finding
from tagsmith.tools.audit.registry import named
from tagsmith.tools.toolbox import call


@pytest.fixture(autouse=True)
def no_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's models is found."""
    monkeypatch.setenv("TAGSMITH_MODELS_FOLDER", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))


def findings(folder: Any, **settings: Any) -> dict[str, Finding]:
    evidence = Evidence(folder.open(), Settings(**settings))
    return {one.key: one for one in named("trainer").find(evidence)}


def test_a_clean_folder_has_only_the_setting_that_kohya_needs(folder: Any) -> None:
    folder.write({"10_coco/a.png": "", "10_coco/a.txt": "coco, dog"})
    assert findings(folder, triggers=("coco",)).keys() == {"kohya:setting"}
    assert findings(folder, trainer="onetrainer") == {}


def test_a_finding_names_count_samples_reason_and_fix(folder: Any) -> None:
    folder.write({f"10_x/{n}.png": "" for n in range(8)})
    folder.write({f"10_x/{n}.txt": "\ufeffdog" for n in range(7)} | {"10_x/7.txt": "cat"})
    found = findings(folder)["kohya:bom"]
    assert found.id == "trainer:kohya:bom"
    assert found.images == 7
    assert (
        found.title == "kohya's sd-scripts: 7 images whose caption begins with a byte-order mark."
    )
    assert found.samples == tuple(f"10_x/{n}.png" for n in range(5))
    assert found.evidence[0] == "read as kohya: the folder 10_x"
    assert "10_x/0.png: a byte-order mark is part of the first tag" in found.evidence
    assert found.evidence[-1] == "and 2 more"
    [fix] = found.fixes
    assert fix.says == "Byte-order marks removed, for kohya's sd-scripts."
    workspace = folder.open()
    assert call(workspace, fix.tool, fix.arguments).files == 7


def test_every_fix_of_a_finding_is_a_call_that_works(folder: Any) -> None:
    folder.write({"1_x/a.png": "", "1_x/a.txt": "", "1_x/b.Png": "", "1_x/b.txt": "x"})
    folder.write(
        {"1_x/c.png": "", "1_x/c.txt": "\n\ufeffcoco\ny", "1_x/d.png": "", "1_x/d.caption": ""}
    )
    folder.write({"1_x/e.png": "", "1_x/e.txt": "dog, coco", "1_x/e_te_outputs.npz": ""})
    for trainer in ("kohya", "onetrainer", "ai-toolkit", "diffusers"):
        for found in findings(folder, trainer=trainer, triggers=("coco",)).values():
            for fix in found.fixes:
                assert call(folder.open(), fix.tool, fix.arguments).files, (found.key, fix)


def test_without_a_trainer_only_what_holds_for_all_is_said(folder: Any) -> None:
    folder.samples(a="\ufeffdog", b="x\ny", c=b"\xe9", d="")
    found = findings(folder)
    assert found.keys() == {"any:bom", "any:encoding", "any:empty"}
    assert found["any:encoding"].title.startswith("Any trainer of caption files: 1 image")
    assert "no trainer is named or evident" in found["any:bom"].evidence[0]


def test_what_is_late_is_found_where_the_triggers_are_known(folder: Any) -> None:
    folder.samples(a="dog, coco", b="coco, dog")
    found = findings(folder, trainer="kohya", triggers=("coco",))
    assert found["kohya:trigger-position"].images == 1
    assert "kohya:trigger-position" not in findings(folder, trainer="kohya")
    kept = findings(folder, trainer="kohya", triggers=("coco",), keep_tokens=2)
    assert "kohya:trigger-position" not in kept


def test_the_settings_that_kohya_needs_are_named(folder: Any) -> None:
    folder.samples(a="dog")
    found = findings(folder, trainer="kohya")["kohya:setting"]
    assert found.title == "kohya's sd-scripts: 2 settings that the trainer has to be given."
    assert found.evidence[1:] == (
        "a dataset config that names the folders: none is N_name",
        "--caption_extension .txt",
    )
