"""Bad captions: what the user sees, and that no byte changes that should not (reliability 3.1)."""

from __future__ import annotations

import codecs
import time
from typing import Any

import pytest

from tagsmith.tools.caption import Caption
from tagsmith.tools.toolbox import call

ZWJ, BIDI = "\U0001f468\u200d\U0001f469", "\u202edog\u202c"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (codecs.BOM_UTF16_LE + "a, b".encode("utf-16-le"), "UTF-16, not UTF-8"),
        (codecs.BOM_UTF16_BE + "a, b".encode("utf-16-be"), "UTF-16, not UTF-8"),
        ("a, b".encode("utf-16-le"), "binary or UTF-16 (it holds NUL bytes)"),
        (b"a\0b", "binary or UTF-16 (it holds NUL bytes)"),
        ("犬, 猫".encode("cp932"), "not UTF-8 (byte 0)"),
        ("a, 狗".encode("gbk"), "not UTF-8 (byte 3)"),
        ("niño".encode("latin-1"), "not UTF-8 (byte 2)"),
        (b"\xff\xff", "not UTF-8 (byte 0)"),
        (b"\xed\xa0\x80", "not UTF-8 (byte 0)"),
        (b"\xc0\xaf", "not UTF-8 (byte 0)"),
        pytest.param(b"x" * ((1 << 20) + 1), "larger than 1 MiB", id="large"),
    ],
)
def test_what_is_not_utf8_is_shown_as_skipped_and_never_written(
    folder: Any, data: bytes, reason: str
) -> None:
    workspace = folder.samples(a=data, b="dog").open()
    row = call(workspace, "find_images", {}).data["rows"][0]
    assert row == {"image": "a.png", "caption": None, "skipped": reason}
    outcome = call(workspace, "add_trigger", {"trigger": "sks"})
    assert f"1 caption left alone: a.txt ({reason})." in outcome.text
    assert [one.path for one in workspace.plan().changes] == ["b.txt"]


def test_a_byte_order_mark_is_not_part_of_the_first_tag_and_stays(folder: Any) -> None:
    workspace = folder.samples(a="\ufeffdog, cat").open()
    assert call(workspace, "find_images", {"where": "dog"}).data["rows"][0]["caption"] == "dog, cat"
    call(workspace, "replace_tags", {"old": "dog", "new": "wolf"})
    assert folder.planned(workspace)["a.txt"] == "\ufeffwolf, cat".encode()


@pytest.mark.parametrize("text", ["", " ", "\n", "\r\n\r\n", ",", " , ,\n", "\ufeff"])
def test_a_caption_without_tags_counts_none_and_can_be_edited(folder: Any, text: str) -> None:
    workspace = folder.samples(a=text).open()
    assert call(workspace, "find_images", {"where": "tags:=0"}).data["images"] == 1
    assert call(workspace, "find_images", {"where": "captioned:yes"}).data["images"] == 1
    call(workspace, "add_trigger", {"trigger": "sks"})
    assert Caption.parse(folder.planned(workspace)["a.txt"]).tags == ["sks"]


def test_ten_thousand_tags_are_edited_in_a_moment(folder: Any) -> None:
    workspace = folder.samples(a=", ".join(f"tag {number}" for number in range(10_000))).open()
    workspace.vocabulary()
    started = time.perf_counter()
    call(workspace, "prune_tags", {"tags": "tag 5000"})
    # 50 ms are promised; this machine may be ten times slower, a quadratic edit a thousand times.
    assert time.perf_counter() - started < 0.5
    assert folder.planned(workspace)["a.txt"].count(b",") == 9_998


def test_spellings_of_one_tag_change_only_by_command(folder: Any) -> None:
    text = "long_hair, long hair, Long Hair, dog,dog"
    workspace = folder.samples(a=text).open()
    call(workspace, "add_trigger", {"trigger": "sks"})
    assert folder.planned(workspace)["a.txt"].decode() == f"sks, {text}"


@pytest.mark.parametrize(
    "tag",
    [
        ":)", ":3", "(a)", r"\(a\)", "[b]", "[red]x[/red]", "a:1.2", "(x:1.1)", "{x}", "<lora:a:1>",
        "a|b", "%s", "$HOME", "`ls`", "'; --", "é", "e\u0301", ZWJ, BIDI, "\u200bdog", "\u0430",
        "\u3000", "\x1b[31mred", "\u0085", "\u2028", "\U000e0041", "|", "||", ";", ";;", "{", "}",
    ],
)  # fmt: skip
def test_odd_tags_are_opaque(folder: Any, tag: str) -> None:
    text = f"dog, {tag}, cat"
    workspace = folder.samples(a=text, b="dog").open()
    call(workspace, "replace_tags", {"old": "dog", "new": "wolf"})
    call(workspace, "add_trigger", {"trigger": "sks", "position": "last"})
    assert folder.planned(workspace)["a.txt"].decode() == f"wolf, {tag}, cat, sks"


