"""isolate_images, restore_images, delete_images: whole groups, and nothing is ever overwritten."""

from __future__ import annotations

import errno
import os
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tagsmith.tools.errors import UsageError
from tagsmith.tools.journal import Journal
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace

GROUP = ("a.png", "a.txt", "a-masklabel.png", "a.npz", "a_te_outputs.npz", "a.json", "a.000")
OTHERS = ("ab.png", "ab.txt", "a b.png", "a-2.png", "a_1.png", "c.png", "c.txt")


def build(folder: Any, at: str = "") -> dict[str, bytes]:
    """Write a sample with every kind of file, and neighbours with names like its own."""
    names = [*GROUP, *OTHERS]
    folder.write({f"{at}{name}": f"content of {name}" for name in names if name[-3:] != "txt"})
    folder.write({f"{at}a.txt": "dog\r\n", f"{at}ab.txt": "cat", f"{at}c.txt": "cat"})
    files: dict[str, bytes] = folder.files()
    return files


def applied(workspace: Workspace) -> None:
    """Apply the plan and read the folder again."""
    Journal.open(workspace.root).apply(workspace.plan(), origin="do")
    workspace.reload()


@pytest.mark.parametrize("at", ["", "10_x/", "10_x/y/"])
def test_a_whole_group_moves_and_keeps_its_relative_path(folder: Any, at: str) -> None:
    before = build(folder, at)
    workspace = folder.open()
    outcome = call(workspace, "isolate_images", {"where": "dog", "name": "check"})
    after = folder.planned(workspace)
    moved = {f"{at}{name}": f"_isolated/check/{at}{name}" for name in GROUP}
    assert after == {moved.get(name, name): data for name, data in before.items()}
    assert outcome.text == "Move 1 image to _isolated/check (7 files)"
    assert f"{at}a.png" not in [one.image for one in workspace.samples]


def test_isolating_and_restoring_brings_every_byte_back(folder: Any) -> None:
    before = build(folder, "x/")
    workspace = folder.open()
    call(workspace, "isolate_images", {"where": "dog or cat", "name": "check"})
    applied(workspace)
    assert workspace.dataset.isolated == 3
    assert set(folder.files()) == {
        name if name.startswith(("x/a b", "x/a-2", "x/a_1")) else f"_isolated/check/{name}"
        for name in before
    }
    outcome = call(workspace, "restore_images", {"name": "check"})
    assert outcome.text == "Bring back 3 images (11 files)"
    applied(workspace)
    assert folder.files() == before


def test_restored_captions_are_seen_by_the_next_step(folder: Any) -> None:
    folder.samples(b="cat").write({"_isolated/x/s/a.png": "", "_isolated/x/s/a.txt": "dog"})
    workspace = folder.open()
    call(workspace, "restore_images", {})
    call(workspace, "replace_tags", {"old": "dog", "new": "wolf"})
    assert folder.planned(workspace)["s/a.txt"] == b"wolf"
    assert [one.image for one in workspace.samples] == ["b.png", "s/a.png"]


def test_restore_without_a_name_brings_all_back(folder: Any) -> None:
    folder.write({"_isolated/x/a.png": "A", "_isolated/y/b.png": "B", "_isolated/note.md": ""})
    workspace = folder.open()
    call(workspace, "restore_images", {})
    assert folder.planned(workspace) == {"a.png": b"A", "b.png": b"B", "_isolated/note.md": b""}


def test_a_group_whose_place_is_taken_stays_isolated(folder: Any) -> None:
    folder.write({"a.npz": "new", "b.png": "", "_isolated/x/a.png": "", "_isolated/x/a.npz": "old"})
    workspace = folder.open()
    outcome = call(workspace, "restore_images", {"name": "x"})
    assert "Left alone: _isolated/x/a.png (its place is taken)." in outcome.text
    assert not workspace.plan()


def test_isolating_never_overwrites(folder: Any) -> None:
    folder.samples(a="dog", b="dog").write({"_isolated/x/a.txt": "mine"})
    workspace = folder.open()
    outcome = call(workspace, "isolate_images", {"where": "dog", "name": "x"})
    assert "Left alone: a.png (its place is taken)." in outcome.text
    assert {change.path for change in workspace.plan().changes} == {"b.png", "b.txt"}


