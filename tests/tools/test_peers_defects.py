"""Defects found in other programs for the same work, each as a test that Tagsmith lacks it.

Named after specs of peers: the trainers' scripts, notebooks and tag editors that were read. The
last part is the scripts whose work Tagsmith took over.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tagsmith.tools.errors import UnknownTagError, UsageError
from tagsmith.tools.journal import Journal
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace


def after(folder: Any, tool: str, arguments: dict[str, Any], name: str = "0.txt") -> str:
    """The text of a caption once a tool's plan is applied to a model of the folder."""
    workspace = folder.open()
    call(workspace, tool, arguments)
    text: str = folder.planned(workspace)[name].decode()
    return text


# Trainers' tag scripts


def test_a_replacement_replaces_only_its_tag(folder: Any) -> None:
    folder.samples("dog, cat, owl")
    assert after(folder, "replace_tags", {"old": "cat", "new": "lion"}) == "dog, lion, owl"


def test_two_first_tags_end_in_the_order_they_were_given(folder: Any) -> None:
    folder.samples("x, 1boy, 1girl")
    assert after(folder, "move_tags", {"tags": "1girl, 1boy"}) == "1girl, 1boy, x"


def test_no_final_newline_is_added(folder: Any) -> None:
    assert after(folder.samples("dog"), "add_trigger", {"trigger": "sks"}) == "sks, dog"
    folder.write({"n.png": ""})
    assert after(folder, "add_trigger", {"trigger": "sks"}, "n.txt") == "sks"


def test_nothing_is_removed_by_default(folder: Any) -> None:
    workspace = folder.samples("1girl, solo, long hair").open()
    for tool in ("prune_tags", "clean_captions"):
        with pytest.raises(UsageError):
            call(workspace, tool, {})
    assert call(workspace, "dedupe_tags", {}).files == 0


# Notebooks


def test_duplicates_go_in_an_order_that_is_always_the_same(folder: Any) -> None:
    text = ", ".join(f"tag {number % 40}" for number in range(80))
    kept = ", ".join(f"tag {number}" for number in range(40))
    assert after(folder.samples(text), "dedupe_tags", {}) == kept


def test_every_occurrence_is_removed(folder: Any) -> None:
    assert after(folder.samples("dog, x, dog, y, dog"), "prune_tags", {"tags": "dog"}) == "x, y"


def test_a_replacement_stays_at_its_place(folder: Any) -> None:
    folder.samples("sks, dog, cat")
    assert after(folder, "replace_tags", {"old": "sks", "new": "coco"}) == "coco, dog, cat"


def test_captions_are_utf8_whatever_the_platforms_encoding(folder: Any) -> None:
    folder.samples("犬, dog").write({"犬.png": "", "犬.txt": "dog"})
    program = (
        "import sys; from tagsmith.tools.toolbox import call;"
        "from tagsmith.tools.workspace import Workspace;"
        "one = Workspace.open(sys.argv[1]); call(one, 'prune_tags', {'tags': 'dog'});"
        "print([change.after for change in one.plan().changes])"
    )
    env = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-X", "utf8=0", "-c", program, str(folder.root)]
    shown = subprocess.run(command, env=env, capture_output=True, check=True).stdout
    assert ast.literal_eval(shown.decode("ascii")) == ["犬".encode(), b""]


def test_deleting_a_sample_touches_no_other_file(folder: Any) -> None:
    folder.samples(a="dog", b="cat").write({"notes.md": "mine", "model.safetensors": "x"})
    workspace = folder.open()
    call(workspace, "delete_images", {"where": "dog"})
    assert set(folder.planned(workspace)) == {"b.png", "b.txt", "notes.md", "model.safetensors"}


# Tag editors


