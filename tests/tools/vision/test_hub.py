"""Pulling a model from a hub that speaks real HTTP, and has every fault."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import httpx2
import pytest
from hub import CUT, HANG, RESET
from hub_case import COMMIT, FILES, NEWER, REPO, TOKEN, Case, open_case, pull, refused
from huggingface_hub import close_session

from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision import pulling
from tagsmith.tools.vision.installed import Place, installed
from tagsmith.tools.watch import Step, Watch

MODEL, TAGS = "model.onnx", "tags.txt"
SIZE = len(FILES[MODEL]) + len(FILES[TAGS])


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    with open_case(tmp_path, monkeypatch) as case:
        yield case


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


def test_a_damaged_blob_is_not_linked_to_again(case):
    spec = case.write_spec()
    pull(spec)
    other = case.snapshot.parent / NEWER
    other.mkdir()
    (other / MODEL).symlink_to(os.readlink(case.snapshot / MODEL))
    (case.snapshot / MODEL).write_bytes(b"\0" * len(FILES[MODEL]))
    assert pull(spec).verified
    assert (other / MODEL).read_bytes() == FILES[MODEL]


def test_a_file_that_another_pull_has_fetched_meanwhile_is_kept(case):
    spec = case.write_spec()
    offer = pulling.offer(spec)
    pull(spec)
    case.hub.requests.clear()
    assert pulling.pull(offer).verified
    assert not any(line.startswith("GET") for line in case.hub.log())


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


def test_a_cut_download_goes_on_where_it_was(case, caplog):
    caplog.set_level("DEBUG")
    case.hub.spoil(MODEL, CUT, times=1)
    steps: list[Step] = []
    assert pull(case.write_spec(), Watch(steps.append)).verified
    gets = [line for line in case.hub.log() if line.startswith("storage GET")]
    assert gets == [f"storage GET {MODEL}", f"storage GET {MODEL} from byte {1 << 20}"]
    coming = [step for step in steps if step.verb == "Downloading tiny"]
    assert coming[-1].done == SIZE
    names = {record.name.partition(".")[0] for record in caplog.records}
    assert names <= {"filelock"}, "the library's words hold signed addresses"


def test_a_reset_download_is_tried_again(case):
    case.hub.spoil(MODEL, RESET, times=2)
    assert pull(case.write_spec()).verified


def test_as_long_as_bytes_come_it_does_not_give_up(case, monkeypatch):
    def a_byte_at_a_time(url: str, file: BinaryIO, *, resume_size: int, **_: object) -> None:
        data = FILES[url.rpartition("/")[2]]
        file.write(data if len(data) > 100 else data[resume_size : resume_size + 1])
        if resume_size + 1 < len(data) < 100:
            raise httpx2.ReadError("reset")

    monkeypatch.setattr("huggingface_hub.file_download.http_get", a_byte_at_a_time)
    assert pull(case.write_spec()).verified


@pytest.mark.parametrize("fault", [CUT, RESET])
def test_a_download_that_always_breaks_ends(case, fault):
    case.hub.spoil(TAGS, fault)
    told = refused(case.write_spec())
    assert "broke off again and again in tags.txt" in told
    assert "`tagsmith models pull tiny`" in told
    assert len(case.hub.requests) < 30
    assert not any(TAGS in path for path in case.whole())


def test_a_download_that_stands_still_ends(case, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DOWNLOAD_TIMEOUT", 0.1)
    case.hub.spoil(MODEL, HANG)
    assert "did not answer in time" in refused(case.write_spec())
    assert case.whole() == set()


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
