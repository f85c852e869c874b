"""What a scan finds in a folder, and what it says about everything else there."""

from __future__ import annotations

import builtins
import errno
import os
import socket
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tagsmith.tools import content
from tagsmith.tools.dataset import MAX_DEPTH, Dataset, Sample, repeats, scan
from tagsmith.tools.errors import DatasetError
from tagsmith.tools.pairing import Issue
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace

INVALID = os.fsdecode(b"caf\xe9")
NFC, NFD = unicodedata.normalize("NFC", "ni\u00f1o"), unicodedata.normalize("NFD", "ni\u00f1o")


def pairs(dataset: Dataset) -> dict[str, str | None]:
    return {sample.image: sample.caption_path for sample in dataset.samples}


def listed(dataset: Dataset, issue: Issue) -> dict[str, str]:
    return {one.path: one.reason for one in dataset.problems if one.issue is issue}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.png", "a.txt"], {"a.png": "a.txt"}),
        (["a.PNG", "a.TXT"], {"a.PNG": "a.TXT"}),
        (["a.JpEg", "a.Caption"], {"a.JpEg": "a.Caption"}),
        (["a.png", "sub/a.txt"], {"a.png": None}),
        (["s/a.webp", "s/a.txt", "a.txt"], {"s/a.webp": "s/a.txt"}),
        (["a.png", "a.caption", "a.txt"], {"a.png": "a.txt"}),
        (["a.png", "a.TXT", "a.txt"], {"a.png": "a.txt"}),
        (["a.png", "A.txt"], {"a.png": None}),
        (["a.b.png", "a.b.txt", "a.png"], {"a.b.png": "a.b.txt", "a.png": None}),
        (["a.png", "a.jpg", "a.txt"], {"a.jpg": "a.txt", "a.png": "a.txt"}),
        (["a.png", "a-masklabel.png", "a-condlabel.jpg", "a.txt"], {"a.png": "a.txt"}),
        (["a.png", "a.png.txt"], {"a.png": None}),
        ([f"{NFC}.png", f"{NFD}.txt"], {f"{NFC}.png": f"{NFD}.txt"}),
        (
            [f"{NFC}.png", f"{NFD}.png", f"{NFC}.txt"],
            {f"{NFC}.png": f"{NFC}.txt", f"{NFD}.png": None},
        ),
        (["default.png", "default.txt"], {"default.png": None}),
        (["default.png", "default.caption", "default.txt"], {"default.png": "default.caption"}),
        (["a.png", ".b.png", ".png", "._a.png"], {"a.png": None}),
        (["a.png", "metadata.jsonl", "metadata_cache.json", "a.npz", "a.json"], {"a.png": None}),
        (["-rf.png", "-rf.txt"], {"-rf.png": "-rf.txt"}),
    ],
)
def test_pairing(folder: Any, names: list[str], expected: dict[str, str | None]) -> None:
    folder.write(dict.fromkeys(names, ""))
    assert pairs(scan(str(folder.root))) == expected


@pytest.mark.parametrize("suffix", "png jpg jpeg webp bmp gif avif tif tiff PNG TiFf".split())
def test_every_image_suffix_counts_in_any_case(folder: Any, suffix: str) -> None:
    assert list(pairs(scan(str(folder.write({f"a.{suffix}": b""}).root)))) == [f"a.{suffix}"]


def test_the_caption_suffixes_are_the_users(folder: Any) -> None:
    folder.write({"a.png": "", "a.txt": "dog", "a.wd": "cat", "a.caption": "owl"})
    found = scan(str(folder.root), (".WD", ".txt"))
    assert pairs(found) == {"a.png": "a.wd"}
    assert listed(found, Issue.STRUCTURE) == {
        "a.txt": "a second caption; a.wd is the one that is used"
    }


