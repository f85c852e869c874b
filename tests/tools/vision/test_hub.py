"""Pulling a model from a hub that speaks real HTTP, and has every fault."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub import CUT, ENDLESS, HANG, OTHER, RESET
from hub_case import COMMIT, FILES, NEWER, REPO, TOKEN, Case, open_case
from huggingface_hub import close_session

from tagsmith.tools.errors import ModelError, StoppedError, UsageError
from tagsmith.tools.vision import pulling
from tagsmith.tools.vision.installed import ModelFolder, Place, installed, record_commit
from tagsmith.tools.vision.schema import ModelSpec
from tagsmith.tools.watch import Step, Watch

MODEL, TAGS = "model.onnx", "tags.txt"
SIZE = len(FILES[MODEL]) + len(FILES[TAGS])


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    with open_case(tmp_path, monkeypatch) as case:
        yield case


def pull(spec: ModelSpec, watch: Watch | None = None) -> ModelFolder:
    return pulling.pull(pulling.offer(spec, watch), watch)


def refused(spec: ModelSpec) -> str:
    with pytest.raises(ModelError) as caught:
        pull(spec)
    return str(caught.value)


# What works


def test_only_the_files_of_the_spec_are_fetched_and_verified(case):
    found = pull(case.write_spec())
    assert found.place is Place.CACHE
    assert found.verified
    assert found.unchecked == ()
    assert Path(found.path) == case.snapshot
    assert (case.snapshot / MODEL).read_bytes() == FILES[MODEL]
    assert {request.path.rpartition("/")[2] for request in case.hub.requests} == {MODEL, TAGS}
    assert all(f"/resolve/{COMMIT}/" in request.path for request in case.hub.requests)


def test_nothing_is_asked_before_the_yes_where_the_spec_says_it_all(case):
    offer = pulling.offer(case.write_spec())
    assert offer.size == SIZE
    assert [one.file.path for one in offer.files] == [MODEL, TAGS]
    assert case.hub.requests == []


def test_a_model_that_is_here_makes_no_request(case):
    spec = case.write_spec()
    pull(spec)
    case.hub.requests.clear()
    offer = pulling.offer(spec)
    assert offer.found is not None
    assert pulling.pull(offer) == installed(spec)
    assert case.hub.requests == []


def test_unknown_sizes_are_asked_for(case):
    spec = case.write_spec(sizes={MODEL: None})
    assert pulling.offer(spec).size == SIZE
    assert case.hub.log() == [f"HEAD {MODEL}"]


def test_what_is_complete_is_kept(case):
    spec = case.write_spec()
    case.hub.spoil(TAGS, CUT)
    refused(spec)
    case.hub.spoil(TAGS, CUT, times=0)
    case.hub.requests.clear()
    pull(spec)
    assert set(case.hub.log()) == {f"HEAD {TAGS}", f"GET {TAGS}"}


def test_a_damaged_file_in_the_cache_is_fetched_again(case):
    spec = case.write_spec()
    pull(spec)
    (case.snapshot / MODEL).write_bytes(b"\0" * len(FILES[MODEL]))
    with pytest.raises(ModelError, match=r"model\.onnx .*sha256"):
        installed(spec)
    case.hub.requests.clear()
    assert pull(spec).verified
    assert (case.snapshot / MODEL).read_bytes() == FILES[MODEL]
    assert {line.rpartition(" ")[2] for line in case.hub.log()} == {MODEL}


def test_the_bytes_are_told_as_they_come(case):
    steps: list[Step] = []
    pull(case.write_spec(), Watch(steps.append))
    coming = [step for step in steps if step.verb == "Downloading tiny"]
    assert {step.total for step in coming} == {SIZE}
    assert [step.done for step in coming] == sorted(step.done for step in coming)
    assert coming[0].done <= 1 << 20
    assert coming[-1].done == SIZE
    assert any(step.verb.startswith("Verifying") for step in steps)


def test_a_model_placed_by_hand_is_taken_as_it_is(case):
    spec = case.write_spec()
    folder = case.place_by_hand()
    assert Path(pull(spec).path) == folder
    assert case.hub.requests == []


def test_an_optional_file_need_not_exist(case):
    more = '[[files]]\npath = "extra.csv"\nkind = "data"\nrequired = false\n'
    assert pull(case.write_spec(more=more)).verified
    assert not (case.snapshot / "extra.csv").exists()


# Connections


def test_a_cut_download_goes_on_where_it_was(case):
    case.hub.spoil(MODEL, CUT, times=1)
    steps: list[Step] = []
    assert pull(case.write_spec(), Watch(steps.append)).verified
    gets = [line for line in case.hub.log() if line.startswith("storage GET")]
    assert gets == [f"storage GET {MODEL}", f"storage GET {MODEL} from byte {1 << 20}"]
    coming = [step for step in steps if step.verb == "Downloading tiny"]
    assert coming[-1].done == SIZE


def test_a_reset_download_is_tried_again(case):
    case.hub.spoil(MODEL, RESET, times=2)
    assert pull(case.write_spec()).verified


@pytest.mark.parametrize("fault", [CUT, RESET])
def test_a_download_that_always_breaks_ends(case, fault):
    case.hub.spoil(TAGS, fault)
    told = refused(case.write_spec())
    assert "broke off again and again in tags.txt" in told
    assert "`tagsmith models pull tiny`" in told
    assert len(case.hub.requests) < 20
    assert not any(TAGS in path or "incomplete" in path for path in case.in_cache())


def test_a_hub_that_is_down(case):
    case.hub.stop()
    assert "127.0.0.1" in (told := refused(case.write_spec()))
    assert "cannot be reached" in told
    assert case.in_cache() == set()


def test_a_hub_that_dies_after_the_questions(case, monkeypatch):
    monkeypatch.setattr(pulling, "_check_space", lambda *_: (close_session(), case.hub.stop()))
    assert "cannot be reached" in refused(case.write_spec())


@pytest.mark.parametrize("status", [500, 503])
def test_a_broken_hub_is_asked_three_times(case, status):
    case.hub.status = status
    assert f"status {status}" in refused(case.write_spec())
    assert len(case.hub.requests) == 3


def test_too_many_requests_are_not_made_more(case):
    case.hub.status = 429
    assert "too many requests" in refused(case.write_spec())
    assert len(case.hub.requests) == 1


# Refusals


def test_a_missing_file(case):
    files = {path: data for path, data in FILES.items() if path != TAGS}
    case.hub.repos.clear()
    case.hub.add(REPO, COMMIT, files)
    assert f"{REPO} has no tags.txt at {COMMIT[:12]}" in refused(case.write_spec())
    assert case.in_cache() == set()
    assert not any(line.startswith("GET") for line in case.hub.log())


def test_a_missing_repository(case):
    case.hub.repos.clear()
    assert f"no repository {REPO}" in refused(case.write_spec())


def test_a_missing_revision(case):
    case.hub.repos[REPO].commits.clear()
    assert f"no revision {COMMIT[:12]}" in refused(case.write_spec())


@pytest.mark.parametrize("gated", [False, True])
def test_a_gated_model_names_the_page_and_the_variable(case, gated):
    case.hub.repos[REPO].gate = TOKEN
    told = refused(case.write_spec(gated=gated))
    assert f"https://huggingface.co/{REPO}" in told
    assert "HF_TOKEN" in told
    assert not any(request.token for request in case.hub.requests)


def test_a_token_without_access(case, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    case.hub.repos[REPO].gate = "another"
    told = refused(case.write_spec())
    assert "may not read it" in told
    assert TOKEN not in told


def test_a_token_goes_only_where_it_is_asked_for(case, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    pull(case.write_spec())
    assert not any(request.token for request in case.hub.requests)


@pytest.mark.parametrize("private", [False, True])
def test_a_token_opens_the_gate_and_does_not_reach_the_storage(case, monkeypatch, private, caplog):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    case.hub.repos[REPO].gate = TOKEN
    case.hub.repos[REPO].private = private
    caplog.set_level("DEBUG")
    assert pull(case.write_spec()).verified
    assert case.hub.requests[0].token is None
    assert {bool(request.token) for request in case.hub.requests if request.storage} == {False}
    assert TOKEN not in caplog.text


def test_no_token_over_plain_http_to_another_machine(case, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    case.hub.repos[REPO].gate = TOKEN
    monkeypatch.setattr("tagsmith.tools.vision.hub._THIS_MACHINE", set())
    assert "gated" in refused(case.write_spec())
    assert not any(request.token for request in case.hub.requests)


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


def test_an_unpinned_model_of_another_tool_is_not_taken_unasked(case):
    pull(case.write_spec())
    assert installed(case.write_spec(revision=None)) is None


def test_a_record_that_is_no_commit_is_not_followed(case, tmp_path):
    spec = case.write_spec(revision=None)
    record_commit(spec, "../../../evil")
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


# Being stopped


def test_a_download_can_be_stopped(case):
    done: list[int] = []
    watch = Watch(lambda step: done.append(step.done), lambda: sum(done) > 0)
    with pytest.raises(StoppedError):
        pull(case.write_spec(), watch)
    assert case.in_cache() == set()


INTERRUPTED = """
import sys
from tagsmith.tools.vision import pulling
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
    rests = {path for path in case.in_cache() if not path.endswith(".incomplete")}
    assert not any(MODEL in path for path in rests)
    assert (number == signal.SIGKILL) == (rests != case.in_cache())
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
    from tagsmith.tools.vision.hub_cache import cache_folder

    left = {name: value for name, value in os.environ.items() if not name.startswith(("HF", "HU"))}
    left.pop("XDG_CACHE_HOME", None)
    ran = subprocess.run(
        [sys.executable, "-c", QUIET], env=left | env, capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == [True, False, cache_folder(left | env)]
