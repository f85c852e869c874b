"""``--plan-out`` and ``tagsmith apply``: later, or by somebody else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def plan(tagsmith, data, tmp_path) -> Path:
    path = tmp_path / "plan.jsonl"
    ran = tagsmith("do", data, "prune_tags", "--tags", "watermark", "--plan-out", path)
    assert ran.status == 0
    assert f"`tagsmith apply {data} {path}` applies it." in ran.out
    assert not (data / ".tagsmith").exists()
    return path


def test_a_saved_plan_is_applied_later(tagsmith, data, plan, contents):
    shown = tagsmith("apply", data, plan, "--dry-run")
    assert shown.status == 0
    assert "  a.txt      -watermark" in shown.out
    assert "without --dry-run" in shown.out
    assert contents(data)["a.txt"] == b"dog, watermark, grass"
    ran = tagsmith("apply", data, plan, "--json")
    assert ran.status == 0
    assert ran.json["status"] == "applied"
    assert contents(data)["a.txt"] == b"dog, grass"
    assert "by apply" in tagsmith("history", data).out


def test_a_copy_of_the_dataset_takes_the_plan_as_well(tagsmith, data, plan, contents, tmp_path):
    copy = tmp_path / "somebody" / "else"
    shutil.copytree(data, copy)
    assert tagsmith("apply", copy, plan).status == 0
    assert contents(copy)["sub/e.txt"] == b"dog, beach"
    assert contents(data)["sub/e.txt"] == b"dog, watermark, beach"


def test_a_file_that_changed_since_is_a_conflict_and_nothing_changes(
    tagsmith, data, plan, contents
):
    (data / "a.txt").write_text("dog, watermark, mine")
    before = contents(data)
    ran = tagsmith("apply", data, plan, "--json")
    assert ran.status == 5
    assert ran.json["status"] == "conflict"
    assert ran.json["conflicts"] == ["a.txt"]
    assert "a.txt" in ran.err
    assert contents(data) == before


def test_the_second_time_it_is_told_to_be_applied_already(tagsmith, data, plan):
    assert tagsmith("apply", data, plan).status == 0
    ran = tagsmith("apply", data, plan)
    assert ran.status == 5
    assert "applied already" in ran.err


def test_a_plan_of_another_dataset_is_refused(tagsmith, data, plan, tmp_path, contents):
    other = tmp_path / "other"
    other.mkdir()
    (other / "z.png").write_bytes(b"z")
    ran = tagsmith("apply", other, plan)
    assert ran.status == 2
    assert "was made for another dataset" in ran.err
    assert contents(other) == {"z.png": b"z"}


def test_each_damaged_plan_file_has_its_own_message(tagsmith, data, plan, contents):
    whole, before = plan.read_bytes(), contents(data)
    cases = {
        "is cut off": whole[: len(whole) // 2],
        "was changed after it was saved": whole.replace(b'"dog, grass"', b'"dog, green"'),
        "newer Tagsmith": whole.replace(b'"version":1', b'"version":99', 1),
        "is not a plan file": b"\x89PNG\r\n\x1a\n",
        "is empty": b"",
    }
    for message, damaged in cases.items():
        plan.write_bytes(damaged)
        ran = tagsmith("apply", data, plan)
        assert ran.status == 2
        assert message in ran.err
        assert ran.out == ""
    plan.unlink()
    assert "There is no plan file" in tagsmith("apply", data, plan).err
    assert contents(data) == before


def test_a_plan_that_takes_back_what_was_never_done_here_is_refused(
    tagsmith, data, tmp_path, contents
):
    copy = tmp_path / "copy"
    assert tagsmith("do", data, "prune_tags", "--tags", "watermark", "--apply").status == 0
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns(".tagsmith"))
    plan = tmp_path / "undo.jsonl"
    assert tagsmith("do", data, "undo", "--plan-out", plan).status == 0
    ran = tagsmith("apply", copy, plan)
    assert ran.status == 2
    assert "history lacks" in ran.err
    assert tagsmith("apply", data, plan).status == 0
    assert contents(data)["a.txt"] == b"dog, watermark, grass"


def test_plan_out_never_overwrites_anything_but_a_plan(tagsmith, data, plan, contents):
    before = contents(data)
    words = ("do", data, "prune_tags", "--tags", "sofa", "--plan-out")
    ran = tagsmith(*words, data / "a.txt", "--json")
    assert ran.status == 2
    assert ran.json["status"] == "error"
    assert ran.json["plan"]["files"] == 2
    assert contents(data) == before
    assert tagsmith(*words, plan).status == 0
    assert b"sofa" in plan.read_bytes()


def test_saving_nothing_saves_nothing(tagsmith, data, tmp_path):
    path = tmp_path / "none.jsonl"
    ran = tagsmith("do", data, "find_images", "--plan-out", path)
    assert ran.status == 0
    assert "nothing was saved" in ran.err
    assert not path.exists()


def test_a_conversation_can_be_saved(tagsmith, data, tmp_path, contents):
    path = tmp_path / "said.jsonl"
    assert tagsmith("run", data, "remove watermark", "--plan-out", path).status == 0
    assert tagsmith("apply", data, path).status == 0
    assert contents(data)["a.txt"] == b"dog, grass"
