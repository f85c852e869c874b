"""The gallery on a screen: what is shown, chosen, marked, written, staged and left."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from gallery_case import Idle, foot, head, make, opened, planned, press, shown
from PIL import Image

from tagsmith.tools import toolbox
from tagsmith.tui import gallery
from tagsmith.tui.gallery import Cluster
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.widgets.chips import Chips
from tagsmith.tui.widgets.edge import EdgeLine
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.preview import Preview

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
        assert "0.png · 16 \xd7 16 · 2 of 10" in image.left.plain
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
