"""Staged files: where they stand, what they hold, and that no two ever meet."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tagsmith.tools.dataset import scan
from tagsmith.tools.errors import DatasetError, UsageError
from tagsmith.tools.overlay import Differ, Overlay, empties
from tagsmith.tools.plan import Change, Kind


@pytest.fixture
def overlay(folder: Any) -> Overlay:
    folder.samples(a="dog", b="cat").write({"a.npz": "cache", "c.png": "C"})
    return Overlay(scan(str(folder.root)))


def test_a_moved_file_stands_at_its_new_name_alone(overlay: Overlay) -> None:
    overlay.move("a.txt", "s/x.txt", None)
    assert (overlay.exists("a.txt"), overlay.exists("s/x.txt")) == (False, True)
    assert (overlay.read("a.txt"), overlay.read("s/x.txt")) == (None, b"dog")
    assert overlay.names("") == ["a.npz", "a.png", "b.png", "b.txt", "c.png"]
    assert overlay.names("s") == ["x.txt"]


def test_a_file_moved_back_is_as_before(overlay: Overlay) -> None:
    overlay.move("a.txt", "x.txt", None)
    overlay.move("x.txt", "a.txt", None)
    assert overlay.pending() == set()
    assert overlay.read("a.txt") == b"dog"


def test_two_files_can_swap_their_names(overlay: Overlay) -> None:
    for path, to in (("a.txt", "x.txt"), ("b.txt", "a.txt"), ("x.txt", "b.txt")):
        overlay.move(path, to, None)
    assert (overlay.read("a.txt"), overlay.read("b.txt")) == (b"cat", b"dog")
    assert overlay.moved == {"a.txt": "b.txt", "b.txt": "a.txt"}
    assert {"a.txt", "b.txt"} <= set(overlay.names(""))


@pytest.mark.parametrize("to", ["b.txt", "c.png", "made.txt", "moved.npz"])
def test_a_move_never_overwrites(overlay: Overlay, to: str) -> None:
    overlay.write("made.txt", b"", None)
    overlay.move("a.npz", "moved.npz", None)
    with pytest.raises(UsageError, match="exists already; a move never overwrites"):
        overlay.move("a.txt", to, None)


@pytest.mark.parametrize("to", ["../x.txt", "/x.txt", "s/../../x.txt", "", "s//x.txt", "a\0.txt"])
def test_nothing_is_staged_outside_the_dataset(overlay: Overlay, to: str) -> None:
    with pytest.raises(UsageError, match="does not stay inside"):
        overlay.move("a.txt", to, None)
    with pytest.raises(UsageError, match="does not stay inside"):
        overlay.write(to, b"x", None)


def test_what_is_no_readable_caption_is_never_written(overlay: Overlay) -> None:
    with pytest.raises(UsageError, match=r"c\.png cannot be edited: it is not a readable caption"):
        overlay.write("c.png", b"dog", None)


def test_the_old_content_is_no_change(overlay: Overlay) -> None:
    overlay.write("a.txt", b"dog", None)
    assert overlay.touched == set()
    overlay.write("a.txt", b"wolf", None)
    overlay.write("a.txt", b"dog", None)
    assert overlay.pending() == set()


def test_a_created_file_leaves_its_old_name_when_it_moves(overlay: Overlay) -> None:
    overlay.write("c.txt", b"sks", None)
    overlay.move("c.txt", "d.txt", None)
    assert (overlay.exists("c.txt"), overlay.read("c.txt")) == (False, None)
    assert "c.txt" not in overlay.names("")
    assert [one.caption for one in overlay.samples() if one.name == "c.png"] == [None]
    overlay.write("c.txt", b"other", None)
    assert (overlay.read("c.txt"), overlay.read("d.txt")) == (b"other", b"sks")
    changes = [
        Differ(overlay.dataset).change(overlay, one, yours=False) for one in overlay.pending()
    ]
    made = {
        change.path: change.after for change in changes if change and change.kind is Kind.CREATE
    }
    assert made == {"c.txt": b"other", "d.txt": b"sks"}


def test_a_created_file_that_is_trashed_never_was(overlay: Overlay) -> None:
    overlay.write("c.txt", b"sks", None)
    overlay.move("c.txt", "d.txt", None)
    overlay.trash("d.txt", None)
    assert overlay.pending() == set()
    assert not overlay.exists("d.txt")


def test_a_copy_is_independent(overlay: Overlay) -> None:
    overlay.write("a.txt", b"wolf", None)
    other = overlay.copy()
    other.write("a.txt", b"fox", None)
    other.move("b.txt", "x.txt", None)
    other.write("y.txt", b"", None)
    assert (overlay.read("a.txt"), overlay.exists("x.txt"), overlay.exists("y.txt")) == (
        b"wolf",
        False,
        False,
    )


def test_a_caption_taken_away_by_an_undo_leaves_its_image_bare(overlay: Overlay) -> None:
    overlay.bring(Change(Kind.TRASH, "a.txt", seen=b"", sample="a.png"))
    assert [(one.image, one.caption) for one in overlay.samples()] == [
        ("a.png", None),
        ("b.png", "b.txt"),
        ("c.png", None),
    ]


def test_a_given_reverse_keeps_its_digest_and_its_time(overlay: Overlay) -> None:
    given = Change(
        Kind.MOVE, ".tagsmith/t/0", to="z.png", seen=b"\1" * 16, sample="z.png", mtime_ns=7
    )
    overlay.bring(given)
    assert Differ(overlay.dataset).change(overlay, ".tagsmith/t/0", yours=False) == given
    assert overlay.samples()[-1].image == "z.png"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("a.txt", path)])
@pytest.mark.timeout(10)
def test_the_digest_of_what_is_no_file_is_an_error_at_once(
    overlay: Overlay, folder: Any, make: Any
) -> None:
    make(folder.path("odd"))
    with pytest.raises(DatasetError, match=r"odd (cannot be read \(|is not an ordinary file)"):
        Differ(overlay.dataset).digest("odd")


def test_the_digest_of_a_missing_file_names_it(overlay: Overlay) -> None:
    with pytest.raises(
        DatasetError, match=r"gone\.png cannot be read \(No such file or directory\)"
    ):
        Differ(overlay.dataset).digest("gone.png")


def test_each_file_is_hashed_once(overlay: Overlay, folder: Any) -> None:
    differ = Differ(overlay.dataset)
    first = differ.digest("c.png")
    folder.write({"c.png": "other"})
    assert differ.digest("c.png") == first


@pytest.mark.parametrize(
    ("before", "after", "answer"),
    [
        (b"dog", b"", True),
        (b"dog", b" \r\n", True),
        (b"\xef\xbb\xbfdog", b"\xef\xbb\xbf", True),
        (b",dog,", b",", True),
        (b"", b" ", False),
        (None, b"", False),
        (b"dog", b"cat", False),
        (b"dog ||| ", b" ||| ", False),
    ],
)
def test_what_leaves_a_caption_empty(before: bytes | None, after: bytes, answer: bool) -> None:
    assert empties(before, after) is answer
