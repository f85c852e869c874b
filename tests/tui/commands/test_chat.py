"""``tagsmith [DATASET]``: which folder the chat opens, and what it needs."""

from __future__ import annotations

import os
import sys

import pytest

from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.journal import Journal
from tagsmith.tools.watch import Watch
from tagsmith.tui import app

STARTED: list[object] = []


class FakeApp:
    """Remembers what it was started with, and opens that as the app does."""

    return_code = 0
    conversation = refusal = None
    notes = ()

    def __init__(self, *, opening, open_folder, open_demo, theme, animation):
        self.opening = opening
        self.open_folder = open_folder
        self.look = (theme, animation)
        STARTED.append(self)

    def run(self) -> None:
        if self.opening is not None:
            try:
                opened = self.opening.open(Watch())
            except TagsmithError as error:
                self.refusal = error
            else:
                self.conversation, self.notes = opened.conversation, opened.notes


@pytest.fixture
def terminal(monkeypatch):
    """A terminal on both sides, and an app that ends at once; returns what was started."""
    STARTED.clear()
    monkeypatch.setattr(app, "TagsmithApp", FakeApp)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
    return STARTED


def test_without_a_terminal_the_chat_says_what_to_use(tagsmith, data):
    for words in ([data], []):
        ran = tagsmith(*words)
        assert ran.status == 2
        assert "The chat needs a terminal." in ran.err
        assert "tagsmith run" in ran.err


def test_a_folder_that_is_missing_comes_before_the_terminal(tagsmith, tmp_path):
    ran = tagsmith(tmp_path / "nope")
    assert ran.status == 1
    assert "There is no folder" in ran.err


def test_what_opening_has_to_say_outlives_the_chat(tagsmith, data, terminal):
    empty = data / "empty"
    empty.mkdir()
    ran = tagsmith(empty)
    assert ran.status == 1
    assert "There are no images in" in ran.err
    assert terminal[-1].opening.name == "empty"
    with Journal.open(data).hold():
        ran = tagsmith(data)
    assert ran.status == 0
    assert "tagsmith: Another Tagsmith is at work in this folder" in ran.err


def test_a_misspelt_command_is_recognised(tagsmith):
    ran = tagsmith("histroy")
    assert ran.status == 2
    assert "Did you mean `tagsmith history`?" in ran.err


def test_a_folder_may_have_the_name_of_a_misspelt_command(
    tagsmith, tmp_path, monkeypatch, data, terminal
):
    data.rename(tmp_path / "histroy")
    monkeypatch.chdir(tmp_path)
    assert tagsmith("histroy").status == 0
    assert terminal[0].conversation.workspace.root == str(tmp_path / "histroy")


def test_the_last_dataset_is_opened_again(tagsmith, data, terminal, tmp_path):
    assert tagsmith().status == 0
    assert terminal[-1].conversation is None
    assert tagsmith(data).status == 0
    assert tagsmith().status == 0
    assert terminal[-1].conversation.workspace.root == str(data)
    data.rename(tmp_path / "gone")
    assert tagsmith().status == 0
    assert terminal[-1].conversation is None


def test_the_first_run_screen_opens_folders_the_same_way(tagsmith, data, terminal):
    tagsmith()
    opened = terminal[-1].open_folder(str(data)).open(Watch())
    assert opened.conversation.workspace.root == str(data)
    tagsmith()
    assert terminal[-1].conversation.workspace.root == str(data)


def test_a_state_folder_that_cannot_be_written_stops_nothing(tagsmith, data, terminal, state_home):
    state_home.write_text("in the way")
    assert tagsmith(data).status == 0
    assert terminal[-1].conversation.workspace.root == str(data)


def test_the_look_is_what_the_line_says_else_the_settings(
    tagsmith, data, terminal, monkeypatch, tmp_path
):
    for name in ("TAGSMITH_THEME", "TAGSMITH_ANIMATION"):
        monkeypatch.delenv(name, raising=False)
    tagsmith(data)
    assert terminal[-1].look == ("auto", True)
    tagsmith("--theme", "light", "--no-animation", data)
    assert terminal[-1].look == ("light", False)
    monkeypatch.setenv("TAGSMITH_THEME", "ansi")
    monkeypatch.setenv("TAGSMITH_ANIMATION", "no")
    tagsmith(data)
    assert terminal[-1].look == ("ansi", False)
    tagsmith("--theme", "dark", data)
    assert terminal[-1].look == ("dark", False)
    assert tagsmith("--theme", "pink", data).status == 2


def test_what_libraries_printed_is_told_when_the_chat_is_over(
    tagsmith, data, terminal, monkeypatch, tmp_path
):
    monkeypatch.setattr(FakeApp, "run", lambda _: os.write(2, b"native \x1b[2J noise\n") and 0)
    ran = tagsmith(data)
    log = tmp_path / "state" / "tagsmith" / "stderr.log"
    assert f"Libraries printed this meanwhile; all of it stands in {log}:" in ran.err
    assert "native \\x1b[2J noise" in ran.err
