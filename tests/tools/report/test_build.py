"""A report of a real folder: its numbers are those of the tools, and its file is written whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from tagsmith.tools import toolbox
from tagsmith.tools.audit.evidence import Settings
from tagsmith.tools.errors import DatasetError, StoppedError, UsageError
from tagsmith.tools.report.build import Wishes, build, write
from tagsmith.tools.report.numbers import Report
from tagsmith.tools.report.page import page
from tagsmith.tools.watch import Watch
from tagsmith.tools.workspace import Workspace

CAPTIONS = {
    "a": "coco, dog, shirt, white shirt, grass",
    "b": "coco, dog, shirt, white shirt, sofa",
    "c": "coco, dog, watermark",
    "d": "cat, sofa",
    "2_x/e": "coco, dog, grass",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "pets"
    for number, (name, caption) in enumerate(CAPTIONS.items()):
        image = root / f"{name}.png"
        image.parent.mkdir(parents=True, exist_ok=True)
        Image.linear_gradient("L").rotate(90 * number).resize((320, 200 + 40 * number)).save(image)
        image.with_suffix(".txt").write_text(caption)
    (root / "copy.png").write_bytes((root / "a.png").read_bytes())
    (root / "broken.png").write_bytes(b"no picture")
    return root


@pytest.fixture
def workspace(folder: Path) -> Workspace:
    return Workspace.open(folder)


def _report(workspace: Workspace, **wishes: object) -> Report:
    settings = Settings(triggers=("coco",))
    return build(workspace, [], Wishes(settings=settings, **wishes))  # type: ignore[arg-type]


def test_the_numbers_are_those_of_the_tools(workspace: Workspace) -> None:
    report = _report(workspace, pictures=False)
    counted = toolbox.call(workspace, "list_tag_frequencies", {}).data
    assert report.overview.images == counted["images"] == 7
    assert report.overview.tags == counted["tags"]
    assert report.overview.uses == counted["uses"]
    assert [(one.tag, one.images) for one in report.frequencies] == [
        (row["tag"], row["images"]) for row in counted["rows"]
    ]
    assert report.overview.repeated == 8  # the one in 2_x counts twice
    assert report.traits.columns == ("coco",)
    shares = {row: values[0] for row, values in zip(report.traits.rows, report.traits.values)}  # noqa: B905
    assert shares["dog"] == 1.0
    assert shares["white shirt"] == 0.5
    row = report.together.rows.index("shirt")
    assert report.together.values[row][report.together.columns.index("white shirt")] == 1.0
    assert sum(report.tags_per_caption.counts) == report.overview.captioned == 5
    assert "estimated" in report.tokens_by or "exact" in report.tokens_by


def test_findings_come_with_evidence_and_fixes(workspace: Workspace) -> None:
    found = {one.id: one for one in _report(workspace, pictures=False).findings}
    assert found["redundant:shirt"].images == 2
    assert found["redundant:shirt"].evidence
    assert any("shirt" in fix for fix in found["redundant:shirt"].fixes)


def test_a_dismissed_finding_is_left_out(workspace: Workspace) -> None:
    toolbox.call(workspace, "dismiss_finding", {"findings": ["redundant:shirt"]})
    assert "redundant:shirt" not in {one.id for one in _report(workspace, pictures=False).findings}


def test_without_pictures_no_image_is_opened(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tagsmith.tools.report import pictures

    monkeypatch.setattr(pictures, "read_header", lambda _: pytest.fail("an image was opened"))
    report = _report(workspace, pictures=False)
    assert report.sizes.points == report.sheet == report.duplicates == ()
    assert any("not opened" in reason for reason in report.left_out)


def test_with_pictures_everything_is_there(workspace: Workspace) -> None:
    report = _report(workspace, sample=3)
    assert len(report.sheet) == 3
    assert sum(number for _, _, number in report.sizes.points) == 6
    assert [name for name, _ in report.sizes.unreadable] == ["broken.png"]
    assert [group.kind for group in report.duplicates] == ["identical files"]
    names = {one.name for one in report.duplicates[0].images}
    assert names == {"a.png", "copy.png"}
    assert all(one.jpeg for one in report.duplicates[0].images)
    assert "data:image/jpeg;base64," in "".join(page(report))


def test_staged_edits_count(workspace: Workspace) -> None:
    toolbox.call(workspace, "prune_tags", {"tags": ["shirt"]})
    assert "shirt" not in {one.tag for one in _report(workspace, pictures=False).frequencies}


def test_it_stops_when_told_to(workspace: Workspace) -> None:
    workspace.watch = Watch(stopped=lambda: True)
    with pytest.raises(StoppedError):
        _report(workspace)


# The file


def test_an_earlier_report_is_written_over_and_nothing_else(
    workspace: Workspace, tmp_path: Path
) -> None:
    report = _report(workspace, pictures=False)
    target = tmp_path / "report.html"
    write(report, str(target), workspace)
    first = target.read_bytes()
    write(report, str(target), workspace)
    assert target.read_bytes() == first
    for name in ("notes.html", "empty.html"):
        other = tmp_path / name
        other.write_text("mine" if name == "notes.html" else "")
        with pytest.raises(UsageError, match="no report"):
            write(report, str(other), workspace)
    assert (tmp_path / "notes.html").read_text() == "mine"


def test_it_never_lands_on_a_caption_a_folder_or_our_own_files(
    workspace: Workspace, folder: Path
) -> None:
    report = _report(workspace, pictures=False)
    (folder / ".tagsmith").mkdir(exist_ok=True)
    for target in ("a.txt", "new.txt", "2_x", ".tagsmith/report.html"):
        with pytest.raises(UsageError):
            write(report, str(folder / target), workspace)
    assert (folder / "a.txt").read_text() == CAPTIONS["a"]


def test_where_it_cannot_be_written_the_error_says_so(workspace: Workspace, tmp_path: Path) -> None:
    report = _report(workspace, pictures=False)
    with pytest.raises(DatasetError, match="cannot be written"):
        write(report, str(tmp_path / "no such folder" / "report.html"), workspace)
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".tagsmith")]
