"""What holds for every tool that edits captions."""

from __future__ import annotations

import codecs
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagsmith.tools.caption import Caption
from tagsmith.tools.dataset import Dataset, Sample
from tagsmith.tools.tags import key
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace

EDITS: dict[str, tuple[str, dict[str, Any]]] = {
    "replace": ("replace_tags", {"old": "dog", "new": "wolf"}),
    "prune": ("prune_tags", {"tags": "dog"}),
    "trigger": ("add_trigger", {"trigger": "sks"}),
    "trigger last": ("add_trigger", {"trigger": "sks", "position": "last"}),
    "trigger after": ("add_trigger", {"trigger": "sks", "after": "dog"}),
    "move": ("move_tags", {"tags": "cat"}),
    "move last": ("move_tags", {"tags": "dog", "position": "last"}),
    "rotate": ("move_tags", {"last": 1}),
    "sort": ("sort_tags", {}),
    "dedupe": ("dedupe_tags", {}),
    "clean": ("clean_captions", {"underscores": "spaces"}),
}
IDEMPOTENT = sorted(EDITS.keys() - {"rotate"})
# What each edit makes of "dog, x_y,cat, dog": commas and spaces keep their places.
BEFORE = "dog, x_y,cat, dog"
AFTER = {
    "replace": "wolf, x_y,cat, wolf",
    "prune": "x_y,cat",
    "trigger": "sks, dog, x_y,cat, dog",
    "trigger last": "dog, x_y,cat, dog, sks",
    "trigger after": "dog, x_y,cat, dog, sks",
    "move": "cat, dog, x_y, dog",
    "move last": "x_y,cat, dog, dog",
    "rotate": "dog, dog,x_y, cat",
    "sort": "cat, dog,dog, x_y",
    "dedupe": "dog, x_y,cat",
    "clean": "dog, x y,cat, dog",
}
PROSE = "A dog is running on the beach with a ball in the late light of the sun"


def in_memory(*captions: bytes) -> Workspace:
    """A workspace over captions that no disk holds."""
    found = Dataset("/nowhere")
    for number, data in enumerate(captions):
        found.samples.append(Sample("", f"{number}.png", f"{number}.txt"))
        found.captions[f"{number}.txt"] = data
    return Workspace(found)


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r", "  ", " \t\r\n", "\n\n"])
@pytest.mark.parametrize("start", ["", "\ufeff", " ", "\n"])
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_keeps_mark_newlines_and_spaces(edit: str, start: str, end: str) -> None:
    workspace = in_memory(f"{start}{BEFORE}{end}".encode())
    call(workspace, *EDITS[edit])
    assert (workspace.content("0.txt") or b"").decode() == f"{start}{AFTER[edit]}{end}"


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_leaves_sentences_alone_and_says_so(edit: str) -> None:
    workspace = in_memory(b"dog, cat, x_y", f"{PROSE}, dog, cat, x_y, dog".encode())
    before = workspace.content("1.txt")
    outcome = call(workspace, *EDITS[edit])
    assert workspace.content("1.txt") == before
    assert "1 caption in sentences left alone (prose=true edits them)." in outcome.text
    assert outcome.data["left_alone"]["prose"] == 1


@pytest.mark.parametrize("edit", [name for name in EDITS if EDITS[name][0] != "move_tags"])
def test_sentences_are_edited_when_asked(edit: str) -> None:
    before = f"{PROSE}, dog, x_y, dog"
    workspace = in_memory(b"dog, cat", before.encode())
    tool, arguments = EDITS[edit]
    call(workspace, tool, {**arguments, "prose": True})
    after = (workspace.content("1.txt") or b"").decode()
    assert after != before
    assert PROSE in after


@pytest.mark.parametrize("edit", EDITS)
def test_a_shared_caption_is_edited_once(folder: Any, edit: str) -> None:
    folder.write({"a.png": "", "a.jpg": "", "a.webp": "", "a.txt": BEFORE})
    workspace = folder.open()
    outcome = call(workspace, *EDITS[edit])
    assert folder.planned(workspace)["a.txt"].decode() == AFTER[edit]
    assert (outcome.files, outcome.data["changed"], outcome.data["selected"]) == (1, 1, 3)


@pytest.mark.parametrize("edit", EDITS)
def test_only_the_selected_captions_change(edit: str) -> None:
    workspace = in_memory(BEFORE.encode(), BEFORE.encode())
    tool, arguments = EDITS[edit]
    call(workspace, tool, {**arguments, "where": "name:1.png"})
    assert workspace.content("0.txt") == BEFORE.encode()
    assert (workspace.content("1.txt") or b"").decode() == AFTER[edit]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_that_selects_nothing_says_so(edit: str) -> None:
    workspace = in_memory(BEFORE.encode())
    tool, arguments = EDITS[edit]
    outcome = call(workspace, tool, {**arguments, "where": "name:nothing"})
    assert outcome.text == "Nothing to change: no image matches."
    assert outcome.state == "nothing staged"


