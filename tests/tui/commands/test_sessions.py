"""``tagsmith --continue`` and ``--resume``: which session is opened, and the list of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tagsmith.agent import session_files as files
from tagsmith.tools.watch import Watch
from tagsmith.tui import app

KEY = "sk-canary-4f1d8b6a2c"
WORDS = {"pets": "remove watermark", "cars": "remove grass"}


class Talking:
    """In place of the app: says what it is told to, then ends."""

    return_code = 0
    refusal = None
    notes = ()
    says: tuple[str, ...] = ()
    last: Talking

    def __init__(self, *, opening, open_folder, open_demo, theme, animation):
        self.opening = opening
        self.told = []
        Talking.last = self

    def run(self) -> None:
        self.conversation = self.opening.open(Watch()).conversation
        self.told = self.conversation.bring_back()
        for text in self.says:
            list(self.conversation.say(text))


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TAGSMITH_ENGINE", "offline")
    return tmp_path / "home" / "tagsmith" / "sessions"


@pytest.fixture
def terminal(monkeypatch, place):
    monkeypatch.setattr(app, "TagsmithApp", Talking)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)


@pytest.fixture
def talked(tagsmith, data, terminal, tmp_path, monkeypatch):
    """A session with two pending files, then one of another dataset with none."""
    other = tmp_path / "cars"
    other.mkdir()
    (other / "x.png").write_bytes(b"x")
    (other / "x.txt").write_text("car, road")
    monkeypatch.setattr(Talking, "says", ("remove watermark",))
    first = tagsmith(data)
    monkeypatch.setattr(Talking, "says", ("which tags are there?",))
    second = tagsmith(other)
    monkeypatch.setattr(Talking, "says", ())
    for seconds, path in enumerate(sorted(files.paths(files.folder()), key=_root)):
        os.utime(path, (1_790_000_000 + seconds, 1_790_000_000 + seconds))
    return first, second, data, other


def _root(path: Path) -> bool:
    return files.read(path).root.endswith("cars")


def test_quitting_with_a_plan_pending_says_how_to_get_it_back(talked):
    first, second, data, _ = talked
    name = next(one for one in files.paths(files.folder()) if files.read(one).root == str(data))
    assert "3 files pending, nothing written." in first.err
    assert f"`tagsmith --resume {name.stem}` brings the plan back." in first.err
    assert second.err == ""


def test_the_newest_session_of_a_dataset_goes_on(talked, tagsmith):
    _, _, data, other = talked
    assert tagsmith("--continue").status == 0
    assert Talking.last.conversation.workspace.root == str(other)
    ran = tagsmith("--continue", data)
    assert ran.status == 0
    assert Talking.last.conversation.workspace.root == str(data)
    assert Talking.last.conversation.workspace.files == 3
    assert "3 files pending" in ran.err
    assert tagsmith("--continue").status == 0
    assert Talking.last.conversation.workspace.root == str(data)
    assert len(files.paths(files.folder())) == 2


def test_a_session_is_opened_by_its_id(talked, tagsmith):
    _, _, data, other = talked
    path = next(one for one in files.paths(files.folder()) if files.read(one).root == str(data))
    assert tagsmith("--resume", path.stem).status == 0
    assert Talking.last.conversation.earlier.id == path.stem
    ran = tagsmith("--resume", path.stem, other)
    assert ran.status == 2
    assert str(data) in ran.err
    assert tagsmith("--resume", "nope").status == 2


def test_sessions_are_listed_newest_first(talked, tagsmith):
    _, _, data, other = talked
    ran = tagsmith("--resume")
    assert ran.status == 0
    newest, oldest = ran.out.splitlines()
    assert str(other) in newest
    assert newest.endswith("which tags are there?")
    assert "pending" not in newest
    assert str(data) in oldest
    assert oldest.endswith("3 files pending  remove watermark")
    assert len(tagsmith("--resume", "--", data).out.splitlines()) == 1


def test_the_list_needs_no_terminal_and_survives_what_it_cannot_read(tagsmith, place):
    assert "There is no earlier session." in tagsmith("--resume").err
    place.mkdir(parents=True)
    (place / "20250101-000000-aaaa.jsonl").write_bytes(b"damaged")
    ran = tagsmith("--resume")
    assert ran.status == 0
    assert ran.out == ""
    assert "is not a session of Tagsmith" in ran.err


def test_what_words_hold_steers_no_terminal(talked, tagsmith, monkeypatch):
    monkeypatch.setattr(Talking, "says", ("\x1b[2J\x1b]0;owned\x07 hi",))
    tagsmith(talked[2])
    assert "\x1b" not in tagsmith("--resume").out.replace("\x1b[1m", "").replace("\x1b[0m", "")


def test_without_a_session_there_is_nothing_to_go_on_with(tagsmith, terminal, data):
    for words in (["--continue"], ["--continue", data]):
        ran = tagsmith(*words)
        assert ran.status == 2
        assert "There is no earlier session" in ran.err


def test_a_damaged_session_is_told_and_the_one_before_it_opened(talked, tagsmith, place):
    (place / "20990101-000000-aaaa.jsonl").write_bytes(b"damaged")
    ran = tagsmith("--continue")
    assert ran.status == 0
    assert "is not a session of Tagsmith" in ran.err


def test_a_dataset_that_is_gone_leaves_the_session(talked, tagsmith, tmp_path):
    talked[2].rename(tmp_path / "moved")
    path = next(one for one in files.paths(files.folder()) if not _root(one))
    before = path.read_bytes()
    ran = tagsmith("--resume", path.stem)
    assert ran.status == 1
    assert "There is no folder" in ran.err
    assert path.read_bytes() == before


def test_the_key_in_the_environment_is_in_no_session(tagsmith, data, terminal, place, monkeypatch):
    monkeypatch.setenv("TAGSMITH_ENGINE", "auto")
    monkeypatch.setenv("TAGSMITH_API_KEY", KEY)
    monkeypatch.setattr(Talking, "says", (f"my key is {KEY}", "remove watermark"))
    ran = tagsmith(data)
    (path,) = files.paths(place)
    kept = path.read_text()
    assert "remove watermark" in kept
    assert KEY not in kept + ran.out + ran.err + tagsmith("--resume").out