def test_the_two_forms_of_an_accent_are_one_tag_and_keep_their_bytes(folder: Any) -> None:
    workspace = folder.samples(a="caf\u00e9, x", b="cafe\u0301, x").open()
    assert call(workspace, "list_tag_frequencies", {}).data["rows"][0]["images"] == 2
    call(workspace, "prune_tags", {"tags": "x"})
    after = folder.planned(workspace)
    assert (after["a.txt"], after["b.txt"]) == ("caf\u00e9".encode(), "cafe\u0301".encode())


@pytest.mark.parametrize("other", ["d\u043eg", "d\u200bog", BIDI])
def test_what_only_looks_like_a_tag_is_another(folder: Any, other: str) -> None:
    workspace = folder.samples(a="dog", b=other).open()
    call(workspace, "prune_tags", {"tags": "dog"})
    assert [one.path for one in workspace.plan().changes] == ["a.txt"]


@pytest.mark.parametrize(
    "text",
    [
        "A girl with long red hair is standing in a garden, holding a cup, and the sun is low.",
        '1girl, solo. She said "come, dog, come" and walked into the house of her mother.',
        "una foto de un perro que corre por la playa con su pelota, al sol",
        "[trigger] is a dog that sits on the sofa, in the evening light of a small room",
    ],
)
def test_commas_in_sentences_separate_nothing(folder: Any, text: str) -> None:
    workspace = folder.samples(a=text, b="dog").open()
    assert call(workspace, "list_tag_frequencies", {}).data["tags"] == 1
    for tool, arguments in (
        ("clean_captions", {"spaces": True, "underscores": "underscores"}),
        ("sort_tags", {}),
        ("dedupe_tags", {}),
        ("add_trigger", {"trigger": "sks"}),
    ):
        call(workspace, tool, arguments)
    assert [one.path for one in workspace.plan().changes] == ["b.txt"]


@pytest.mark.parametrize(
    "text",
    [
        "sks, dog ||| standing in the garden ;;; wind in the hair, sitting on a bench ;;; sky",
        "dog ||| the end ;;; y, con",
        "dog, {red|blue, in the sun} ball, [trigger], x",
        "dog, 1.5, mr. bean, hello there! (x), :d, ?",
    ],
)
def test_a_trainers_marks_do_not_make_sentences(folder: Any, text: str) -> None:
    workspace = folder.samples(a=text).open()
    call(workspace, "replace_tags", {"old": "dog", "new": "wolf"})
    assert folder.planned(workspace)["a.txt"].decode() == text.replace("dog", "wolf", 1)


def test_every_line_of_a_caption_is_kept(folder: Any) -> None:
    workspace = folder.samples(a="dog, a\r\n\r\ndog, b\rcat\n").open()
    assert call(workspace, "find_images", {"where": "lines:4"}).data["images"] == 1
    call(workspace, "prune_tags", {"tags": "dog"})
    assert folder.planned(workspace)["a.txt"] == b"a\r\n\r\nb\rcat\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", 0), ("a", 1), ("a\n", 1), ("a\n\n", 2), ("a\nb", 2), ("a\x0bb\u2028c", 1)],
)
def test_lines_are_counted_as_they_are_edited(folder: Any, text: str, lines: int) -> None:
    workspace = folder.samples(a=text).open()
    assert call(workspace, "find_images", {"where": f"lines:={lines}"}).data["images"] == 1


def test_structure_is_listed(folder: Any) -> None:
    folder.write({
        "a.png": "", "a.txt": "dog", "a.png.txt": "cat", "a.json": "{}", "b.png": "", "b.jpg": "",
        "b.txt": "owl", "c.txt": "emu", "d.png": "", "d.caption": "x", "d.txt": "y",
    })  # fmt: skip
    found = {one.path: (one.issue.value, one.reason) for one in folder.open().dataset.problems}
    assert found == {
        "a.png.txt": ("orphan", "named after the image file; trainers read a.txt"),
        "b.jpg": ("shared", "shares its caption with another image called b"),
        "b.png": ("shared", "shares its caption with another image called b"),
        "c.txt": ("orphan", "a caption without an image"),
        "d.caption": ("structure", "a second caption; d.txt is the one that is used"),
    }
