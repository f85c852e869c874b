"""Whose files a plan from elsewhere means: this folder's, all as they were, or nobody's."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tagsmith.tools import content
from tagsmith.tools.errors import ConflictError, ForeignPlanError
from tagsmith.tools.foreign import adopt
from tagsmith.tools.plan import Change, Kind, Plan

SEEN = content.digest(b"picture")
EDIT = Change(Kind.EDIT, "a.txt", b"dog, cat", b"cat", sample="a.png")
CREATE = Change(Kind.CREATE, "b.txt", after=b"dog", sample="b.png")
PLAN = Plan.of(
    "Everything",
    (),
    (
        EDIT,
        CREATE,
        Change(Kind.MOVE, "sub/c\udcff%.png", to="_isolated/x/sub/c\udcff%.png", seen=SEEN),
        Change(Kind.MOVE, "d.txt", b"one", b"two", to="x/d.txt", seen=content.digest(b"one")),
        Change(Kind.TRASH, "e.png", seen=SEEN, sample="e.png"),
    ),
)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder as the plan saw it."""
    root = tmp_path / "pets"
    for change in PLAN.changes:
        path = os.fsencode(root) + b"/" + os.fsencode(change.path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if change.kind is not Kind.CREATE:
            Path(os.fsdecode(path)).write_bytes(
                b"picture" if change.before is None else change.before
            )
    (root / "b.png").write_bytes(b"b")
    return root


def test_a_plan_fits_the_folder_it_was_made_for(here: Path) -> None:
    adopted = adopt(PLAN, str(here))
    assert adopted.id == PLAN.id
    assert [one.path for one in adopted.changes] == [one.path for one in PLAN.changes]


def test_only_files_that_rested_are_stamped(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan.of("x", (), [EDIT])
    assert adopt(plan, str(here)).changes[0].stamp is None
    later = time.time_ns() + 10**10
    monkeypatch.setattr(time, "time_ns", lambda: later)
    stamp = content.stamp(os.lstat(here / "a.txt"))
    assert adopt(plan, str(here)).changes[0].stamp == stamp


def test_a_folder_with_none_of_the_files_is_another_dataset(tmp_path: Path) -> None:
    with pytest.raises(ForeignPlanError, match="made for another dataset: none of its 5 files"):
        adopt(PLAN, str(tmp_path))


def test_a_caption_to_create_belongs_to_its_image(tmp_path: Path) -> None:
    plan = Plan.of("x", (), [CREATE])
    with pytest.raises(ForeignPlanError, match="made for another dataset"):
        adopt(plan, str(tmp_path))
    (tmp_path / "b.png").write_bytes(b"b")
    assert adopt(plan, str(tmp_path)) == plan


def test_a_file_may_be_created_where_another_leaves(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes(b"old")
    gone = Change(Kind.TRASH, "b.txt", seen=content.digest(b"old"))
    plan = Plan.of("x", (), [gone, CREATE])
    assert adopt(plan, str(tmp_path)).id == plan.id


def test_changed_files_are_named(here: Path) -> None:
    (here / "a.txt").write_bytes(b"dog, cat, mine")
    (here / "e.png").unlink()
    (here / "b.txt").write_bytes(b"mine")
    with pytest.raises(ConflictError, match=r"3 files changed .*: a.txt, b.txt, e.png") as caught:
        adopt(PLAN, str(here))
    assert caught.value.paths == ("a.txt", "b.txt", "e.png")


def test_a_plan_that_is_applied_already_is_recognised(here: Path) -> None:
    (here / "a.txt").write_bytes(b"cat")
    with pytest.raises(ConflictError, match="applied already"):
        adopt(Plan.of("x", (), [EDIT]), str(here))


def test_a_link_or_a_pipe_in_place_of_a_file_is_a_changed_file(here: Path) -> None:
    (here / "a.txt").unlink()
    (here / "target").write_bytes(b"dog, cat")
    (here / "a.txt").symlink_to("target")
    (here / "e.png").unlink()
    os.mkfifo(here / "e.png")
    with pytest.raises(ConflictError) as caught:
        adopt(PLAN, str(here))
    assert caught.value.paths == ("a.txt", "e.png")
