"""A fake hub with one small model on it, whose spec is among the user's own; nobody waits."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from hub import FakeHub
from huggingface_hub import constants, file_download
from huggingface_hub.utils import _http

from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision import hub as client
from tagsmith.tools.vision import pulling
from tagsmith.tools.vision.installed import ModelFolder
from tagsmith.tools.vision.schema import ModelSpec
from tagsmith.tools.vision.spec import find_spec
from tagsmith.tools.watch import Watch

NAME = "tiny"
REPO = "org/tiny-tagger"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
NEWER = "89abcdef0123456789abcdef0123456789abcdef"
TOKEN = "hf_canaryMustNeverBeSeen"
FILES: Mapping[str, bytes] = {
    "model.onnx": random.Random(4).randbytes(3 << 20),
    "tags.txt": b"dog\ncat",
    "README.md": b"not asked for",
}
ASKED_FOR = ("model.onnx", "tags.txt")

SPEC = """
name = "{name}"
title = "Tiny tagger"
license = "MIT"
gated = {gated}
{repo}
{revision}
{files}
[input]
layout = "NHWC"
size = [16, 16]
colour = "RGB"
geometry = "stretch"
resample = "box"
[labels]
file = "tags.txt"
format = "lines"
"""
KINDS = {"model.onnx": "graph", "tags.txt": "labels"}


@dataclass
class Case:
    """The hub, the folders of the user, and the model's spec as its file has it."""

    hub: FakeHub
    home: Path
    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))

    @property
    def cache(self) -> Path:
        return self.home / "hf" / "hub"

    @property
    def snapshot(self) -> Path:
        return self.cache / "models--org--tiny-tagger" / "snapshots" / COMMIT

    @property
    def by_hand(self) -> Path:
        return self.home / "data" / "tagsmith" / "models" / NAME

    def write_spec(
        self,
        *,
        name: str = NAME,
        repo: str | None = REPO,
        revision: str | None = COMMIT,
        gated: bool = False,
        sizes: Mapping[str, int | None] | None = None,
        hashes: Mapping[str, str | None] | None = None,
        more: str = "",
    ) -> ModelSpec:
        """Put the spec among the user's own; None leaves a field out."""
        parts = []
        for path in ASKED_FOR:
            data = self.files[path]
            size = (sizes or {}).get(path, len(data))
            digest = (hashes or {}).get(path, hashlib.sha256(data).hexdigest())
            parts.append(
                f'[[files]]\npath = "{path}"\nkind = "{KINDS[path]}"\n'
                + (f"size = {size}\n" if size is not None else "")
                + (f'sha256 = "{digest}"\n' if digest is not None else "")
            )
        text = SPEC.format(
            name=name,
            gated=str(gated).lower(),
            repo=f'repo = "{repo}"' if repo else "",
            revision=f'revision = "{revision}"' if revision else "",
            files="\n".join(parts) + more,
        )
        folder = self.home / "config" / "tagsmith" / "models"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.toml").write_text(text)
        return find_spec(name)

    def in_cache(self) -> set[str]:
        """Every file and link of the hub's cache, without its locks."""
        return {
            str(path.relative_to(self.cache))
            for path in self.cache.rglob("*")
            if path.is_symlink() or (path.is_file() and path.suffix not in (".lock", ".TAG"))
        }

    def whole(self) -> set[str]:
        """Those of them that something could take for whole."""
        return {path for path in self.in_cache() if not path.endswith(".incomplete")}

    def place_by_hand(self, **changed: bytes) -> Path:
        """Put the model into its folder; ``model_onnx=b"..."`` changes a file."""
        self.by_hand.mkdir(parents=True)
        for path in ASKED_FOR:
            data = changed.get(path.replace(".", "_"), self.files[path])
            (self.by_hand / path).write_bytes(data)
        return self.by_hand


def pull(spec: ModelSpec, watch: Watch | None = None) -> ModelFolder:
    return pulling.pull(pulling.offer(spec, watch), watch)


def refused(spec: ModelSpec) -> str:
    """What a pull that fails tells the user."""
    with pytest.raises(ModelError) as caught:
        pull(spec)
    return str(caught.value)


@contextmanager
def open_case(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """A case with folders of its own below ``home``, and without the waits between tries."""
    for name in [name for name in os.environ if name.startswith(("HF_", "HUGGING", "TRANSFORM"))]:
        monkeypatch.delenv(name)
    for name, folder in (("CONFIG", "config"), ("DATA", "data"), ("CACHE", "cache")):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / folder))
    monkeypatch.delenv("TAGSMITH_MODELS_FOLDER", raising=False)
    monkeypatch.setenv("HF_HOME", str(home / "hf"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "hf" / "token"))
    at_once = SimpleNamespace(sleep=lambda _: None)
    monkeypatch.setattr(file_download, "time", at_once)
    monkeypatch.setattr(_http, "time", at_once)
    monkeypatch.setattr(client, "_PAUSES", (0.0, 0.0))
    monkeypatch.setattr(client, "_PATIENCE", (0.0, 0.0))
    with FakeHub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        hub.add(REPO, COMMIT, FILES)
        yield Case(hub, home)
        client._library().utils.close_session()
