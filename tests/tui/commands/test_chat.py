"""``tagsmith [DATASET]``: which folder the chat opens, and what it needs."""

from __future__ import annotations

import sys

import pytest

from tagsmith.tui import app

STARTED: list[object] = []


class FakeApp:
    """Remembers what it was started with."""

    return_code = 0

    def __init__(self, conversation, first_suggestion="", *, open_folder, open_demo):
        self.conversation = conversation
        self.open_folder = open_folder
        STARTED.append(self)

    def run(self) -> None:
        return None


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
    conversation = terminal[-1].open_folder(str(data))
    assert conversation.workspace.root == str(data)
    tagsmith()
    assert terminal[-1].conversation.workspace.root == str(data)


def test_a_state_folder_that_cannot_be_written_stops_nothing(tagsmith, data, terminal, state_home):
    state_home.write_text("in the way")
    assert tagsmith(data).status == 0
    assert terminal[-1].conversation.workspace.root == str(data)
