"""fix_trainer: each fix alone does exactly what it says, and by itself nothing is decided."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

import pytest

from tagsmith.tools import planfile
from tagsmith.tools.errors import UsageError
from tagsmith.tools.foreign import adopt, why_refused
from tagsmith.tools.journal import Journal
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace

BOM = b"\xef\xbb\xbf"
LONG_AGO = (1_000_000_000, 1_000_000_000)


def changed(folder: Any, **arguments: Any) -> dict[str, bytes | None]:
    """What one call would make of the files: new bytes by path, None for what is gone."""
    workspace = folder.open()
    call(workspace, "fix_trainer", arguments)
    before, after = folder.files(), folder.planned(workspace)
    gone = dict.fromkeys(before.keys() - after.keys())
    return {**gone, **{path: data for path, data in after.items() if before.get(path) != data}}


@pytest.mark.parametrize("trainer", ["kohya", "onetrainer", "ai-toolkit"])
def test_bom(folder: Any, trainer: str) -> None:
    folder.samples(a=BOM + BOM + b"coco, dog\r\n", b=b"coco")
    assert changed(folder, trainer=trainer, fixes=["bom"]) == {"a.txt": b"coco, dog\r\n"}


def test_a_bom_at_a_line_s_beginning_goes_and_one_within_stays(folder: Any) -> None:
    folder.samples(a="x\n\ufeffdog \ufeff cat")
    found = changed(folder, trainer="onetrainer", fixes=["bom"])
    assert found == {"a.txt": "x\ndog \ufeff cat".encode()}


def test_a_bom_alone_is_an_empty_caption_afterwards(folder: Any) -> None:
    folder.samples(a=BOM, b=b"dog")
    assert changed(folder, trainer="kohya") == {"a.txt": None}


@pytest.mark.parametrize(
    ("arguments", "after"),
    [
        ({}, None),
        ({"trigger": "sks"}, b"sks"),
        ({"empty": "class"}, b"coco dog"),
        ({"empty": "trash", "trigger": "sks"}, None),
    ],
)
def test_empty(folder: Any, arguments: dict[str, Any], after: bytes | None) -> None:
    folder.write({"10_coco dog/a.png": "", "10_coco dog/a.txt": "", "10_coco dog/b.png": ""})
    folder.write({"10_coco dog/b.txt": "cat"})
    found = changed(folder, trainer="kohya", fixes="empty", **arguments)
    assert found == {"10_coco dog/a.txt": after}


@pytest.mark.parametrize("name", ["my_set", "10_", os.fsdecode(b"10_\xff")])
def test_no_class_is_guessed_from_a_folder_that_names_none(folder: Any, name: str) -> None:
    folder.write({f"{name}/a.png": "", f"{name}/a.txt": ""})
    workspace = folder.open()
    outcome = call(workspace, "fix_trainer", {"trainer": "kohya", "empty": "class"})
    assert workspace.files == 0
    assert "(its folder is not named N_class)" in outcome.text


def test_a_blank_file_stops_nobody_and_stays(folder: Any) -> None:
    folder.samples(a=b" \n", b=b"dog")
    assert changed(folder, trainer="kohya") == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\n\ndog, cat\nx\n", b"dog, cat\nx\n"),
        (b" \r\ndog\r\n", b"dog\r\n"),
        (b"dog\n\ncat", b"dog\n\ncat"),
    ],
)
def test_blank(folder: Any, before: bytes, after: bytes) -> None:
    folder.samples(a=before, b=b"dog")
    expected = {"a.txt": after} if after != before else {}
    assert changed(folder, trainer="kohya", fixes=["blank"]) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"dog, cat\ngrass", b"dog, cat, grass"),
        (b"\ndog,\r\n\r\ngrass\r\n", b"dog, grass\r\n"),
        (BOM + b"A dog runs.\nIt is red\n", BOM + b"A dog runs. It is red\n"),
        (b"dog\n", b"dog\n"),
        (b"coco |||\ndog\n, cat", b"coco ||| dog , cat"),
    ],
)
@pytest.mark.parametrize("trainer", ["kohya", "onetrainer", "ai-toolkit"])
def test_lines(folder: Any, trainer: str, before: bytes, after: bytes) -> None:
    folder.samples(a=before, b=b"dog")
    expected = {"a.txt": after} if after != before else {}
    assert changed(folder, trainer=trainer, fixes=["lines"]) == expected


def test_names(folder: Any) -> None:
    folder.write({"a.Png": "A", "a.txt": "dog", "b.PNG": "B", "b.TXT": "cat", "c.Gif": "C"})
    assert changed(folder, trainer="kohya", fixes=["names"]) == {
        "a.Png": None,
        "a.png": b"A",
        "b.TXT": None,
        "b.txt": b"cat",
    }


def test_a_name_that_is_taken_is_left_and_told(folder: Any) -> None:
    folder.write({"a.Png": "A", "a.png": "B", "a.txt": "dog"})
    workspace = folder.open()
    outcome = call(workspace, "fix_trainer", {"trainer": "kohya", "fixes": ["names"]})
    assert workspace.files == 0
    assert "Left alone: a.Png (its place is taken)." in outcome.text


def test_two_names_that_would_become_one_do_not(folder: Any) -> None:
    folder.write({"a.Png": "A", "a.pNg": "B", "b.png": "", "b.txt": "dog"})
    workspace = folder.open()
    outcome = call(workspace, "fix_trainer", {"trainer": "kohya", "fixes": ["names"]})
    assert outcome.files == 1
    assert "Left alone: a.pNg (its place is taken)." in outcome.text


def test_extension_follows_most_captions_for_kohya(folder: Any) -> None:
    folder.write({"a.png": "", "a.txt": "1", "b.png": "", "b.txt": "2"})
    folder.write({"c.png": "", "c.caption": "3"})
    moved = {"c.caption": None, "c.txt": b"3"}
    assert changed(folder, trainer="kohya", fixes=["extension"]) == moved
    assert changed(folder, trainer="kohya", fixes=["extension"], extension=".caption") == {
        "a.txt": None,
        "a.caption": b"1",
        "b.txt": None,
        "b.caption": b"2",
    }


@pytest.mark.parametrize("trainer", ["onetrainer", "ai-toolkit"])
def test_extension_is_txt_for_the_others(folder: Any, trainer: str) -> None:
    folder.write({"a.png": "", "a.caption": "1", "b.png": "", "b.caption": "2", "b.txt": "3"})
    assert changed(folder, trainer=trainer) == {"a.caption": None, "a.txt": b"1"}


@pytest.mark.parametrize(
    ("trainer", "arguments", "moved"),
    [
        ("kohya", {}, ["a", "b", "c"]),
        ("kohya", {"keep_tokens": 2}, ["b", "c"]),
        ("onetrainer", {}, ["a", "b"]),
        ("ai-toolkit", {}, ["a", "b", "c"]),
    ],
)
def test_trigger(folder: Any, trainer: str, arguments: dict[str, Any], moved: list[str]) -> None:
    folder.samples(a="dog, coco", b="dog, sky, coco", c="dog ||| coco", d="coco, dog", e="dog")
    after = {"a": b"coco, dog", "b": b"coco, dog, sky", "c": b"coco, dog ||| "}
    found = changed(folder, trainer=trainer, fixes=["trigger"], trigger="coco", **arguments)
    assert found.keys() == {f"{stem}.txt" for stem in moved}
    assert all(found[f"{stem}.txt"].strip() == after[stem].strip() for stem in moved)


def cached(folder: Any) -> None:
    folder.samples(a="dog", b="cat").write({"a_te_outputs.npz": "A", "b_te_outputs.npz": "B"})
    folder.write({"metadata_cache.json": "{}", "a_0512x0512_sdxl.npz": "L", "x_te_outputs.npz": ""})
    os.utime(folder.path("a_te_outputs.npz"), LONG_AGO)
    os.utime(folder.path("a_0512x0512_sdxl.npz"), LONG_AGO)


def test_caches_only_the_stale_ones_go(folder: Any) -> None:
    cached(folder)
    assert changed(folder, trainer="kohya") == {"a_te_outputs.npz": None}


def test_caches_of_captions_that_the_fix_itself_changes_go_too(folder: Any) -> None:
    cached(folder)
    folder.write({"b.txt": BOM + b"cat"})
    for name in ("a_te_outputs.npz", "b_te_outputs.npz", "metadata_cache.json"):
        os.utime(folder.path(name))
    assert changed(folder, trainer="kohya") == {
        "b.txt": b"cat",
        "b_te_outputs.npz": None,
        "metadata_cache.json": None,
    }


def test_a_cache_that_moves_with_its_caption_stays_fresh(folder: Any) -> None:
    cached(folder)
    for name in ("a_te_outputs.npz", "b_te_outputs.npz"):
        os.utime(folder.path(name))
    workspace = folder.open()
    call(workspace, "isolate_images", {"where": "name:a.png", "name": "n", "mode": "rename"})
    before = workspace.files
    call(workspace, "fix_trainer", {"trainer": "kohya"})
    assert workspace.files == before
    call(workspace, "replace_tags", {"old": "dog", "new": "cat"})
    call(workspace, "fix_trainer", {"trainer": "kohya"})
    assert "n 1_te_outputs.npz" not in folder.planned(workspace)


def test_what_stands_in_the_way_of_a_fix_that_was_not_asked_for_is_not_told(folder: Any) -> None:
    folder.write({"a.Png": "A", "a.png": "B", "a.txt": BOM + b"dog"})
    outcome = call(folder.open(), "fix_trainer", {"trainer": "kohya", "fixes": ["bom"]})
    assert "Left alone" not in outcome.text


def test_where_leaves_other_images_and_their_caches_alone(folder: Any) -> None:
    folder.samples(a=BOM + b"dog", b=BOM + b"cat").write({"a_te_outputs.npz": "A"})
    folder.write({"b_te_outputs.npz": "B", "metadata_cache.json": "{}"})
    found = changed(folder, trainer="kohya", where="name:a.png")
    assert found == {"a.txt": b"dog", "a_te_outputs.npz": None}


def test_metadata(folder: Any) -> None:
    folder.write({"a.png": "", "a.txt": 'dog, "x"\n', "s/b.png": "", "s/ñ.png": ""})
    folder.write({"s/b.txt": BOM + "niña\ncat".encode()})
    found = changed(folder, trainer="diffusers")
    assert found == {
        "metadata.jsonl": b'{"file_name": "a.png", "text": "dog, \\"x\\""}\n',
        "s/metadata.jsonl": (
            '{"file_name": "b.png", "text": "niña\\ncat"}\n{"file_name": "ñ.png", "text": ""}\n'
        ).encode(),
    }


def test_metadata_that_exists_is_written_anew_only_when_asked(folder: Any) -> None:
    old = '{"file_name": "a.png", "text": "old", "more": 1}\n'
    folder.samples(a="dog").write({"metadata.jsonl": old})
    workspace = folder.open()
    outcome = call(workspace, "fix_trainer", {"trainer": "diffusers"})
    assert workspace.files == 0
    assert "fixes=metadata writes it anew" in outcome.text
    found = changed(folder, trainer="diffusers", fixes=["metadata"])
    assert json.loads(found["metadata.jsonl"]) == {"file_name": "a.png", "text": "dog"}


OLD = b'{"file_name": "a.png", "text": "old"}\n'


def test_metadata_written_anew_leaves_hidden_folders_and_what_is_the_same(folder: Any) -> None:
    same = b'{"file_name": "a.png", "text": "dog"}\n'
    folder.samples(a="dog").write({"metadata.jsonl": same, ".x/metadata.csv": "file_name,text\n"})
    assert changed(folder, trainer="diffusers", fixes=["metadata"]) == {}
    folder.write({"s/a.png": "", "s/a.txt": "cat", "s/metadata.jsonl": OLD})
    found = changed(folder, trainer="diffusers", fixes=["metadata"])
    assert found == {"s/metadata.jsonl": b'{"file_name": "a.png", "text": "cat"}\n'}


def test_metadata_of_folders_that_were_not_chosen_stays(folder: Any) -> None:
    folder.write({"s/a.png": "", "s/a.txt": "cat", "s/metadata.jsonl": OLD, "t/a.png": ""})
    folder.write({"t/a.txt": "dog", "t/metadata.jsonl": OLD})
    found = changed(folder, trainer="diffusers", fixes=["metadata"], where="folder:t")
    assert found == {"t/metadata.jsonl": b'{"file_name": "a.png", "text": "dog"}\n'}


def test_metadata_stays_where_the_new_one_would_be_too_large(folder: Any) -> None:
    folder.samples(a="x" * (1 << 20)).write({"metadata.jsonl": OLD})
    assert changed(folder, trainer="diffusers", fixes=["metadata"]) == {}


def test_images_that_no_row_can_hold_are_left_out_and_told(folder: Any) -> None:
    folder.samples(a="dog", b=b"caf\xe9").write({"c\\d.png": ""})
    workspace = folder.open()
    outcome = call(workspace, "fix_trainer", {"trainer": "diffusers"})
    table = folder.planned(workspace)["metadata.jsonl"]
    assert table == b'{"file_name": "a.png", "text": "dog"}\n'
    assert (
        "b.png (its caption cannot be read), c\\d.png (its \\ is read as a folder)" in outcome.text
    )


def test_metadata_counts_no_tags_and_survives_a_plan_file(folder: Any, tmp_path: Any) -> None:
    workspace = folder.samples(a="dog, cat").open()
    call(workspace, "fix_trainer", {"trainer": "diffusers"})
    plan = workspace.plan()
    assert (plan.totals.created, plan.totals.tags_added) == (1, 0)
    planfile.save(plan, str(folder.root), str(tmp_path / "plan"))
    loaded = planfile.load(str(tmp_path / "plan")).plan
    assert adopt(loaded, str(folder.root)).id == plan.id


def test_only_captions_change_their_suffix_in_a_plan_from_elsewhere(folder: Any) -> None:
    workspace = folder.write({"a.png": "", "a.caption": "1", "b.png": "", "b.txt": "2"}).open()
    call(workspace, "fix_trainer", {"trainer": "onetrainer"})
    [moved] = workspace.plan().changes
    assert (moved.path, moved.to) == ("a.caption", "a.txt")
    assert why_refused(moved, (".txt", ".caption"), undo=False) is None
    image = replace(moved, path="a.png", to="a.txt")
    assert "changes its suffix" in str(why_refused(image, (".txt", ".caption"), undo=False))


def test_a_metadata_file_too_large_to_review_is_not_written(folder: Any) -> None:
    folder.samples(a="x" * (1 << 20), b="y").write({"s/c.png": ""})
    workspace = folder.open()
    outcome = call(workspace, "fix_trainer", {"trainer": "diffusers"})
    assert "metadata.jsonl (it would be larger than 1 MiB: use several folders)" in outcome.text
    assert folder.planned(workspace).keys() - folder.files().keys() == {"s/metadata.jsonl"}


def everything(folder: Any) -> Workspace:
    folder.write(
        {"10_coco/a.Png": "A", "10_coco/a.TXT": BOM + b"dog, coco\nsky", "10_coco/b.png": ""}
    )
    folder.write({"10_coco/b.txt": "", "10_coco/a_te_outputs.npz": "T", "10_coco/c.png": ""})
    folder.write({"10_coco/c.txt": "\n\ncoco", "r.png": ""})
    workspace: Workspace = folder.open()
    return workspace


READY = {
    "10_coco/a.png": b"A",
    "10_coco/a.txt": b"coco, dog\nsky",
    "10_coco/b.png": b"",
    "10_coco/b.txt": b"coco",
    "10_coco/c.png": b"",
    "10_coco/c.txt": b"coco",
    "r.png": b"",
}


def test_ready_for_kohya_is_applied_and_undone_like_any_plan(folder: Any) -> None:
    workspace = everything(folder)
    before = folder.files()
    call(workspace, "fix_trainer", {"trainer": "kohya", "trigger": "coco"})
    assert folder.planned(workspace) == READY
    Journal.open(workspace.root).apply(workspace.plan(), origin="do")
    assert folder.files() == READY
    workspace.reload()
    call(workspace, "undo", {})
    Journal.open(workspace.root).apply(workspace.plan(), origin="undo")
    assert folder.files() == before


def test_twice_is_once(folder: Any) -> None:
    workspace = everything(folder)
    call(workspace, "fix_trainer", {"trainer": "kohya", "trigger": "coco"})
    outcome = call(workspace, "fix_trainer", {"trainer": "kohya", "trigger": "coco"})
    assert outcome.files == 0
    assert outcome.text.startswith("Nothing to mend for kohya's sd-scripts.")


def test_the_answer_counts_what_is_staged_what_is_not_and_what_is_left(folder: Any) -> None:
    workspace = everything(folder)
    outcome = call(workspace, "fix_trainer", {"trainer": "kohya", "trigger": "coco"})
    assert outcome.data["staged"] == {
        "names": 2,
        "bom": 1,
        "blank": 1,
        "empty": 1,
        "trigger": 1,
        "caches": 1,
    }
    assert outcome.data["not_asked_for"] == {"lines": 1}
    assert outcome.data["left"] == {"root-images": 1, "later-lines": 1}
    assert "fixes=lines does it; it decides something, so say it." in outcome.text
    assert "beside the N_name folders (r.png)" in outcome.text


def test_captions_that_cannot_be_edited_are_left_and_told(folder: Any) -> None:
    folder.samples(a=b"d\xe9", b=BOM + b"dog")
    workspace = folder.open()
    outcome = call(workspace, "fix_trainer", {"trainer": "kohya"})
    assert outcome.files == 1
    assert "convert_captions" in outcome.text
    assert "training would stop" in outcome.text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"trainer": "diffusers", "fixes": ["bom"]}, "There is no fix 'bom' for diffusers."),
        ({"trainer": "kohya", "fixes": ["trigger"]}, "say which trigger"),
        ({"trainer": "kohya", "empty": "trigger"}, "say which trigger"),
        ({"trainer": "sdxl"}, "trainer"),
    ],
)
def test_what_cannot_be_done_is_refused(folder: Any, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        call(folder.samples(a="dog").open(), "fix_trainer", arguments)
    assert said in str(refused.value)
