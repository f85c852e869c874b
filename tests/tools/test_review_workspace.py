"""Refused tag changes in a workspace: whatever is dropped, taken back, resumed or staged later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagsmith.agent.session_plan import bring_back, staging
from tagsmith.agent.session_records import decode, encode
from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.journal import Journal
from tagsmith.tools.plan import Kind, Plan
from tagsmith.tools.refusals import TagChange, tag_changes_of
from tagsmith.tools.selection import Outside
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace

FILES = {
    "a.png": "A", "a.jpg": "A2", "a.txt": "dog, long hair, watermark",
    "b.png": "B", "b.txt": "long_hair, cat ,dog\r\n", "b.npz": "N",
    "c.png": "C",
    "s/d.png": "D", "s/d.caption": "\ufeffwatermark, dog\n",
    "s/e.png": "E", "s/e.txt": "cat, dog, cat",
}  # fmt: skip
WHERE = st.sampled_from([None, "dog", "not dog", "name:b*", "folder:s"])
CALLS = st.one_of(
    st.tuples(st.just("prune_tags"), st.fixed_dictionaries({
        "tags": st.sampled_from([["dog"], ["watermark"], ["cat", "*hair"]]), "where": WHERE})),
    st.tuples(st.just("add_trigger"), st.fixed_dictionaries({
        "trigger": st.sampled_from(["sks", "dog"]), "where": WHERE})),
    st.tuples(st.just("replace_tags"), st.fixed_dictionaries({
        "old": st.just(["dog"]), "new": st.just(["wolf"]), "where": WHERE})),
    st.tuples(st.just("isolate_images"), st.fixed_dictionaries({
        "where": st.just("name:b*"), "name": st.just("x")})),
    st.tuples(st.just("dedupe_tags"), st.just({})),
)  # fmt: skip
REFUSED = st.sets(
    st.builds(TagChange, st.sampled_from(["dog", "watermark", "sks", "wolf", "cat"]), st.booleans())
)
FEW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with shared, missing, marked and nested captions; the tests here write nothing."""
    return fill(tmp_path_factory.mktemp("mixed"))


def fill(root: Path) -> Path:
    for name, text in FILES.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(text.encode())
    return root


def attempt(workspace: Workspace, tool: str, arguments: dict[str, Any]) -> None:
    with suppress(TagsmithError):
        call(workspace, tool, dict(arguments))


def changes_in(plan: Plan) -> dict[str, Counter[TagChange]]:
    found = {one.path: tag_changes_of(one.before, one.after) for one in plan.changes}
    return {path: changes for path, changes in found.items() if changes}


def expected(plan: Plan, refused: set[TagChange]) -> dict[str, Counter[TagChange]]:
    found = {
        path: Counter({one: n for one, n in changes.items() if one not in refused})
        for path, changes in changes_in(plan).items()
    }
    return {path: changes for path, changes in found.items() if changes}


@FEW
@given(calls=st.lists(CALLS, min_size=1, max_size=4), refused=REFUSED, data=st.data())
def test_what_is_refused_is_all_that_is_missing(
    mixed: Path, calls: list[tuple[str, dict[str, Any]]], refused: set[TagChange], data: Any
) -> None:
    workspace = Workspace.open(mixed)
    for one in calls[:-1]:
        attempt(workspace, *one)
    for one in refused:
        workspace.refuse(one)
    attempt(workspace, *calls[-1])
    if workspace.staged and data.draw(st.booleans()):
        workspace.drop_step(data.draw(st.sampled_from(workspace.staged)).step.number)
    kept = workspace.plan()
    workspace.refused.clear()
    whole = workspace.plan()
    assert changes_in(kept) == expected(whole, refused)
    untouched = {one.path: one for one in whole.changes if not (
        tag_changes_of(one.before, one.after).keys() & refused)}  # fmt: skip
    assert {one.path: one for one in kept.changes if one.path in untouched} == untouched
    moves = {one.path for one in whole.changes if one.kind in (Kind.MOVE, Kind.TRASH)}
    assert moves == {one.path for one in kept.changes if one.kind in (Kind.MOVE, Kind.TRASH)}


@FEW
@given(calls=st.lists(CALLS, min_size=1, max_size=3), refused=REFUSED)
def test_a_session_brings_refusals_back(
    mixed: Path, calls: list[tuple[str, dict[str, Any]]], refused: set[TagChange]
) -> None:
    workspace = Workspace.open(mixed)
    for one in calls:
        attempt(workspace, *one)
    workspace.refused |= refused
    kept = staging(workspace)
    other = Workspace.open(mixed)
    assert bring_back(kept, other) == []
    assert other.plan().id == workspace.plan().id
    assert decode(encode(kept)) == kept