@pytest.mark.parametrize("edit", IDEMPOTENT)
def test_an_edit_done_twice_is_done_once(edit: str) -> None:
    workspace = in_memory(BEFORE.encode(), b"dog,dog , cat", b"cat ||| dog, x_y")
    tool, arguments = EDITS[edit]
    call(workspace, tool, arguments)
    once = [workspace.content(f"{number}.txt") for number in range(3)]
    if tool in ("replace_tags", "prune_tags"):
        workspace.dataset.samples.append(Sample("", "3.png", "3.txt"))
        workspace.dataset.captions["3.txt"] = b"dog"
        arguments = {**arguments, "where": "not name:3.png"}
    again = call(workspace, tool, arguments)
    assert again.text.startswith("Nothing to change")
    assert again.files == 0
    assert [workspace.content(f"{number}.txt") for number in range(3)] == once


@pytest.mark.parametrize("edit", EDITS)
def test_what_cannot_be_edited_is_named_with_its_reason(folder: Any, edit: str) -> None:
    folder.samples(a=BEFORE, b="犬".encode("cp932"), c=codecs.BOM_UTF16_LE + b"a\0")
    workspace = folder.open()
    outcome = call(workspace, *EDITS[edit])
    assert (
        "2 captions left alone: b.txt (not UTF-8 (byte 0)), c.txt (UTF-16, not UTF-8)."
        in outcome.text
    )
    assert [change.path for change in workspace.plan().changes] == ["a.txt"]


TAG = st.sampled_from(
    ["dog", "Dog", "cat", "long hair", "long_hair", "^_^", "{a, b|c}", r"x \(y\)", "1girl", "solo"]
)
TEXT = st.lists(
    st.tuples(TAG | st.just(""), st.sampled_from([",", ", ", " ,", " ||| ", ";;;", "\n", "\r\n"])),
    max_size=10,
).map(lambda parts: "".join(tag + separator for tag, separator in parts))
CALLS = st.one_of(
    st.builds(
        lambda trigger, position: ("add_trigger", {"trigger": trigger, "position": position}),
        TAG,
        st.sampled_from(["first", "last"]),
    ),
    st.builds(
        lambda tags, position: ("move_tags", {"tags": tags, "position": position}),
        st.lists(TAG, min_size=1, max_size=3),
        st.sampled_from(["first", "last"]),
    ),
    st.builds(
        lambda order, keep: ("sort_tags", {"order": order, "keep": keep}),
        st.sampled_from(["name", "frequency", "people"]),
        st.integers(0, 2),
    ),
    st.just(("dedupe_tags", {})),
    st.builds(
        lambda spaces, empty, style: (
            "clean_captions",
            {"spaces": spaces, "empty": empty, "underscores": style},
        ),
        st.booleans(),
        st.booleans(),
        st.sampled_from(["spaces", "underscores"]),
    ),
)
ALL_TAGS = ", ".join(["dog", "cat", "long hair", "^_^", r"x \(y\)", "1girl", "solo", "{a, b|c}"])


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(text=TEXT, chosen=CALLS)
def test_doing_it_twice_is_doing_it_once_for_any_caption(
    text: str, chosen: tuple[str, dict[str, Any]]
) -> None:
    workspace = in_memory(text.encode(), ALL_TAGS.encode())
    call(workspace, *chosen)
    once = workspace.content("0.txt")
    assert call(workspace, *chosen).files == 0
    assert workspace.content("0.txt") == once


@settings(deadline=None, max_examples=200)
@given(text=TEXT | st.just(f"{PROSE}, dog\ndog"), old=TAG, new=TAG, bom=st.booleans())
def test_a_tool_makes_of_a_caption_what_the_caption_makes_of_itself(
    text: str, old: str, new: str, bom: bool
) -> None:
    data = (codecs.BOM_UTF8 if bom else b"") + text.encode()
    for tool, arguments, edited in (
        ("prune_tags", {"tags": [old]}, Caption.parse(data).remove(key(old).__eq__)),
        (
            "replace_tags",
            {"old": [old], "new": [new]},
            Caption.parse(data).replace({key(old): [new]}),
        ),
    ):
        workspace = in_memory(data, ALL_TAGS.encode())
        call(workspace, tool, arguments)
        assert workspace.content("0.txt") == edited.to_bytes()


@settings(deadline=None, max_examples=200)
@given(text=TEXT, chosen=CALLS)
def test_no_tag_is_lost_by_putting_captions_in_order(
    text: str, chosen: tuple[str, dict[str, Any]]
) -> None:
    workspace = in_memory(text.encode(), ALL_TAGS.encode())
    call(workspace, *chosen)
    before, after = Caption.parse(text.encode()), Caption.parse(workspace.content("0.txt") or b"")
    added = {key(chosen[1]["trigger"])} if chosen[0] == "add_trigger" else set()
    assert set(after.keys) == set(before.keys) | added
    if chosen[0] in ("move_tags", "sort_tags"):
        assert sorted(after.tags) == sorted(before.tags)
    assert after.text.count("|||") == text.count("|||")
    assert after.text.count(";;;") == text.count(";;;")
