"""``tagsmith do``: arguments from the definitions, dry run, apply, approve, save."""

from __future__ import annotations

import argparse
import json

import pytest

from tagsmith.tools import toolbox
from tagsmith.tui.commands import parsing


def test_a_report_prints_the_counts_and_changes_nothing(tagsmith, data, contents):
    before = contents(data)
    ran = tagsmith("do", data, "list_tag_frequencies", "--limit", "2")
    assert ran.status == 0
    assert ran.out.splitlines()[1:3] == ["      3   50.0%  dog", "      3   50.0%  watermark"]
    assert ran.err == ""
    assert contents(data) == before
    assert not (data / ".tagsmith").exists()


def test_a_dry_run_shows_each_file_and_how_to_apply_it(tagsmith, data, contents):
    before = contents(data)
    ran = tagsmith("do", data, "prune_tags", "--tags", "watermark")
    lines = ran.out.splitlines()
    assert ran.status == 0
    assert lines[0] == "Remove watermark from 3 captions"
    assert lines[2:6] == [
        "  a.txt      -watermark",
        "  c.txt      -watermark",
        "  sub/e.txt  -watermark",
        "3 files: 3 tags removed",
    ]
    assert lines[6].startswith("Nothing written yet. This is the plan ")
    assert contents(data) == before
    assert not (data / ".tagsmith").exists()


def test_apply_writes_exactly_what_was_shown(tagsmith, data, contents):
    ran = tagsmith("do", data, "prune_tags", "--tags", "watermark", "--apply")
    assert ran.status == 0
    assert "Applied to 3 files" in ran.out
    assert contents(data)["a.txt"] == b"dog, grass"
    assert contents(data)["b.txt"] == b"dog, running, grass"


def test_approve_takes_only_the_plan_that_was_approved(tagsmith, data, contents):
    words = ("do", data, "prune_tags", "--tags", "watermark")
    shown = tagsmith(*words, "--json").json["plan"]["id"]
    before = contents(data)
    (data / "a.txt").write_text("dog, watermark, meadow")
    refused = tagsmith(*words, "--approve", shown)
    assert refused.status == 5
    assert "is not the plan" in refused.err
    assert contents(data) == before | {"a.txt": b"dog, watermark, meadow"}
    (data / "a.txt").write_bytes(before["a.txt"])
    assert tagsmith(*words, "--approve", shown).status == 0
    assert contents(data)["a.txt"] == b"dog, grass"


def test_approving_a_plan_that_is_empty_now_is_a_conflict(tagsmith, data):
    words = ("do", data, "prune_tags", "--tags", "sofa", "--where", "dog")
    ran = tagsmith(*words, "--approve", "0123456789abcdef", "--json")
    assert ran.status == 5
    assert ran.json["status"] == "conflict"
    assert "nothing is planned now" in ran.json["message"]


def test_applying_an_edit_without_effect_writes_nothing(tagsmith, data):
    ran = tagsmith("do", data, "prune_tags", "--tags", "sofa", "--where", "dog", "--apply")
    assert ran.status == 0
    assert ran.out.startswith("Nothing to change")
    assert not (data / ".tagsmith").exists()


@pytest.mark.parametrize(
    "given",
    [
        ["--tags", "watermark,sofa"],
        ["--tags", "watermark", "--tags", "sofa"],
        ["--tags", "watermark", "sofa"],
        ["--tags=watermark , sofa"],
    ],
)
def test_lists_take_commas_several_words_and_the_option_again(tagsmith, data, given):
    ran = tagsmith("do", data, "prune_tags", *given, "--json")
    assert ran.json["steps"][0]["arguments"] == {"tags": ["watermark", "sofa"]}
    assert ran.json["plan"]["tags_removed"] == 5


def test_hyphens_and_underscores_are_the_same_and_options_go_anywhere(tagsmith, data):
    one = tagsmith("do", "--json", data, "list-tag-frequencies", "--sort", "name")
    other = tagsmith("do", data, "--json", "list_tag_frequencies", "--sort=name")
    assert one.json == other.json
    assert one.json["steps"][0]["result"]["rows"][0]["tag"] == "beach"


def test_a_boolean_is_a_flag(tagsmith, data):
    (data / "f.txt").write_text("A dog sits on the sofa, looking at the watermark of the picture.")
    words = ("do", data, "replace_tags", "--old", "watermark", "--new", "logo")
    left = tagsmith(*words, "--no-prose")
    assert left.status == 0
    assert "f.txt" not in left.out
    asked = tagsmith("do", data, "add_trigger", "--trigger", "coco", "--prose")
    assert "f.txt" in asked.out


def test_every_tool_has_a_command_whose_options_are_its_arguments():
    for tool in toolbox.tools().values():
        parser = parsing.Parser("x", "y")
        parsing.add_tool(parser, tool)
        parsing.add_outcome(parser)
        parsing.add_json(parser)
        names = {
            action.dest.removeprefix("tool:")
            for action in parser._actions
            if action.dest.startswith("tool:")
        }
        assert names == set(tool.parameters()["properties"])
        assert tool.description[:20] in parsing.Parser("x", tool.description).format_help()