def test_a_session_of_before_there_were_refusals_is_read() -> None:
    line = b'{"kind":"staging","files":0,"steps":[],"dropped":[],"edits":[],"undoes":[]}'
    assert decode(line) is not None


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return fill(tmp_path)


@pytest.fixture
def stage(dataset: Path) -> Callable[..., Workspace]:
    def make(*calls: tuple[str, dict[str, Any]]) -> Workspace:
        workspace = Workspace.open(dataset)
        for one in calls:
            call(workspace, *one)
        return workspace

    return make


PRUNE = ("prune_tags", {"tags": ["watermark"]})
TRIGGER = ("add_trigger", {"trigger": "sks"})


def test_what_is_written_lacks_the_refused_change_and_keeps_every_other_byte(
    dataset: Path, stage: Callable[..., Workspace]
) -> None:
    workspace = stage(PRUNE, TRIGGER)
    workspace.refuse(TagChange("watermark", added=False))
    assert workspace.files == 5
    Journal.open(workspace.root).apply(workspace.plan(), origin="test")
    assert (dataset / "a.txt").read_bytes() == b"sks, dog, long hair, watermark"

    assert (dataset / "s/d.caption").read_bytes() == b"\xef\xbb\xbfsks, watermark, dog\n"
    assert (dataset / "b.txt").read_bytes() == b"sks, long_hair, cat ,dog\r\n"


def test_a_caption_is_not_created_for_a_refused_tag(stage: Callable[..., Workspace]) -> None:
    workspace = stage(PRUNE, TRIGGER)
    workspace.refuse(TagChange("sks", added=True))
    plan = workspace.plan(everything=True)
    assert plan.totals.created == 0
    assert [one.path for one in plan.changes] == ["a.txt", "s/d.caption"]
    assert workspace.state() == "staged: 2 files; nothing written yet"
    workspace.refuse(TagChange("sks", added=True), refused=False)
    assert workspace.plan().totals.created == 1


def test_your_own_text_is_not_touched_by_a_refusal(stage: Callable[..., Workspace]) -> None:
    workspace = stage(PRUNE, TRIGGER)
    workspace.edit("a.txt", "sks, mine")
    workspace.refuse(TagChange("sks", added=True))
    after = {one.path: one.after for one in workspace.plan().changes}
    assert after["a.txt"] == b"sks, mine"
    assert "a.png" not in {owner for owner, _, _ in workspace.texts()}


def test_a_refused_part_of_an_undo_leaves_the_entry_applied(
    dataset: Path, stage: Callable[..., Workspace]
) -> None:
    workspace = stage(PRUNE, TRIGGER)
    Journal.open(workspace.root).apply(workspace.plan(), origin="test")
    workspace.reload()
    call(workspace, "undo", {})
    assert not workspace.plan().partial
    workspace.refuse(TagChange("watermark", added=True))
    assert workspace.plan().partial


def test_clearing_forgets_refusals(stage: Callable[..., Workspace]) -> None:
    workspace = stage(PRUNE)
    workspace.refuse(TagChange("watermark", added=False))
    assert not workspace.plan()
    workspace.clear()
    assert not workspace.refused


# Files outside the selection


def test_nothing_is_outside_where_nothing_selects(stage: Callable[..., Workspace]) -> None:
    assert stage(PRUNE, TRIGGER).outside() == {}


def test_a_shared_caption_reaches_an_image_that_was_not_selected(
    stage: Callable[..., Workspace],
) -> None:
    workspace = stage(("add_trigger", {"trigger": "sks", "where": "name:a.png"}))
    assert workspace.outside() == {"a.png": (Outside(1, ("a.jpg",)),)}
    workspace = stage(("add_trigger", {"trigger": "sks", "where": "name:a.*"}))
    assert workspace.outside() == {}


def test_the_companions_of_what_was_selected_are_not_outside(
    stage: Callable[..., Workspace],
) -> None:
    workspace = stage(("isolate_images", {"where": "name:b.png", "name": "x"}))
    assert {one.path for one in workspace.plan().changes} == {"b.png", "b.txt", "b.npz"}
    assert workspace.outside() == {}


def test_a_step_for_all_images_beside_one_for_some_is_no_alarm(
    stage: Callable[..., Workspace],
) -> None:
    workspace = stage(PRUNE, ("add_trigger", {"trigger": "sks", "where": "name:a.*"}))
    assert workspace.outside() == {}
