"""Bad files and folders through the tools: what the user sees (reliability 3.2).

What the scan alone says of them is in test_dataset.py, what applying says in journal/.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from tagsmith.tools.dataset import scan
from tagsmith.tools.errors import ConflictError, DatasetError, UsageError
from tagsmith.tools.journal import Journal
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace

INVALID = os.fsdecode(b"caf\xe9")
NAMES = [
    "new\nline", "tab\there", "esc\x1b[31m", "quo'te\"s", "-rf", "--apply", "trailing ", "dot.",
    " leading", INVALID, "a" * 251, "$(ls)", "*", "?", "[a]", "%41", "a\\b", "\u202eevil",
]  # fmt: skip


def apply(workspace: Workspace) -> None:
    plan = workspace.plan()
    Journal.open(workspace.root).apply(plan, origin="do")
    workspace.reload()


@pytest.mark.parametrize("stem", NAMES)
def test_any_name_goes_through_every_kind_of_change_and_back(folder: Any, stem: str) -> None:
    folder.write({f"{stem}.png": "I", f"{stem}.txt": "dog, x", "z.png": ""})
    before = folder.files()
    workspace = folder.open()
    call(workspace, "prune_tags", {"tags": "x"})
    call(workspace, "isolate_images", {"where": "dog", "name": "x"})
    apply(workspace)
    assert folder.files() == {
        f"_isolated/x/{stem}.png": b"I", f"_isolated/x/{stem}.txt": b"dog", "z.png": b"",
    }  # fmt: skip
    call(workspace, "restore_images", {})
    apply(workspace)
    call(workspace, "delete_images", {"where": "dog"})
    apply(workspace)
    assert folder.files() == {"z.png": b""}
    for _ in range(3):
        call(workspace, "undo", {})
        apply(workspace)
    assert folder.files() == before


@pytest.mark.parametrize("stem", NAMES)
def test_any_name_is_shown_on_one_line_without_control_characters(folder: Any, stem: str) -> None:
    workspace = folder.write({f"{stem}.png": "", f"{stem}.txt": b"\xff", f"{stem}.jpg": ""}).open()
    for tool, arguments in (
        ("find_images", {}),
        ("sample_images", {}),
        ("add_trigger", {"trigger": "sks"}),
        ("convert_captions", {"encoding": "cp932"}),
        ("isolate_images", {"where": "name:*.png", "name": "x"}),
    ):
        text = call(workspace, tool, arguments).text
        assert all(char.isprintable() for line in text.split("\n") for char in line), text
        text.encode()
        assert len(text.split("\n")) <= 3
    for problem in workspace.dataset.problems:
        assert str(problem).isprintable()


@pytest.mark.parametrize("name", ["a:b", "CON", "con.x", "LPT1", "x ", "x.", "a*b", "a" * 201])
def test_a_name_that_some_system_refuses_is_never_made(folder: Any, name: str) -> None:
    workspace = folder.samples("dog").open()
    if name == "x ":
        # White space around an argument is the user's slip, not part of the name.
        call(workspace, "isolate_images", {"where": "dog", "name": name})
        assert "_isolated/x/0.png" in folder.planned(workspace)
        return
    for mode in ("folder", "rename"):
        with pytest.raises(UsageError, match=r"isolate_images: name: "):
            call(workspace, "isolate_images", {"where": "dog", "name": name, "mode": mode})


@pytest.mark.timeout(20)
def test_folders_pipes_and_links_in_the_way_stop_nothing(folder: Any) -> None:
    folder.samples(a="dog", b="dog", c="dog").write({"d.txt/x.png": "", "e.png/y.png": ""})
    for name in ("a", "b", "c"):
        folder.write({f"{name}2.png": ""})
    os.mkfifo(folder.path("a2.txt"))
    os.mkdir(folder.path("b2.txt"))
    os.symlink("/etc/passwd", folder.path("c2.txt"))
    workspace = folder.open()
    assert {one.image for one in workspace.samples} >= {"a2.png", "b2.png", "c2.png"}
    outcome = call(workspace, "add_trigger", {"trigger": "sks"})
    assert "3 captions left alone" in outcome.text
    apply(workspace)
    assert {folder.files()[f"{name}.txt"] for name in "abc"} == {b"sks, dog"}


def test_a_link_is_never_written_through(folder: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("dog")
    (tmp_path / "outside").mkdir()
    folder.write({"a.png": "", "b.png": "", "b.txt": "dog"})
    os.symlink(secret, folder.path("a.txt"))
    os.symlink(tmp_path / "outside", folder.path("_isolated"))
    workspace = folder.open()
    call(workspace, "prune_tags", {"tags": "dog"})
    apply(workspace)
    assert secret.read_text() == "dog"
    call(workspace, "isolate_images", {"where": "name:b", "name": "x"})
    with pytest.raises(DatasetError, match="a folder on its way is a file or a link"):
        apply(workspace)
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_file_that_changed_since_the_scan_is_a_conflict_and_nothing_changes(folder: Any) -> None:
    workspace = folder.samples(a="dog", b="dog").open()
    call(workspace, "prune_tags", {"tags": "dog"})
    folder.write({"b.txt": "by hand"})
    before = folder.files()
    with pytest.raises(ConflictError, match=r"b\.txt"):
        apply(workspace)
    assert folder.files() == before


def test_a_file_that_appeared_since_the_scan_is_never_overwritten(folder: Any) -> None:
    workspace = folder.write({"a.png": ""}).open()
    folder.write({"a.txt": "by hand"})
    outcome = call(workspace, "add_trigger", {"trigger": "sks"})
    assert "a.txt (its place is taken)" in outcome.text
    os.unlink(folder.path("a.txt"))
    call(workspace, "add_trigger", {"trigger": "sks"})
    folder.write({"a.txt": "by hand"})
    with pytest.raises(ConflictError):
        apply(workspace)
    assert folder.files()["a.txt"] == b"by hand"


def test_a_file_that_joined_a_group_since_the_scan_goes_along(folder: Any) -> None:
    workspace = folder.samples(a="dog").open()
    folder.write({"a.npz": "new"})
    call(workspace, "isolate_images", {"where": "dog", "name": "x"})
    assert folder.planned(workspace)["_isolated/x/a.npz"] == b"new"


def test_fifty_levels_of_folders_are_read(folder: Any) -> None:
    deep = "/".join(["d"] * 50)
    workspace = folder.write({f"{deep}/a.png": "", f"{deep}/a.txt": "dog"}).open()
    call(workspace, "isolate_images", {"where": "dog", "name": "x"})
    assert f"_isolated/x/{deep}/a.txt" in folder.planned(workspace)


def test_many_files_in_one_folder_and_many_folders_take_linear_time(folder: Any) -> None:
    def seconds(root: Path, images: int, folders: int) -> float:
        for number in range(images):
            where = root / f"f{number % folders}"
            where.mkdir(parents=True, exist_ok=True)
            (where / f"{number}.png").touch()
            (where / f"{number}.txt").write_bytes(b"dog")
        started = time.process_time()
        workspace = Workspace.open(root)
        call(workspace, "isolate_images", {"where": "dog", "name": "x"})
        assert len(workspace.plan().changes) == 2 * images
        return time.process_time() - started

    small = seconds(folder.root / "small", 100, 50)
    large = seconds(folder.root / "large", 1000, 500)
    # Ten times the files in ten times the folders: quadratic would be a hundred times.
    assert large < 40 * small


def test_two_names_that_differ_in_case_are_two_samples(folder: Any) -> None:
    folder.write({"a.png": "", "a.txt": "dog", "A.png": "", "A.txt": "cat"})
    if len(folder.files()) < 4:
        pytest.skip("this file system takes them for one")
    found = scan(str(folder.root))
    assert {one.image: one.caption for one in found.samples} == {"a.png": "a.txt", "A.png": "A.txt"}
