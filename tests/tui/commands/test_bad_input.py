"""Folders that cannot be used, each with its own message and exit status."""

from __future__ import annotations

import json
import os
from zlib import crc32

import pytest

from tagsmith.tools.journal import Journal
from tagsmith.tools.journal.files import Files

READS = {
    "do": ["do", "{}", "list_tag_frequencies"],
    "run": ["run", "{}", "how many images have dog?", "--engine", "offline"],
}
WRITES = {
    "do --apply": ["do", "{}", "prune_tags", "--tags", "watermark", "--apply"],
    "run --apply": ["run", "{}", "remove watermark", "--engine", "offline", "--apply"],
}
JOURNAL = {"history": ["history", "{}"], "undo": ["undo", "{}"], "recover": ["recover", "{}"]}
ALL = READS | WRITES | JOURNAL


def on(folder, words):
    return [word.format(folder) for word in words]


@pytest.mark.parametrize("words", ALL.values(), ids=ALL)
def test_a_folder_that_is_missing(tagsmith, tmp_path, words):
    ran = tagsmith(*on(tmp_path / "nope", words))
    assert ran.status == 1
    assert ran.err == f"tagsmith: There is no folder {tmp_path}/nope. Check the path.\n"


@pytest.mark.parametrize("words", ALL.values(), ids=ALL)
def test_a_file_in_place_of_a_folder(tagsmith, data, words):
    ran = tagsmith(*on(data / "a.png", words))
    assert ran.status == 1
    assert "a.png is not a folder. Give the folder that holds the images." in ran.err


@pytest.mark.parametrize("words", (READS | WRITES).values(), ids=READS | WRITES)
def test_a_folder_without_images(tagsmith, tmp_path, words):
    (tmp_path / "empty").mkdir()
    ran = tagsmith(*on(tmp_path / "empty", words))
    assert ran.status == 1
    assert "There are no images in" in ran.err
    assert os.listdir(tmp_path / "empty") == []


@pytest.mark.parametrize("words", ALL.values(), ids=ALL)
def test_a_folder_that_may_not_be_read(tagsmith, data, words, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    ran = tagsmith(*on(data, words))
    assert ran.status == 1
    assert "cannot be read. Check its permissions." in ran.err


@pytest.fixture
def read_only(monkeypatch) -> None:
    """Every attempt to make a folder or a file fails, as on a read-only file system."""

    def refuse(self, folder, name, *more):
        raise OSError(30, "Read-only file system", name)

    monkeypatch.setattr(Files, "make_folder", refuse)
    monkeypatch.setattr(Files, "open_log", refuse)


@pytest.mark.usefixtures("read_only")
@pytest.mark.parametrize("words", READS.values(), ids=READS)
def test_a_read_only_folder_can_be_read(tagsmith, data, words):
    assert tagsmith(*on(data, words)).status == 0


@pytest.mark.usefixtures("read_only")
@pytest.mark.parametrize("words", WRITES.values(), ids=WRITES)
def test_a_read_only_folder_cannot_be_changed(tagsmith, data, words, contents):
    before = contents(data)
    ran = tagsmith(*on(data, words), "--json")
    assert ran.status == 1
    assert ran.json["status"] == "error"
    assert "can be read but not changed" in ran.err
    assert contents(data) == before


def test_a_folder_that_another_tagsmith_holds(tagsmith, data, contents):
    before = contents(data)
    with Journal.open(data).hold():
        for words in READS.values():
            ran = tagsmith(*on(data, words))
            assert ran.status == 0
            assert "Another Tagsmith is at work in this folder: read-only" in ran.err
        for words in WRITES.values():
            ran = tagsmith(*on(data, words))
            assert ran.status == 1
            assert "is in use" in ran.err
            assert contents(data) == before
    assert tagsmith(*on(data, WRITES["do --apply"])).status == 0


@pytest.fixture
def state(tagsmith, data):
    """The log of an applied plan."""
    assert tagsmith("do", data, "prune_tags", "--tags", "sofa", "--apply").status == 0
    return next((data / ".tagsmith" / "tx").glob("*/state"))


@pytest.mark.parametrize("words", ALL.values(), ids=ALL)
def test_a_damaged_journal(tagsmith, data, state, contents, words):
    lines = state.read_bytes().split(b"\n")
    state.write_bytes(b"\n".join([lines[0][:-9] + b"xxxxxxxxx", *lines[1:]]))
    before = contents(data)
    ran = tagsmith(*on(data, words))
    assert ran.status == 1
    assert "is damaged" in ran.err
    assert contents(data) == before


@pytest.mark.parametrize("words", ALL.values(), ids=ALL)
def test_a_journal_of_a_newer_tagsmith(tagsmith, data, state, contents, words):
    first, rest = state.read_bytes().split(b"\n", 1)
    header = json.dumps(json.loads(first[9:]) | {"journal": 99}).encode()
    state.write_bytes(b"%08x %s\n" % (crc32(header), header) + rest)
    before = contents(data)
    ran = tagsmith(*on(data, words))
    assert ran.status == 1
    assert "newer Tagsmith" in ran.err
    assert contents(data) == before


def test_captions_that_cannot_be_edited_stop_nobody_else(tagsmith, data, contents):
    (data / "a.txt").write_bytes("猫, watermark".encode("cp932"))
    (data / "c.txt").write_bytes("cat, watermark".encode("utf-16"))
    ran = tagsmith("do", data, "prune_tags", "--tags", "watermark", "--apply", "--json")
    assert ran.status == 0
    assert ran.json["plan"]["files"] == 1
    assert "2 captions left alone: a.txt (not UTF-8" in ran.json["message"]
    assert contents(data)["a.txt"] == "猫, watermark".encode("cp932")
