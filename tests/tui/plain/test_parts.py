"""The parts of the plain chat: which file is meant, the editor, the remembered lines, its table."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.offline.engine import OfflineEngine
from tagsmith.tools import toolbox
from tagsmith.tools.errors import UsageError
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.plain import editing
from tagsmith.tui.plain.commands import COMMANDS, named
from tagsmith.tui.plain.decisions import unknown
from tagsmith.tui.plain.review import Pending

DOCS = Path(__file__).resolve().parents[3] / "docs" / "command-line.md"


@pytest.fixture
def pending(tmp_path) -> Pending:
    for name in ("a/one", "b/one", "b/1", "weird [x]"):
        image = tmp_path / "set" / f"{name}.png"
        image.parent.mkdir(parents=True, exist_ok=True)
        image.write_bytes(b"x")
        image.with_suffix(".txt").write_text("dog, hat")
    conversation = Conversation(Workspace.open(str(tmp_path / "set")), OfflineEngine())
    conversation.call("prune_tags", {"tags": ["hat"]})
    return Pending.of(conversation)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("2", ["b/1"]),
        ("1.txt", ["b/1"]),
        ("b/one.png", ["b/one"]),
        ("one", ["a/one", "b/one"]),
        ("b/*", ["b/1", "b/one"]),
        ("weird [x]", ["weird [x]"]),
        ("weird [x].txt", ["weird [x]"]),
        ("*", ["a/one", "b/1", "b/one", "weird [x]"]),
    ],
)
def test_a_file_is_meant_by_number_name_or_pattern(pending, words, found):
    assert [one.name for one in pending.find(words)] == found


def test_one_file_is_one_file(pending):
    with pytest.raises(UsageError, match=r"a/one, b/one.*whole path"):
        pending.only("one")
    for words in ("0", "5", "nobody", "z*"):
        with pytest.raises(UsageError):
            pending.only(words)


def test_the_editor_is_the_users_and_its_last_newline_is_not_the_captions(tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("VISUAL", "my visual --wait")
    monkeypatch.setenv("EDITOR", "ed")
    assert editing.editor() == ["my", "visual", "--wait"]
    monkeypatch.setenv("TERM", "dumb")
    assert editing.editor() == ["ed"]
    monkeypatch.delenv("EDITOR")
    assert editing.editor() == []
    script = tmp_path / "editor"
    script.write_text(
        '#!/bin/sh\nstat -c %a "$(dirname "$1")" > "$0.mode"\nprintf ", tree\\n" >> "$1"\n'
    )
    script.chmod(0o755)
    before = signal.getsignal(signal.SIGINT)
    assert editing.edit("dog", [str(script)]) == "dog, tree"
    assert editing.edit("dog\r\n", [str(script)]) == "dog\r\n, tree\n"
    assert (tmp_path / "editor.mode").read_text() == "700\n"
    assert signal.getsignal(signal.SIGINT) is before


def test_an_editor_that_fails_changes_nothing(tmp_path):
    for command in (["false"], [str(tmp_path / "none")], ["sh", "-c", "rm $0"]):
        with pytest.raises(UsageError):
            editing.edit("dog", command)


def test_no_command_hides_a_tool_and_all_are_documented():
    page = DOCS.read_text(encoding="utf-8")
    for one in COMMANDS:
        assert one.name not in toolbox.tools()
        assert named(one.name) is one
        assert f"| `{one.usage}` | {one.help} |" in page


def test_an_unknown_command_names_the_near_ones():
    assert "/apply" in unknown("aply").hint
    assert "/prune_tags" in unknown("prune_tag").hint
    assert "/help" in unknown("xyzzy").hint
