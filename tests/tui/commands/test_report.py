"""``tagsmith report``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Tagsmith = Callable[..., Any]


def test_a_page_is_written_and_told(data: Path, tmp_path: Path, tagsmith: Tagsmith) -> None:
    target = tmp_path / "report.html"
    ran = tagsmith("report", data, "-o", target, "--no-pictures")
    assert ran.status == 0
    assert "report.html" in ran.out
    assert "finding" in ran.out
    assert "watermark" in target.read_text(encoding="utf-8")


def test_the_same_numbers_as_json(data: Path, tagsmith: Tagsmith) -> None:
    ran = tagsmith("report", data, "--json", "--no-pictures", "--triggers", "dog")
    assert ran.status == 0
    report = ran.json["report"]
    assert report["overview"]["images"] == 6
    assert report["traits"]["columns"] == ["dog"]


def test_it_asks_where_to(data: Path, tagsmith: Tagsmith) -> None:
    ran = tagsmith("report", data)
    assert ran.status == 2
    assert "-o FILE" in ran.err


def test_a_report_changes_nothing(
    data: Path, tmp_path: Path, tagsmith: Tagsmith, contents: Callable[[Path], dict[str, bytes]]
) -> None:
    before = contents(data)
    assert tagsmith("report", data, "-o", tmp_path / "report.html").status == 0
    assert contents(data) == before
