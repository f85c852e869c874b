"""Duplicates of a whole dataset: found, told, stored, and mended through the ordinary tools."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from brushes import scene
from pictures import CATALOGUE, bad_image, encoded
from PIL import Image, ImageOps

from tagsmith.tools import toolbox
from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.registry import named
from tagsmith.tools.errors import StoppedError
from tagsmith.tools.vision import duplicates, measuring
from tagsmith.tools.vision.duplicates import stars
from tagsmith.tools.watch import Step, Watch
from tagsmith.tools.workspace import Workspace

ODD = 'it\'s "odd", 100% (really)'


def picture(seed: int) -> Image.Image:
    return scene(np.random.default_rng(seed), (240, 180))


def empty(colour: int) -> bytes:
    return encoded(Image.new("RGB", (120, 90), (colour,) * 3), "PNG")


def files() -> dict[str, bytes]:
    """Six pictures; of the first there are copies of every kind, and some are empty."""
    image = picture(0)
    first = encoded(image, "PNG")
    return {f"p{seed}.png": encoded(picture(seed), "PNG") for seed in range(1, 6)} | {
        "a.png": first,
        "a.txt": b"dog, a long caption",
        "sub/a.png": first,
        "again.png": encoded(image, "PNG", compress_level=1),
        f"{ODD}.webp": encoded(image, "WEBP", quality=70),
        os.fsdecode(b"\xff.jpg"): encoded(image.resize((120, 90)), "JPEG"),
        "mirror.jpg": encoded(ImageOps.mirror(image), "JPEG", quality=85),
        "black 1.png": empty(0),
        "black 2.bmp": encoded(Image.new("RGB", (120, 90)), "BMP"),
        "black 3.png": encoded(Image.new("RGB", (121, 90)), "PNG"),
        "white.png": empty(255),
        "cut.png": first[:3000],
    }


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A dataset that is measured once for all tests: they leave nothing staged."""
    root = tmp_path_factory.mktemp("set")
    (root / "sub").mkdir()
    for name, data in files().items():
        (root / name).write_bytes(data)
    return Workspace.open(root)


@pytest.fixture(autouse=True)
def one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting a second process takes longer than these few pictures."""
    monkeypatch.setattr(measuring, "processes", lambda: 1)


def answer(workspace: Workspace, **arguments: Any) -> dict[str, Any]:
    return toolbox.call(workspace, "find_duplicates", arguments).data


def test_every_kind_is_found_once_with_the_best_to_keep(workspace: Workspace) -> None:
    found = answer(workspace)
    told = {(one["kind"], one["keep"]): set(one["images"]) for one in found["groups"]}
    assert told == {
        ("identical files", "a.png"): {"a.png", "sub/a.png"},
        ("identical pixels", "a.png"): {"a.png", "again.png"},
        ("identical pixels", "black 1.png"): {"black 1.png", "black 2.bmp"},
        ("similar", "a.png"): {"a.png", f"{ODD}.webp", "\\xff.jpg"},
        ("flipped", "a.png"): {"a.png", "mirror.jpg"},
    }
    assert found["totals"] == {"images": 16, "groups": 5, "spare": 6, "unreadable": 1}


def test_the_text_is_small_and_tells_the_reason(workspace: Workspace) -> None:
    text = toolbox.call(workspace, "find_duplicates", {"limit": 2}).text
    assert "5 groups of duplicates among 16 images: 6 could go." in text
    assert "identical files: keep a.png (the longest caption); also sub/a.png" in text
    assert "and 3 more groups" in text
    assert "Cannot be read: cut.png (it is cut short)." in text


def test_where_limits_what_is_compared(workspace: Workspace) -> None:
    found = answer(workspace, where="folder:sub or name:again")
    assert [one["kind"] for one in found["groups"]] == ["identical pixels"]


def test_a_second_run_decodes_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = answer(workspace)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a worker was started")

    monkeypatch.setattr(measuring, "Workers", refuse)
    assert answer(workspace) == first


def test_the_fixes_delete_all_but_the_best(workspace: Workspace) -> None:
    findings = list(named("duplicates").find(Evidence(workspace)))
    assert [one.key for one in findings] == [kind.value for kind in duplicates.Kind]
    for finding in findings:
        for fix in finding.fixes:
            toolbox.call(workspace, fix.tool, fix.arguments)
    trashed = {change.path for change in workspace.plan().changes}
    workspace.clear()
    copies = {"sub/a.png", "again.png", f"{ODD}.webp", os.fsdecode(b"\xff.jpg"), "mirror.jpg"}
    assert trashed == {*copies, "black 2.bmp"}


def test_stopping_keeps_what_was_measured(folder: Any) -> None:
    folder.write({f"{n}.png": encoded(picture(n), "PNG") for n in range(9)})
    workspace = folder.open()
    told: list[Step] = []
    workspace.watch = Watch(told.append, lambda: len(told) >= 4)
    with pytest.raises(StoppedError, match=r"Stopped at 4 of 9 images\. What was measured is kept"):
        answer(workspace)
    workspace.watch = Watch(told.append)
    told.clear()
    assert answer(workspace)["totals"]["images"] == 9
    assert told[0] == Step("Hashing", 5, 9, pace=told[0].pace)


def test_bombs_and_damage_are_told_and_do_no_harm(folder: Any) -> None:
    cases = ("png of 169 million pixels", "half a JPEG", "zeros", "png full of noise")
    folder.write({f"{n}.png": bad_image(case) for n, case in enumerate(cases)})
    folder.write({"good.png": encoded(picture(1), "PNG")})
    found = duplicates.find(workspace := folder.open(), workspace.samples)
    assert found.groups == []
    for (_, reason), case in zip(found.bad, cases, strict=True):
        assert (CATALOGUE[case][1] or "") in reason


def test_partners_of_partners_are_no_group() -> None:
    assert stars([(0, 1), (1, 2), (0, 3), (4, 5)]) == [[0, 1, 3], [4, 5]]