def test_renaming_numbers_whole_groups_in_place(folder: Any) -> None:
    before = build(folder, "s/")
    folder.write({"s/pick 2.jpg": "", "z.png": "", "z.txt": "dog"})
    workspace = folder.open()
    arguments = {"where": "dog", "name": "pick", "mode": "rename"}
    outcome = call(workspace, "isolate_images", arguments)
    after = folder.planned(workspace)
    assert outcome.text == "Rename 2 images to pick 1, 2, ... (9 files)"
    assert {"pick 1.png", "pick 1.txt"} <= set(after)
    for name in GROUP:
        assert after[f"s/pick 3{name.removeprefix('a')}"] == before[f"s/{name}"]
    assert [one.image for one in workspace.select("dog")] == ["pick 1.png", "s/pick 3.png"]
    assert {f"s/{name}" for name in OTHERS} <= set(after)


def test_two_groups_never_become_one(folder: Any) -> None:
    folder.samples(a="dog", b="cat").write({"X 1.jpg": "", "_isolated/y/b.jpg": "", "c.png": ""})
    folder.write({"_isolated/z/c.txt": "owl", "_isolated/z/c.webp": ""})
    workspace = folder.open()
    call(workspace, "isolate_images", {"where": "dog", "name": "x", "mode": "rename"})
    assert "x 2.png" in folder.planned(workspace)
    for tool, arguments in (
        ("isolate_images", {"where": "cat", "name": "y"}),
        ("restore_images", {"name": "z"}),
    ):
        outcome = call(workspace, tool, arguments)
        assert "(its place is taken)" in outcome.text
        assert outcome.files == 0


def test_a_rename_can_be_renamed_again_before_it_is_applied(folder: Any) -> None:
    workspace = folder.samples(a="dog").open()
    for name in ("x", "y"):
        call(workspace, "isolate_images", {"where": "dog", "name": name, "mode": "rename"})
    assert set(folder.planned(workspace)) == {"y 1.png", "y 1.txt"}
    assert len(workspace.plan().changes) == 2


def test_a_caption_in_another_unicode_form_goes_along(folder: Any) -> None:
    nfc, nfd = (unicodedata.normalize(form, "ni\u00f1o") for form in ("NFC", "NFD"))
    workspace = folder.write({f"{nfc}.png": "I", f"{nfd}.txt": "dog", f"{nfd}.npz": "N"}).open()
    call(workspace, "isolate_images", {"where": "dog", "name": "x", "mode": "rename"})
    assert folder.planned(workspace) == {"x 1.png": b"I", "x 1.txt": b"dog", "x 1.npz": b"N"}


def test_a_name_that_would_be_too_long_is_left_alone(folder: Any) -> None:
    ending = "." + "x" * 200
    workspace = folder.samples(a="dog", b="dog").write({f"a{ending}": ""}).open()
    arguments = {"where": "dog", "name": "n" * 60, "mode": "rename"}
    outcome = call(workspace, "isolate_images", arguments)
    assert "Left alone: a.png (its name would be longer than 255 bytes)." in outcome.text
    assert {change.path for change in workspace.plan().changes} == {"b.png", "b.txt"}


def test_deleting_trashes_the_whole_group_and_undo_has_it(folder: Any) -> None:
    before = build(folder)
    workspace = folder.open()
    outcome = call(workspace, "delete_images", {"where": "dog"})
    assert outcome.text == "Move 1 image to the trash (7 files)"
    assert folder.planned(workspace) == {
        name: data for name, data in before.items() if name not in GROUP
    }
    applied(workspace)
    trash = [path for path in Path(folder.root, ".tagsmith").rglob("*") if "trash" in path.parts]
    assert not [path for path in trash if path.suffix.lower() in (".png", ".txt", ".jpg")]
    call(workspace, "undo", {})
    applied(workspace)
    assert folder.files() == before


def test_a_shared_caption_stays_with_the_image_that_stays(folder: Any) -> None:
    workspace = folder.write({"a.png": "", "a.jpg": "J", "a.txt": "dog", "a.npz": "N"}).open()
    outcome = call(workspace, "delete_images", {"where": "name:a.png"})
    assert outcome.text == "Move 1 image to the trash (1 file)"
    assert folder.planned(workspace) == {"a.jpg": b"J", "a.txt": b"dog", "a.npz": b"N"}


