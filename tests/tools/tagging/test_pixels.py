"""run_tagger with pixels, end to end: real images, real worker processes, no model."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from tagsmith.tools.errors import StoppedError
from tagsmith.tools.toolbox import call
from tagsmith.tools.vision import pixel_tagger
from tagsmith.tools.watch import Watch
from tagsmith.tools.workspace import Workspace


@pytest.fixture
def pictures(folder, taggers) -> Workspace:
    """A small picture on white, a large grey one, and a file that is no image."""
    sticker = Image.new("RGB", (64, 64), (255, 255, 255))
    sticker.paste((200, 30, 90), (20, 20, 44, 44))
    sticker.save(folder.path("small.png"))
    Image.new("L", (1700, 900), 90).save(folder.path("large.jpg"))
    folder.write({"small.txt": "sticker", "bad.png": b"\x89PNG\r\n\x1a\n" + b"x" * 40})
    return folder.open()


def test_on_a_fresh_machine_tagging_works_and_says_what_it_used(folder, pictures) -> None:
    answer = str(call(pictures, "run_tagger", {}))
    after = folder.planned(pictures)
    assert after["small.txt"].startswith(b"sticker, lowres")
    assert after["large.txt"].startswith(b"highres")
    assert "bad.txt" not in after
    assert "No tagger is installed, so pixels was used" in answer
    assert "`tagsmith models pull wd-swinv2-tagger-v3`" in answer
    assert "1 image cannot be read: bad.png (" in answer
    assert "pixels ran on CPU" in answer


def test_meta_tags_can_be_switched_off(folder, pictures) -> None:
    call(pictures, "run_tagger", {"model": "pixels", "meta": False, "where": "name:small"})
    assert b"lowres" not in folder.planned(pictures)["small.txt"]


def test_a_second_run_and_a_replay_open_no_image_again(
    folder, pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.unlink(folder.path("bad.png"))
    pictures.reload()
    call(pictures, "run_tagger", {})
    before = folder.planned(pictures)

    def forbid(*_: object, **__: object) -> None:
        raise AssertionError("an image was opened")

    monkeypatch.setattr(pixel_tagger, "Workers", forbid)
    pictures.drop_step(1)
    pictures.drop_step(1, dropped=False)
    assert folder.planned(pictures) == before
    call(pictures, "run_tagger", {"threshold": 0.9})


def test_what_was_measured_before_a_stop_is_kept(folder, taggers) -> None:
    for number in range(6):
        Image.new("RGB", (64, 64), (number, 0, 0)).save(folder.path(f"{number}.png"))
    workspace = folder.open()
    told = []
    workspace.watch = Watch(tell=told.append, stopped=lambda: len(told) >= 3)
    with pytest.raises(StoppedError, match="Stopped at 3 of 6 images"):
        call(workspace, "run_tagger", {"model": "pixels"})
    assert workspace.state() == "nothing staged"
    workspace.watch = Watch(tell=told.append)
    told.clear()
    call(workspace, "run_tagger", {"model": "pixels"})
    assert [step.done for step in told if step.verb == "Measuring"] == [4, 5, 6]


def test_scores_of_pixels_answer_queries(folder, pictures) -> None:
    call(pictures, "run_tagger", {"model": "pixels"})
    found = [sample.name for sample in pictures.select("score:highres>=0.5")]
    assert found == ["large.jpg"]


def test_the_state_folder_is_no_part_of_the_dataset(folder, pictures) -> None:
    call(pictures, "run_tagger", {"model": "pixels"})
    assert Path(folder.path(".tagsmith/scores.db")).is_file()
    pictures.reload()
    assert {sample.name for sample in pictures.samples} == {"small.png", "large.jpg", "bad.png"}
