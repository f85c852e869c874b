"""What the README shows works as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tagsmith.tools.demo import draw_demo
from tagsmith.tools.query import parse
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.demo import converse

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with the sample dataset at ``~/datasets/pets``."""
    folder = tmp_path_factory.mktemp("home")
    draw_demo(str(folder / "datasets" / "pets"))
    return folder


def test_the_commands_of_the_tour_run_one_after_the_other(home: Path) -> None:
    commands = re.findall(
        r"^ {4}tagsmith ((?:run|do|history|undo|report|tools)\b.*)$", README, re.M
    )
    assert len(commands) >= 5
    for command in commands:
        words = [word.replace("~", str(home)) for word in shlex.split(command)]
        if words[0] == "report":
            words.append("--no-pictures")  # which take the seconds
        ran = subprocess.run(
            [sys.executable, "-m", "tagsmith", *words],
            env=os.environ | {"HOME": str(home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{command}: {ran.stdout}{ran.stderr}"
        assert ran.stdout, command


def test_what_the_tour_says_is_understood(home: Path) -> None:
    conversation = converse(str(home / "datasets" / "pets"))
    sentences = re.findall(r"^ {4}\u203a (.*)$", README, re.M)
    assert len(sentences) >= 3
    for sentence in sentences:
        kinds = {type(event).__name__ for event in conversation.say(sentence)}
        assert not kinds & {"Asked", "Failed"}, sentence
    assert conversation.pending()


def test_the_queries_parse_and_select(home: Path) -> None:
    line = README[README.index("Every one takes a `where`") :]
    queries = re.findall(r"`([^`]+)`", line[: line.index("[docs")])[1:]
    assert len(queries) == 9
    workspace = Workspace.open(home / "datasets" / "pets")
    for query in queries:
        parse(query)
    assert workspace.select("dog and not cat")
    assert workspace.select("width:>=1024")
    assert workspace.select("captioned:no")
