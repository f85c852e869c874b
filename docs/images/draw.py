"""Draw the README's pictures again: ``python docs/images/draw.py``, where the tests are installed.

What the app shows on the sample dataset, as SVG; and some of the dataset's images.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from PIL import Image, ImageOps
from textual.pilot import Pilot

from tagsmith.tools import trigger_sets
from tagsmith.tools.trigger_sets import TriggerSets
from tagsmith.tools.triggers import TriggerSet
from tagsmith.tui import demo
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.widgets import confirm, plan_card

HERE = Path(__file__).resolve().parent
SIZE = (100, 32)
BUTTONS = TriggerSet("pets", ("coco", "luna", "rex", "mia"))
SIDE, GAP = 150, 6
SAMPLES = (
    *("img_001.png", "img_021.png", "img_045.jpg", "img_004.webp", "holiday/sea_02.png"),
    *("img_047.png", "img_032.png", "img_042.png", "img_008.png", "img_027.webp"),
)


async def main() -> None:
    """Draw the samples; then the chat, the review, the tags and the triggers of one dataset."""
    plan_card.GRACE = confirm.GRACE = 0.0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = os.environ["XDG_CONFIG_HOME"] = folder
        root = demo.draw(folder)
        sheet([Path(root, name) for name in SAMPLES]).save(HERE / "pets.png", optimize=True)
        trigger_sets.save(root, TriggerSets((BUTTONS,), BUTTONS.name))
        app = TagsmithApp(demo.converse(root), demo.SUGGESTION)
        async with app.run_test(size=SIZE) as pilot:
            await press(pilot, "tab", "enter")
            draw(app, "chat")
            await press(pilot, "enter")
            await press(pilot, *["down"] * 4, "p")
            draw(app, "review")
        app = TagsmithApp(demo.converse(root))
        async with app.run_test(size=SIZE) as pilot:
            await press(pilot, *"/tags", "enter")
            await press(pilot, "down", "space", "down", "down")
            draw(app, "tags")
            await press(pilot, "escape")
            await press(pilot, *"/triggers", "enter")
            await press(pilot, "space", "1")
            draw(app, "triggers")


async def press(pilot: Pilot[int], *keys: str) -> None:
    """Press keys once all is shown, and wait for what comes of them."""
    await settled(pilot)
    await pilot.press(*keys)
    await settled(pilot)


async def settled(pilot: Pilot[int]) -> None:
    """Wait until no job runs and what they posted is shown."""
    for _ in range(3):
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def sheet(paths: list[Path]) -> Image.Image:
    """Return the images side by side in two rows."""
    columns = len(paths) // 2
    whole = Image.new("RGBA", (columns * (SIDE + GAP) - GAP, 2 * (SIDE + GAP) - GAP))
    for place, path in enumerate(paths):
        with Image.open(path) as image:
            square = ImageOps.fit(image.convert("RGB"), (SIDE, SIDE))
        whole.paste(square, (place % columns * (SIDE + GAP), place // columns * (SIDE + GAP)))
    return whole.quantize(128)


def draw(app: TagsmithApp, name: str) -> None:
    """Write what the app shows."""
    (HERE / f"{name}.svg").write_text(app.export_screenshot(title="tagsmith demo"))


if __name__ == "__main__":
    asyncio.run(main())
