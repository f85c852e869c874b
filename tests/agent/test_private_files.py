"""Private files: whole or not there, and for their owner only."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tagsmith.agent.private_files import write_private
from tagsmith.tools.errors import UsageError


def test_a_file_is_its_owners_alone_even_if_it_was_not(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    write_private(path, "eins\n")
    os.chmod(path, 0o666)
    write_private(path, "zwei\n")
    assert path.read_text() == "zwei\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("theirs")
    path = tmp_path / "file"
    path.symlink_to(target)
    write_private(path, "ours")
    assert target.read_text() == "theirs"
    assert path.read_text() == "ours"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_private(path, "old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left on device"):
        write_private(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_private(tmp_path / "file" / "inner", "x")
