"""What a change looks like: signs beside colours, and the totals that are true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from tagsmith.tools.plan import Change, Kind, Plan, Totals
from tagsmith.tui.changes import group, needs_count
from tagsmith.tui.widgets.diff import chips, detail, fit_tail, signs
from tagsmith.tui.widgets.plan_rows import PlanRows, totals_line

TAGS = st.lists(
    st.sampled_from(["dog", "cat", "long hair", "hat", "coco"]), max_size=6, unique=True
)


def edit(before: str, after: str) -> Change:
    return Change(Kind.EDIT, "a/img.txt", before.encode(), after.encode(), sample="a/img.png")


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("dog, watermark, hat", "dog, hat", "dog, -watermark, hat"),
        ("dog, hat", "coco, dog, hat", "+coco, dog, hat"),
        ("dog, hat, coco", "coco, dog, hat", "»coco, dog, hat"),
        ("dog", "cat", "-dog, +cat"),
        ("dog, dog", "dog", "dog, -dog"),
        ("", "coco", "+coco"),
    ],
)
def test_chips(before: str, after: str, shown: str) -> None:
    assert chips(edit(before, after)).plain.replace("\N{MINUS SIGN}", "-") == shown


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("dog, watermark", "coco, dog", "-watermark  +coco » first"),
        ("dog, hat", "hat, dog", "» new order"),
        ("dog,  hat", "dog, hat", "spaces or text"),
        ("dog", "dog, coco", "+coco"),
    ],
)
def test_signs(before: str, after: str, shown: str) -> None:
    assert signs([edit(before, after)]).plain.replace("\N{MINUS SIGN}", "-") == shown


@given(TAGS, TAGS)
def test_chips_hold_every_tag_of_both_sides(before: list[str], after: list[str]) -> None:
    plain = chips(edit(", ".join(before), ", ".join(after))).plain
    shown = [one.lstrip("+»\N{MINUS SIGN}") for one in plain.split(", ")] if plain else []
    assert set(shown) == {*before, *after}
    kept = [one.lstrip("+»") for one in plain.split(", ") if not one.startswith("\N{MINUS SIGN}")]
    assert [one for one in kept if one] == after


def test_a_file_that_goes_says_where() -> None:
    trash = detail(Change(Kind.TRASH, "img.png")).plain
    move = detail(Change(Kind.MOVE, "img.png", to="_isolated/x/img.png")).plain
    assert "to trash; undo brings it back" in trash
    assert move == "img.png  » _isolated/x/img.png"


def test_a_warning_of_the_plan_is_shown() -> None:
    change = Change(Kind.EDIT, "a.txt", b"dog", b"", notes=("leaves the caption empty",))
    assert "! leaves the caption empty" in detail(change).plain


def test_files_of_one_sample_are_one_row() -> None:
    changes = [
        Change(Kind.MOVE, "a.png", to="b/a.png", sample="a.png"),
        Change(Kind.MOVE, "a.txt", to="b/a.txt", sample="a.png"),
        edit("dog", "cat"),
    ]
    groups = group(Plan.of("", (), changes).changes)
    assert [one.sample for one in groups] == ["a.png", "a/img.png"]
    rows = PlanRows(groups, lambda one: one.sample == "a.png")
    assert rows.count == 2
    first, second = (rows.row(index, 40) for index in range(2))
    assert first.plain.startswith(" [ ] a ")
    assert first.plain.rstrip().endswith("dropped")
    assert second.plain.startswith(" [x] a/img ")
    assert second.plain.endswith("+1")
    assert first.cell_length == second.cell_length == 39


@pytest.mark.parametrize(
    ("totals", "samples", "counted"),
    [
        (Totals(files=10), 100, False),
        (Totals(files=11), 100, True),
        (Totals(files=1, trashed=1), 1000, True),
        (Totals(files=1), 5, True),
    ],
)
def test_what_must_be_counted(totals: Totals, samples: int, counted: bool) -> None:
    assert needs_count(totals, samples) is counted


def test_totals_leave_out_what_is_zero() -> None:
    line = totals_line(Totals(files=3, tags_removed=1, moved=1200)).plain
    assert line == "\N{MINUS SIGN}1 tag · 1,200 files moved"
    assert totals_line(Totals(files=3)).plain == "order or spaces only"


def test_a_long_name_keeps_its_end() -> None:
    assert fit_tail(Content("folder/img_0001"), 9).plain == "…img_0001"
    assert fit_tail(Content("\u6f22\u5b57\u6f22\u5b57"), 5).cell_length <= 5
    assert fit_tail(Content("short"), 9).plain == "short"