def test_the_help_of_a_tool_names_its_arguments(tagsmith, data):
    ran = tagsmith("do", data, "isolate_images", "--help")
    assert ran.status == 0
    assert "--mode {folder,rename}" in ran.out
    assert "--apply" in ran.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["prune_tgas", "--tags", "x"], "no tool named 'prune_tgas'. Did you mean prune_tags"),
        (["prune_tags"], "the following arguments are required: --tags"),
        (["prune_tags", "--tag", "watermark"], "the following arguments are required: --tags"),
        (["prune_tags", "--tags", ""], "tags: at least one is needed"),
        (["prune_tags", "--tags", "watermrk"], "No caption has 'watermrk'. Nearest: watermark (3)"),
        (["list_tag_frequencies", "--sort", "size"], "invalid choice: 'size'"),
        (["list_tag_frequencies", "--limit", "many"], "limit: a whole number is needed"),
        (["list_tag_frequencies", "--limit", "0"], "limit: it is at least"),
        (["find_images", "--where", "dog and"], "dog and\n         ^"),
        (["find_images", "--colour", "red"], "unrecognized arguments: --colour red"),
        (["delete_images", "--where", "dog", "--apply", "--plan-out", "x"], "not allowed with"),
    ],
)
def test_wrong_usage_says_what_is_wrong_and_exits_2(tagsmith, data, contents, words, message):
    before = contents(data)
    ran = tagsmith("do", data, *words)
    assert ran.status == 2
    assert message in ran.err
    assert ran.err.startswith("tagsmith: ")
    assert ran.out == ""
    as_json = tagsmith("do", data, *words, "--json")
    assert as_json.status == 2
    assert as_json.json["status"] == "error"
    assert contents(data) == before


def test_options_that_contradict_before_and_after_the_tool_are_refused(tagsmith, data):
    ran = tagsmith("do", "--apply", data, "prune_tags", "--tags", "dog", "--plan-out", "x")
    assert ran.status == 2
    assert "exclude each other" in ran.err


def test_at_most_twenty_files_are_shown(tagsmith, tmp_path):
    root = tmp_path / "many"
    root.mkdir()
    for number in range(30):
        (root / f"{number:02}.png").write_bytes(b"x")
        (root / f"{number:02}.txt").write_text("dog, watermark")
    ran = tagsmith("do", root, "prune_tags", "--tags", "watermark")
    rows = [line for line in ran.out.splitlines() if "-watermark" in line]
    assert len(rows) == 20
    assert "  and 10 more files" in ran.out
    assert "30 files: 30 tags removed" in ran.out


def test_every_kind_of_change_is_told_in_its_own_way(tagsmith, data):
    (data / "b.txt").write_text("dog,  running , grass")
    order = tagsmith("do", data, "move_tags", "--tags", "sofa").out
    assert "c.txt  order: sofa, cat, watermark" in order
    spaces = tagsmith("do", data, "clean_captions", "--spaces").out
    assert "b.txt" in spaces
    assert "'dog,  running , grass' -> 'dog, running, grass'" in spaces
    created = tagsmith("do", data, "add_trigger", "--trigger", "coco").out
    assert "f.txt      (new)  +coco" in created
    moved = tagsmith("do", data, "isolate_images", "--where", "beach", "--name", "sea").out
    assert "sub/e.png  -> _isolated/sea/sub/e.png" in moved
    trashed = tagsmith("do", data, "delete_images", "--where", "beach").out
    assert "sub/e.txt  -> trash" in trashed
    emptied = tagsmith("do", data, "prune_tags", "--tags", "dog,running,grass").out
    assert "leaves the caption empty" in emptied


def test_what_a_caption_holds_cannot_steer_the_terminal(tagsmith, data):
    (data / "a.txt").write_bytes("dog, \x1b[31mred\x1b]0;owned\x07, \u202egrass".encode())
    for words in (["list_tag_frequencies"], ["prune_tags", "--tags", "dog"], ["find_images"]):
        for more in ([], ["--json"]):
            ran = tagsmith("do", data, *words, *more)
            assert ran.status == 0
            assert "\x1b" not in ran.out
            assert "\u202e" not in ran.out
            assert "\x07" not in ran.out


def test_names_that_are_not_utf8_are_escaped_in_json(tagsmith, data):
    name = b"caf\xe9 100%"
    root = bytes(data)
    for suffix, content in ((b".png", b"x"), (b".txt", b"dog, watermark")):
        with open(root + b"/" + name + suffix, "wb") as file:
            file.write(content)
    ran = tagsmith("do", data, "prune_tags", "--tags", "watermark", "--json")
    change = next(one for one in ran.json["plan"]["changes"] if "caf" in one["path"])
    assert change["path"] == "caf%E9 100%25.txt"
    assert change["display"] == "caf\\xe9 100%.txt"
    assert change["kind"] == "edit"
    assert change["before"] == "dog, watermark"
    assert change["after"] == "dog"
    assert change["to"] is None


def test_json_is_one_object_and_nothing_else_on_stdout(tagsmith, data):
    ran = tagsmith("do", data, "prune_tags", "--tags", "watermark", "--apply", "--json")
    found = json.loads(ran.out)
    assert found["status"] == "applied"
    assert found["engine"] is None
    assert found["applied"]["durable"] is True
    assert found["applied"]["plan"] == found["plan"]["id"]
    assert found["applied"]["entry"].startswith("0001-")
    assert found["steps"] == [
        {
            "tool": "prune_tags",
            "arguments": {"tags": ["watermark"]},
            "result": found["steps"][0]["result"],
        }
    ]
    assert ran.err == ""


def test_a_number_that_is_no_positive_one_is_refused_by_argparse():
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--n", type=parsing.positive)
    assert parser.parse_args(["--n", "3"]).n == 3
    with pytest.raises(argparse.ArgumentError):
        parser.parse_args(["--n", "0"])
