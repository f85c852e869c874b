"""The gallery: what is shown, what is decoded for it, what is marked, staged and left."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pictures
import pytest
from PIL import Image
from textual.app import App
from textual.pilot import Pilot

from tagsmith.agent.conversation import Conversation
from tagsmith.tools import toolbox
from tagsmith.tools.dataset import Dataset, Sample
from tagsmith.tools.plan import Kind
from tagsmith.tools.workspace import Workspace
from tagsmith.tui import gallery, jobs
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.gallery import Cluster
from tagsmith.tui.preview import Remembered, Unseen, Wanted
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.gallery import GalleryScreen
from tagsmith.tui.widgets.chips import Chips
from tagsmith.tui.widgets.edge import EdgeLine
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.preview import Preview
from tagsmith.tui.widgets.thumbnails import Grid, Thumbnails

Idle = Callable[[Pilot[int]], Awaitable[None]]
COLOURS = ("red", "lime", "blue", "white", "orange", "purple", "teal", "pink")


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Eight plain pictures, the even ones captioned ``dog, <colour>``; two share a caption."""
    root = tmp_path / "pets"
    (root / "more").mkdir(parents=True)
    for number, colour in enumerate(COLOURS):
        Image.new("RGB", (16, 16), colour).save(root / f"{number}.png")
        if number % 2 == 0:
            (root / f"{number}.txt").write_bytes(f"dog, {colour}\r\n".encode())
    Image.new("RGB", (16, 16)).save(root / "0.bmp")
    (root / "more" / "bad.png").write_bytes(b"no image")
    return root


class Silent:
    """An engine with nothing to say."""

    name = "offline"

    def respond(self, *_: object) -> Any:
        yield from ()


def make(root: Path) -> TagsmithApp:
    return TagsmithApp(Conversation(Workspace.open(root), Silent()))


async def opened(
    pilot: Pilot[int], idle: Idle, *, command: str = "/gallery", **given: Any
) -> GalleryScreen:
    """Open the gallery, by its command or with what another screen gives it."""
    await idle(pilot)
    chat = pilot.app.screen
    assert isinstance(chat, ChatScreen)
    if given:
        screen = GalleryScreen(chat.conversation, jobs.snapshot(chat.conversation), **given)
        pilot.app.push_screen(screen, chat.came_back)
    else:
        chat.submit(command)
    await idle(pilot)
    found = pilot.app.screen
    assert isinstance(found, GalleryScreen)
    return found


def shown(screen: GalleryScreen) -> str:
    grid = screen.grid
    return "\n".join(grid.render_line(y).text for y in range(grid.size.height))


def head(screen: GalleryScreen) -> str:
    line = screen.query_one("#head", EdgeLine)
    return f"{line.left.plain} | {line.right.plain}"


def foot(screen: GalleryScreen) -> str:
    return screen.query_one("#foot", EdgeLine).left.plain


async def press(pilot: Pilot[int], idle: Idle, *keys: str) -> None:
    await pilot.press(*keys)
    await idle(pilot)


def planned(screen: GalleryScreen) -> dict[str, str]:
    """What happens to which file, and where it goes."""
    return {
        change.path: f"{change.kind} {change.to or ''}".strip()
        for change in screen.workspace.plan().changes
    }


async def test_pictures_stand_above_their_names_and_what_is_none_says_why(
    pets: Path, idle: Idle
) -> None:
    app = make(pets)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, idle)
        assert head(screen).startswith(" Gallery · all · 10 images")
        text = shown(screen)
        assert "▀" * 12 in text
        assert all(f"{number}.png" in text for number in range(8))
        assert "No picture:" in text
        colours = {
            style.bgcolor.triplet
            for _, style, _ in screen.grid.render_line(2)
            if style and style.bgcolor
        }
        assert {(255, 0, 0), (0, 255, 0), (0, 0, 255)} <= colours


