"""A pending plan comes back as it was, on the files as they are now."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagsmith.agent.session_plan import bring_back, staging
from tagsmith.agent.session_records import StagedStep, Staging, decode, encode
from tagsmith.tools.journal import Journal
from tagsmith.tools.plan import Plan
from tagsmith.tools.toolbox import call
from tagsmith.tools.watch import Watch
from tagsmith.tools.workspace import Workspace

CAPTIONS = {"a": "dog, hat", "b": "cat, hat", "c": "dog, sofa", "d": "bird"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path / "pets")


def make(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, caption in CAPTIONS.items():
        (folder / f"{name}.png").write_bytes(name.encode())
        (folder / f"{name}.txt").write_text(caption)
    return folder


def kept(workspace: Workspace) -> Staging:
    """What a session has of a workspace, once written and read."""
    record = decode(encode(staging(workspace)))
    assert isinstance(record, Staging)
    return record


def again(root: Path, workspace: Workspace) -> tuple[Workspace, list[str]]:
    fresh = Workspace.open(root)
    return fresh, bring_back(kept(workspace), fresh)


def after(workspace: Workspace) -> dict[str, bytes | None]:
    return {one.path: one.after for one in workspace.plan().changes}


PRUNE = ("prune_tags", {"tags": ["hat"]})
TRIGGER = ("add_trigger", {"trigger": "coco", "where": "dog"})
STEPS = (
    PRUNE,
    TRIGGER,
    ("replace_tags", {"old": ["cat"], "new": ["kitten"]}),
    ("replace_tags", {"old": ["kitten"], "new": ["lion"]}),
    ("isolate_images", {"where": "bird", "name": "birds"}),
    ("delete_images", {"where": "sofa"}),
)


def test_steps_drops_and_own_words_come_back(root: Path) -> None:
    workspace = Workspace.open(root)
    for one in (PRUNE, TRIGGER):
        call(workspace, *one)
    workspace.edit("b.txt", "my own words")
    call(workspace, "delete_images", {"where": "bird"})
    workspace.drop_step(2)
    workspace.drop("a.png")
    fresh, told = again(root, workspace)
    assert told == []
    assert fresh.plan().id == workspace.plan().id
    assert fresh.plan(everything=True).id == workspace.plan(everything=True).id
    assert [(one.step.tool, one.dropped) for one in fresh.staged] == [
        ("prune_tags", False),
        ("add_trigger", True),
        ("delete_images", False),
    ]
    assert fresh.dropped == {"a.png"}
    fresh.drop_step(2, dropped=False)
    workspace.drop_step(2, dropped=False)
    assert fresh.plan().id == workspace.plan().id


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(data=st.data())
def test_any_plan_comes_back_the_same(data: st.DataObject, tmp_path: Path) -> None:
    root = make(tmp_path / "pets")
    workspace = Workspace.open(root)
    for index in data.draw(st.lists(st.sampled_from(range(len(STEPS))), max_size=5, unique=True)):
        try:
            call(workspace, *STEPS[index])
        except LookupError:
            continue
        if data.draw(st.booleans()) and workspace.content("b.txt") is not None:
            workspace.edit("b.txt", f"my text {index}")
    for one in list(workspace.staged):
        if data.draw(st.integers(0, 3)) == 0:
            workspace.drop_step(one.step.number)
    for change in workspace.plan(everything=True).changes:
        if data.draw(st.integers(0, 3)) == 0:
            workspace.drop(change.sample)
    fresh, _ = again(root, workspace)
    assert fresh.plan().id == workspace.plan().id
    assert fresh.plan(everything=True).id == workspace.plan(everything=True).id


def test_the_files_are_taken_as_they_are_now(root: Path) -> None:
    workspace = Workspace.open(root)
    call(workspace, *PRUNE)
    (root / "a.txt").write_text("dog, hat, new words")
    (root / "e.png").write_bytes(b"e")
    (root / "e.txt").write_text("hat, horse")
    fresh, told = again(root, workspace)
    assert told == []
    assert after(fresh) == {"a.txt": b"dog, new words", "b.txt": b"cat", "e.txt": b"horse"}
    assert (root / "a.txt").read_text() == "dog, hat, new words"


def test_what_no_longer_applies_is_told_and_the_rest_stays(root: Path) -> None:
    workspace = Workspace.open(root)
    call(workspace, *PRUNE)
    call(workspace, "prune_tags", {"tags": ["bird"]})
    call(workspace, "add_trigger", {"trigger": "lion", "where": "sofa"})
    call(workspace, *TRIGGER)
    (root / "d.txt").write_text("fish")
    (root / "c.txt").write_text("lion, dog, sofa")
    fresh, told = again(root, workspace)
    assert len(told) == 2
    assert told[0].startswith("Step 2, prune_tags, no longer applies: ")
    assert "bird" in told[0]
    assert told[1] == "Step 3, add_trigger, has nothing to change any more."
    assert [one.step.number for one in fresh.staged] == [1, 2, 4]
    assert fresh.staged[1].failure
    assert set(after(fresh)) == {"a.txt", "b.txt", "c.txt"}


def test_own_words_are_not_put_over_a_file_that_changed(root: Path) -> None:
    workspace = Workspace.open(root)
    call(workspace, *PRUNE)
    workspace.edit("a.txt", "my own words")
    (root / "a.txt").write_text("dog, hat, from elsewhere")
    fresh, told = again(root, workspace)
    assert told == ["a.txt has changed on disk, so your own text is left out."]
    assert after(fresh)["a.txt"] == b"dog, from elsewhere"


def test_own_words_for_a_file_that_is_not_created_any_more_are_told(root: Path) -> None:
    (root / "d.txt").unlink()
    workspace = Workspace.open(root)
    call(workspace, "add_trigger", {"trigger": "coco", "where": "name:d*"})
    workspace.edit("d.txt", "mine")
    (root / "d.png").unlink()
    fresh, told = again(root, workspace)
    assert told == [
        "Step 1, add_trigger, has nothing to change any more.",
        "d.txt is not created any more, so your own text is left out.",
    ]
    assert not fresh.plan()
    assert fresh.staged == []


@pytest.mark.parametrize(
    ("tool", "arguments", "reason"),
    [
        ("no_such_tool", {}, "There is no tool named 'no_such_tool'."),
        ("prune_tags", {"tags": []}, "prune_tags: tags: "),
        ("prune_tags", {"tags": ["hat"], "approved": True}, "prune_tags: approved: "),
        ("prune_tags", {"tags": ["hat"], "where": "((("}, "no longer applies"),
        ("isolate_images", {"where": "dog", "name": "../../out"}, "no longer applies"),
    ],
)
def test_a_step_that_cannot_be_made_is_told_with_its_reason(
    root: Path, tool: str, arguments: dict[str, object], reason: str
) -> None:
    steps = [
        StagedStep(number=1, tool=tool, arguments=arguments, summary="", dropped=False),
        StagedStep(number=2, tool=TRIGGER[0], arguments=TRIGGER[1], summary="", dropped=False),
    ]
    before = {path.name: path.read_bytes() for path in root.iterdir()}
    workspace = Workspace.open(root)
    told = bring_back(Staging(files=1, steps=steps, dropped=[], edits=[], undoes=[]), workspace)
    assert len(told) == 1
    assert told[0].startswith(f"Step 1, {tool},")
    assert reason in told[0]
    assert set(after(workspace)) == {"a.txt", "c.txt"}
    assert {path.name: path.read_bytes() for path in root.iterdir()} == before


@pytest.fixture
def apply(root: Path) -> Callable[[Workspace], Plan]:
    def run(workspace: Workspace) -> Plan:
        plan = workspace.plan("a title")
        Journal.open(str(root)).apply(plan, origin="test")
        workspace.reload()
        return plan

    return run


def test_an_undo_comes_back_only_while_it_means_the_same(
    root: Path, apply: Callable[[Workspace], Plan]
) -> None:
    workspace = Workspace.open(root)
    call(workspace, *PRUNE)
    apply(workspace)
    call(workspace, "undo", {})
    fresh, told = again(root, workspace)
    assert told == []
    assert fresh.plan().id == workspace.plan().id
    assert fresh.plan().undoes == workspace.plan().undoes
    other = Workspace.open(root)
    call(other, *TRIGGER)
    apply(other)
    fresh, told = again(root, workspace)
    assert told == ["Step 1, undo, no longer applies: other plans were applied or undone since"]
    assert not fresh.plan()


def test_a_stop_brings_nothing_back(root: Path) -> None:
    workspace = Workspace.open(root)
    call(workspace, *PRUNE)
    fresh = Workspace.open(root)
    fresh.watch = Watch(stopped=lambda: True)
    (told,) = bring_back(kept(workspace), fresh)
    assert "It is kept" in told
    assert fresh.staged == []
    assert not fresh.plan()


@pytest.mark.skipif(os.name == "nt", reason="such names need a POSIX file system")
def test_names_that_are_no_utf8_come_back(root: Path) -> None:
    name = b"caf\xe9"
    for suffix, data in ((b".png", b"x"), (b".txt", b"dog, hat")):
        with open(os.path.join(os.fsencode(root), name + suffix), "wb") as file:
            file.write(data)
    workspace = Workspace.open(root)
    call(workspace, *PRUNE)
    workspace.edit("caf\udce9.txt", "mine")
    workspace.drop("caf\udce9.png")
    fresh, told = again(root, workspace)
    assert told == []
    assert fresh.plan(everything=True).id == workspace.plan(everything=True).id
    assert fresh.dropped == {"caf\udce9.png"}
