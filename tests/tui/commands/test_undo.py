"""``tagsmith undo``, ``redo``, ``history``, ``recover`` and ``prune-history``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tagsmith.tools import content
from tagsmith.tools.journal import Journal, prune
from tagsmith.tools.journal.files import Files
from tagsmith.tools.plan import Change, Kind, Plan


def remove(tagsmith, data, tag: str) -> None:
    assert tagsmith("do", data, "prune_tags", "--tags", tag, "--apply").status == 0


def test_undo_takes_the_last_plan_back_and_redo_brings_it_back(tagsmith, data, contents):
    old = contents(data)
    remove(tagsmith, data, "watermark")
    new = contents(data)
    ran = tagsmith("undo", data)
    assert ran.status == 0
    assert "  a.txt      +watermark" in ran.out
    assert f"`tagsmith redo {data}` takes it back" in ran.out
    assert contents(data) == old
    assert tagsmith("redo", data).status == 0
    assert contents(data) == new


def test_undo_may_be_looked_at_first(tagsmith, data, contents):
    remove(tagsmith, data, "watermark")
    before = contents(data)
    ran = tagsmith("undo", data, "--dry-run", "--json")
    assert ran.json["status"] == "planned"
    assert ran.json["plan"]["tags_added"] == 3
    assert contents(data) == before


def test_several_plans_one_plan_and_some_images(tagsmith, data, contents):
    states = [contents(data)]
    for tag in ("watermark", "sofa", "grass"):
        remove(tagsmith, data, tag)
        states.append(contents(data))
    assert tagsmith("undo", data, "--steps", "2").status == 0
    assert contents(data) == states[1]
    assert tagsmith("redo", data, "--apply").status == 0
    assert contents(data) == states[3]
    assert tagsmith("undo", data, "--plan", "1", "--only", "name:e*").status == 0
    assert contents(data) == states[3] | {"sub/e.txt": b"dog, watermark, beach"}
    entries = tagsmith("history", data, "--json").json["history"]
    assert [entry["state"] for entry in entries if entry["id"].startswith("0001-")] == ["applied"]


def test_what_was_edited_by_hand_stays_and_is_listed(tagsmith, data, contents):
    remove(tagsmith, data, "watermark")
    (data / "a.txt").write_text("mine")
    ran = tagsmith("undo", data)
    assert ran.status == 0
    assert "Left alone: a.txt (it was changed since" in ran.out
    assert contents(data)["a.txt"] == b"mine"
    assert contents(data)["c.txt"] == b"cat, watermark, sofa"


def test_a_dataset_emptied_by_tagsmith_is_filled_again(tagsmith, data, contents):
    old = contents(data)
    assert tagsmith("do", data, "delete_images", "--where", "tags:>=0", "--apply").status == 0
    assert contents(data) == {}
    assert tagsmith("do", data, "undo").status == 0
    assert tagsmith("undo", data).status == 0
    assert contents(data) == old


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["undo"], "There is nothing to undo"),
        (["redo"], "There is nothing to redo"),
        (["undo", "--plan", "77"], "The history has no plan '77'"),
        (["undo", "--steps", "0"], "steps: it is at least"),
        (["undo", "--steps", "x"], "steps: a whole number is needed"),
        (["undo", "--only", "dog and"], "^"),
    ],
)
def test_what_cannot_be_undone_is_told(tagsmith, data, contents, words, message):
    if "--only" in words:
        remove(tagsmith, data, "watermark")
    before = contents(data)
    ran = tagsmith(words[0], data, *words[1:])
    assert ran.status == 2
    assert message in ran.err
    assert contents(data) == before


def test_history_lists_the_newest_first(tagsmith, data, monkeypatch):
    assert tagsmith("history", data).out == "No plan was applied here yet.\n"
    assert not (data / ".tagsmith").exists()
    remove(tagsmith, data, "watermark")
    tagsmith("run", data, "remove sofa", "--apply")
    lines = tagsmith("history", data).out.splitlines()
    assert lines[0].startswith("0002-")
    assert "by run" in lines[1]
    assert lines[2].startswith("0001-")
    assert lines[2].endswith("Remove watermark from 3 captions")
    assert lines[3].strip() == "3 files: 3 tags removed; by do"
    one = tagsmith("history", data, "--limit", "1", "--json").json
    assert len(one["history"]) == 1
    assert one["history"][0]["state"] == "applied"
    assert datetime.fromisoformat(one["history"][0]["time"]) <= datetime.now(UTC)


class Crash(BaseException):
    """Ends an apply as the end of the process does: nothing is tidied up."""


def cut_short(root) -> None:
    """Leave the folder with a plan of which one of two files is written."""
    renames = 0

    def hook(operation: str, name: str) -> None:
        nonlocal renames
        renames += operation in ("rename", "exchange") and name.endswith(".txt")
        if renames > 1:
            raise Crash

    changes = [
        Change(Kind.EDIT, name, (root / name).read_bytes(), b"half-way")
        for name in ("a.txt", "b.txt")
    ]
    with pytest.raises(Crash):
        Journal.open(root, Files(hook)).apply(Plan.of("half", (), changes), origin="test")
    assert (root / "a.txt").read_bytes() == b"half-way"
    assert (root / "b.txt").read_bytes() != b"half-way"


@pytest.mark.parametrize(
    "words",
    [
        ["do", "{}", "list_tag_frequencies"],
        ["run", "{}", "how many images have dog?", "--engine", "offline"],
        ["history", "{}"],
    ],
)
def test_whatever_opens_the_folder_first_takes_back_what_was_cut_short(
    tagsmith, data, contents, words
):
    old = contents(data)
    cut_short(data)
    ran = tagsmith(*(word.format(data) for word in words))
    assert ran.status == 0
    assert "half" in ran.err
    assert ran.err.startswith("tagsmith: ")
    assert "half-way" not in ran.out
    assert contents(data) == old


def test_recover_goes_back_or_forward(tagsmith, data, contents):
    old = contents(data)
    cut_short(data)
    ran = tagsmith("recover", data)
    assert ran.status == 0
    assert contents(data) == old
    assert tagsmith("recover", data).out == "There is nothing to recover.\n"
    cut_short(data)
    ran = tagsmith("recover", data, "--forward")
    assert ran.status == 0
    assert contents(data)["b.txt"] == b"half-way"


def test_a_plan_cut_short_in_a_read_only_folder_is_told(tagsmith, data, monkeypatch):
    cut_short(data)

    def refuse(self, folder, name):
        raise PermissionError(13, "Permission denied", name)

    monkeypatch.setattr(Files, "open_log", refuse)
    ran = tagsmith("do", data, "list_tag_frequencies")
    assert ran.status == 0
    assert "A plan was cut short here and cannot be ended now." in ran.err
    assert "can be read but not changed" in ran.err


def test_pruning_shows_first_and_deletes_only_when_told(tagsmith, data, monkeypatch):
    for number in range(22):
        tag = "even" if number % 2 else "odd"
        words = ("add_trigger", "--trigger", f"{tag}{number}", "--where", "name:a*", "--apply")
        assert tagsmith("do", data, *words).status == 0
    assert "Nothing is old enough" in tagsmith("prune-history", data).out
    later = datetime.now(UTC) + timedelta(days=40)
    monkeypatch.setattr(prune, "now", lambda: later)
    shown = tagsmith("prune-history", data)
    assert "0001-" in shown.out
    assert "2 plans" in shown.out
    assert "Nothing deleted yet" in shown.out
    assert len(Journal.open(data).history()) == 22
    assert "Deleted 2 plans" in tagsmith("prune-history", data, "--apply").out
    assert len(Journal.open(data).history()) == 20
    assert tagsmith("prune-history", data, "--keep", "3").status == 2


def test_every_file_is_whole_while_it_is_moved(tagsmith, data, contents):
    old = contents(data)
    words = ("isolate_images", "--where", "dog", "--name", "dogs", "--apply")
    assert tagsmith("do", data, *words).status == 0
    moved = contents(data)
    assert moved["_isolated/dogs/sub/e.png"] == old["sub/e.png"]
    assert content.digest(moved["_isolated/dogs/a.png"]) == content.digest(old["a.png"])
    assert tagsmith("undo", data).status == 0
    assert contents(data) == old
