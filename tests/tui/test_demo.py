"""``tagsmith demo``: the played conversation, and the way into the chat."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from tagsmith.agent.conversation import Conversation
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.watch import Watch
from tagsmith.tui import demo
from tagsmith.tui.commands.console import Console


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> str:
    return demo.draw(str(tmp_path_factory.mktemp("drawn")))


@pytest.fixture
def pets(drawn: str, tmp_path: Path) -> str:
    return shutil.copytree(drawn, str(tmp_path / "pets"))


def test_the_played_conversation_edits_and_leaves_the_folder_as_it_was(
    scratch: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run_demo(headless=True) == 0
    told = capsys.readouterr().out
    assert f"> {demo.SUGGESTION}" in told
    assert "Nothing is written yet: all 122 files are as they were." in told
    assert "-watermark" in told
    assert "+coco" in told
    assert "of 122 files are changed, 1 is new." in told
    assert "> tag everything with pixels" in told
    assert "Run the tagger pixels: 3 tags in 3 captions, with pixels." in told
    assert "img_040.txt\n  now     simple background\n" in told
    assert told.endswith("By the SHA-256 of every file: all 122 files are as they were.\n")
    assert len(told.splitlines()) < 90
    assert list(scratch.iterdir()) == []


def test_without_a_terminal_it_plays(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(demo, "draw", lambda folder: folder)
    monkeypatch.setattr(demo, "play", lambda *given: len(given))
    assert demo.run_demo(headless=False) == 2


class Witness(Console):
    """Takes the state of a folder at everything that is said."""

    def __init__(self, folder: str) -> None:
        super().__init__(out=io.StringIO())
        self.folder = folder
        self.told: list[str] = []
        self.seen: list[dict[str, str]] = []

    def write(self, text: str) -> None:
        self.told.append(text)
        self.seen.append(demo.digests(self.folder))

    def at(self, start: str) -> int:
        return next(place for place, text in enumerate(self.told) if text.startswith(start))


def test_what_it_shows_is_what_is_on_disk(pets: str) -> None:
    witness = Witness(pets)
    assert demo.play(pets, witness) == 0
    before, applied = witness.seen[0], witness.at("\n[apply]")
    assert all(seen == before for seen in witness.seen[:applied])
    changed = sum(before[path] != witness.seen[applied][path] for path in before)
    assert changed > 10
    assert witness.seen[applied].keys() - before.keys() == {"img_040.txt"}
    assert f"[apply] {changed} of 122 files are changed" in witness.told[applied]
    assert f"would change {changed + 1} files" in witness.told[witness.at("\n[review]")]
    assert witness.seen[-1] == before


def test_an_undo_that_leaves_a_byte_is_a_failure(
    pets: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def call(self: Conversation, tool: str, arguments: dict[str, object]) -> Outcome:
        with open(os.path.join(pets, "img_001.txt"), "ab") as file:
            file.write(b"!")
        return honest(self, tool, arguments)

    honest = Conversation.call
    monkeypatch.setattr(Conversation, "call", call)
    out = io.StringIO()
    assert demo.play(pets, Console(out=out)) == 1
    assert out.getvalue().endswith("1 of 122 files is changed.\n")


def test_an_order_that_is_not_understood_is_a_failure(
    pets: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = demo.digests(pets)
    monkeypatch.setattr(demo, "ORDERS", ("colourless green ideas sleep furiously",))
    assert demo.play(pets, Console(out=io.StringIO())) == 1
    assert demo.digests(pets) == before


def test_what_the_chat_proposes_is_understood(pets: str) -> None:
    conversation = demo.converse(pets)
    assert conversation.workspace.steps == []
    list(conversation.say(demo.CHAT_SUGGESTION))
    tools = [step.tool for step in conversation.workspace.steps]
    assert tools == ["prune_tags", "run_tagger"]


def test_digests_leave_out_only_our_own_state(tmp_path: Path) -> None:
    for name in (".tagsmith/lock", ".hidden", "folder/file"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert demo.digests(str(tmp_path)).keys() == {".hidden", os.path.join("folder", "file")}


def test_in_a_terminal_it_opens_the_chat_and_keeps_the_folder(
    scratch: Path,
    drawn: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from tagsmith.tui.app import TagsmithApp

    def draw(parent: str) -> str:
        return shutil.copytree(drawn, os.path.join(parent, "pets"))

    monkeypatch.setattr(demo, "draw", draw)
    opened: list[TagsmithApp] = []

    def run(app: TagsmithApp) -> None:
        opened.append(app)
        assert app._opening is not None
        app._conversation = app._opening.open(Watch()).conversation

    monkeypatch.setattr(TagsmithApp, "run", run)
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    assert demo.run_demo(headless=False) == 0
    assert len(opened) == 1
    (folder,) = scratch.glob("*/pets")
    assert (folder / "img_001.png").is_file()
    assert f"{folder}" in capsys.readouterr().out
