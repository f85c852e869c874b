"""The grid of the gallery: how it fits, what it looks at, and names that are foreign."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pictures
import pytest
from gallery_case import Idle, Silent, make, opened, press, shown
from PIL import Image
from textual.app import App

from tagsmith.agent.conversation import Conversation
from tagsmith.tools.dataset import Dataset, Sample
from tagsmith.tools.plan import Kind
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.preview import Remembered, Unseen, Wanted
from tagsmith.tui.widgets.thumbnails import Grid, Thumbnails


def test_a_grid_fits_its_place() -> None:
    for room in range(8, 300, 7):
        for steps in (-4, 0, 4):
            grid = Grid.fitting(room, steps)
            assert 1 <= grid.columns * grid.width <= max(room, 8)
            assert grid.box[0] < grid.width
            assert grid.box[1] + 2 == grid.height
    assert [Grid.fitting(room, 0).columns for room in (79, 119, 199)] == [5, 6, 8]


class Counting(Remembered):
    """Decodes nothing, and remembers for what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def see(self, wanted: Wanted) -> Unseen:
        self.asked.append(os.path.basename(wanted.path))
        return Unseen("none")


async def test_of_many_images_only_those_near_the_sight_are_looked_at(
    tmp_path: Path, idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting()
    monkeypatch.setattr(Thumbnails, "remembered", counting)
    samples = [Sample("", f"{number:06}.png") for number in range(20_000)]
    workspace = Workspace(Dataset(str(tmp_path.resolve()), samples=samples))
    app = TagsmithApp(Conversation(workspace, Silent()))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, idle)
        assert counting.asked[0] == "000000.png"
        assert len(counting.asked) <= 45
        await press(pilot, idle, "end")
        assert "019999.png" in shown(screen)
        assert counting.asked[-1] > "019940"
        assert len(counting.asked) <= 90
        await press(pilot, idle, "up", "home", "plus", "minus", "pagedown")
        assert len(screen.grid._drawn) <= 60
        assert len(screen.grid._lines) <= 200


@pytest.fixture
def hostile_set(tmp_path: Path, hostile_texts: Sequence[str]) -> Path:
    root = tmp_path / "set \x1b[31m[red"
    root.mkdir()
    data = pictures.encoded(Image.new("RGB", (4, 4)), "PNG")
    for number, text in enumerate(hostile_texts):
        name = text.replace("/", "_").replace("\0", "_")
        try:
            stem = os.fsencode(f"{number:03} {name}")[:120]
        except UnicodeEncodeError:
            continue
        with open(os.path.join(os.fsencode(root), stem) + b".png", "wb") as file:
            file.write(data)
        with open(os.path.join(os.fsencode(root), stem) + b".txt", "wb") as file:
            file.write(f"{text}, dog".encode("utf-8", "replace"))
    return root


async def test_hostile_names_are_harmless_and_said_exactly(
    hostile_set: Path, idle: Idle, assert_harmless: Callable[[App[Any]], None]
) -> None:
    app = make(hostile_set)
    async with app.run_test(size=(120, 50)) as pilot:
        screen = await opened(pilot, idle)
        assert_harmless(app)
        images = [sample.image for sample in screen.shelf.samples]
        await press(pilot, idle, "enter")
        for index in range(0, len(images), 12):
            screen.grid.cursor = index
            await pilot.pause()
            assert_harmless(app)
        await press(pilot, idle, "escape")
        screen.marked |= set(images[::2])
        await press(pilot, idle, "D")
        assert_harmless(app)
        trashed = {
            change.path
            for change in screen.workspace.plan().changes
            if change.kind is Kind.TRASH and change.path.endswith(".png")
        }
        assert trashed == set(images[::2])