@pytest.mark.parametrize(
    ("names", "issue", "path", "reason"),
    [
        (["a.png", "a.png.txt"], Issue.ORPHAN, "a.png.txt", "trainers read a.txt"),
        (["a.png", "b.txt"], Issue.ORPHAN, "b.txt", "a caption without an image"),
        (["a.png", "b-masklabel.png"], Issue.ORPHAN, "b-masklabel.png", "a mask without its image"),
        (
            ["a.png", "a-masklabel.png", "a-masklabel.txt"],
            Issue.ORPHAN,
            "a-masklabel.txt",
            "without",
        ),
        (["a.png", f"{NFC}.txt", f"{NFD}.txt"], Issue.ORPHAN, f"{NFC}.txt", "without an image"),
        (["a.png", f"{NFC}.txt", f"{NFD}.txt"], Issue.ORPHAN, f"{NFD}.txt", "without an image"),
        (["a.png", "a.jpg"], Issue.SHARED, "a.jpg", "shares its caption"),
        (["a.png", "a.txt", "a.caption"], Issue.STRUCTURE, "a.caption", "a second caption; a.txt"),
        ([f"{NFC}.png", f"{NFD}.txt"], Issue.STRUCTURE, f"{NFD}.txt", "Unicode form"),
        (["a.txt/b.png"], Issue.SKIPPED, "a.txt", "a folder with the name of a file"),
    ],
)
def test_what_is_odd_is_listed_with_its_reason(
    folder: Any, names: list[str], issue: Issue, path: str, reason: str
) -> None:
    found = scan(str(folder.write(dict.fromkeys(names, "")).root))
    assert reason in listed(found, issue)[path]


@pytest.mark.parametrize(
    "name",
    [".git", ".tagsmith", "_isolated", "text_backup", "Trash", "_Duplicate__Files", "_quarantine",
     "_latent_cache", "_controls"],
)  # fmt: skip
def test_folders_that_are_not_the_datasets_are_not_entered(folder: Any, name: str) -> None:
    folder.samples(a="dog").write({f"{name}/b.png": "", f"{name}/b.txt": "cat"})
    found = scan(str(folder.root))
    assert pairs(found) == {"a.png": "a.txt"}
    assert list(found.captions) == ["a.txt"]


def test_isolated_images_are_counted_without_their_masks(folder: Any) -> None:
    folder.write(
        {"_isolated/x/a.png": "", "_isolated/x/a-masklabel.png": "", "_isolated/b.txt": ""}
    )
    assert scan(str(folder.root)).isolated == 1


def test_samples_come_in_the_order_of_their_folders_and_names(folder: Any) -> None:
    folder.write(dict.fromkeys(["b/2.png", "a/9.png", "b/1.png", "z.png", "b/c/0.png"], ""))
    images = [sample.image for sample in scan(str(folder.root)).samples]
    assert images == ["z.png", "a/9.png", "b/1.png", "b/2.png", "b/c/0.png"]


def test_repeats_of_a_folder_are_read_and_not_interpreted(folder: Any) -> None:
    folder.write({"10_coco/a.png": "", "10_coco/a.txt": "dog"})
    workspace = folder.open()
    assert [repeats(one.folder) for one in workspace.samples] == [10]
    assert call(workspace, "list_tag_frequencies", {}).data["images"] == 1
    assert [repeats(name) for name in ("x/3_a_b", "coco", "10", "a_10")] == [3, None, None, None]


def test_folders_deeper_than_the_limit_are_listed_and_not_entered(folder: Any) -> None:
    deepest = "/".join(["d"] * MAX_DEPTH)
    folder.write({f"{deepest}/a.png": "", f"{deepest}/d/b.png": ""})
    found = scan(str(folder.root))
    assert list(pairs(found)) == [f"{deepest}/a.png"]
    assert "64 folders deep" in listed(found, Issue.SKIPPED)[f"{deepest}/d"]


@pytest.mark.parametrize(
    "stem",
    [
        "new\nline", "tab\there", "esc\x1b[31m", "quo'te\"s", "--apply", "trailing ", "dot.",
        INVALID, "a" * 251, "é" * 125, "{x|y}", "*", "[a]", "[red]x[/red]", "%41", "\\",
    ],
)  # fmt: skip
def test_any_name_that_a_disk_holds_is_kept_byte_by_byte(folder: Any, stem: str) -> None:
    folder.write({f"{stem}.png": "", f"{stem}.txt": "dog, cat"})
    workspace = folder.open()
    call(workspace, "prune_tags", {"tags": "dog"})
    assert folder.planned(workspace) == {f"{stem}.png": b"", f"{stem}.txt": b"cat"}
    shown = str(call(workspace, "find_images", {"where": "cat"}))
    assert not any(char in shown for char in "\x1b\t\r\udce9")
    assert len(shown.splitlines()) == 3