def test_a_tag_is_never_part_of_another(folder: Any) -> None:
    folder.samples("1girl, long hair, hair, chair")
    assert after(folder, "prune_tags", {"tags": "hair"}) == "1girl, long hair, chair"
    assert after(folder, "replace_tags", {"old": "hair", "new": "fur"}) == (
        "1girl, long hair, fur, chair"
    )


@pytest.mark.parametrize(("kept", "gone"), [("woman", "man"), ("hatsune miku", "hat")])
def test_a_tag_inside_another_is_no_duplicate(folder: Any, kept: str, gone: str) -> None:
    text = f"{kept}, {gone}"
    workspace = folder.samples(text).open()
    call(workspace, "dedupe_tags", {})
    assert not workspace.plan()
    assert after(folder, "prune_tags", {"tags": gone}) == kept


def test_a_full_stop_is_no_separator(folder: Any) -> None:
    text = "sks, dr. stone, mr. bean, dog"
    folder.samples(text)
    assert (
        after(folder, "replace_tags", {"old": "dog", "new": "cat"})
        == "sks, dr. stone, mr. bean, cat"
    )
    workspace = folder.open()
    call(workspace, "clean_captions", {"spaces": True, "empty": True})
    assert not workspace.plan()


def test_the_history_survives_the_program_and_keeps_whole_paths(folder: Any) -> None:
    folder.write({"s/a.png": "", "s/a.txt": "dog, x", "t/a.png": "", "t/a.txt": "dog, y"})
    before = folder.files()
    workspace = folder.open()
    call(workspace, "prune_tags", {"tags": "dog"})
    Journal.open(workspace.root).apply(workspace.plan(), origin="do")
    later = folder.open()
    call(later, "undo", {})
    Journal.open(later.root).apply(later.plan(), origin="undo")
    assert folder.files() == before


def test_undecodable_bytes_are_never_replaced(folder: Any) -> None:
    data = "犬, watermark".encode("cp932")
    workspace = folder.samples(data, "watermark").open()
    call(workspace, "prune_tags", {"tags": "watermark"})
    assert [one.path for one in workspace.plan().changes] == ["1.txt"]


@pytest.mark.parametrize("tag", ["fate [x]", "[a]", "a [b] c", "x [!y]"])
def test_a_tag_with_brackets_matches_itself(folder: Any, tag: str) -> None:
    workspace = folder.samples(f"{tag}, x", "a, b").open()
    where = '"' + tag + '"'
    assert call(workspace, "find_images", {"where": where}).data["images"] == 1
    call(workspace, "prune_tags", {"tags": [tag]})
    assert folder.planned(workspace)["0.txt"] == b"x"


def test_a_call_that_changes_nothing_is_no_step(folder: Any) -> None:
    workspace = folder.samples("sks, dog").open()
    for _ in range(3):
        call(workspace, "add_trigger", {"trigger": "sks"})
    assert workspace.staged == []


@pytest.mark.timeout(10)
def test_a_loop_of_links_ends(folder: Any) -> None:
    folder.write({"s/a.png": ""})
    os.symlink("..", folder.path("s/up"))
    os.symlink("self", folder.path("self"))
    assert len(folder.open().samples) == 1


def test_a_caption_in_capitals_is_read_and_no_second_one_made(folder: Any) -> None:
    folder.write({"A.PNG": "", "A.TXT": "dog"})
    workspace = folder.open()
    call(workspace, "add_trigger", {"trigger": "sks"})
    assert folder.planned(workspace) == {"A.PNG": b"", "A.TXT": b"sks, dog"}


def test_case_underscores_weights_and_parentheses_stay(folder: Any) -> None:
    text = r"Long_Hair, fate (series), fate \(series\), (x:1.2), dog, Dog"
    assert after(folder.samples(text), "add_trigger", {"trigger": "sks"}) == f"sks, {text}"


