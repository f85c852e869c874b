"""How the other screens look: pictures, tags, triggers, settings, jobs, help, the first run."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from textual.pilot import Pilot

from tagsmith.tools import trigger_sets
from tagsmith.tools.trigger_sets import TriggerSets
from tagsmith.tools.triggers import TriggerSet
from tagsmith.tools.watch import Step
from tagsmith.tui import settings_about
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.background import Background, Job, State
from tagsmith.tui.opening import Opening
from tagsmith.tui.screens.jobs import JobsScreen

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
Compare = Callable[..., bool]
Idle = Callable[[Pilot[int]], Awaitable[None]]
Make = Callable[..., TagsmithApp]
NOBODY = "http://127.0.0.1:9/v1"
# A tag that stands in every caption, one within another, an image without a caption.
ALBUM = (
    ("sienna", "dog, solo, shirt, white shirt, watermark"),
    ("peru", "dog, solo, outdoors, watermark"),
    ("gray", "cat, solo, indoors, blue eyes"),
    ("orange", "cat, solo, outdoors"),
    ("brown", "monkey, hat, shirt, white shirt, solo"),
    ("black", None),
    ("tan", "dog, coco, solo, beach"),
    ("white", "1girl, long hair, shirt, white shirt, solo"),
)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Eight pictures: a ball on a meadow, each in its own colour."""
    root = tmp_path / "album"
    root.mkdir()
    for number, (colour, caption) in enumerate(ALBUM, start=1):
        image = Image.new("RGB", (48, 36), "darkseagreen")
        ImageDraw.Draw(image).ellipse((12, 6, 35, 29), fill=colour)
        image.save(root / f"img_{number}.png")
        if caption is not None:
            (root / f"img_{number}.txt").write_text(caption)
    buttons = TriggerSet("pets", ("coco", "rex", "mia"))
    trigger_sets.save(str(root), TriggerSets((buttons,), buttons.name))
    return root


@pytest.fixture(autouse=True)
def _no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TAGSMITH_")]:
        monkeypatch.delenv(name)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HF_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("TAGSMITH_BASE_URL", NOBODY)
    monkeypatch.setattr(settings_about, "place", lambda: "~/.config/tagsmith/config.toml")


@pytest.fixture
def shows(make_app: Make, idle: Idle, snap_compare: Compare, album: Path) -> Callable[..., bool]:
    """Compare what a command of the chat shows on the pictures, after some keys."""

    def compare(command: str, *pressed: str, size: tuple[int, int] = (80, 24)) -> bool:
        async def run(pilot: Pilot[int]) -> None:
            await idle(pilot)
            chat: Any = pilot.app.screen
            chat.submit(command)
            await idle(pilot)
            if pressed:
                await pilot.press(*pressed)
                await idle(pilot)

        return snap_compare(make_app(album), terminal_size=size, run_before=run)

    return compare


@SIZES
def test_tags(shows: Callable[..., bool], size: tuple[int, int]) -> None:
    assert shows("/tags", "space", "down", size=size)


@SIZES
def test_triggers(shows: Callable[..., bool], size: tuple[int, int]) -> None:
    assert shows("/triggers", "1", "2", size=size)


@SIZES
def test_gallery(shows: Callable[..., bool], size: tuple[int, int]) -> None:
    assert shows("/gallery", "space", size=size)


def test_an_image_of_the_gallery(shows: Callable[..., bool]) -> None:
    assert shows("/gallery", "enter")


def test_settings(shows: Callable[..., bool]) -> None:
    assert shows("/settings")


def test_help(shows: Callable[..., bool]) -> None:
    assert shows("/help")


def test_review_with_a_picture(
    make_app: Make, idle: Idle, snap_compare: Compare, album: Path
) -> None:
    async def review(pilot: Pilot[int]) -> None:
        await idle(pilot)
        chat: Any = pilot.app.screen
        chat.call("prune_tags", {"tags": ["watermark"]}, review=True)
        await idle(pilot)

    assert snap_compare(make_app(album), terminal_size=(120, 40), run_before=review)


class FixedJob(Job):
    """A job whose work took as long as it says."""

    @property
    def pace(self) -> tuple[int, float]:
        """Forty images in ten seconds."""
        return 40, 10.0

    @property
    def elapsed(self) -> float:
        """A minute and a half."""
        return 90.0


def test_jobs(make_app: Make, idle: Idle, snap_compare: Compare) -> None:
    jobs = Background(lambda _: None, lambda _: None, lambda _: None)
    steps = {
        State.DONE: Step("Tagging", 24, 24),
        State.RUNNING: Step("Tagging", 120, 400),
        State.PAUSED: Step("Downloading", 120_000_000, 366_000_000, "bytes"),
        State.WAITING: None,
    }
    titles = ("Tagging with pixels", "Tagging with wd-swinv2-tagger-v3", "Fetching florence-2-base")
    for title, (state, step) in zip((*titles, "Captioning"), steps.items(), strict=True):
        job = FixedJob(title, lambda _: None, "What it has seen of the images is kept.")
        job.state, job.step = state, step
        jobs.jobs.append(job)

    async def show(pilot: Pilot[int]) -> None:
        await idle(pilot)
        await pilot.app.push_screen(JobsScreen(jobs))
        await pilot.press("down", "down")

    assert snap_compare(make_app(), run_before=show)


def test_first_run(snap_compare: Compare, idle: Idle) -> None:
    def never(_: str = "") -> Opening:
        raise AssertionError("nothing is opened")

    assert snap_compare(TagsmithApp(open_folder=never, open_demo=never), run_before=idle)
