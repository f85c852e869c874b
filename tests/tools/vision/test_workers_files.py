"""What workers make of files: results in order, names as they are, no link followed."""

from __future__ import annotations

import os
import time
from hashlib import blake2b
from pathlib import Path

import image_jobs
import numpy as np
import pytest

from tagsmith.tools import content
from tagsmith.tools.errors import UsageError
from tagsmith.tools.vision import worker
from tagsmith.tools.vision.workers import BadImage, Result, Workers


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    return folder


# Results


def test_results_come_in_order_with_the_content_of_each_file(root: Path) -> None:
    names = [f"{number}.png" for number in range(20)]
    for name in names:
        (root / name).write_bytes(name.encode() * 100)
    with Workers(image_jobs.echo, {"side": 7}, root=str(root), processes=3) as workers:
        outcomes = list(workers.map(names))
    assert [path for path, _ in outcomes] == names
    for name, outcome in outcomes:
        data = name.encode() * 100
        assert isinstance(outcome, Result)
        assert outcome.value == [data, {"side": 7}]
        assert outcome.content == blake2b(data, digest_size=16).digest()


def test_arrays_bytes_and_text_arrive_as_they_were(root: Path) -> None:
    (root / "a.png").write_bytes(b"\0\xff" * 9)
    with Workers(image_jobs.shapes, root=str(root)) as workers:
        [(_, outcome)] = workers.map(["a.png"])
    assert isinstance(outcome, Result)
    expected = image_jobs.shapes(b"\0\xff" * 9, None)
    for name in ("array", "turned", "empty"):
        got = outcome.value[name]
        assert (got.dtype, got.shape) == (expected[name].dtype, expected[name].shape)
        assert np.array_equal(got, expected[name])
        assert got.flags.writeable
    for name in ("bytes", "number", "text"):
        assert outcome.value[name] == expected[name]


def test_a_stamp_is_told_for_a_file_that_has_settled(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "a.png").write_bytes(b"x")
    with Workers(image_jobs.echo, root=str(root)) as workers:
        [(_, fresh)] = workers.map(["a.png"])
    assert isinstance(fresh, Result)
    assert fresh.stamp is None
    later = time.time_ns() + 10_000_000_000
    monkeypatch.setattr(worker.time, "time_ns", lambda: later)
    data, stamp = worker.Beneath(str(root)).read("a.png")
    assert (data, stamp) == (b"x", content.stamp(os.stat(root / "a.png")))


def test_a_name_that_is_not_utf8_and_a_folder_are_found(root: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    os.makedirs(os.path.join(root, name, "deep"))
    paths = [f"{name}/deep/{name}.png", f"{name}/b.png", "c.png", f"{name}/deep/d.png"]
    for path in paths:
        with open(os.path.join(root, path), "wb") as file:
            file.write(os.fsencode(path))
    with Workers(image_jobs.echo, root=str(root)) as workers:
        outcomes = list(workers.map(paths))
    assert [(path, outcome.value[0]) for path, outcome in outcomes] == [
        (path, os.fsencode(path)) for path in paths
    ]


# Files that are none


def test_no_symbolic_link_is_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    (root / "real").mkdir()
    (root / "real" / "a.png").write_bytes(b"a")
    os.symlink(tmp_path / "secret.png", root / "link.png")
    os.symlink(tmp_path, root / "folder")
    os.symlink(root / "real", root / "inner")
    os.mkfifo(root / "pipe.png")
    bad = ["link.png", "folder/secret.png", "inner/a.png", "pipe.png", "real", "missing.png"]
    with Workers(image_jobs.echo, root=str(root)) as workers:
        outcomes = list(workers.map([*bad, "real/a.png"]))
    assert all(isinstance(outcome, BadImage) for _, outcome in outcomes[:-1])
    assert isinstance(outcomes[-1][1], Result)


def test_a_path_that_leaves_the_root_is_a_mistake(root: Path) -> None:
    with Workers(image_jobs.echo, root=str(root)) as workers:
        for path in ("../a.png", "/etc/hostname"):
            with pytest.raises(UsageError):
                list(workers.map([path]))


def test_a_bad_image_keeps_the_identity_of_its_content(root: Path) -> None:
    (root / "a.png").write_bytes(b"no image")
    with Workers(image_jobs.opened, root=str(root)) as workers:
        [(_, outcome)] = workers.map(["a.png"])
    assert isinstance(outcome, BadImage)
    assert outcome.content == blake2b(b"no image", digest_size=16).digest()
