"""What presses make of a caption, and the images under the buttons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools.caption import Caption
from tagsmith.tools.dataset import Dataset, Sample
from tagsmith.tools.errors import UsageError
from tagsmith.tools.tags import key
from tagsmith.tools.trigger_board import Board, Show
from tagsmith.tools.triggers import TriggerSet, marked_bytes
from tagsmith.tools.workspace import Workspace

PROSE = b"A dog is running on the beach with a ball in the late light of the sun"
TRIGGERS = ("eevee", "vaporeon", "jolteon")
SET = TriggerSet("family", TRIGGERS)

captions = st.lists(st.sampled_from(["dog", "Eevee", "a_b", "jolteon", ""]), unique=True).map(
    lambda tags: ", ".join(tags).encode()
)
marks = st.dictionaries(st.sampled_from(TRIGGERS), st.booleans(), min_size=1)


def in_memory(*found: bytes | None) -> Workspace:
    dataset = Dataset("/nowhere")
    for number, data in enumerate(found):
        name = None if data is None else f"{number}.txt"
        dataset.samples.append(Sample("", f"{number}.png", name))
        if data is not None:
            dataset.captions[f"{number}.txt"] = data
    return Workspace(dataset)


@given(captions, marks, st.sampled_from(["first", "last"]))
def test_marks_hold_afterwards_and_twice_is_once(data, pressed, position) -> None:
    after = marked_bytes(data, pressed, position)
    keys = Caption.parse(after or b"").keys
    for trigger, stands in pressed.items():
        assert (key(trigger) in keys) == stands
    others = [one for one in Caption.parse(data).keys if one not in pressed]
    assert [one for one in keys if one not in pressed] == others
    assert marked_bytes(after, pressed, position) == after


@pytest.mark.parametrize(
    ("before", "pressed", "position", "after"),
    [
        (b"solo, grass\n", {"coco": True}, "first", b"coco, solo, grass\n"),
        (b"solo, grass\n", {"coco": True}, "last", b"solo, grass, coco\n"),
        (b"solo, coco\r\n", {"coco": False}, "first", b"solo\r\n"),
        (b"solo", {"a": True, "b": True}, "first", b"b, a, solo"),
        (b"\xef\xbb\xbfsolo", {"a": True}, "first", b"\xef\xbb\xbfa, solo"),
        (None, {"a": True}, "first", b"a"),
        (None, {"a": False}, "first", None),
        (PROSE, {"a": True}, "first", PROSE),
    ],
)
def test_only_what_was_pressed_changes(before, pressed, position, after) -> None:
    assert marked_bytes(before, pressed, position) == after


def test_sentences_are_tag_lists_only_when_asked() -> None:
    assert marked_bytes(PROSE, {"a": True}, "first", prose=True) == b"a, " + PROSE


@given(
    st.lists(st.one_of(st.none(), captions), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=12),
)
def test_the_counts_are_those_of_the_captions_as_they_would_be(found, presses) -> None:
    board = Board(in_memory(*found), SET, {})
    for image, button in presses:
        if image < len(found):
            before = board.held[image]
            deed = board.toggle(image, button)
            assert deed.on == (not before >> button & 1)
    keys = [set(Caption.parse(board.look(n).after or b"").keys) for n in range(len(found))]
    assert board.counts == [sum(key(one) in have for have in keys) for one in TRIGGERS]
    assert board.assigned == sum(bool(have & set(TRIGGERS)) for have in keys)
    again = Board(in_memory(*found), SET, board.marks)
    assert (again.held, again.counts) == (board.held, board.counts)


def test_a_press_and_its_reverse_leave_the_bytes_as_they_were() -> None:
    board = Board(in_memory(b" solo ,grass ,\n", None), SET, {})
    for image in (0, 1):
        board.toggle(image, 0)
        assert board.look(image).after != board.look(image).before
        board.toggle(image, 0)
        assert board.look(image).after == board.look(image).before
    assert board.staged() == {}


def test_two_images_of_one_stem_share_their_triggers(folder) -> None:
    folder.write({"a.png": "x", "a.jpg": "y", "a.txt": "solo", "b.png": "z"})
    board = Board(folder.open(), SET, {})
    shared, other = board.index["a.png"], board.index["a.jpg"]
    board.toggle(shared, 0)
    assert board.held[other] == board.held[shared] == 1
    assert board.look(shared).sharing == ("a.jpg",)
    board.toggle(other, 1)
    assert board.look(shared).after == b"vaporeon, eevee, solo"
    assert len(board.staged()) == 1
    assert board.counts == [2, 2, 0]


def test_what_cannot_be_edited_is_refused_and_never_guessed(folder) -> None:
    folder.samples("solo", PROSE, b"\xff\xfes\0", blocked="x")
    board = Board(folder.open(), SET, {})
    assert [bool(board.look(n).refusal) for n in range(4)] == [False, True, True, False]
    for number in (1, 2):
        with pytest.raises(UsageError):
            board.toggle(number, 0)
    assert board.marks == {}
    board.use(SET, prose=True)
    board.toggle(1, 0)
    assert board.held[1] == 1
    assert board.look(1).after == b"eevee, " + PROSE


def test_the_keys_go_to_the_images_that_are_shown() -> None:
    board = Board(in_memory(b"eevee", b"x", b"y", b"jolteon", b"z"), SET, {})
    assert board.step(0, 1, Show.ALL) == 1
    assert board.step(0, 1, Show.UNASSIGNED) == 1
    board.skip(1)
    assert board.step(0, 1, Show.UNASSIGNED) == 2
    assert board.step(4, -1, Show.SKIPPED) == 1
    assert board.step(2, 1, Show.UNASSIGNED) == 4
    assert board.step(4, 1, Show.ALL) is None
    assert board.skips == 1
    board.toggle(1, 0)
    assert board.skips == 0
