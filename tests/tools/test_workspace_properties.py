"""Staging, as properties of any calls: replay is consistent and the plan is the net difference."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.plan import Kind, Plan
from tagsmith.tools.toolbox import call
from tagsmith.tools.workspace import Workspace

FILES = {
    "a.png": "A", "a.jpg": "A2", "a.txt": "dog, long hair, watermark", "a-masklabel.png": "M",
    "b.png": "B", "b.txt": "long_hair, cat ,dog\r\n", "b.npz": "cache",
    "c.png": "C",
    "s/d.png": "D", "s/d.caption": "\ufeffwatermark\n", "s/d.json": "{}",
    "s/e.png": "E", "s/e.txt": "cat, dog, cat",
    "x 1.png": "X", "x 1.txt": "owl",
}  # fmt: skip

WHERE = st.sampled_from(
    [None, "dog", "not dog", "name:b*", "captioned:no", "folder:s", "sks", "owl"]
)
TAGS = st.lists(st.sampled_from(["dog", "cat", "long hair", "watermark", "sks", "wolf", "*hair"]),
                min_size=1, max_size=2)  # fmt: skip
NEW = st.lists(st.sampled_from(["wolf", "dog", "cat", "sks", "{a, b|c}"]), min_size=1, max_size=1)
CALLS = st.one_of(
    st.tuples(
        st.just("replace_tags"),
        st.fixed_dictionaries({"old": TAGS, "new": NEW, "where": WHERE}),
    ),
    st.tuples(st.just("prune_tags"), st.fixed_dictionaries({"tags": TAGS, "where": WHERE})),
    st.tuples(
        st.just("add_trigger"),
        st.fixed_dictionaries({
            "trigger": st.sampled_from(["sks", "dog"]),
            "position": st.sampled_from(["first", "last"]),
            "where": WHERE,
        }),
    ),
    st.tuples(st.just("move_tags"), st.fixed_dictionaries({"tags": TAGS, "where": WHERE})),
    st.tuples(st.just("dedupe_tags"), st.just({})),
    st.tuples(st.just("clean_captions"), st.just({"spaces": True, "underscores": "spaces"})),
    st.tuples(
        st.just("isolate_images"),
        st.fixed_dictionaries({
            "where": WHERE.filter(bool),
            "name": st.sampled_from(["x", "y"]),
            "mode": st.sampled_from(["folder", "rename"]),
        }),
    ),
    st.tuples(st.just("delete_images"), st.fixed_dictionaries({"where": WHERE.filter(bool)})),
)  # fmt: skip
SLOW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def mixed() -> Any:
    """A folder with every kind of sample; the tests here never change it."""
    root = Path(tempfile.mkdtemp(prefix="tagsmith-test-"))
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    yield root
    shutil.rmtree(root)


def attempt(workspace: Workspace, tool: str, arguments: dict[str, Any]) -> bool:
    """Call a tool; tell whether it staged a step."""
    try:
        return bool(call(workspace, tool, dict(arguments)).files)
    except TagsmithError:
        return False


def shape(plan: Plan) -> list[Any]:
    """What a plan does, without which steps caused it and when its files were seen."""
    return [replace(change, steps=(), stamp=None) for change in plan.changes]


def view(workspace: Workspace) -> dict[str, tuple[str | None, bytes | None]]:
    """What tools see: every image with its caption's path and bytes."""
    return {
        one.image: (one.caption_path, workspace.caption_bytes(one)) for one in workspace.samples
    }


@SLOW
@given(calls=st.lists(CALLS, min_size=1, max_size=5), data=st.data())
def test_dropping_steps_is_never_having_staged_them(
    mixed: Path, calls: list[tuple[str, dict[str, Any]]], data: st.DataObject
) -> None:
    workspace = Workspace.open(mixed)
    staged = [one for one in calls if attempt(workspace, *one)]
    drops = data.draw(st.lists(st.booleans(), min_size=len(staged), max_size=len(staged)))
    for number, drop in enumerate(drops, start=1):
        if drop:
            workspace.drop_step(number)
    other = Workspace.open(mixed)
    for one, drop in zip(staged, drops, strict=True):
        if not drop:
            attempt(other, *one)
    assert shape(workspace.plan()) == shape(other.plan())
    assert workspace.plan().id == other.plan().id
    assert view(workspace) == view(other)