async def test_a_query_chooses_and_a_bad_one_is_explained(pets: Path, idle: Idle) -> None:
    app = make(pets)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, idle, command="/gallery dog and not red")
        assert "dog and not red · 3 images" in head(screen)
        await press(pilot, idle, "slash")
        field = screen.query_one("#filter", TextField)
        assert field.text == "dog and not red"
        field.put("dgo")
        await press(pilot, idle, "enter")
        assert "! No caption has 'dgo'" in foot(screen)
        field.put("name:1")
        await press(pilot, idle, "enter")
        assert "name:1 · 1 image " in head(screen)
        await press(pilot, idle, "escape")
        assert "dog and not red · 3 images" in head(screen)
        await press(pilot, idle, "escape")
        assert isinstance(app.screen, ChatScreen)


async def test_marked_images_are_set_apart_and_reviewed(pets: Path, idle: Idle) -> None:
    app = make(pets)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, idle)
        # 0.bmp, 0.png and, past 1.png, 2.png: a shared caption goes with both of its images.
        await press(pilot, idle, "space", "space", "right", "space")
        assert "3 marked" in head(screen)
        assert "● 0.bmp" in shown(screen)
        await press(pilot, idle, "m")
        screen.query_one("#answer", TextField).put("con")
        await press(pilot, idle, "enter")
        assert "names a device on Windows" in foot(screen)
        screen.query_one("#answer", TextField).put("best")
        await press(pilot, idle, "enter")
        assert planned(screen) == {
            name: f"move _isolated/best/{name}"
            for name in ("0.bmp", "0.png", "0.txt", "2.png", "2.txt")
        }
        assert "✓ Move 3 images to _isolated/best (5 files)" in foot(screen)
        assert "7 images" in head(screen)
        assert "5 files staged, nothing written yet" in head(screen)
        assert "marked" not in head(screen)
        await press(pilot, idle, "w")
        assert "Review" in type(app.screen).__name__


async def test_all_of_a_query_is_that_query(pets: Path, idle: Idle) -> None:
    app = make(pets)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, idle, command="/gallery folder:more")
        await press(pilot, idle, "a", "a")
        assert "marked" not in head(screen)
        await press(pilot, idle, "a", "D")
        [step] = screen.workspace.steps
        assert (step.tool, step.arguments) == ("delete_images", {"where": "folder:more"})
        assert planned(screen) == {"more/bad.png": "trash"}
        await press(pilot, idle, "D")
        assert len(screen.workspace.steps) == 1


async def test_the_large_image_has_its_caption_and_its_size(pets: Path, idle: Idle) -> None:
    app = make(pets)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, idle)
        await press(pilot, idle, "right", "enter")
        image = screen.query_one("#image", EdgeLine)
        assert "0.png · 16 x 16 · 2 of 10" in image.left.plain
        assert screen.query_one(Chips).render().plain == "dog · red"
        assert (255, 0, 0) in {
            style.bgcolor.triplet
            for _, style, _ in screen.query_one(Preview).render_line(5)
            if style and style.bgcolor
        }
        await press(pilot, idle, "l", "space")
        assert "● 1.png" in image.left.plain
        assert "No caption: e writes one." in screen.query_one(Chips).render().plain
        await press(pilot, idle, "escape")
        assert screen.grid.has_focus
        assert screen.grid.cursor == 2
        await press(pilot, idle, "end", "enter")
        assert "No picture:" in "".join(
            screen.query_one(Preview).render_line(y).text for y in range(37)
        )


async def test_a_caption_is_written_and_rewritten(pets: Path, idle: Idle) -> None:
    app = make(pets)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, idle)
        field = screen.query_one("#writing", TextField)
        await press(pilot, idle, "right", "e")
        assert field.text == "dog, red"
        await press(pilot, idle, "enter")
        assert not planned(screen)
        await press(pilot, idle, "e")
        field.put("dog, red, big")
        await press(pilot, idle, "enter")
        await press(pilot, idle, "right", "e")
        assert field.text == ""
        field.put("cat")
        await press(pilot, idle, "enter")
        after = {change.path: change.after for change in screen.workspace.plan().changes}
        assert after == {"0.txt": b"dog, red, big\r\n", "1.txt": b"cat"}
        assert [step.tool for step in screen.workspace.steps] == ["set_caption"] * 2
        assert screen.query_one(Chips).render().plain == "cat"
        await press(pilot, idle, "e")
        field.put("thrown away")
        await press(pilot, idle, "escape", "escape", "escape")
        assert isinstance(app.screen, ChatScreen)
        assert app.screen.pending is not None


