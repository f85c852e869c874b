"""The table of docs/exit-statuses.md, one test a row."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from tagsmith.agent.result_json import schema
from tagsmith.tools.errors import ConflictError, Exit
from tagsmith.tools.journal import Journal, journal
from tagsmith.tools.journal.files import Files
from tagsmith.tui.commands import do

APPLY = ("prune_tags", "--tags", "watermark", "--apply", "--json")


def check(ran, status: Exit, word: str) -> None:
    assert ran.status == status
    assert ran.json["status"] == word
    jsonschema.validate(ran.json, schema(), jsonschema.Draft202012Validator)


def test_0_for_a_report_a_dry_run_and_an_apply(tagsmith, data):
    check(tagsmith("do", data, "list_tag_frequencies", "--json"), Exit.DONE, "report")
    check(tagsmith("do", data, *APPLY[:3], "--json"), Exit.DONE, "planned")
    check(tagsmith("do", data, *APPLY), Exit.DONE, "applied")


def test_1_where_it_failed(tagsmith, data, tmp_path):
    check(tagsmith("do", tmp_path / "nope", *APPLY), Exit.FAILED, "error")


def test_2_for_usage(tagsmith, data):
    check(tagsmith("do", data, "prune_tags", "--json"), Exit.USAGE, "error")
    check(tagsmith("run", data, "--json"), Exit.USAGE, "error")


def test_3_where_it_was_not_understood(tagsmith, data):
    check(tagsmith("run", data, "xyzzy frobnicate", "--json"), Exit.CLARIFY, "clarify")


def test_4_without_a_server(tagsmith, data):
    words = ("remove watermark", "--engine", "server", "--apply", "--json")
    check(tagsmith("run", data, *words), Exit.SERVER, "error")


def test_5_for_a_conflict_while_applying(tagsmith, data, monkeypatch, contents):
    def changed_meanwhile(self, plan, **more):
        raise ConflictError("2 files changed.", "Look again.", paths=("a.txt", "c.txt"))

    monkeypatch.setattr(Journal, "apply", changed_meanwhile)
    ran = tagsmith("do", data, *APPLY)
    check(ran, Exit.CONFLICT, "conflict")
    assert ran.json["conflicts"] == ["a.txt", "c.txt"]
    assert ran.json["plan"]["files"] == 3
    assert ran.json["applied"] is None


def test_5_for_a_caption_edited_between_the_scan_and_the_apply(
    tagsmith, data, monkeypatch, contents
):
    scan = do.open_dataset

    def and_then_somebody_edits(*words, **more):
        workspace = scan(*words, **more)
        (data / "c.txt").write_text("cat, watermark, mine")
        return workspace

    monkeypatch.setattr(do, "open_dataset", and_then_somebody_edits)
    ran = tagsmith("do", data, *APPLY)
    check(ran, Exit.CONFLICT, "conflict")
    assert ran.json["conflicts"] == ["c.txt"]
    assert contents(data)["a.txt"] == b"dog, watermark, grass"
    assert contents(data)["c.txt"] == b"cat, watermark, mine"


def test_6_where_the_disk_does_not_confirm(tagsmith, data, monkeypatch, contents):
    def broken_disk(operation: str, name: str) -> None:
        logs = data.glob(".tagsmith/tx/*/state")
        if operation == "fsync" and any(b'"commit"' in log.read_bytes() for log in logs):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(journal, "Files", lambda: Files(broken_disk))
    ran = tagsmith("do", data, *APPLY)
    check(ran, Exit.UNKNOWN, "applied")
    assert ran.json["applied"]["durable"] is False
    assert "did not confirm" in ran.json["message"]
    assert contents(data)["a.txt"] == b"dog, grass"


def test_124_for_a_spent_budget(tagsmith, data):
    words = ("remove watermark", "remove sofa", "--max-steps", "1", "--apply", "--json")
    check(tagsmith("run", data, *words), Exit.BUDGET, "error")
    assert not (data / ".tagsmith").exists()


def test_130_when_interrupted(tagsmith, data, monkeypatch, contents):
    before = contents(data)

    def interrupted(operation: str, name: str) -> None:
        if operation in ("rename", "exchange") and name == "c.txt":
            monkeypatch.setattr(journal, "Files", Files)
            raise KeyboardInterrupt

    monkeypatch.setattr(journal, "Files", lambda: Files(interrupted))
    ran = tagsmith("do", data, *APPLY)
    check(ran, Exit.INTERRUPTED, "error")
    assert "Interrupted." in ran.err
    assert tagsmith("do", data, "find_images").status == 0
    assert contents(data) == before


def test_the_table_of_the_documents_is_complete():
    import tagsmith

    table = (Path(tagsmith.__file__).parent / "docs" / "exit-statuses.md").read_text()
    for status in Exit:
        assert f"| {int(status)} |" in table
    with pytest.raises(ValueError, match="7"):
        Exit(7)