@SLOW
@given(calls=st.lists(CALLS, min_size=1, max_size=5), data=st.data())
def test_a_step_taken_back_is_as_if_never_dropped(
    mixed: Path, calls: list[tuple[str, dict[str, Any]]], data: st.DataObject
) -> None:
    workspace = Workspace.open(mixed)
    staged = sum(attempt(workspace, *one) for one in calls)
    if not staged:
        return
    before, seen = workspace.plan(), view(workspace)
    number = data.draw(st.integers(1, staged))
    workspace.drop_step(number)
    workspace.drop_step(number, dropped=False)
    assert workspace.plan() == before
    assert view(workspace) == seen


@SLOW
@given(calls=st.lists(CALLS, min_size=1, max_size=6))
def test_the_plan_makes_of_the_disk_what_the_workspace_shows(
    mixed: Path, calls: list[tuple[str, dict[str, Any]]], model: Callable[[Plan, Path], Any]
) -> None:
    workspace = Workspace.open(mixed)
    for one in calls:
        attempt(workspace, *one)
    after = model(workspace.plan(), mixed)
    inside = {name for name in after if not name.startswith("_isolated/")}
    for image, (caption, data) in view(workspace).items():
        assert image in inside
        assert (caption is None) or after[caption] == data
    masks = {name for name in inside if "-masklabel" in name}
    images = {name for name in inside if name.endswith(("png", "jpg"))} - masks
    assert images == set(view(workspace))
    assert bool(workspace.plan()) == (workspace.state() != "nothing staged")


@SLOW
@given(calls=st.lists(CALLS, min_size=1, max_size=4), data=st.data())
def test_a_dropped_file_leaves_a_plan_that_fits(
    mixed: Path,
    calls: list[tuple[str, dict[str, Any]]],
    data: st.DataObject,
    model: Callable[[Plan, Path], Any],
) -> None:
    workspace = Workspace.open(mixed)
    for one in calls:
        attempt(workspace, *one)
    whole = workspace.plan()
    if not whole:
        return
    change = data.draw(st.sampled_from(whole.changes))
    workspace.drop(change.path)
    left = workspace.plan()
    assert change not in left.changes
    assert not [one for one in left.changes if one.sample == change.sample]
    model(left, mixed)
    assert workspace.plan(everything=True) == whole
    workspace.keep(change.path)
    assert workspace.plan() == whole


@SLOW
@given(first=CALLS, second=CALLS, title=st.text(max_size=5))
def test_the_id_depends_on_what_would_happen_alone(
    mixed: Path, first: tuple[str, Any], second: tuple[str, Any], title: str
) -> None:
    one, other = Workspace.open(mixed), Workspace.open(mixed)
    attempt(other, "sort_tags", {})
    if attempt(one, *first) != attempt(other, *first):
        return
    other.forget_step(1)
    assert one.plan("a title").id == other.plan(title).id
    if attempt(other, *second) and shape(one.plan()) != shape(other.plan()):
        assert one.plan().id != other.plan().id


@pytest.fixture
def model() -> Callable[[Plan, Path], dict[str, bytes]]:
    """Apply a plan to the files of a folder, in memory."""

    def applied(plan: Plan, root: Path) -> dict[str, bytes]:
        files = {name: text.encode() for name, text in FILES.items()}
        after = dict(files)
        for change in plan.changes:
            if change.kind is not Kind.CREATE:
                assert change.before in (None, files[change.path])
                del after[change.path]
        for change in plan.changes:
            if change.kind is not Kind.TRASH:
                to = change.to or change.path
                assert to not in after, f"{to} would be overwritten"
                after[to] = files[change.path] if change.after is None else change.after
        return after

    return applied