def test_links_are_listed_and_never_followed(folder: Any, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.png").write_bytes(b"")
    (outside / "b.txt").write_bytes(b"secret")
    folder.samples(a="dog").write({"c.png": ""})
    for name, target in {
        "out": "../outside", "loop": ".", "b.png": "../outside/b.png", "c.txt": "../outside/b.txt",
        "gone.png": "nowhere", ".hidden": "../outside",
    }.items():  # fmt: skip
        os.symlink(target, folder.path(name))
    found = scan(str(folder.root))
    assert pairs(found) == {"a.png": "a.txt", "c.png": None}
    links = ["out", "loop", "b.png", "c.txt", "gone.png"]
    assert listed(found, Issue.SKIPPED) == dict.fromkeys(links, "a symbolic link, not followed")


def test_a_link_to_the_dataset_itself_is_the_dataset(folder: Any, tmp_path: Path) -> None:
    folder.samples(a="dog")
    os.symlink(folder.root, tmp_path / "link")
    assert scan(str(tmp_path / "link")).root == str(folder.root)


@pytest.mark.timeout(10)
def test_a_pipe_or_a_socket_is_listed_and_never_waited_for(
    folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.write({"a.png": ""}).root)
    os.mkfifo(folder.path("a.txt"))
    listener = socket.socket(socket.AF_UNIX)
    with listener:
        listener.bind("b.png")
        found = scan(str(folder.root))
    assert pairs(found) == {"a.png": None}
    assert listed(found, Issue.SKIPPED) == {"a.txt": "not a file", "b.png": "not a file"}


@pytest.mark.timeout(10)
def test_a_pipe_that_takes_a_captions_place_during_the_scan_is_not_waited_for(
    folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.samples(a="dog")
    real = os.open

    def swap(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if path == "a.txt":
            os.unlink(folder.path("a.txt"))
            os.mkfifo(folder.path("a.txt"))
        return real(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", swap)
    assert scan(str(folder.root)).skipped == {"a.txt": "not a file"}


def failing(monkeypatch: pytest.MonkeyPatch, name: str, error: int, names: set[str]) -> None:
    """Let an os call fail for some names; root may read everything, so a chmod would not do."""
    real = getattr(os, name)

    def call_or_fail(path: Any, *more: Any, **named: Any) -> Any:
        if os.path.basename(os.fsdecode(path).rstrip("/")) in names:
            raise OSError(error, os.strerror(error))
        return real(path, *more, **named)

    monkeypatch.setattr(os, name, call_or_fail)


def test_a_caption_that_may_not_be_read_is_skipped_and_the_others_are_not(
    folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.samples(a="dog", b="dog")
    failing(monkeypatch, "open", errno.EACCES, {"a.txt"})
    workspace = folder.open()
    assert workspace.dataset.skipped == {"a.txt": "cannot be read (Permission denied)"}
    shown = call(workspace, "prune_tags", {"tags": "dog"})
    assert "1 caption left alone: a.txt (cannot be read (Permission denied))." in shown.text
    assert [change.path for change in workspace.plan().changes] == ["b.txt"]


def test_a_folder_that_may_not_be_read_is_listed(
    folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.samples(a="dog").write({"locked/b.png": "", "locked/b.txt": ""})
    failing(monkeypatch, "scandir", errno.EACCES, {"locked"})
    found = scan(str(folder.root))
    assert list(pairs(found)) == ["a.png"]
    assert listed(found, Issue.SKIPPED) == {"locked": "folder cannot be read (Permission denied)"}


@pytest.mark.parametrize("victim", ["a.txt", "sub", "sub/b.txt"])
def test_what_vanishes_during_the_scan_is_listed_and_stops_nothing(
    folder: Any, monkeypatch: pytest.MonkeyPatch, victim: str
) -> None:
    folder.samples(a="dog", z="cat").write({"sub/b.png": "", "sub/b.txt": "owl"})
    failing(monkeypatch, "open", errno.ENOENT, {os.path.basename(victim)})
    found = scan(str(folder.root))
    assert {sample.image for sample in found.samples} == {"a.png", "z.png", "sub/b.png"}
    assert "No such file or directory" in listed(found, Issue.SKIPPED)[victim]
    assert b"cat" in found.captions.values()


def test_a_disk_error_in_the_middle_of_a_caption_skips_that_caption(
    folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(descriptor: int, size: int) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    folder.samples(a="dog")
    monkeypatch.setattr(content, "read_all", broken)
    assert scan(str(folder.root)).skipped == {"a.txt": "cannot be read (Input/output error)"}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("size", [(1 << 20) + 1, 1 << 40])
def test_a_caption_beyond_the_limit_is_never_read(
    folder: Any, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.samples(a="", b="dog")
    os.truncate(folder.path("a.txt"), size)
    sizes: list[int] = []
    real = content.read_all
    monkeypatch.setattr(
        content, "read_all", lambda file, hint: sizes.append(hint) or real(file, hint)
    )
    found = scan(str(folder.root))
    assert found.skipped == {"a.txt": "larger than 1 MiB"}
    assert sizes == [3]


def test_a_caption_of_exactly_the_limit_is_read(folder: Any) -> None:
    folder.samples(a=b"x" * (1 << 20))
    assert scan(str(folder.root)).skipped == {}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda root: root / "missing", "There is no folder"),
        (lambda root: root / "a.png", "is not a folder"),
        (lambda root: root / "broken", "is not a folder"),
    ],
)
def test_a_root_that_is_no_folder_is_told(
    folder: Any, make: Callable[[Path], Path], message: str
) -> None:
    folder.write({"a.png": ""})
    os.symlink("nowhere", folder.path("broken"))
    with pytest.raises(DatasetError, match=message):
        Workspace.open(make(folder.root))


def test_a_root_that_may_not_be_read_is_told(folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(DatasetError, match="cannot be read") as caught:
        folder.open()
    assert caught.value.hint == "Check its permissions."


def test_a_folder_without_images_is_told_with_the_first_reason(folder: Any) -> None:
    folder.write({"a.txt": "dog"})
    with pytest.raises(DatasetError, match=r"no images.*\(a\.txt: a caption without an image\)"):
        folder.open()


def test_a_root_that_cannot_be_listed_is_named_as_the_folder(
    folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, "scandir", errno.EIO, {folder.root.name})
    with pytest.raises(DatasetError, match=r"\(the folder: folder cannot be read"):
        folder.open()


def test_a_folder_with_nothing_but_isolated_images_opens(folder: Any) -> None:
    folder.write({"_isolated/x/a.png": ""})
    assert folder.open().samples == []


def test_no_image_is_opened_for_a_question_about_tags(
    folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    folder.samples(a="dog, sks", b="dog", c="A dog is running on the beach with a ball.")

    def watched(real: Callable[..., Any]) -> Callable[..., Any]:
        def watch(path: Any, *more: Any, **named: Any) -> Any:
            if isinstance(path, str | bytes | os.PathLike):
                assert not os.fsdecode(path).endswith(".png"), f"{path!r} was opened"
            return real(path, *more, **named)

        return watch

    for module, name in ((os, "open"), (builtins, "open"), (Image, "open")):
        monkeypatch.setattr(module, name, watched(getattr(module, name)))
    workspace = folder.open()
    for tool, arguments in {
        "list_tag_frequencies": {"where": "dog and tags:<5 and name:*"},
        "find_images": {"where": 'caption:"dog"'},
        "co_occurrence": {"tags": "sks"},
        "sample_images": {},
        "show_sample": {"name": "a"},
        "replace_tags": {"old": "dog", "new": "wolf"},
        "add_trigger": {"trigger": "sks"},
        "sort_tags": {},
    }.items():
        call(workspace, tool, arguments)
    assert len(workspace.plan().changes) == 2


def test_an_image_is_opened_when_a_query_asks_for_its_size(folder: Any) -> None:
    from PIL import Image

    folder.samples(b="cat")
    Image.new("RGB", (30, 20)).save(folder.path("a.png"))
    assert [one.image for one in folder.open().select("width:30 or width:>999")] == ["a.png"]


def test_only_settled_captions_get_a_stamp(folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.samples(a="dog")
    assert scan(str(folder.root)).stamps == {}
    later = time.time_ns() + 3_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: later)
    assert list(scan(str(folder.root)).stamps) == ["a.txt"]


def test_a_sample_knows_its_paths() -> None:
    sample = Sample("x/y", "a.b.png", "a.b.txt")
    assert (sample.image, sample.stem, sample.caption_path) == ("x/y/a.b.png", "a.b", "x/y/a.b.txt")
