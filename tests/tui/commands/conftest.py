"""A small dataset, and the command line called in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tagsmith.tui.cli import main

CAPTIONS = {
    "a": "dog, watermark, grass",
    "b": "dog, running, grass",
    "c": "cat, watermark, sofa",
    "d": "cat, sofa, blue eyes",
    "sub/e": "dog, watermark, beach",
}


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


Tagsmith = Callable[..., Ran]

# The discard port of this machine, where nobody listens.
NO_SERVER = "http://127.0.0.1:9/v1"


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the user's own folders, model server, terminal and colours out of the tests."""
    home = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TAGSMITH_BASE_URL", NO_SERVER)
    monkeypatch.delenv("TAGSMITH_ENGINE", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    return home


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five images with captions, one of them in a sub-folder, and one without."""
    root = tmp_path / "data"
    for name, caption in CAPTIONS.items():
        image = root / f"{name}.png"
        image.parent.mkdir(parents=True, exist_ok=True)
        image.write_bytes(f"picture {name}".encode())
        (root / f"{name}.txt").write_text(caption)
    (root / "f.png").write_bytes(b"picture f")
    return root


@pytest.fixture
def tagsmith(capsys: pytest.CaptureFixture[str]) -> Tagsmith:
    def run(*words: object) -> Ran:
        capsys.readouterr()
        status = main([str(word) for word in words])
        return Ran(status, *capsys.readouterr())

    return run


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Return the bytes of every file of a folder, Tagsmith's own left out."""

    def read(root: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and ".tagsmith" not in path.parts
        }

    return read
