"""A real graph in a real session: from image files to captions on the disk and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import vision_graphs as graphs
from PIL import Image

from tagsmith.tools.errors import ModelError
from tagsmith.tools.journal import Journal
from tagsmith.tools.toolbox import call
from tagsmith.tools.vision import pipeline, runtime
from tagsmith.tools.vision.spec import find_spec
from tagsmith.tools.workspace import Workspace

# The graph answers with the shares of red, green and blue, then 0.02 and 0.98.
LABELS = "name,category\nred_shirt,general\ngreen_eyes,general\nblue_hair,general\n0_0,general\n"
CHARACTER = "saber_(fate),character\n"


@pytest.fixture
def tiny(folder: Any, taggers: Any, tmp_path: Path) -> Iterator[Workspace]:
    """A model placed by hand, and a red, a teal and a dark picture; one has a caption."""
    taggers.spec("tiny")
    place = tmp_path / "models" / "tiny"
    place.mkdir(parents=True)
    graph = graphs.signature_graph(find_spec("tiny"), 5, grid=1)
    (place / "model.onnx").write_bytes(graph)
    (place / "tags.csv").write_text(LABELS + CHARACTER, encoding="utf-8")
    for name, colour in {"a": (255, 0, 0), "b": (0, 120, 200), "c": (9, 9, 9)}.items():
        Image.new("RGB", (40, 40), colour).save(folder.path(f"{name}.png"))
    folder.write({"a.txt": "coco, Red Shirt\r\n"})
    yield folder.open()
    runtime.release()


def applied(workspace: Workspace) -> None:
    Journal.open(workspace.root).apply(workspace.plan(), origin="do")
    workspace.reload()


def test_the_model_that_is_here_is_the_default_and_its_tags_follow_the_pictures(
    folder: Any, tiny: Workspace
) -> None:
    answer = str(call(tiny, "run_tagger", {}))
    after = folder.planned(tiny)
    assert after["a.txt"] == b"coco, Red Shirt, saber (fate)\r\n"
    assert after["b.txt"] == b"saber (fate), blue hair, green eyes"
    assert after["c.txt"] == b"saber (fate)"
    assert answer.startswith("Add 5 tags to 3 captions with tiny")
    assert "tiny ran on CPU" in answer


def test_another_threshold_opens_no_image_and_needs_no_model(
    folder: Any, tiny: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(tiny, "run_tagger", {"model": "tiny"})
    monkeypatch.setattr(pipeline, "Workers", None)
    (tmp_path / "models" / "tiny" / "model.onnx").unlink()
    tiny.clear()
    call(tiny, "run_tagger", {"model": "tiny", "threshold": 0.6, "where": "name:b"})
    assert folder.planned(tiny)["b.txt"] == b"saber (fate), blue hair"


def test_overwrite_applied_and_undone_gives_the_bytes_back(folder: Any, tiny: Workspace) -> None:
    before = folder.files()
    call(tiny, "run_tagger", {"mode": "overwrite"})
    applied(tiny)
    assert folder.files()["a.txt"] == b"Red Shirt, saber (fate)\r\n"
    call(tiny, "undo", {})
    applied(tiny)
    assert folder.files() == before


def test_a_model_and_pixels_vote_together(folder: Any, tiny: Workspace) -> None:
    answer = call(tiny, "run_tagger", {"model": "tiny, pixels", "where": "name:b"})
    assert folder.planned(tiny)["b.txt"].startswith(b"lowres, ")
    assert folder.planned(tiny)["b.txt"].endswith(b", saber (fate), blue hair, green eyes")
    assert answer.data["models"] == ["tiny", "pixels"]


def test_a_graph_that_does_not_keep_its_contract_stages_nothing(
    tiny: Workspace, tmp_path: Path
) -> None:
    wrong = graphs.signature_graph(find_spec("tiny"), 4, grid=1)
    (tmp_path / "models" / "tiny" / "model.onnx").write_bytes(wrong)
    with pytest.raises(ModelError, match=r"model\.onnx"):
        call(tiny, "run_tagger", {"model": "tiny"})
    assert tiny.state() == "nothing staged"


def test_which_images_is_the_tagger_unsure_about(tiny: Workspace) -> None:
    call(tiny, "run_tagger", {})
    rows = call(tiny, "review_uncertain", {"margin": 0.125}).data["rows"]
    assert [(row["image"], row["tag"]) for row in rows] == [("b.png", "green eyes")]
