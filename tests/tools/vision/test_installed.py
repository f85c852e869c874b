"""Which models are here: by hand, in the hub's cache, verified once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_case import ASKED_FOR, COMMIT, FILES, NAME, Case, open_case

from tagsmith.tools.errors import ModelError, StoppedError, UsageError
from tagsmith.tools.vision import hub_cache, pulled, verify
from tagsmith.tools.vision.installed import (
    Place,
    default_model,
    installed,
    look,
    megabytes,
    require,
)
from tagsmith.tools.vision.spec import find_spec
from tagsmith.tools.watch import Step, Watch


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    with open_case(tmp_path, monkeypatch) as case:
        yield case


def fill_cache(case: Case) -> Path:
    """Lay the files out as the hub's library does: blobs, and links to them."""
    blobs = case.snapshot.parent.parent / "blobs"
    blobs.mkdir(parents=True)
    case.snapshot.mkdir(parents=True)
    for number, path in enumerate(ASKED_FOR):
        (blobs / f"blob{number}").write_bytes(FILES[path])
        (case.snapshot / path).symlink_to(f"../../blobs/blob{number}")
    return case.snapshot


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read to be hashed."""
    read: list[str] = []
    real = verify._hash

    def spy(path: str, size: int, watch: Watch) -> str:
        read.append(os.path.basename(path))
        return real(path, size, watch)

    monkeypatch.setattr(verify, "_hash", spy)
    return read


def test_nothing_is_here(case):
    spec = case.write_spec()
    assert installed(spec) is None
    with pytest.raises(ModelError) as caught:
        require(spec)
    assert str(caught.value) == (
        "tiny is not on this machine (3 MB). Run `tagsmith models pull tiny`, say /pull tiny in "
        "the chat, or use model=pixels."
    )


def test_the_default_model_of_the_issue_says_how_to_get_it(case):
    with pytest.raises(ModelError, match=re.escape("(468 MB). Run `tagsmith models pull wd-swin")):
        require(find_spec("wd-swinv2-tagger-v3"))


def test_a_model_of_no_hub_names_its_folder(case):
    with pytest.raises(ModelError, match=re.escape(str(case.by_hand))):
        require(case.write_spec(repo=None, revision=None))


def test_the_hubs_cache_is_found_through_its_links(case):
    spec = case.write_spec()
    fill_cache(case)
    found = installed(spec)
    assert found is not None
    assert (found.path, found.place) == (str(case.snapshot), Place.CACHE)
    assert (found.revision, found.verified) == (COMMIT, True)
    assert case.hub.requests == []


def test_a_folder_made_by_hand_comes_first(case):
    spec = case.write_spec()
    fill_cache(case)
    folder = case.place_by_hand()
    found = installed(spec)
    assert found is not None
    assert (found.path, found.place, found.revision) == (str(folder), Place.HAND, None)


def test_another_folder_can_be_chosen(case, monkeypatch, tmp_path):
    spec = case.write_spec()
    case.place_by_hand().parent.rename(tmp_path / "weights")
    monkeypatch.setenv("TAGSMITH_MODELS_FOLDER", str(tmp_path / "weights"))
    assert require(spec) == str(tmp_path / "weights" / NAME)


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        ({"model_onnx": b"short"}, r"it has 5 bytes, not 3,145,728"),
        ({"tags_txt": b"dog\nrat"}, r"its sha256 is [0-9a-f]{64}, not [0-9a-f]{64}"),
    ],
)
def test_a_damaged_folder_is_refused_with_the_file_and_the_difference(case, changed, difference):
    spec = case.write_spec()
    folder = case.place_by_hand(**changed)
    name = next(iter(changed)).replace("_", ".")
    with pytest.raises(ModelError, match=difference) as caught:
        require(spec)
    assert f"{name} in {folder}" in str(caught.value)
    assert "verify" not in str(caught.value).casefold()


def test_a_missing_file_is_named(case):
    spec = case.write_spec()
    (case.place_by_hand() / "tags.txt").unlink()
    with pytest.raises(ModelError, match=r"tags\.txt in .*: it is missing"):
        installed(spec)


@pytest.mark.parametrize("names", [[], [".DS_Store"]])
def test_an_empty_folder_is_no_model(case, names):
    spec = case.write_spec()
    case.by_hand.mkdir(parents=True)
    for name in names:
        (case.by_hand / name).touch()
    assert installed(spec) is None


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "a/../../x", "a\\..\\x", "C:x", ".", "a//b"]
)
def test_no_path_of_a_spec_leaves_the_folder(case, path):
    more = f"[[files]]\npath = '{path}'\nkind = 'data'\n"
    with pytest.raises(UsageError, match="path"):
        case.write_spec(more=more)


def test_files_without_a_hash_are_told(case):
    spec = case.write_spec(hashes={"tags.txt": None})
    case.place_by_hand(tags_txt=b"cow\npig")
    found = installed(spec)
    assert found is not None
    assert found.unchecked == ("tags.txt",)


# Verified once


def test_nothing_is_hashed_twice(case, hashed):
    spec = case.write_spec()
    case.place_by_hand()
    assert (found := look(spec)) is not None
    assert not found.verified
    assert hashed == []
    require(spec)
    require(spec)
    assert sorted(hashed) == ["model.onnx", "tags.txt"]
    assert (found := look(spec)) is not None
    assert found.verified


def test_what_was_touched_is_hashed_again(case, hashed):
    spec = case.write_spec()
    folder = case.place_by_hand()
    require(spec)
    hashed.clear()
    os.utime(folder / "model.onnx", ns=(1, 1))
    require(spec)
    assert hashed == ["model.onnx"]


def test_a_change_of_the_same_length_is_seen(case):
    spec = case.write_spec()
    folder = case.place_by_hand()
    require(spec)
    (folder / "tags.txt").write_bytes(b"dog\nrat")
    with pytest.raises(ModelError, match=r"tags\.txt"):
        require(spec)
    with pytest.raises(ModelError, match=r"tags\.txt"):
        look(spec)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"version": 2}',
        '{"version": 1, "files": {"x": 1}}',
        '{"version": 1, "files": {"x": [1, 2, 3, "nothex"]}}',
        "[" * 100_000,
        "\0\xff",
    ],
)
def test_a_damaged_memory_is_as_good_as_none(case, tmp_path, hashed, text):
    spec = case.write_spec()
    case.place_by_hand()
    memory = tmp_path / "cache" / "tagsmith" / "digests.json"
    memory.parent.mkdir(parents=True)
    memory.write_text(text)
    require(spec)
    require(spec)
    assert len(hashed) == 2


def test_a_cache_that_cannot_be_written_costs_only_time(case, tmp_path, hashed):
    (tmp_path / "cache").write_text("a file")
    spec = case.write_spec()
    case.place_by_hand()
    require(spec)
    require(spec)
    assert len(hashed) == 4


def test_verifying_tells_how_far_it_is_and_can_be_stopped(case):
    spec = case.write_spec()
    case.place_by_hand()
    steps: list[Step] = []
    require(spec, Watch(steps.append))
    assert steps[0] == Step("Verifying model.onnx", 3 << 20, 3 << 20, "bytes")
    os.utime(case.by_hand / "model.onnx", ns=(1, 1))
    with pytest.raises(StoppedError):
        require(spec, Watch(stopped=lambda: True))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"tiny": 1}', '{"tiny": {"repo": "org/tiny-tagger", "commit": 1}}']
)
def test_a_damaged_record_is_as_good_as_none(case, tmp_path, text):
    spec = case.write_spec(revision=None)
    record = tmp_path / "data" / "tagsmith" / "pulled.json"
    record.parent.mkdir(parents=True)
    record.write_text(text)
    assert installed(spec) is None
    pulled.record(spec, COMMIT, {})
    assert pulled.commit_of(spec) == COMMIT


# The default


def test_without_a_model_it_is_pixels(case):
    case.write_spec()
    assert default_model() == "pixels"


def test_a_model_that_is_here_is_the_default_even_if_damaged(case):
    case.write_spec()
    folder = case.place_by_hand()
    assert default_model() == NAME
    (folder / "tags.txt").unlink()
    assert default_model() == NAME


def test_the_default_reads_no_weights(case, hashed):
    case.write_spec()
    case.place_by_hand()
    default_model()
    assert hashed == []


# Records of what was pulled


def test_the_commit_of_an_unpinned_model_is_remembered_and_forgotten(case):
    spec = case.write_spec(revision=None)
    assert pulled.commit_of(spec) is None
    pulled.record(spec, COMMIT, {})
    assert pulled.commit_of(spec) == COMMIT
    assert pulled.commit_of(case.write_spec(revision=None, repo="a/b")) is None
    pulled.forget(spec)
    pulled.forget(spec)
    assert pulled.commit_of(spec) is None


# Removing


def test_only_what_nothing_else_uses_is_freed(case):
    spec = case.write_spec()
    snapshot = fill_cache(case)
    (snapshot / "README.md").write_text("another tool's")
    other = snapshot.parent / ("f" * 40)
    other.mkdir()
    (other / "labels.txt").symlink_to("../../blobs/blob1")
    found = hub_cache.freeable(spec, COMMIT)
    assert found.size == len(FILES["model.onnx"])
    hub_cache.remove(spec.repo, found)
    assert case.in_cache() == {
        str(path.relative_to(case.cache)) for path in (snapshot / "README.md", other / "labels.txt")
    } | {"models--org--tiny-tagger/blobs/blob1"}
    assert (other / "labels.txt").read_bytes() == FILES["tags.txt"]


def test_nothing_is_left_where_nothing_else_was(case):
    spec = case.write_spec()
    fill_cache(case)
    hub_cache.remove(spec.repo, hub_cache.freeable(spec, COMMIT))
    assert case.cache.is_dir()
    assert list(case.cache.iterdir()) == []


def test_a_link_out_of_the_cache_is_cut_and_not_followed(case, tmp_path):
    spec = case.write_spec()
    snapshot = fill_cache(case)
    outside = tmp_path / "precious"
    outside.write_bytes(b"keep me")
    (snapshot / "tags.txt").unlink()
    (snapshot / "tags.txt").symlink_to(outside)
    hub_cache.remove(spec.repo, hub_cache.freeable(spec, COMMIT))
    assert outside.read_bytes() == b"keep me"


def test_rests_of_killed_downloads_go_once_they_are_old(case):
    spec = case.write_spec()
    blobs = fill_cache(case).parent.parent / "blobs"
    for name, age in (("old", 7200), ("new", 0)):
        rest = blobs / f"{name}.1234abcd.incomplete"
        rest.write_bytes(b"half")
        os.utime(rest, (rest.stat().st_mtime - age,) * 2)
    freed = [os.path.basename(path) for path in hub_cache.freeable(spec, COMMIT).paths]
    assert "old.1234abcd.incomplete" in freed
    assert "new.1234abcd.incomplete" not in freed


@pytest.mark.parametrize(
    ("size", "text"),
    [(467_460_978, "467 MB"), (1_260_435_999, "1,260 MB"), (76_752, "77 kB"), (330, "330 bytes")],
)
def test_sizes_in_words(size, text):
    assert megabytes(size) == text


def test_looking_needs_no_hub(case):
    script = (
        "import sys; from tagsmith.tools.vision import installed; installed.default_model();"
        "print([name for name in ('huggingface_hub', 'httpx2', 'numpy') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