def test_a_shared_caption_goes_with_the_last_image(folder: Any) -> None:
    workspace = folder.write({"a.png": "", "a.jpg": "", "a.txt": "dog", "b.png": ""}).open()
    outcome = call(workspace, "delete_images", {"where": "dog"})
    assert outcome.text == "Move 2 images to the trash (3 files)"
    assert folder.planned(workspace) == {"b.png": b""}
    workspace.clear()
    for name in ("a.png", "a.jpg"):
        call(workspace, "delete_images", {"where": f"name:{name}"})
    assert folder.planned(workspace) == {"b.png": b""}


@pytest.mark.parametrize("mode", ["folder", "rename"])
def test_half_of_a_shared_stem_cannot_be_set_apart(folder: Any, mode: str) -> None:
    workspace = folder.write({"a.png": "", "a.jpg": "", "a.txt": "dog"}).open()
    arguments = {"where": "name:a.png", "name": "x", "mode": mode}
    outcome = call(workspace, "isolate_images", arguments)
    assert "Left alone: a.png (shares its caption)." in outcome.text
    assert not workspace.plan()
    outcome = call(workspace, "isolate_images", {**arguments, "where": "dog"})
    assert (outcome.data["images"], outcome.data["files"]) == (2, 3)


@pytest.mark.parametrize("tool", ["isolate_images", "delete_images"])
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: os.symlink("b.txt", path)])
@pytest.mark.timeout(10)
def test_a_group_with_a_file_that_cannot_move_stays_whole(
    folder: Any, tool: str, make: Any
) -> None:
    folder.samples(a="dog", b="dog")
    make(folder.path("a.npz"))
    workspace = folder.open()
    name = {"name": "x"} if tool == "isolate_images" else {}
    outcome = call(workspace, tool, {"where": "dog", **name})
    assert "Left alone: a.png (a.npz " in outcome.text
    assert {change.path for change in workspace.plan().changes} == {"b.png", "b.txt"}


def test_a_folder_named_like_a_sidecar_is_no_part_of_the_group(folder: Any) -> None:
    folder.samples(a="dog").write({"a.frames/1.bin": "", "b.png": ""})
    workspace = folder.open()
    call(workspace, "delete_images", {"where": "dog"})
    assert set(folder.planned(workspace)) == {"a.frames/1.bin", "b.png"}


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOENT, errno.EIO])
def test_an_image_that_cannot_be_read_stays_and_is_told_before_anything_is_applied(
    folder: Any, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    workspace = folder.samples(a="dog", b="dog").open()
    real = os.open

    def locked(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if os.fspath(path).endswith("a.png"):
            raise OSError(number, os.strerror(number))
        return real(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", locked)
    outcome = call(workspace, "delete_images", {"where": "dog"})
    assert f"a.png (a.png cannot be read ({os.strerror(number)}).)" in outcome.text
    assert {change.path for change in workspace.plan().changes} == {"b.png", "b.txt"}


@pytest.mark.parametrize("where", ["_isolated", "_isolated/x"])
def test_a_linked_isolation_folder_is_never_followed(
    folder: Any, tmp_path: Path, where: str
) -> None:
    outside = tmp_path / "outside"
    (outside / "x").mkdir(parents=True)
    (outside / "a.png").write_bytes(b"")
    (outside / "x" / "a.png").write_bytes(b"")
    folder.samples(b="dog")
    os.makedirs(os.path.dirname(folder.path(where)), exist_ok=True)
    os.symlink(outside, folder.path(where))
    with pytest.raises(UsageError, match="Nothing is isolated"):
        call(folder.open(), "restore_images", {"name": "x"})


def test_what_was_never_isolated_names_what_was(folder: Any) -> None:
    workspace = folder.samples(b="dog").open()
    with pytest.raises(UsageError, match="Nothing is isolated"):
        call(workspace, "restore_images", {})
    folder.write({"_isolated/cats/a.png": ""})
    with pytest.raises(UsageError, match="Nothing is isolated as 'dogs'") as caught:
        call(workspace, "restore_images", {"name": "dogs"})
    assert caught.value.hint == "There is: cats."


@pytest.mark.parametrize("tool", ["isolate_images", "delete_images"])
def test_no_image_matches(folder: Any, tool: str) -> None:
    name = {"name": "x"} if tool == "isolate_images" else {}
    outcome = call(folder.samples("dog").open(), tool, {"where": "name:none", **name})
    assert outcome.text == "Nothing to move: no image matches."
    assert outcome.state == "nothing staged"
