"""Datasets to audit, and what checks find in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tagsmith.tools.audit.evidence import Evidence, Settings
from tagsmith.tools.audit.finding import Finding
from tagsmith.tools.audit.registry import named
from tagsmith.tools.workspace import Workspace

Find = Callable[..., dict[str, Finding]]


@pytest.fixture(autouse=True)
def config(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The user's folder of settings: empty, and not that of whoever runs the tests."""
    folder = tmp_path / "config"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder / "tagsmith"


@pytest.fixture
def find(folder: Any) -> Find:
    """What a check finds in some captions, by the findings' keys."""

    def found(check: str, *captions: str, **settings: Any) -> dict[str, Finding]:
        if captions:
            folder.samples(*captions)
        evidence = Evidence(folder.open(), Settings(**settings))
        return {one.key: one for one in named(check).find(evidence)}

    return found


# A dataset with a problem of every kind: a character "tsuki" of 30 images in one folder and a dog
# "coco" of 8 in another.
def _dirty() -> dict[str, str]:
    files: dict[str, str] = {}
    scenes = ("beach", "forest", "classroom", "simple background", "night", "city")
    for number in range(30):
        tags = [
            "tsuki",
            "1girl",
            "solo",
            "looking at viewer",
            "silver hair",
            "long hair",
            "red eyes",
        ]
        tags += [scenes[number % 6], "smile" if number % 2 else "open mouth"]
        if number % 3 == 0:
            tags += ["shirt", "white shirt"]
        if number % 5 == 0:
            tags += ["face", "hands"]
        if number % 7 == 0:
            tags.append("watermark")
        files[f"5_tsuki/t{number:02}"] = ", ".join(tags)
    files["5_tsuki/t01"] += ", short hair, long_hair"
    files["5_tsuki/t02"] += ", blue eyes, watermrk"
    files["5_tsuki/t03"] += ", 2girls"
    files["5_tsuki/t04"] += ", day, woods"
    files["5_tsuki/t05"] += ", masterpiece, by greg rutkowski"
    files["5_tsuki/t08"] += ", blurry background, brick wall"
    files["5_tsuki/t09"] += ", White Shirt"
    files["5_tsuki/t10"] = files["5_tsuki/t10"].removeprefix("tsuki, ")
    for number in range(8):
        place = "grass" if number % 2 else "sofa, indoors"
        files[f"1_coco/c{number}"] = (
            f"coco, dog, looking at viewer, brown fur, {place}, dogs, oil painting"
        )
    files["1_coco/c1"] += ", no collar, collar"
    return files


@pytest.fixture
def dirty(folder: Any) -> Workspace:
    """A dataset with a problem of every kind."""
    folder.write({"lost.txt": "dog", "5_tsuki/odd.png": "x", "5_tsuki/odd.txt": b"\x94L, \x93\xfa"})
    for stem, caption in _dirty().items():
        folder.write({f"{stem}.png": "image", f"{stem}.txt": caption})
    workspace: Workspace = folder.open()
    return workspace