def test_counting_and_replacing_take_linear_time(folder: Any) -> None:
    tags = ", ".join(f"tag {number}" for number in range(30))

    def seconds(root: Path, images: int) -> float:
        root.mkdir()
        for number in range(images):
            (root / f"{number}.png").touch()
            (root / f"{number}.txt").write_text(f"{tags}, own {number}")
        started = time.process_time()
        workspace = Workspace.open(root)
        call(workspace, "replace_tags", {"old": "tag 7", "new": "seven"})
        return time.process_time() - started

    small, large = seconds(folder.root / "s", 150), seconds(folder.root / "l", 1500)
    # Ten times the images; counting again after each image would be a hundred times.
    assert large < 40 * small


def test_only_changed_files_are_in_the_plan(folder: Any) -> None:
    workspace = folder.samples("dog", "cat ,  owl", "").open()
    call(workspace, "replace_tags", {"old": "dog", "new": "wolf"})
    assert [one.path for one in workspace.plan().changes] == ["0.txt"]
    inodes = {name: os.stat(folder.path(name)).st_ino for name in ("1.txt", "2.txt")}
    Journal.open(workspace.root).apply(workspace.plan(), origin="do")
    assert inodes == {name: os.stat(folder.path(name)).st_ino for name in inodes}


@pytest.mark.parametrize("data", ["犬".encode("cp932"), b"\xff\xfea\0", b"a\0b"])
def test_what_cannot_be_read_is_not_taken_for_empty(folder: Any, data: bytes) -> None:
    workspace = folder.samples(data).open()
    assert call(workspace, "find_images", {"where": "captioned:no"}).data["images"] == 0
    call(workspace, "add_trigger", {"trigger": "sks"})
    assert not workspace.plan()


def test_an_empty_caption_is_not_taken_for_a_full_one(folder: Any) -> None:
    assert after(folder.samples(""), "add_trigger", {"trigger": "sks"}) == "sks"


def test_lines_behind_the_first_are_kept(folder: Any) -> None:
    folder.samples("dog, cat\nowl\nA long sentence is the last line of this caption here.\n")
    text = after(folder, "prune_tags", {"tags": "dog"})
    assert text == "cat\nowl\nA long sentence is the last line of this caption here.\n"


def test_an_extension_inside_a_name_is_part_of_it(folder: Any) -> None:
    folder.write({"my.png files/a.png.1.png": "", "my.png files/a.png.1.txt": "dog"})
    text = after(folder, "add_trigger", {"trigger": "sks"}, "my.png files/a.png.1.txt")
    assert text == "sks, dog"


# The scripts whose work this took over


def test_old_and_new_pair_up_instead_of_piling_up(folder: Any) -> None:
    arguments = {"old": "dog, cat", "new": "wolf, feline"}
    assert after(folder.samples("dog, x, cat"), "replace_tags", arguments) == "wolf, x, feline"


def test_a_replacement_creates_no_duplicate(folder: Any) -> None:
    folder.samples("wolf, dog")
    assert after(folder, "replace_tags", {"old": "dog", "new": "wolf"}) == "wolf"


def test_the_second_occurrence_does_not_survive(folder: Any) -> None:
    folder.samples("dog, x, dog")
    assert "dog" not in after(folder, "replace_tags", {"old": "dog", "new": "wolf"})


@pytest.mark.parametrize(
    "text", ["\ufeffdog, x", "x,dog", "x\ndog\ny", "x, DOG", " dog ,x", "dog,,x"]
)
def test_a_match_does_not_hang_on_marks_lines_case_or_spaces(folder: Any, text: str) -> None:
    changed = after(folder.samples(text), "replace_tags", {"old": "dog", "new": "wolf"})
    assert changed == text.replace("dog", "wolf").replace("DOG", "wolf")


def test_empty_items_stay_until_they_are_asked_for(folder: Any) -> None:
    folder.samples("cat, , dog,")
    assert after(folder, "replace_tags", {"old": "dog", "new": "wolf"}) == "cat, , wolf,"
    assert after(folder, "clean_captions", {"empty": True}) == "cat, dog"


