"""What was sent is remembered over sessions: privately, not too much of it, never in the way."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagsmith.tui import input_history


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "tagsmith" / "input-history"


def test_it_is_private_whoever_made_it(file: Path) -> None:
    input_history.add("one\udcff")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    input_history.add("two")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert input_history.read() == ["one?", "two"]


def test_a_long_one_is_cut_to_the_newest(file: Path) -> None:
    input_history.add("made")
    file.write_text("".join(f"{number}\n" for number in range(2 * input_history.KEPT + 1)))
    assert input_history.read()[0] == str(input_history.KEPT + 1)
    assert len(file.read_text().splitlines()) == input_history.KEPT


def test_a_folder_that_cannot_be_written_is_not_in_the_way(file: Path) -> None:
    file.parent.parent.mkdir()
    file.parent.write_text("in the way")
    input_history.add("three")
    assert input_history.read() == []


def test_a_link_is_not_followed(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir(parents=True)
    (tmp_path / "other").write_text("")
    file.symlink_to(tmp_path / "other")
    input_history.add("secret")
    assert (tmp_path / "other").read_text() == ""


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_what_was_sent_comes_back_as_it_was(file: Path, sent: str) -> None:
    file.unlink(missing_ok=True)
    input_history.add(sent)
    assert input_history.read() == ([sent] if sent.strip() else [])
