"""Images by their names: found fast, and mentioned so that exactly one is meant."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagsmith.agent.offline.engine import OfflineEngine
from tagsmith.tools import query
from tagsmith.tools.dataset import scan
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.names import Names
from tagsmith.tui.widgets.completion import quoted_tag

PATHS = (
    "10_coco/img 1.png",
    "10_coco/img.png",
    "20_dogs/IMG.png",
    "20_dogs/img_*.png",
    "a.jpg",
    "a.png",
    "b?.png",
    "plain-name.v2.png",
    "ñandú [x] (y).webp",
    "deep/er/still.png",
)


class View:
    def __init__(self, path: str) -> None:
        self.folder, _, self.name = path.rpartition("/")


def meant(term: str, paths: tuple[str, ...] = PATHS) -> list[str]:
    found = query.parse(term)
    return [path for path in paths if found.matches(View(path))]  # type: ignore[arg-type]


@pytest.mark.parametrize("path", PATHS)
def test_a_mention_means_exactly_that_image(path: str) -> None:
    assert meant(Names(PATHS).term(path)) == [path]


NAME = st.text(st.sampled_from("ab. _-*?[]()\\'éñ"), min_size=1, max_size=6).map(
    lambda name: f"{name}.png"
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(NAME, NAME.map(lambda name: f"f/{name}")), min_size=1, max_size=6))
def test_whatever_images_are_called_a_mention_means_one_or_is_not_made(paths: list[str]) -> None:
    known = tuple(dict.fromkeys(paths))
    for path in known:
        term = Names(known).term(path)
        assert not term or meant(term, known) == [path]


@pytest.mark.parametrize("path", ["10_coco/img 1.png", "plain-name.v2.png", "deep/er/still.png"])
def test_the_built_in_engine_takes_a_mention_for_that_image(tmp_path: Path, path: str) -> None:
    for one in PATHS:
        file = tmp_path / one
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        file.with_suffix(".txt").write_text("dog, cat")
    workspace = Workspace(scan(str(tmp_path)))
    names = Names([sample.name for sample in workspace.dataset.samples])
    list(OfflineEngine().respond(f"remove dog from {names.term(path)}", workspace))
    changed = [change.sample for change in workspace.plan("").changes]
    assert changed == [path]


@pytest.mark.parametrize("tag", ["dog", "long hair", 'say "hi"', "bird's eye", "`code`"])
def test_the_built_in_engine_takes_a_mention_for_that_tag(tmp_path: Path, tag: str) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "a.txt").write_text(f"x, {tag}, {tag} too")
    workspace = Workspace(scan(str(tmp_path)))
    list(OfflineEngine().respond(f"remove {quoted_tag(tag)}", workspace))
    (change,) = workspace.plan("").changes
    assert change.after == f"x, {tag} too".encode()


def test_names_that_begin_with_it_come_before_those_that_hold_it() -> None:
    names = Names(["a/x_img.png", "img_2.png", "b/img_1.png", "other.png"])
    assert names.holding("img") == ["img_2.png", "b/img_1.png", "a/x_img.png"]
    assert names.holding("nothing") == []


def test_names_with_typing_mistakes_are_found() -> None:
    names = Names(["portrait_anna.png", "landscape.png", "portrait_otto.png"])
    assert names.like("portrat_ana", lambda: False)[0] == "portrait_anna.png"
    assert names.like("portrat_ana", lambda: True) == []


def test_a_hundred_thousand_names_answer_within_a_frame() -> None:
    names = Names([f"{index % 40}_set/img_{index:06}.png" for index in range(100_000)])
    names.warm()
    for typed in ("i", "img_09", "_set/img_0999", "nothing"):
        best = 1.0
        for _ in range(5):
            start = time.perf_counter()
            found = [names.term(one) for one in names.holding(typed)]
            best = min(best, time.perf_counter() - start)
        assert best < 0.016
        assert len(found) <= 50