def test_monkey_for_monkey_moves_nothing(folder: Any) -> None:
    workspace = folder.samples("monkey, x, monkey, y").open()
    call(workspace, "replace_tags", {"old": "monkey", "new": "monkey"})
    assert not workspace.plan()


def test_nothing_to_search_for_is_an_error_and_writes_nothing(folder: Any) -> None:
    workspace = folder.samples("dog").open()
    for old in ("", [], [""], "zebra"):
        with pytest.raises((UsageError, UnknownTagError)):
            call(workspace, "replace_tags", {"old": old, "new": "wolf"})
    assert not workspace.plan()


def test_the_last_tag_comes_first_and_the_rest_keep_their_order(folder: Any) -> None:
    assert after(folder.samples("1girl,hat,sks"), "move_tags", {"last": 1}) == "sks,1girl,hat"
    twice = folder.samples("1girl, hat, sks").open()
    for _ in range(2):
        call(twice, "move_tags", {"tags": "sks"})
    assert folder.planned(twice)["0.txt"] == b"sks, 1girl, hat"


def test_a_trailing_comma_and_a_sentence_survive_the_move(folder: Any) -> None:
    assert after(folder.samples("a, sks,"), "move_tags", {"last": 1}) == "sks, a,"
    prose = "A dog is running on the beach, and it has a ball in its mouth today."
    workspace = folder.samples(prose).open()
    call(workspace, "move_tags", {"last": 1})
    assert not workspace.plan()


def test_a_label_is_added_and_overwrites_nothing(folder: Any) -> None:
    folder.samples("dog, cat")
    assert after(folder, "add_trigger", {"trigger": "sks", "where": "name:0"}) == "sks, dog, cat"


def test_a_label_given_twice_stands_once(folder: Any) -> None:
    workspace = folder.samples("dog, cat\n").open()
    for _ in range(2):
        call(workspace, "add_trigger", {"trigger": "sks", "position": "last"})
    assert folder.planned(workspace)["0.txt"] == b"dog, cat, sks\n"


@pytest.mark.parametrize("suffix", [".jpeg", ".webp", ".PNG", ".JPG", ".bmp"])
def test_no_image_is_missed_by_its_suffix(folder: Any, suffix: str) -> None:
    folder.write({f"a{suffix}": ""})
    assert after(folder, "add_trigger", {"trigger": "sks"}, "a.txt") == "sks"


def test_deleting_by_tag_leaves_no_part_of_the_sample(folder: Any) -> None:
    names = ["a.png", "a.jpg", "a.webp", "a.txt", "a.npz", "a-masklabel.png"]
    folder.write(dict.fromkeys(names, "dog")).samples(b="cat")
    workspace = folder.open()
    outcome = call(workspace, "delete_images", {"where": "dog"})
    assert outcome.text == "Move 3 images to the trash (6 files)"
    assert set(folder.planned(workspace)) == {"b.png", "b.txt"}
    assert set(folder.files()) >= set(names)


def test_isolating_by_name_keeps_suffixes_pairs_and_what_was_there(folder: Any) -> None:
    folder.write({"a.webp": "I", "a.txt": "dog", "pick 1.png": "mine", "pick 1.txt": "mine"})
    workspace = folder.open()
    call(workspace, "isolate_images", {"where": "dog", "name": "pick", "mode": "rename"})
    assert folder.planned(workspace) == {
        "pick 1.png": b"mine",
        "pick 1.txt": b"mine",
        "pick 2.webp": b"I",
        "pick 2.txt": b"dog",
    }


def test_numbers_do_not_hang_on_the_clock(folder: Any) -> None:
    ids = set()
    for _ in range(2):
        workspace = folder.samples("dog", "dog").open()
        call(workspace, "isolate_images", {"where": "dog", "name": "x", "mode": "rename"})
        ids.add(workspace.plan().id)
    assert len(ids) == 1
