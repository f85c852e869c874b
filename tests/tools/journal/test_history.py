"""Undo, redo, history and prune: what a person sees of the journal."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zlib import crc32

import pytest

from tagsmith.tools.errors import UsageError
from tagsmith.tools.plan import Plan


def test_undo_gives_back_bytes_names_modes_and_times(world):
    world.fill()
    before = world.snapshot()
    world.journal().apply(world.every_kind(), origin="chat")
    after = world.snapshot()
    world.undo()
    assert world.snapshot() == before
    world.undo(redo=True)
    assert world.snapshot() == after
    world.undo()
    assert world.snapshot() == before


def test_history_tells_what_when_and_why(world):
    world.write("a.txt", b"one, two")
    plan = Plan.of("Remove two", (), [world.edit("a.txt", b"one")])
    world.journal().apply(plan, origin="chat")
    world.undo()
    undo, entry = world.journal().history()
    assert (entry.title, entry.origin, entry.plan_id) == ("Remove two", "chat", plan.id)
    assert (entry.totals.edited, entry.totals.tags_removed) == (1, 1)
    assert abs(datetime.now(UTC) - entry.time) < timedelta(minutes=1)
    assert (entry.state, undo.state) == ("undone", "applied")
    assert undo.undoes == (entry.id,)
    assert entry.id.startswith("0001-")


def test_undo_and_redo_walk_the_history(world):
    world.write("a.txt", b"0")
    for text in (b"1", b"2", b"3"):
        world.apply(world.edit("a.txt", text))
    seen = []
    for redo in (False, False, True, False, False, True, True, True):
        world.undo(redo=redo)
        seen.append(world.read("a.txt"))
    assert seen == [b"2", b"1", b"2", b"1", b"0", b"1", b"2", b"3"]
    assert world.journal().last_redoable() == []


def test_several_steps_are_offered_newest_first(world):
    world.write("a.txt", b"0")
    for text in (b"1", b"2", b"3"):
        world.apply(world.edit("a.txt", text))
    assert [entry.id[:4] for entry in world.journal().last_undoable(2)] == ["0003", "0002"]
    assert len(world.journal().last_undoable(9)) == 3


def test_a_new_plan_ends_what_can_be_redone(world):
    world.write("a.txt", b"0")
    world.write("b.txt", b"0")
    world.apply(world.edit("a.txt", b"1"))
    world.undo()
    assert world.journal().last_redoable()
    world.apply(world.edit("b.txt", b"1"))
    assert not world.journal().last_redoable()


def test_undo_of_one_plan_in_the_middle(world):
    world.write("a.txt", b"0")
    world.write("b.txt", b"0")
    world.apply(world.edit("a.txt", b"1"))
    world.apply(world.edit("b.txt", b"1"))
    entry = world.journal().undoable("1")
    reversal = world.journal().reverse(entry.id)
    plan = Plan.of("undo", (), reversal.changes, undoes=(entry.id,))
    world.journal().apply(plan, origin="undo")
    assert (world.read("a.txt"), world.read("b.txt")) == (b"0", b"1")
    with pytest.raises(UsageError, match="undone already"):
        world.journal().undoable("1")
    world.undo(redo=True)
    assert world.journal().undoable("1").id.startswith("0004")


def test_undo_of_some_files_leaves_the_plan_undoable(world):
    for name in ("dogs/a.txt", "cats/a.txt"):
        world.write(name, b"0")
    world.apply(world.edit("dogs/a.txt", b"1"), world.edit("cats/a.txt", b"1"))
    [entry] = world.journal().last_undoable()
    some = world.journal().reverse(entry.id, only=lambda path: path.startswith("dogs/"))
    plan = Plan.of("undo", (), some.changes, undoes=(entry.id,), partial=True)
    world.journal().apply(plan, origin="undo")
    assert (world.read("dogs/a.txt"), world.read("cats/a.txt")) == (b"0", b"1")
    assert world.journal().last_undoable()[0].id == entry.id
    rest = world.journal().reverse(entry.id)
    assert [change.path for change in rest.changes] == ["cats/a.txt"]
    assert [(skip.path, skip.reason) for skip in rest.skipped] == [
        ("dogs/a.txt", "it is as before already")
    ]


def test_files_edited_since_are_skipped_and_listed(world):
    world.fill()
    world.journal().apply(world.every_kind(), origin="do")
    world.write("a.txt", b"by hand")
    world.write("f.txt", b"fish, by hand")
    (world.root / "sub/c.txt").unlink()
    world.write("d.png", b"another dog")
    world.write("e.png", b"another eel")
    reversal = world.journal().reverse("1")
    assert {(skip.path, skip.reason) for skip in reversal.skipped} == {
        ("a.txt", "it was changed since by somebody else"),
        ("f.txt", "it was changed since by somebody else"),
        ("sub/c.txt", "it is gone or no longer an ordinary file"),
        ("d.png", "another file has this name now"),
        ("e.png", "another file has this name now"),
    }
    plan = Plan.of("undo", (), reversal.changes, undoes=("1",))
    world.journal().apply(plan, origin="undo")
    assert world.read("a.txt") == b"by hand"
    assert world.read("d.png") == b"another dog"
    assert world.read("_isolated/dogs/d.png") == b"PNG d"
    assert world.read("d.txt") == b"dog"
    assert world.read("e.txt") == b"eel"


def test_a_file_that_cannot_leave_blocks_the_one_that_wants_its_name(world):
    world.write("a.png", b"A")
    world.write("b.png", b"B")
    world.apply(world.move("a.png", "b.png"), world.move("b.png", "c.png"))
    world.write("a.png", b"by hand")
    reversal = world.journal().reverse("1")
    assert reversal.changes == []
    assert {skip.path for skip in reversal.skipped} == {"a.png", "b.png"}


def test_a_trashed_sample_comes_back_and_its_name_in_the_trash_is_free(world):
    world.write("e.png", b"PNG")
    world.apply(world.trash("e.png"))
    world.undo()
    assert world.read("e.png") == b"PNG"
    assert not list(world.root.glob(".tagsmith/trash/*/*"))
    world.undo(redo=True)
    assert not world.exists("e.png")
    world.undo()
    assert world.read("e.png") == b"PNG"


def test_folders_made_for_a_plan_go_with_its_undo_unless_used(world):
    world.write("a.png", b"A")
    world.write("b.png", b"B")
    world.apply(world.move("a.png", "one/deep/a.png"), world.move("b.png", "two/b.png"))
    world.write("two/mine.txt", b"mine")
    world.undo()
    assert set(world.bytes_of()) == {b"a.png", b"b.png", b"two", b"two/mine.txt"}


def test_history_survives_a_restart_and_is_found_by_id_number_or_plan(world):
    world.write("a.txt", b"0")
    applied = world.apply(world.edit("a.txt", b"1"))
    journal = world.journal()
    for name in (applied.tx_id, "1", "0001", applied.plan_id, applied.plan_id[:6]):
        assert journal.undoable(name).id == applied.tx_id
    with pytest.raises(UsageError, match="has no plan 'zzz'"):
        journal.undoable("zzz")


def test_many_plans_deep(fast_world):
    fast_world.write("a.txt", b"0")
    for number in range(60):
        fast_world.apply(fast_world.edit("a.txt", str(number + 1).encode()))
    for number in range(60):
        fast_world.undo()
        assert fast_world.read("a.txt") == str(59 - number).encode()
    assert not fast_world.journal().last_undoable()


# prune-history


def age(world, days: dict[int, int]) -> None:
    """Make plans older: number -> days."""
    for path in (world.root / ".tagsmith" / "tx").glob("*/state"):
        number = int(path.parent.name[:4])
        header, _, rest = path.read_bytes().partition(b"\n")
        values = json.loads(header.partition(b" ")[2])
        then = datetime.now(UTC) - timedelta(days=days.get(number, 0))
        text = json.dumps(values | {"time": then.isoformat()}).encode()
        path.write_bytes(b"%08x %s\n%s" % (crc32(text), text, rest))


@pytest.fixture
def pruned_world(fast_world):
    """25 plans, the first of which trashed a picture."""
    fast_world.write("e.png", b"PNG" * 1000)
    fast_world.write("a.txt", b"0")
    fast_world.apply(fast_world.trash("e.png"))
    for number in range(24):
        fast_world.apply(fast_world.edit("a.txt", str(number + 1).encode()))
    return fast_world


def test_prune_deletes_the_oldest_but_never_the_last_20_nor_younger_than_30_days(pruned_world):
    world = pruned_world
    age(world, {number: 60 if number <= 3 else 10 for number in range(1, 26)})
    would = world.journal().prune(dry_run=True)
    assert len(world.journal().history()) == 25
    pruned = world.journal().prune()
    assert [entry.id[:4] for entry in pruned.entries] == ["0001", "0002", "0003"]
    assert pruned.freed > 3000
    assert would == pruned
    assert len(world.journal().history()) == 22
    assert not [path for path in world.state_files() if path.startswith("trash/0001")]
    log = (world.root / ".tagsmith" / "pruned").read_text()
    assert f"{pruned.freed} bytes\t0001-" in log
    age(world, dict.fromkeys(range(1, 26), 60))
    assert len(world.journal().prune().entries) == 2
    assert len(world.journal().history()) == 20
    assert not world.journal().prune().entries
    world.undo()
    assert world.read("a.txt") == b"23"


@pytest.mark.parametrize("limits", [{"keep": 19}, {"days": 29}])
def test_prune_has_no_lower_limits(pruned_world, limits):
    with pytest.raises(UsageError, match="always keeps"):
        pruned_world.journal().prune(**limits)


def test_a_prune_cut_short_is_finished_by_the_next_start(pruned_world):
    world = pruned_world
    age(world, dict.fromkeys(range(1, 26), 60))
    unlinked = []

    def hook(operation: str, name: str) -> None:
        if operation == "unlink":
            unlinked.append(name)
            if len(unlinked) == 3:
                raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Prune again"):
        world.journal(hook).prune()
    assert len(world.journal().history()) == 20
    assert world.journal().needs_recovery()
    world.journal().recover()
    assert not world.journal().needs_recovery()
    assert len([path for path in world.state_files() if path.endswith("/state")]) == 20


def test_several_plans_are_taken_back_as_one(world):
    world.fill()
    before = world.snapshot()
    world.journal().apply(world.every_kind(), origin="chat")
    world.apply(world.edit("a.txt", b"twice"), world.create("new.txt", b"new"))
    world.apply(world.edit("new.txt", b"newer"), world.trash("_isolated/dogs/d.png"))
    after = world.snapshot()
    entries = world.journal().last_undoable(3)
    reversal = world.journal().reverse(*(entry.id for entry in entries))
    assert reversal.skipped == []
    undoes = tuple(entry.id for entry in entries)
    world.journal().apply(Plan.of("undo", (), reversal.changes, undoes=undoes), origin="undo")
    assert world.snapshot() == before
    assert world.journal().last_undoable() == []
    world.undo(redo=True)
    assert world.snapshot() == after
