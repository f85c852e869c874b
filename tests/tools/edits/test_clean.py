"""clean_captions and convert_captions: only what is asked."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tagsmith.tools.errors import UsageError
from tagsmith.tools.toolbox import call


@pytest.mark.parametrize(
    ("before", "arguments", "after"),
    [
        (" a,b ,  c  d\t, e \r\n", {"spaces": True}, "a, b, c d, e\r\n"),
        ("a,, b, ,c,", {"empty": True}, "a, b,c"),
        (",a", {"empty": True}, "a"),
        ("a,,b", {"spaces": True}, "a,, b"),
        ("a ,,b ", {"spaces": True, "empty": True}, "a, b"),
        ("a|||b;;;c", {"spaces": True}, "a ||| b ;;; c"),
        ("a, ||| , b", {"empty": True}, "a ||| b"),
        ("long_hair,^_^, >_<", {"underscores": "spaces"}, "long hair,^_^, >_<"),
        ("long hair, ^_^,a", {"underscores": "underscores"}, "long_hair, ^_^,a"),
        (r"x_\(y_z\)", {"underscores": "spaces"}, r"x \(y z\)"),
        ("{a_b,  c|d}, _x_", {"underscores": "spaces", "spaces": True}, "{a_b,  c|d}, x"),
        (" , ", {"empty": True}, " , "),
        ("a b", {"spaces": True, "empty": True}, "a b"),
        ("__", {"underscores": "spaces"}, "__"),
    ],
)
def test_clean(folder: Any, before: str, arguments: dict[str, Any], after: str) -> None:
    workspace = folder.samples(a=before).open()
    call(workspace, "clean_captions", arguments)
    assert folder.planned(workspace)["a.txt"].decode() == after


def test_the_answer_says_what_was_cleaned(folder: Any) -> None:
    workspace = folder.samples("a,b", "a, b").open()
    outcome = call(workspace, "clean_captions", {"spaces": True, "underscores": "spaces"})
    assert outcome.text == "Clean 1 caption (spaces, underscores as spaces)"
    again = call(workspace, "clean_captions", {"empty": True})
    assert again.text == "Nothing to change: the captions are clean in that respect."


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("犬, 猫\r\n".encode("cp932"), "cp932"),
        ("狗, 猫".encode("gbk"), "gbk"),
        ("niño, café".encode("latin-1"), "latin-1"),
        ("dog, 猫".encode("utf-16"), "utf-16"),
        ("\ufeffdog, 猫".encode("utf-16-be"), "utf-16-be"),
        ("dog, cat".encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_convert(folder: Any, data: bytes, encoding: str) -> None:
    workspace = folder.samples(a=data, b="dog").open()
    outcome = call(workspace, "convert_captions", {"encoding": encoding})
    assert outcome.text == f"Convert 1 caption from {encoding} to UTF-8"
    [change] = workspace.plan().changes
    expected = data.decode(encoding).removeprefix("\ufeff")
    assert (change.before, change.after) == (data, expected.encode())
    assert folder.planned(workspace)["a.txt"].decode() == expected


def test_a_converted_caption_can_be_edited_and_is_not_converted_again(folder: Any) -> None:
    workspace = folder.samples(a="犬, 猫".encode("cp932")).open()
    call(workspace, "convert_captions", {"encoding": "cp932"})
    call(workspace, "prune_tags", {"tags": "犬"})
    outcome = call(workspace, "convert_captions", {"encoding": "cp932"})
    assert outcome.text == "Nothing to convert: every caption is UTF-8 already."
    assert folder.planned(workspace)["a.txt"].decode() == "猫"
    workspace.drop_step(1)
    assert not workspace.plan()


@pytest.mark.parametrize(
    ("data", "encoding", "reason"),
    [
        (b"\x81", "cp932", "not cp932"),
        (b"a\0b", "latin-1", "binary or UTF-16"),
        ("犬".encode("cp932"), "ascii", "not ascii"),
        (b"\\ud800\xff", "unicode_escape", "not unicode_escape"),
        pytest.param(b"\xff" * (1 << 20), "latin-1", "larger than 1 MiB", id="grows"),
    ],
)
def test_what_is_not_in_that_encoding_is_left_alone(
    folder: Any, data: bytes, encoding: str, reason: str
) -> None:
    workspace = folder.samples(a=data).open()
    outcome = call(workspace, "convert_captions", {"encoding": encoding})
    assert f"Left alone: a.txt ({reason}" in outcome.text
    assert not workspace.plan()


@pytest.mark.timeout(10)
def test_a_huge_or_vanished_caption_is_left_alone(folder: Any) -> None:
    folder.samples(a=b"\xff", b=b"\xff")
    os.truncate(folder.path("a.txt"), 1 << 40)
    workspace = folder.open()
    os.unlink(folder.path("b.txt"))
    outcome = call(workspace, "convert_captions", {"encoding": "latin-1"})
    assert "a.txt (larger than 1 MiB), b.txt (cannot be read (No such file" in outcome.text


@pytest.mark.parametrize("encoding", ["klingon", "hex", "zlib", "a\0b", "undefined"])
def test_an_unknown_encoding_is_an_error(folder: Any, encoding: str) -> None:
    with pytest.raises(UsageError, match="no encoding called"):
        call(folder.samples(b"\xff").open(), "convert_captions", {"encoding": encoding})


def test_a_shared_caption_is_converted_once(folder: Any) -> None:
    workspace = folder.write({"a.png": "", "a.jpg": "", "a.txt": "犬".encode("cp932")}).open()
    assert call(workspace, "convert_captions", {"encoding": "cp932"}).data["changed"] == 1


def test_a_caption_that_will_be_moved_is_converted_where_it_lies(folder: Any) -> None:
    folder.write({"x 1.png": "1", "x 1.txt": b"other \xe9", "b.png": "2", "b.txt": b"caf\xe9"})
    workspace = folder.open()
    call(workspace, "isolate_images", {"where": "name:x*", "name": "out"})
    call(workspace, "isolate_images", {"where": "name:b*", "name": "x", "mode": "rename"})
    call(workspace, "convert_captions", {"encoding": "latin-1"})
    found = folder.planned(workspace)
    assert (found["x 1.txt"], found["x 1.png"]) == ("café".encode(), b"2")
