"""set_caption: the whole text, in the manner of the file that was there."""

from __future__ import annotations

from typing import Any

import pytest

from tagsmith.tools.errors import UsageError
from tagsmith.tools.toolbox import call


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (b"dog, solo", "a dog", b"a dog"),
        (b"dog, solo\n", "cat", b"cat\n"),
        (b"dog", "cat\n", b"cat"),
        (b"dog\r\nsolo\r\n", "cat\nbig\n", b"cat\r\nbig\r\n"),
        (b"dog\r\nsolo", "cat\r\nbig", b"cat\r\nbig"),
        (b"\xef\xbb\xbfdog\n", "\ufeffcat", b"\xef\xbb\xbfcat\n"),
        (b"dog", "  kept as written ,, ", b"  kept as written ,, "),
        (b"", "dog\n", b"dog"),
        (b"dog\n", "", b"\n"),
    ],
)
def test_line_ends_mark_and_final_newline_stay(
    folder: Any, before: bytes, text: str, after: bytes
) -> None:
    workspace = folder.samples(a=before, b="cat").open()
    outcome = call(workspace, "set_caption", {"image": "a.png", "text": text})
    assert outcome.text.startswith("Rewrite the caption of a.png")
    assert folder.planned(workspace) == {**folder.files(), "a.txt": after}


def test_a_missing_caption_is_created_and_the_same_text_is_nothing(folder: Any) -> None:
    workspace = folder.write({"a.png": b"", "b.png": b"", "b.txt": "dog\n"}).open()
    outcome = call(workspace, "set_caption", {"image": "a", "text": "dog\nbig"})
    assert outcome.text == "Write the caption of a.png\n1 caption would be created."
    assert folder.planned(workspace)["a.txt"] == b"dog\nbig"
    again = call(workspace, "set_caption", {"image": "b.png", "text": "dog"})
    assert (again.files, again.text) == (
        0,
        "Nothing to change: that is the caption of b.png already.",
    )


def test_it_says_which_images_share_the_caption_and_that_it_would_be_empty(folder: Any) -> None:
    workspace = folder.write({"a.png": b"", "a.jpg": b"", "a.webp": b"", "a.txt": "dog"}).open()
    outcome = call(workspace, "set_caption", {"image": "a.jpg", "text": " "})
    assert "2 other images share it: a.png, a.webp." in outcome.text
    assert "1 caption would be left empty" in outcome.text


def test_the_path_decides_between_images_of_one_name(folder: Any) -> None:
    files = {"x/a.png": b"", "y/a.png": b"", "100%.png": b"", "caf\udce9.png": b""}
    workspace = folder.write(files).open()
    with pytest.raises(UsageError, match=r"a names 2 images: x/a\.png, y/a\.png"):
        call(workspace, "set_caption", {"image": "a", "text": "dog"})
    for image in ("y/a.png", "100%25.png", "caf%E9.png"):
        call(workspace, "set_caption", {"image": image, "text": "dog"})
    call(workspace, "set_caption", {"image": "100%.png", "text": "big dog"})
    created = folder.planned(workspace).keys() - folder.files().keys()
    assert created == {"y/a.txt", "100%.txt", "caf\udce9.txt"}


@pytest.mark.parametrize(
    ("image", "text", "why"),
    [
        ("c", "dog", r"There is no image called c\."),
        ("a", "do\0g", r"cannot be a caption: binary"),
        ("a", "x" * (1 << 20) + "y", r"cannot be a caption: larger than 1 MiB"),
        ("a", "do\udcffg", r"no way to write its character 2"),
        ("b", "dog", r"b\.txt cannot be edited: UTF-16, not"),
    ],
)
def test_what_cannot_be_a_caption_is_refused(folder: Any, image: str, text: str, why: str) -> None:
    workspace = folder.samples(a="dog", b=b"\xff\xfe").open()
    with pytest.raises(UsageError, match=why):
        call(workspace, "set_caption", {"image": image, "text": text})
    assert not workspace.plan()
