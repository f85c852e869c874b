"""A file of scores that somebody else made does no harm: set aside, and a new one is begun."""

from __future__ import annotations

import json
import os
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tagsmith.tools.errors import DatasetError
from tagsmith.tools.vision import scores_file
from tagsmith.tools.vision.labels import Labels
from tagsmith.tools.vision.scores import Scores

CONTENT = bytes(16)
LABELS = Labels(("dog", "hat"), ("general",) * 2)


def good(root: Path) -> Path:
    """A file of scores with one image."""
    scores = Scores.open(str(root))
    model = scores.register(("one", "", ""), LABELS)
    scores.put(model, [(CONTENT, [0.9, 0.5])])
    scores.notes.decide({"hat": ("hat", True)})
    scores.close()
    return root / ".tagsmith" / "scores.db"


def sql(*statements: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with sqlite3.connect(path) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    return change


def patch(offset: int, data: bytes) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(data)

    return change


def write(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


def to_link(path: Path) -> None:
    path.rename(path.with_name("other"))
    path.symlink_to("other")


def to_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def to_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def cut(path: Path) -> None:
    os.truncate(path, 5000)


def wal(path: Path) -> None:
    Path(f"{path}-wal").write_bytes(b"x")


SET_ASIDE = {
    "no database": write(b"GIF89a" * 100),
    "shorter than a header": write(b"SQLite format 3\0"),
    "of another program": patch(68, struct.pack(">I", 1)),
    "in write-ahead mode": patch(18, b"\x02\x02"),
    "a write-ahead log beside it": wal,
    "a link": to_link,
    "a pipe": to_pipe,
    "a folder": to_folder,
    "a trigger": sql("CREATE TRIGGER t AFTER INSERT ON file BEGIN DELETE FROM model; END"),
    "a view": sql("CREATE VIEW v AS SELECT * FROM file"),
    "a table too many": sql("CREATE TABLE evil (x)"),
    "a table too few": sql("DROP TABLE origin"),
    "a view in place of a table": sql(
        "DROP TABLE file", "CREATE VIEW file AS SELECT load_extension('x') AS path, 1, 2"
    ),
    "an expression index": sql("CREATE INDEX i ON file (abs(path))"),
}


@pytest.mark.parametrize("case", SET_ASIDE)
def test_what_is_not_ours_is_set_aside_and_a_new_file_begun(tmp_path: Path, case: str) -> None:
    path = good(tmp_path)
    SET_ASIDE[case](path)
    scores = Scores.open(str(tmp_path))
    assert scores.models() == []
    assert "are now .tagsmith/scores.damaged" in scores.note
    assert os.path.lexists(path.with_name("scores.damaged"))
    model = scores.register(("one", "", ""), LABELS)
    scores.put(model, [(CONTENT, [0.1, 0.2])])
    assert Scores.open(str(tmp_path)).get(CONTENT) == {model.id: {"dog": 0.1, "hat": 0.2}}


DAMAGED = {
    "row of odd length": sql("UPDATE score SET data = x'0001'"),
    "row that is text": sql("UPDATE score SET data = 'abcdefgh'"),
    "label that does not exist": sql("UPDATE score SET data = x'ff0000000000003f'"),
    "labels out of order": sql("UPDATE score SET data = x'010000000000003f000000000000003f'"),
    "score that is no number": sql("UPDATE score SET data = x'000000000000c07f'"),
    "score above one": sql("UPDATE score SET data = x'0000000000000040'"),
    "labels that are no JSON": sql("UPDATE model SET labels = '['"),
    "labels nested without end": sql(f"UPDATE model SET labels = '{'[' * 100_000}'"),
    "labels of another shape": sql(f"UPDATE model SET labels = '{json.dumps({'names': [1]})}'"),
    "name that is no text": sql("UPDATE model SET name = x'ff'"),
    "text that is not UTF-8": sql("UPDATE model SET name = CAST(x'ff' AS TEXT)"),
    "pages that are gone": cut,
    "a page of noise": patch(4096, b"\xff" * 4096),
}


ROWS_PASSED_OVER = ("row that is text",)


@pytest.mark.parametrize("case", DAMAGED)
def test_values_that_were_never_written_here_are_an_error_then_a_new_start(
    tmp_path: Path, case: str
) -> None:
    DAMAGED[case](good(tmp_path))
    scores = Scores.open(str(tmp_path))

    def look() -> dict[object, object]:
        found: dict[object, object] = dict(scores.get(CONTENT))
        scores.contents(["a.png"])
        return found

    # Some damage shows when the file is opened, some when it is read; a row of text is no row.
    if not scores.note and case not in ROWS_PASSED_OVER:
        with pytest.raises(DatasetError, match=r"could not be used.*Run the tagger again\."):
            look()
    assert look() == {}
    scores.put(scores.register(("one", "", ""), LABELS), [(CONTENT, [0.9, 0.5])])
    assert len(look()) == 1


def test_notes_with_values_of_other_types_are_passed_over(tmp_path: Path) -> None:
    sql(
        "INSERT INTO decision VALUES ('x', 'x', 7), (x'00', 'y', 1)",
        "INSERT INTO answer VALUES (x'00000000000000000000000000000000', x'00', 1)",
        "INSERT INTO file VALUES ('text', 1, 2)",
        "INSERT INTO origin VALUES (x'00', '[1]'), (x'01', '{\"m\": 1}'), (x'02', x'ff')",
    )(good(tmp_path))
    scores = Scores.open(str(tmp_path))
    assert scores.notes.decisions() == {"hat": ("hat", True)}
    assert scores.notes.answers([CONTENT]) == {}
    assert scores.contents(["text"]) == {}
    assert not any(scores.notes.origins([b"\0", b"\1", b"\2"]).values())


def test_a_journal_that_names_another_file_deletes_nothing(tmp_path: Path) -> None:
    """SQLite deletes the super journal that a rollback journal names once it is played back."""
    path = good(tmp_path)
    victim = tmp_path / "precious.txt"
    victim.write_bytes(b"mine")
    hot_journal(path, os.fsencode(victim))
    scores = Scores.open(str(tmp_path))
    assert "journal names another file" in scores.note
    assert victim.read_bytes() == b"mine"
    assert not os.path.lexists(f"{path}-journal")


def test_the_attack_works_without_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the test above would prove nothing."""
    path = good(tmp_path)
    victim = tmp_path / "precious.txt"
    victim.write_bytes(b"mine")
    hot_journal(path, os.fsencode(victim))
    monkeypatch.setattr(scores_file, "_check_helpers", lambda _: None)
    Scores.open(str(tmp_path)).models()
    assert not victim.exists()


def hot_journal(path: Path, names: bytes) -> None:
    """A journal with one page to restore and a super journal (SQLite's file format, section 3)."""
    size = 4096
    page = path.read_bytes()[:size]
    pages = path.stat().st_size // size
    nonce = 7
    checksum = (nonce + sum(page[i] for i in range(size - 200, 0, -200))) & 0xFFFFFFFF
    magic = bytes.fromhex("d9d505f920a163d7")
    header = magic + struct.pack(">IIIII", 1, nonce, pages, 512, size)
    record = struct.pack(">I", 1) + page + struct.pack(">I", checksum)
    end = struct.pack(">I", (1 << 30) // size + 1) + names
    end += struct.pack(">II", len(names), sum(names)) + magic
    Path(f"{path}-journal").write_bytes(header.ljust(512, b"\0") + record + end)


def test_a_half_written_change_of_ours_is_rolled_back(tmp_path: Path) -> None:
    path = good(tmp_path)
    hot_journal(path, b"")
    journal = Path(f"{path}-journal")
    journal.write_bytes(journal.read_bytes()[: 512 + 4 + 4096 + 4])
    scores = Scores.open(str(tmp_path))
    assert scores.note == ""
    assert len(scores.get(CONTENT)) == 1
    assert not journal.exists()


def test_the_folder_is_never_a_link(tmp_path: Path) -> None:
    root, other = tmp_path / "set", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    (root / ".tagsmith").symlink_to(other)
    with pytest.raises(DatasetError, match=r"\.tagsmith is a symbolic link"):
        Scores.open(str(root))
    assert os.listdir(other) == []


def test_a_link_made_later_is_not_followed_either(tmp_path: Path) -> None:
    root, other = tmp_path / "set", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    scores = Scores.open(str(root))
    (root / ".tagsmith").symlink_to(other)
    with pytest.raises(DatasetError, match="symbolic link"):
        scores.register(("one", "", ""), LABELS)
    assert os.listdir(other) == []


def test_a_file_of_a_newer_version_is_left_as_it_is(tmp_path: Path) -> None:
    path = good(tmp_path)
    patch(60, struct.pack(">I", 99))(path)
    before = path.read_bytes()
    with pytest.raises(DatasetError, match="written by a newer Tagsmith"):
        Scores.open(str(tmp_path))
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_written_keeps_scores_in_memory_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(scores_file.os, "mkdir", refuse)
    scores = Scores.open(str(tmp_path))
    model = scores.register(("one", "", ""), LABELS)
    scores.put(model, [(CONTENT, [0.9, 0.5])])
    assert "scores last until this program ends" in scores.note
    assert scores.get(CONTENT) == {model.id: {"dog": 0.9, "hat": 0.5}}
    assert os.listdir(tmp_path) == []


def test_a_file_that_can_only_be_read_goes_on_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = good(tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr(scores_file, "_PRAGMAS", (*scores_file._PRAGMAS, "query_only=ON"))
    scores = Scores.open(str(tmp_path))
    monkeypatch.undo()
    assert len(scores.get(CONTENT)) == 1
    assert scores.note == ""
    model = scores.register(("two", "", ""), LABELS)
    scores.put(model, [(CONTENT, [0.1, 0.2])])
    assert [one[0] for one in scores.get(CONTENT)] == ["two", "one"]
    assert "scores last until this program ends" in scores.note
    assert path.read_bytes() == before