async def test_a_random_sample_is_that_of_the_tool(
    pets: Path, idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tagsmith.tui.gallery.SAMPLE", 3)
    app = make(pets)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, idle)
        await press(pilot, idle, "r")
        seed = screen.shelf.seed
        assert f"3 at random of 10 (seed {seed})" in head(screen)
        outcome = toolbox.call(screen.workspace, "sample_images", {"count": 3, "seed": seed})
        images = [row["image"] for row in outcome.data["rows"]]
        assert [sample.image for sample in screen.shelf.samples] == images
        # Without marks the image at the cursor is meant.
        await press(pilot, idle, "right", "D")
        assert [sample.image for sample in screen.shelf.samples] == [images[0], images[2]]
        await press(pilot, idle, "escape")
        assert "all · 9 images" in head(screen)


async def test_isolated_images_are_a_group_that_is_brought_back(pets: Path, idle: Idle) -> None:
    apart = pets / "_isolated" / "old ones"
    apart.mkdir(parents=True)
    os.rename(pets / "2.png", apart / "2.png")
    os.rename(pets / "2.txt", apart / "2.txt")
    app = make(pets)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, idle)
        await press(pilot, idle, "o", "end", "enter")
        assert "isolated as old ones · 1 image" in head(screen)
        assert "▀" in shown(screen)
        await press(pilot, idle, "D")
        assert "m brings them back" in foot(screen)
        await press(pilot, idle, "enter")
        assert screen.query_one(Chips).render().plain == "dog · blue"
        await press(pilot, idle, "m")
        assert planned(screen)["_isolated/old ones/2.png"] == "move 2.png"


async def test_of_images_that_are_alike_the_worse_are_marked(
    pets: Path, idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    clusters = [
        Cluster(("0.png", "1.png"), "1.png", "1.png has more pixels"),
        Cluster(("gone.png", "2.png"), "2.png"),
        Cluster(("3.png", "4.png", "5.png"), "4.png", "the same picture"),
    ]
    app = make(pets)
    async with app.run_test(size=(120, 24)) as pilot:
        screen = await opened(pilot, idle, clusters=clusters, title="Duplicates")
        assert "Duplicates · group 1 of 2 · 1.png has more pixels" in head(screen)
        assert "● 0.png" in shown(screen)
        assert "★ 1.png" in shown(screen)
        await press(pilot, idle, "tab")
        assert "group 2 of 2 · the same picture" in head(screen)
        await press(pilot, idle, "end", "space", "shift+tab", "D")
        assert planned(screen) == {"0.png": "trash", "3.png": "trash"}
        assert "group 1 of 1 · the same picture" in head(screen)
        found = Cluster(("6.png", "7.png"), "7.png", "similar")
        monkeypatch.setattr(
            "tagsmith.tui.gallery.duplicates",
            lambda workspace, title: replace(
                gallery.alike(workspace, [found], title), marked=gallery.worse([found])
            ),
        )
        await press(pilot, idle, "o", "down", "down", "enter")
        assert "Duplicates · group 1 of 1 · similar" in head(screen)
        assert screen.marked == {"6.png"}


async def test_images_that_another_screen_gives_are_shown_in_its_order(
    pets: Path, idle: Idle
) -> None:
    app = make(pets)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(
            pilot, idle, samples=["3.png", "none.png", "1.png"], title="with dog [b]"
        )
        assert "with dog [b] · 2 images" in head(screen)
        assert [sample.name for sample in screen.shelf.samples] == ["3.png", "1.png"]


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
