"""What a hub must not be able to do, what no spec pins, the user's switches, and being stopped."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub import CUT, ENDLESS, HANG, OTHER
from hub_case import ASKED_FOR, COMMIT, FILES, NEWER, REPO, TOKEN, Case, open_case, pull, refused

from tagsmith.tools.errors import ModelError, StoppedError, UsageError
from tagsmith.tools.vision import pulled, pulling
from tagsmith.tools.vision.hub_cache import cache_folder
from tagsmith.tools.vision.installed import installed
from tagsmith.tools.watch import Step, Watch

MODEL, TAGS = ASKED_FOR


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    with open_case(tmp_path, monkeypatch) as case:
        yield case


# Wrong content


def test_other_bytes_of_the_right_length_are_deleted(case):
    case.hub.spoil(MODEL, OTHER)
    told = refused(case.write_spec())
    assert "model.onnx of tiny came wrong from 127.0.0.1" in told
    assert "sha256" in told
    assert not any(MODEL in path for path in case.in_cache())
    assert installed(case.write_spec()) is None


@pytest.mark.parametrize("path", [MODEL, TAGS])
def test_where_the_spec_has_no_hash_the_hubs_own_counts(case, path):
    case.hub.spoil(path, OTHER)
    told = refused(case.write_spec(hashes={MODEL: None, TAGS: None}))
    assert "is not the one that the hub told" in told


def test_another_file_than_pinned_is_not_even_fetched(case):
    told = refused(case.write_spec(hashes={MODEL: "ab" * 6}))
    assert "its sha256 is" in told
    assert "not abababababab" in told
    assert not any(line.startswith("GET") for line in case.hub.log())


def test_another_size_than_pinned_is_not_even_fetched(case):
    told = refused(case.write_spec(sizes={MODEL: 5}))
    assert f"it has {len(FILES[MODEL]):,} bytes, not 5" in told
    assert not any(line.startswith("GET") for line in case.hub.log())


def test_another_commit_than_pinned_is_not_even_fetched(case):
    case.hub.headers = {"X-Repo-Commit": NEWER}
    assert f"it is of commit {NEWER[:12]}, not {COMMIT[:12]}" in refused(case.write_spec())
    assert not any(line.startswith("GET") for line in case.hub.log())


def test_a_prefix_of_the_hash_is_compared(case):
    digest = hashlib.sha256(FILES[MODEL]).hexdigest()
    assert pull(case.write_spec(hashes={MODEL: digest[:12]})).verified


def test_an_endless_body_is_ended(case):
    case.hub.spoil(TAGS, ENDLESS)
    assert "size" in refused(case.write_spec())
    assert not any(TAGS in path for path in case.in_cache())


@pytest.mark.parametrize("header", ["X-Linked-Etag", "ETag", "X-Repo-Commit"])
@pytest.mark.parametrize("name", ["../../../../escaped", "/absolute", "..", ".hidden", "a b"])
def test_no_server_chooses_where_files_are_written(case, header, name):
    case.hub.headers = {header: f'"{name}"' if header != "X-Repo-Commit" else name}
    assert "does not answer like a hub" in refused(case.write_spec())
    assert case.in_cache() == set()


def test_a_server_that_is_no_hub(case):
    case.hub.headers = {"X-Repo-Commit": "", "X-Linked-Etag": "", "ETag": ""}
    assert "does not answer like a hub" in refused(case.write_spec())


def test_words_of_servers_are_not_repeated(case):
    case.hub.repos[REPO].gate = TOKEN
    assert "words of the server" not in refused(case.write_spec())


# Without a pinned commit


def test_an_unpinned_model_is_held_at_the_commit_that_was_pulled(case):
    spec = case.write_spec(revision=None)
    found = pull(spec)
    assert found.revision == COMMIT
    case.hub.add(REPO, NEWER, FILES)
    case.hub.requests.clear()
    assert pull(spec).revision == COMMIT
    assert case.hub.requests == []


def test_a_file_without_a_hash_is_held_to_what_was_pulled(case):
    spec = case.write_spec(hashes={TAGS: None})
    assert pull(spec).unchecked == ()
    (case.snapshot / TAGS).write_bytes(b"dog\nrat")
    with pytest.raises(ModelError, match=r"tags\.txt .*sha256"):
        installed(spec)
    case.hub.requests.clear()
    pull(spec)
    assert (case.snapshot / TAGS).read_bytes() == FILES[TAGS]


def test_an_unpinned_model_of_another_tool_is_not_taken_unasked(case):
    pull(case.write_spec())
    assert installed(case.write_spec(revision=None)) is None


def test_a_record_that_is_no_commit_is_not_followed(case, tmp_path):
    spec = case.write_spec(revision=None)
    pulled.record(spec, "../../../evil", {})
    assert installed(spec) is None


# Switches


@pytest.mark.parametrize("name", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_asks_nobody_and_still_finds_what_is_here(case, monkeypatch, name):
    spec = case.write_spec()
    monkeypatch.setenv(name, "1")
    assert "HF_HUB_OFFLINE" in refused(spec)
    assert case.hub.requests == []
    monkeypatch.delenv(name)
    pull(spec)
    monkeypatch.setenv(name, "1")
    assert pull(spec).verified


@pytest.mark.parametrize(
    "address",
    [
        "ftp://x",
        "file:///etc",
        "hf-mirror.com",
        "http://",
        "https://u:p@x",
        "https://[",
        "https://x y",
        "https://x?q=1",
        "https://x:port",
        "https://\x1b[2J",
    ],
)
def test_an_address_that_cannot_be_used(case, monkeypatch, address):
    monkeypatch.setenv("HF_ENDPOINT", address)
    with pytest.raises(UsageError) as caught:
        pull(case.write_spec())
    assert "u:p" not in str(caught.value)


def test_without_an_address_it_is_the_hub():
    assert pulling.endpoint_of({}) == "https://huggingface.co"
    assert pulling.endpoint_of({"HF_ENDPOINT": "https://hf-mirror.com/"}) == "https://hf-mirror.com"


def test_a_full_disk_is_told_before_anything_is_fetched(case, monkeypatch):
    usage = type("Usage", (), {"free": 1 << 20})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert "3 MB do not fit" in refused(case.write_spec())
    assert not any(line.startswith("GET") for line in case.hub.log())


def test_a_cache_that_cannot_be_written(case):
    case.cache.parent.mkdir(parents=True)
    case.cache.write_text("a file where the folder should be")
    assert "cache cannot be" in refused(case.write_spec())


def test_a_disk_that_fills_up_meanwhile(case, monkeypatch):
    def write(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("huggingface_hub.file_download.http_get", write)
    assert "cache cannot be written: No space left on device" in refused(case.write_spec())
    assert case.in_cache() == set()


# Being stopped


def test_a_download_can_be_stopped(case):
    done: list[int] = []
    watch = Watch(lambda step: done.append(step.done), lambda: sum(done) > 0)
    with pytest.raises(StoppedError):
        pull(case.write_spec(), watch)
    assert case.whole() == set()
    assert installed(case.write_spec()) is None


def test_what_came_before_a_stop_does_not_come_again(case):
    spec = case.write_spec()
    case.hub.spoil(MODEL, CUT)
    refused(spec)
    assert case.whole() == set()
    case.hub.spoil(MODEL, CUT, times=0)
    case.hub.requests.clear()
    steps: list[Step] = []
    assert pull(spec, Watch(steps.append)).verified
    assert f"storage GET {MODEL} from byte {2 << 20}" in case.hub.log()
    assert f"storage GET {MODEL}" not in case.hub.log()
    coming = [step for step in steps if step.verb == "Downloading tiny"]
    assert coming[0].done == 2 << 20
    assert coming[-1].done == coming[-1].total
    assert case.in_cache() == case.whole()


def test_what_came_and_is_wrong_does_not_stay(case):
    spec = case.write_spec()
    case.hub.spoil(MODEL, CUT)
    refused(spec)
    part = next(case.cache.rglob("*.incomplete"))
    part.write_bytes(bytes(2 << 20))
    case.hub.spoil(MODEL, CUT, times=0)
    assert "came wrong" in refused(spec)
    assert case.in_cache() == set()
    assert pull(spec).verified


def test_a_part_that_is_longer_than_the_file_is_dropped(case):
    spec = case.write_spec()
    case.hub.spoil(MODEL, CUT)
    refused(spec)
    next(case.cache.rglob("*.incomplete")).write_bytes(bytes(4 << 20))
    case.hub.spoil(MODEL, CUT, times=0)
    case.hub.requests.clear()
    assert pull(spec).verified
    assert case.hub.log().count(f"storage GET {MODEL}") == 1
    assert not any("from byte" in line for line in case.hub.log())


def test_a_server_that_cannot_go_on_begins_anew(case):
    spec = case.write_spec()
    case.hub.spoil(MODEL, CUT)
    refused(spec)
    case.hub.spoil(MODEL, CUT, times=0)
    case.hub.ranges = False
    steps: list[Step] = []
    assert pull(spec, Watch(steps.append)).verified
    coming = [step for step in steps if step.verb == "Downloading tiny"]
    assert coming[-1].done == coming[-1].total


def test_two_pulls_do_not_write_into_each_other(case):
    spec = case.write_spec()
    case.hub.spoil(MODEL, HANG, times=1)
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED], env=os.environ)
    assert case.hub.hanging.wait(60)
    assert "Another pull is fetching model.onnx of tiny" in refused(spec)
    process.kill()
    process.wait()
    assert pull(spec).verified


INTERRUPTED = """
import sys
from tagsmith.tools.vision import pulled, pulling
from tagsmith.tools.vision.spec import find_spec
try:
    pulling.pull(pulling.offer(find_spec("tiny")))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_killed_download_leaves_nothing_that_passes_for_whole(case, number):
    spec = case.write_spec()
    case.hub.spoil(MODEL, HANG, times=1)
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED], env=os.environ)
    assert case.hub.hanging.wait(60)
    process.send_signal(number)
    assert process.wait(60) == (130 if number == signal.SIGINT else -signal.SIGKILL)
    assert installed(spec) is None
    assert case.whole() == set()
    assert pull(spec).verified


# The library


QUIET = """
import json, os, sys
from tagsmith.tools.vision import hub
library = hub._library()
from huggingface_hub import constants
from huggingface_hub.utils._runtime import is_xet_available
print(json.dumps([constants.HF_HUB_DISABLE_TELEMETRY, is_xet_available(), constants.HF_HUB_CACHE]))
"""


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"HF_HOME": "~/models"},
        {"HF_HUB_CACHE": "$HOME/elsewhere"},
        {"HUGGINGFACE_HUB_CACHE": "/older"},
        {"XDG_CACHE_HOME": "/general"},
        {"HF_HOME": "/home", "HF_HUB_CACHE": "/cache"},
    ],
)
def test_the_cache_is_the_librarys_and_telemetry_is_off(env):
    left = {name: value for name, value in os.environ.items() if not name.startswith(("HF", "HU"))}
    left.pop("XDG_CACHE_HOME", None)
    ran = subprocess.run(
        [sys.executable, "-c", QUIET], env=left | env, capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == [True, False, cache_folder(left | env)]
