"""A dataset folder under test, and what a plan would make of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from tagsmith.tools import content
from tagsmith.tools.pairing import CAPTION_SUFFIXES
from tagsmith.tools.plan import Change, Kind, Plan
from tagsmith.tools.workspace import Workspace

Files = dict[str, bytes]


class Folder:
    """A folder to fill with samples; ``planned`` applies a plan to a model of it, not to it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: Mapping[str, str | bytes]) -> Folder:
        """Write files by their names (surrogate escapes are bytes); a str is written as UTF-8."""
        for name, data in files.items():
            path = self.path(name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data.encode() if isinstance(data, str) else data)
        return self

    def samples(self, *texts: str | bytes, **named: str | bytes) -> Folder:
        """Write a sample for each caption: ``0.png``, ``1.png``, ..., and those that have names."""
        captions = {str(number): text for number, text in enumerate(texts)} | named
        for stem, text in captions.items():
            self.write({f"{stem}.png": f"image {stem}", f"{stem}.txt": text})
        return self

    def path(self, name: str) -> str:
        return os.path.join(self.root, name)

    def open(self, suffixes: tuple[str, ...] = CAPTION_SUFFIXES) -> Workspace:
        return Workspace.open(self.root, suffixes)

    def files(self) -> Files:
        """Every ordinary file outside .tagsmith, by its path."""
        found = {}
        for folder, folders, names in os.walk(self.root):
            folders[:] = [one for one in folders if one != ".tagsmith"]
            for name in names:
                path = os.path.join(folder, name)
                if stat.S_ISREG(os.lstat(path).st_mode):
                    with open(path, "rb") as file:
                        found[os.path.relpath(path, self.root)] = file.read()
        return found

    def planned(self, workspace: Workspace) -> Files:
        """The files as they would be once the plan were applied."""
        return apply(workspace.plan(), self.files())


def apply(plan: Plan, files: Files) -> Files:
    """Apply a plan to a model of the files; fails where a change does not fit them."""
    after = dict(files)
    leaving = [change for change in plan.changes if change.kind is not Kind.CREATE]
    for change in leaving:
        assert change.path in files, f"{change.path} does not exist"
        assert change.digest == content.digest(files[change.path]), f"{change.path}: other bytes"
        if change.before is not None:
            assert change.before == files[change.path]
        del after[change.path]
    for change in plan.changes:
        if change.kind is Kind.TRASH:
            continue
        to = change.path if change.to is None else change.to
        assert to not in after, f"{to} would be overwritten"
        after[to] = _content(change, files)
    return after


def _content(change: Change, files: Files) -> bytes:
    return files[change.path] if change.after is None else change.after


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty dataset folder."""
    root = tmp_path / "set"
    root.mkdir()
    return Folder(root)
